"""One-line mutations of the prover, of lowering and of the key check, and the test that must notice each: see
tools/mutate_prover."""
from key_check_mutations import FILE as KEY_CHECK_FILE
from key_check_mutations import KEY_CHECK

OPENING = "src/argument/opening_prover.cc"
ORACLE = "src/commit/oracle_prover.cc"
WEIGHTS = "src/argument/weights_oracle.cc"
RANDOM = "src/argument/proof_random_prover.cc"
ENTROPY = "src/crypto/entropy.cc"
ANSWER = "src/api/prove_answer.cc"

TRIPLE = "RankTest/0.EachFactorOfTheTripleCoversTheCrossTerm"
PADS = "CoinsTest/*.EveryMessageHasAPadOfItsOwn"
MASKS = "CoinsTest/*.EveryRevealedEntryHasAMaskOfItsOwn"
COUNTS = "CoinsTest/*.TheGeneratorGivesWhatThePlanSays"
SALTS = "CoinsTest/*.SaltsAreTheBytesThatTheGeneratorGave"
RANK = "RankTest/0.EveryCoinIsNeeded"
COMMITTED = "OracleTest.CommitsToWhatTheGeneratorGave"
OPENED = "OracleDeathTest.*"
ROW_SALT = "RowSaltTest.EverySeedByteAndTheRowCount"
ROW_DIGESTS = "RowSaltTest.CommitWeightsSaltsEveryRowWithItsOwn"
HEDGE = "ProofRandomTest.AnyPartThatDiffersGivesAnotherStream"
SOURCES = "SystemEntropyTest.*"
TWO_PROOFS = "RandomnessTest.TwoProofsOfOneStatementShareNothing"
REPEATED = "RandomnessTest.*"
WIPED = "WipingTest/*.AProofLeavesNothingInFreedMemory"

FILL_PADS = "  random.Fill(std::span<K>(t.entries).first(plan.pads));\n"
FILL_DUMMY = "  random.Fill(std::span<K>(dummy, 2));\n"
FILL_MASK = "  random.Fill(std::span<K>(t.mask));\n"
FILL_VECTOR_MASK = "      random.Fill(std::span<K>(mask));\n"
FILL_ROWS = "  random.Fill(coefficients_.span().subspan(shape_.message_rows * shape_.columns));\n"
FILL_SALTS = "  random.Fill(std::span<uint8_t>(salts_[0].data(), salts_.size() * sizeof(LeafSalt)));\n"
PARTS = "{entropy, seed, StartTranscript(profile, statement).state(), hidden}"

MUTATIONS = []


def mutation(name, file, old, new, program, test):
    MUTATIONS.append({"name": name, "file": file, "old": old, "new": new, "program": f"provenn_{program}_test",
                      "test": test})


def after(name, file, old, line, program, test):
    mutation(name, file, old, old + line + "\n", program, test)


# The dummy triple.
after("triple-zero", OPENING, FILL_DUMMY, "  dummy[0] = dummy[1] = K::Zero();", "argument", TRIPLE)
after("triple-first-factor-zero", OPENING, FILL_DUMMY, "  dummy[0] = K::Zero();", "argument", TRIPLE)
after("triple-second-factor-zero", OPENING, FILL_DUMMY, "  dummy[1] = K::Zero();", "argument", TRIPLE)
after("triple-from-pads", OPENING, FILL_DUMMY, "  dummy[0] = t.entries[0], dummy[1] = t.entries[1];",
      "argument", TRIPLE)
mutation("triple-not-drawn", OPENING, FILL_DUMMY, "", "argument", COUNTS)

# Pads.
after("pad-zero-first", OPENING, FILL_PADS, "  t.entries[0] = K::Zero();", "argument", PADS)
after("pad-zero-inside", OPENING, FILL_PADS, "  t.entries[plan.pads / 2] = K::Zero();", "argument", PADS)
after("pad-zero-last", OPENING, FILL_PADS, "  t.entries[plan.pads - 1] = K::Zero();", "argument", PADS)
after("pad-reused", OPENING, FILL_PADS, "  t.entries[5] = t.entries[4];", "argument", PADS)
after("pad-in-the-base-field", OPENING, FILL_PADS, "  t.entries[7] = K(t.entries[7].coefficient(0));", "argument", PADS)
after("pad-zero-at-toy-size", OPENING, FILL_PADS, "  t.entries[9] = K::Zero();", "argument", RANK)
mutation("pad-used-for-two-messages", "src/argument/channel_prover.h", "v = v - pads_[next_pad_++];",
         "v = v - pads_[next_pad_ == 9 ? next_pad_++ - 1 : next_pad_++];", "argument", PADS)

