/* Verification for programs in C, and for whatever can call C: what was proved, not only that something was.
 *
 *   provenn_verification* v;
 *   provenn_open(key, key_size, proof, proof_size, &v);            the bytes of model.vk and of a proof file
 *   provenn_demand_model_id(v, id, 32);                            what the proof must be about; each is optional,
 *   provenn_demand_context(v, nonce, nonce_size);                  an empty one is an error
 *   provenn_demand_input(v, "x", values, count, shape, rank);
 *   if (provenn_check(v, PROVENN_STRICT) == PROVENN_OK) {          accepted, of this model, context and input
 *     provenn_tensor_values(v, PROVENN_OUTPUT, 0, &out, &size);    now this was proved
 *     provenn_coverage(v, &checked, &not_checked);                 and this is what nobody demanded
 *   }
 *   provenn_close(v);
 *
 * Every function returns a status; only PROVENN_OK means that what was asked for holds. A function whose call is
 * refused sets none of its results, and changes nothing but that a refused demand holds up the check. No pointer that a
 * function sets may be freed; each stays valid until provenn_close. A null handle or result pointer is
 * PROVENN_BAD_ARGUMENT.
 *
 * Different handles may be used by different threads at once. One handle: by one thread at a time until provenn_check
 * has returned PROVENN_OK or PROVENN_REJECTED; after that it no longer changes, and any number of threads may read it.
 *
 * Link with libprovenn_api, _argument, _commit, _crypto, _model, _relation, _field and _base (in this order), libhwy,
 * libcrypto and the C++ library: verification needs neither ONNX nor threads.
 *
 * The interface is stable: functions and values may be added, and PROVENN_C_ABI then grows; none changes its meaning.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define PROVENN_C_ABI 2

typedef int provenn_status;
enum {
  PROVENN_OK = 0,           /* done; of provenn_check: accepted */
  PROVENN_REJECTED = 1,     /* not proved, not what was demanded, or a key that proves nothing */
  PROVENN_UNREADABLE = 2,   /* the bytes are no key, or no proof file */
  PROVENN_BAD_ARGUMENT = 3, /* null or empty, no such input, a shape that the model does not take */
  PROVENN_BAD_ORDER = 4,    /* a demand after the check, or a question that only an accepted proof answers */
  PROVENN_HIDDEN = 5,       /* the proof hides this tensor */
  PROVENN_NOT_DEMANDED = 6, /* an input that was not compared has no difference */
  PROVENN_NO_MEMORY = 7
};

/* One key, one proof, the demands on it, and the verdict. */
typedef struct provenn_verification provenn_verification;

/* Of the library that runs, to compare with PROVENN_C_ABI of this header. */
int provenn_c_abi(void);

/* Reads both files; the bytes may go away afterwards. Sets *out also where it returns PROVENN_UNREADABLE or
 * PROVENN_REJECTED (a key that leaves its owner a choice), so that provenn_reason can be asked; provenn_close it then
 * as well. *out is null after any other failure. */
provenn_status provenn_open(const uint8_t* key, size_t key_size, const uint8_t* proof, size_t proof_size,
                            provenn_verification** out);
/* Null is allowed. */
void provenn_close(provenn_verification* v);

/* ---- Demands. All of them are checked together by provenn_check; the same one twice is PROVENN_BAD_ARGUMENT.
 * One that is refused holds up provenn_check until it is made well, or for good (open another handle): so no answer is
 * taken for checked that was not, even where a status is not looked at. */

provenn_status provenn_demand_model_id(provenn_verification* v, const uint8_t* id, size_t size); /* 32 bytes */
provenn_status provenn_demand_context(provenn_verification* v, const char* context, size_t size);
provenn_status provenn_demand_profile(provenn_verification* v, int bits); /* at least this one: 100 or 128 */
/* That this (the bytes of model.cert) is a valid certificate of the key. PROVENN_UNREADABLE: it is no certificate. */
provenn_status provenn_demand_certificate(provenn_verification* v, const uint8_t* certificate, size_t size);
/* Of the input or output with that name (zero-terminated). `values` are all samples, row-major; shape[0] counts
 * samples. An input is compared after it is rounded to the step of the key (provenn_input_difference tells how far it
 * was), an output exactly. */
provenn_status provenn_demand_input(provenn_verification* v, const char* name, const float* values, size_t count,
                                    const int64_t* shape, size_t rank);
