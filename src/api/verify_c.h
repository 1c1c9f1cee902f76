/* Verification for programs in C, and for whatever can call C. Reads bytes, allocates nothing that the caller must
 * free, keeps no state, and may be called from several threads at once. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define PROVENN_ACCEPTED 0
#define PROVENN_REJECTED 1
#define PROVENN_UNREADABLE 2

typedef struct {
  uint8_t model_id[32]; /* of the key; zero if the key cannot be read */
  char reason[32];      /* if not accepted: a reason of argument/reject.h, or "unreadable" */
  char message[256];    /* what and where, cut to fit; both end with a zero byte */
} provenn_verdict;

/* Checks a proof file against a model.vk, both given as bytes. `context`, if not null, is demanded (context_size
 * bytes); `model_id`, if not null, is demanded too (32 bytes). `verdict` may be null. Returns one of the three values
 * above. */
int provenn_verify(const uint8_t* key, size_t key_size, const uint8_t* proof, size_t proof_size, const char* context,
                   size_t context_size, const uint8_t* model_id, provenn_verdict* verdict);

#ifdef __cplusplus
}
#endif