# Masks of what is revealed.
after("mask-zero-first", OPENING, FILL_MASK, "  t.mask[0] = K::Zero();", "argument", MASKS)
after("mask-zero-last", OPENING, FILL_MASK, "  t.mask.back() = K::Zero();", "argument", MASKS)
after("mask-reused", OPENING, FILL_MASK, "  t.mask[3] = t.mask[2];", "argument", MASKS)
after("mask-is-a-pad", OPENING, FILL_MASK, "  t.mask[3] = t.entries[3];", "argument", MASKS)
after("mask-in-the-base-field", OPENING, FILL_MASK, "  t.mask[4] = K(t.mask[4].coefficient(0));", "argument", MASKS)
mutation("masks-not-drawn", OPENING, FILL_MASK, "", "argument", COUNTS)
after("vector-mask-zero-first", OPENING, FILL_VECTOR_MASK, "      mask[0] = K::Zero();", "argument", MASKS)
after("vector-mask-reused", OPENING, FILL_VECTOR_MASK, "      mask[rows - 1] = mask[0];", "argument", MASKS)
after("vector-mask-omitted-at-two-levels", OPENING, FILL_VECTOR_MASK, "      if (l > 0) mask.assign(rows, K::Zero());",
      "argument", MASKS)
mutation("vector-masks-not-drawn", OPENING, FILL_VECTOR_MASK, "", "argument", COUNTS)

# Random rows and leaf salts.
mutation("random-row-fewer", ORACLE, FILL_ROWS,
         FILL_ROWS.replace("shape_.message_rows *", "(shape_.message_rows + 1) *"), "commit", COMMITTED)
after("random-coefficient-zero", ORACLE, FILL_ROWS, "  coefficients_.span().back() = Goldilocks();",
      "commit", COMMITTED)
after("random-row-zero-at-toy-size", ORACLE, FILL_ROWS, "  coefficients_.span().back() = Goldilocks();",
      "argument", RANK)
after("salt-of-32-bits", ORACLE, FILL_SALTS,
      "  for (LeafSalt& s : salts_) std::fill(s.begin() + 4, s.end(), uint8_t{0});", "commit", COMMITTED)
after("salt-is-a-hash-of-the-row", ORACLE, FILL_SALTS,
      "  for (size_t i = 0; i < salts_.size(); ++i) salts_[i] = Sha256Of(\"x\", "
      "{FieldBytes(std::span<const Goldilocks>(codeword_).subspan(i * shape_.columns, shape_.columns))});",
      "argument", SALTS)
after("salt-one-for-all-leaves", ORACLE, FILL_SALTS, "  for (LeafSalt& s : salts_) s = salts_[0];", "argument", SALTS)
mutation("opens-twice", ORACLE, "tree_ != nullptr && !opened_ &&", "tree_ != nullptr &&", "commit", OPENED)
mutation("opens-more-rows-than-it-hides", ORACLE, " && positions.size() <= shape_.random_rows", "", "commit", OPENED)

# Salts of the weights' rows.
mutation("row-salt-ignores-the-row", WEIGHTS, "{row, counter}", "{row * 0, counter}", "argument", ROW_SALT)
mutation("row-salt-of-32-bit-rows", WEIGHTS, "{row, counter}", "{row & 0xffffffff, counter}", "argument", ROW_SALT)
mutation("row-salt-from-4-bytes-of-seed", WEIGHTS, "{seed, ByteSpan(rein", "{ByteSpan(seed).first(4), ByteSpan(rein",
         "argument", ROW_SALT)
mutation("row-salts-shared-by-two-rows", WEIGHTS, "= RowSalt(seed, i);", "= RowSalt(seed, i / 2);", "argument",
         ROW_DIGESTS)

# The generator's key.
mutation("hedge-without-entropy", RANDOM, PARTS, PARTS.replace("entropy", "ByteSpan()"), "argument", HEDGE)
mutation("hedge-without-seed", RANDOM, PARTS, PARTS.replace("seed", "ByteSpan(seed).first(0)"), "argument", HEDGE)
mutation("hedge-without-statement", RANDOM, PARTS,
         PARTS.replace("StartTranscript(profile, statement).state()",
                       "ByteSpan(&reinterpret_cast<const uint8_t&>(profile), 1)"),
         "argument", HEDGE)
mutation("hedge-without-private-input", RANDOM, PARTS, PARTS.replace(", hidden", ""), "argument", HEDGE)
mutation("hedge-with-half-of-the-input", RANDOM, "values.size() * sizeof(int32_t)",
         "values.size() * sizeof(int32_t) / 2", "argument", HEDGE)
mutation("entropy-without-the-library", ENTROPY, "RAND_priv_bytes(out.data(), static_cast<int>(kPiece)) == 1", "true",
         "crypto", SOURCES)
mutation("entropy-without-the-kernel", ENTROPY, "  FillFromKernel(out.data() + kPiece);\n",
         "  if (out.empty()) FillFromKernel(out.data());\n", "crypto", SOURCES)