provenn_status provenn_demand_output(provenn_verification* v, const char* name, const float* values, size_t count,
                                     const int64_t* shape, size_t rank);

/* ---- The verdict. */

/* A flag: PROVENN_BAD_ARGUMENT, and nothing is checked, unless model id, context and every input were demanded. */
#define PROVENN_STRICT 1u

/* PROVENN_OK: the proof holds, and it is about everything that was demanded. PROVENN_REJECTED: it does not.
 * PROVENN_BAD_ARGUMENT: demands that make no sense for this model, that were refused, or that PROVENN_STRICT misses.
 * Once. */
provenn_status provenn_check(provenn_verification* v, uint32_t flags);

/* Why provenn_open, a demand or provenn_check did not return PROVENN_OK: a code (a name of argument/reject.h;
 * "unreadable"; "argument"), one sentence for people, and what and where, fit for a terminal. Empty if there is nothing
 * to say. Each of the three pointers may be null. */
provenn_status provenn_reason(const provenn_verification* v, const char** code, const char** sentence,
                              const char** where);

/* ---- What the key says: as soon as provenn_open has returned PROVENN_OK. */

enum { PROVENN_INPUT = 0, PROVENN_OUTPUT = 1 }; /* `side` below */

provenn_status provenn_model_id(const provenn_verification* v,
                                const uint8_t** id); /* 32 bytes, computed from the key */
provenn_status provenn_port_count(const provenn_verification* v, int side, size_t* count);
/* Zero-terminated, and its size, since whoever made the key chose the bytes: quote them before you show them. */
provenn_status provenn_port_name(const provenn_verification* v, int side, size_t index, const char** name,
                                 size_t* size);
/* Of one sample. */
provenn_status provenn_port_shape(const provenn_verification* v, int side, size_t index, const int64_t** shape,
                                  size_t* rank);
/* Values are multiples of it. */
provenn_status provenn_port_step(const provenn_verification* v, int side, size_t index, double* step);

/* ---- What was proved: PROVENN_BAD_ORDER unless provenn_check has returned PROVENN_OK. */

provenn_status provenn_batch(const provenn_verification* v, uint32_t* samples);
provenn_status provenn_profile_bits(const provenn_verification* v, int* bits); /* 100 or 128 */
/* Of the proof, demanded or not; may be empty. Zero-terminated, and its size. */
provenn_status provenn_context(const provenn_verification* v, const char** context, size_t* size);
provenn_status provenn_tensor_hidden(const provenn_verification* v, int side, size_t index, int* hidden);
/* PROVENN_HIDDEN for these three if the tensor is. Values of all samples as real numbers, row-major; their shape; and
 * the digest of docs/format.md, "Digest of a public tensor" (32 bytes). */
provenn_status provenn_tensor_values(const provenn_verification* v, int side, size_t index, const float** values,
                                     size_t* count);
provenn_status provenn_tensor_shape(const provenn_verification* v, int side, size_t index, const int64_t** shape,
                                    size_t* rank);
provenn_status provenn_tensor_digest(const provenn_verification* v, int side, size_t index, const uint8_t** digest);
/* The largest difference between the input that was demanded and the one that was proved. */
provenn_status provenn_input_difference(const provenn_verification* v, size_t index, double* largest);

/* ---- What the verdict rests on, and what it leaves to you: after PROVENN_OK, too. */

enum {
  PROVENN_CHECKED_PROOF = 0,
  PROVENN_CHECKED_KEY = 1,         /* that it leaves its owner no choice */
  PROVENN_CHECKED_CERTIFICATE = 2, /* that the committed weights are within their bounds */
  PROVENN_CHECKED_MODEL_ID = 3,
  PROVENN_CHECKED_INPUT = 4,  /* with the index of the input */
  PROVENN_CHECKED_OUTPUT = 5, /* with the index of the output */
  PROVENN_CHECKED_CONTEXT = 6,
  PROVENN_CHECKED_PROFILE = 7, /* that the proof has at least the profile that was demanded */
  PROVENN_CHECKED_TOTALITY = 8 /* that every input in range has an answer: with a certificate, and not of every key */
};
/* `index` is 0 but for inputs and outputs. */
provenn_status provenn_checked(const provenn_verification* v, int what, size_t index, int* checked);
/* Both lists for people, items separated by commas, as `provenn verify` prints them. */
provenn_status provenn_coverage(const provenn_verification* v, const char** checked, const char** not_checked);

#ifdef __cplusplus
}
#endif
