#include "argument/proof_random_prover.h"

#include <openssl/crypto.h>

#include <bit>

#include "base/check.h"
#include "crypto/entropy.h"

namespace provenn {
namespace {

static_assert(std::endian::native == std::endian::little, "values are hashed as they lie in memory");

// Of the inputs that the statement hides. With the weights and the public tensors they determine every other value; the
// hidden outputs, which they determine too, cost nothing.
Digest PrivateDigest(const Statement& statement, const Witness& witness) {
  Sha256 hash("provenn.proof.private");
  for (size_t t = 0; t < statement.hidden.size(); ++t) {
    if (statement.hidden[t] == 0) continue;
    const SecretVector<int32_t>& values = witness.assignment.tensors[t];
    ByteWriter head;
    head.U32(static_cast<uint32_t>(t));
    head.U64(values.size());
    hash.Update(head.bytes());
    hash.Update(ByteSpan(reinterpret_cast<const uint8_t*>(values.data()), values.size() * sizeof(int32_t)));
  }
  return hash.Finish();
}

}  // namespace

Csprng ProofRandom(Profile profile, const Statement& statement, const WeightsSeed& seed, const Witness& witness,
                   ByteSpan entropy) {
  // Each part has a fixed length, so that different parts are different bytes.
  PROVENN_CHECK(entropy.size() == kEntropyBytes);
  Digest hidden = PrivateDigest(statement, witness);
  Csprng random =
      Csprng::FromSecret("provenn.csprng.proof", {entropy, seed, StartTranscript(profile, statement).state(), hidden});
  OPENSSL_cleanse(hidden.data(), hidden.size());
  return random;
}

}  // namespace provenn