mutation("key-constant", "src/crypto/csprng.cc", "Csprng random(key);\n  OPENSSL",
         "Csprng random(Digest{1});\n  OPENSSL", "api", TWO_PROOFS)
mutation("entropy-constant", ANSWER, "ProveAnswerWith(SystemEntropy().span(),", "ProveAnswerWith(Bytes(kEntropyBytes),",
         "api", TWO_PROOFS)
mutation("key-of-entropy-alone", ANSWER, "ProofRandom(plan.profile, statement, key.oracle().seed, witness, entropy)",
         "Csprng::FromSecret(\"x\", {entropy})", "api", REPEATED)
mutation("key-without-the-seed", ANSWER, "key.oracle().seed, witness", "WeightsSeed{}, witness", "api", REPEATED)

# Values sent without a pad.
mutation("ends-in-clear", "src/argument/lookup_prover.cc", "channel.SendMasked(\"layer ends\"",
         "channel.SendClear(\"layer ends\"", "argument", PADS)
mutation("s-box-ends-in-clear", "src/argument/sbox_prover.cc", "channel.SendMasked(\"s-box end\"",
         "channel.SendClear(\"s-box end\"", "argument", PADS)

# Memory that is given back as it is.
mutation("secrets-not-wiped", "src/base/secret.cc", "  explicit_bzero(memory, bytes);\n", "", "base", "SecretMemory.*")
mutation("hash-states-not-wiped", "src/argument/weights_link_prover.cc", "    SecretVector<PoseidonState> states(",
         "    std::vector<PoseidonState> states(", "argument", WIPED)
mutation("layer-ends-not-wiped", "src/argument/lookup_prover.cc",
         "channel.SendMasked(\"layer ends\", std::span<const K>(ends));",
         "const std::vector<K> copy(ends.begin(), ends.end());\n"
         "    channel.SendMasked(\"layer ends\", std::span<const K>(copy));", "argument", WIPED)
FOUND = "src/argument/lookup_witness_prover.cc"
LOOKUPS_WIPED = "WipingLookupsTest.RowsKeysValuesAndCountsAreOverwritten"
mutation("lookup-keys-not-wiped", FOUND, "  SecretVector<T> keys(", "  std::vector<T> keys(",
         "argument", LOOKUPS_WIPED)
mutation("lookup-values-not-wiped", FOUND, "  SecretVector<T> values(", "  std::vector<T> values(",
         "argument", LOOKUPS_WIPED)
mutation("lookup-counts-not-wiped", FOUND, "  SecretVector<uint32_t> own(", "  std::vector<uint32_t> own(",
         "argument", LOOKUPS_WIPED)
mutation("row-salt-through-a-buffer", WEIGHTS, "{seed, ByteSpan(rein",
         "{ByteSpan(Bytes(seed.begin(), seed.end())), ByteSpan(rein", "argument",
         "WipingRowSaltTest.RowSaltLeavesNeitherSeedNorSalt")

# The certificate's coins, and the seed.
OTHER_COINS = "RandomnessTest.TwoCertificatesShareNothing"
mutation("certificate-key-constant", "src/argument/certificate_prover.cc",
         "ProofRandom(plan.profile, statement, oracle.seed, w.witness, entropy)",
         "Csprng::FromSecret(\"x\", {entropy.first(0)})", "api", OTHER_COINS)
mutation("certificate-entropy-constant", "src/api/certify.cc", "oracle, SystemEntropy().span(),",
         "oracle, Bytes(kEntropyBytes),", "api", OTHER_COINS)
mutation("hedge-with-one-hidden-tensor", RANDOM, "values.size() * sizeof(int32_t)));\n",
         "values.size() * sizeof(int32_t)));\n    break;\n", "argument", HEDGE)
mutation("seed-of-4-bytes", "src/api/commit_model.cc", "Csprng::FromSystem().Fill(seed);",
         "Csprng::FromSystem().Fill(std::span(seed).first(4));", "api", "RandomnessTest.SeedsDifferInEveryWord")

# Not a leak: the rule of lowering by which no rescale has a second decomposition modulo p. The search for second
# solutions notices, and so does the key check.
BOUND = "return bits < 64 && (static_cast<unsigned __int128>(keys) << bits) <= Goldilocks::kModulus;"
for name, test in (("search", "SecondSolution.TheSearchFindsNoneInWhatLoweringMakes"),
                   ("key-check", "SecondSolution.TheKeyCheckTakesWhatLoweringMakes")):
    mutation(f"tables-shared-beyond-the-modulus-{name}", "src/model/lower_layout.cc", BOUND,
             "return bits < 64 || keys == 0;", "model", test)

# Not a leak either: the key check.
for name, old, new in KEY_CHECK:
    mutation(f"key-check-{name}", KEY_CHECK_FILE, old, new, "api", "ConformanceKeys.*")
