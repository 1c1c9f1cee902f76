#include "crypto/entropy.h"

#include <openssl/rand.h>
#include <sys/random.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>

#include "base/check.h"

namespace provenn {
namespace {

constexpr size_t kPiece = 32;

void FillFromKernel(uint8_t* out) {
  for (size_t filled = 0; filled < kPiece;) {
    const ssize_t n = getrandom(out + filled, kPiece - filled, 0);
    PROVENN_CHECK(n > 0 || (n < 0 && errno == EINTR));
    if (n > 0) filled += static_cast<size_t>(n);
  }
}

#if defined(__x86_64__)
__attribute__((target("rdrnd"))) void FillFromProcessor(uint8_t* out) {
  if (!__builtin_cpu_supports("rdrnd")) return;
  for (size_t at = 0; at < kPiece; at += 8) {
    unsigned long long word = 0;
    // It may run dry for a moment; a word that stays away is left zero, like a processor without the instruction.
    for (int tries = 0; tries < 16 && __builtin_ia32_rdrand64_step(&word) == 0; ++tries) word = 0;
    std::memcpy(out + at, &word, 8);
  }
}
#else
void FillFromProcessor(uint8_t*) {}
#endif

}  // namespace

SecretBuffer<uint8_t> SystemEntropy() {
  SecretBuffer<uint8_t> out(kEntropyBytes);
  PROVENN_CHECK(RAND_priv_bytes(out.data(), static_cast<int>(kPiece)) == 1);
  FillFromKernel(out.data() + kPiece);
  FillFromProcessor(out.data() + 2 * kPiece);
  const int64_t marks[3] = {std::chrono::system_clock::now().time_since_epoch().count(),
                            std::chrono::steady_clock::now().time_since_epoch().count(), getpid()};
  static_assert(3 * kPiece + sizeof(marks) == kEntropyBytes);
  std::memcpy(out.data() + 3 * kPiece, marks, sizeof(marks));
  return out;
}

}  // namespace provenn
