#include "crypto/poseidon_prover.h"

#include "base/check.h"
#include "base/parallel.h"

namespace provenn {

std::vector<PoseidonDigest> PoseidonRowDigests(std::span<const Goldilocks> salts, std::span<const Goldilocks> matrix) {
  PROVENN_CHECK(salts.size() % kPoseidonDigestSize == 0);
  const size_t rows = salts.size() / kPoseidonDigestSize;
  if (rows == 0) return {};
  PROVENN_CHECK(matrix.size() % (rows * kPoseidonRate) == 0);
  const size_t width = matrix.size() / rows;
  std::vector<PoseidonDigest> digests(rows);
  ParallelFor(rows, 1 + 64 * kPoseidonRate / (width + kPoseidonRate), [&](size_t begin, size_t end) {
    for (size_t i = begin; i < end; ++i) {
      digests[i] = PoseidonRowDigest(salts.subspan(kPoseidonDigestSize * i).first<kPoseidonDigestSize>(),
                                     matrix.subspan(i * width, width));
    }
  });
  return digests;
}

}  // namespace provenn
