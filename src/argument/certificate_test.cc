// The certificate of a key: it covers the cells of the commitment one to one, accepts the weights it should, and no
// others.
#include "argument/certificate.h"

#include <gtest/gtest.h>

#include "argument/certificate_prover.h"
#include "argument/test_session.h"
#include "relation/checker.h"

namespace provenn {
namespace {

constexpr uint32_t kSeed = 3;
const Digest kModelId{7};

// Bounds of every kind: narrow, wide as the largest factors are, as wide as they get.
TestCase WideCase() {
  TestCase test = TestCaseBuilder(kSeed).Build();
  for (Tensor& t : test.circuit.tensors) {
    if (t.name == "w2") t.max = 8355712, t.min = -8355712;
    if (t.name == "b1") t.max = INT32_MAX, t.min = -INT32_MAX;
  }
  return test;
}

struct Certified {
  TestCase test;
  OwnedWeightsOracle oracle;
  CertificateCircuit certificate;

  explicit Certified(TestCase made) : test(std::move(made)) {
    oracle = CommitWeights(test.circuit, test.weights, WeightsSeed{1});
    auto circuit = MakeCertificateCircuit(test.circuit, oracle.commitment.columns);
    PROVENN_CHECK(circuit.ok());
    certificate = *std::move(circuit);
  }
  uint32_t Weight(const std::string& name) const {
    for (uint32_t t = 0; t < test.circuit.tensors.size(); ++t) {
      if (test.circuit.tensors[t].name == name) return t;
    }
    PROVENN_CHECK(false);
    return 0;
  }
  Statement Claim() const { return CertificateStatement(certificate, oracle.commitment, kModelId); }
  Result<Bytes> Prove(Profile profile = Profile::kP100, const IntegerTensors* weights = nullptr,
                      const ProverHooks* hooks = nullptr) const {
    const Bytes entropy(120, 9);
    return ProveCertificate(profile, certificate, kModelId, weights == nullptr ? test.weights : *weights, oracle.View(),
                            entropy, nullptr, hooks);
  }
  template <typename K = Ext2>
  Verdict Verify(ByteSpan proof) const {
    const Statement statement = Claim();
    const auto plan = MakePlan<K>(certificate.circuit, statement.hidden, statement.weights);
    PROVENN_CHECK(plan.ok());
    return VerifyProof<K>(*plan, statement, proof);
  }
};

TEST(Certificate, AcceptsHonestWeightsOfBothProfiles) {
  const Certified c(WideCase());
  const auto p100 = c.Prove();
  ASSERT_TRUE(p100.ok()) << p100.error().ToString();
  const Verdict verdict = c.Verify(*p100);
  EXPECT_TRUE(verdict.accepted) << Show(verdict);
  const auto p128 = c.Prove(Profile::kP128);
  ASSERT_TRUE(p128.ok()) << p128.error().ToString();
  const Verdict higher = c.Verify<Ext3>(*p128);
  EXPECT_TRUE(higher.accepted) << Show(higher);
}

// For every width of the matrix: the certificate's tensors lie where the model's do, cell by cell, and cover W.
TEST(Certificate, CoversEveryCellOfTheMatrixOnce) {
  std::mt19937 random(5);
  std::uniform_int_distribution<uint32_t> size(1, 21);
  for (int round = 0; round < 200; ++round) {
    Circuit model;
    for (int t = 0; t < 4; ++t) {
      Tensor tensor{"", TensorKind::kWeight, {}, -9, 9, 0, 0};
      const auto rank = static_cast<uint32_t>(random() % 5);
      for (uint32_t a = 0; a < rank; ++a) tensor.shape.push_back(size(random));
      if (rank > 1) tensor.outer_axes = static_cast<uint32_t>(random() % rank);
      model.tensors.push_back(tensor);
    }
    const uint32_t columns = 8u << (random() % 5);
    std::vector<std::optional<uint32_t>> of_model;
    const OracleLayout layout = WeightsLayout(model, columns, &of_model);
    std::vector<int32_t> element(layout.rows() * columns, 0);
    for (const Block& b : layout.blocks()) {
      ForEachRun(b, columns, [&](uint64_t, uint64_t cell, uint64_t length) {
        for (uint64_t i = 0; i < length; ++i) ++element[cell + i];
      });
    }
    const auto certificate = MakeCertificateCircuit(model, columns);
    ASSERT_TRUE(certificate.ok()) << certificate.error().ToString();
    std::vector<std::optional<uint32_t>> blocks;
    const OracleLayout derived = WeightsLayout(certificate->circuit, columns, &blocks);
    ASSERT_EQ(derived.rows(), layout.rows());
    std::vector<int32_t> seen(element.size(), 0);
    for (const CertifiedBlock& b : certificate->blocks) {
      for (const CertifiedBlock::Part& part : b.parts) {
        const Block& block = derived.blocks()[*blocks[part.weight]];
        EXPECT_EQ(block.first_row, b.block.first_row + part.first * (b.cells / columns));
        ForEachRun(block, columns, [&](uint64_t index, uint64_t cell, uint64_t length) {
          for (uint64_t i = 0; i < length; ++i) {
            ++seen[cell + i];
            EXPECT_EQ(certificate->marks[b.mark][(index + i) % b.cells], 1 - element[cell + i]);
          }
        });
      }
    }
    EXPECT_EQ(seen, std::vector<int32_t>(seen.size(), 1));
  }
}

TEST(Certificate, RangesThatCanBeCertifiedLieInTheDeclaredOnes) {
  const auto range = [](int64_t min, int64_t max) {
    return CertifiableRangeOf(Tensor{"w", TensorKind::kWeight, {1}, min, max, 0, 0});
  };
  for (const int64_t max :
       {int64_t{0}, int64_t{1}, int64_t{32767}, int64_t{65535}, int64_t{98302}, int64_t{8388607}, int64_t{INT32_MAX}}) {
    const auto r = range(-max, max);
    ASSERT_TRUE(r.ok()) << max;
    EXPECT_LE(-max, r->min);
    EXPECT_LE(r->max, max);
    EXPECT_EQ(r->high == 0, 2 * max + 1 < (1 << 17)) << max;
    EXPECT_TRUE(r->high == 0 || r->max == 65535 * r->high + 32767) << max;
  }
  EXPECT_EQ(range(-32767, 32767)->max, 32767);
  EXPECT_EQ(range(-INT32_MAX, INT32_MAX)->max, int64_t{32767} * 65536);
  const auto lopsided = range(-5, 1 << 20);
  ASSERT_FALSE(lopsided.ok());
  EXPECT_EQ(lopsided.error().code, Code::kUnsupported);
  EXPECT_EQ(lopsided.error().where, "tensor w");
}

TEST(Certificate, WhatAFewHostileBytesDeclareIsNotExpanded) {
  const auto refused = [](const Circuit& model, uint32_t columns) {
    const auto certificate = MakeCertificateCircuit(model, columns);
    return !certificate.ok() && certificate.error().code == Code::kTooLarge;
  };
  Circuit one_long_row;
  one_long_row.tensors.push_back(Tensor{"", TensorKind::kWeight, {1u << 28}, -9, 9, 0, 0});
  EXPECT_TRUE(refused(one_long_row, 1024));
  Circuit many_rows;
  many_rows.tensors.push_back(Tensor{"", TensorKind::kWeight, {1u << 23, 8}, -9, 9, 0, 1});
  EXPECT_TRUE(refused(many_rows, 8));
  Circuit many_tables;
  for (int t = 0; t < 400; ++t) {
    many_tables.tensors.push_back(Tensor{"", TensorKind::kWeight, {8}, -60000 - t, 60000, 0, 0});
  }
  EXPECT_TRUE(refused(many_tables, 8));
  Circuit many_tensors;
  for (int t = 0; t < 10000; ++t) {
    many_tensors.tensors.push_back(Tensor{"", TensorKind::kWeight, {255, 8}, -9, 9, 0, 1});
  }
  EXPECT_TRUE(refused(many_tensors, 8));
}

TEST(Certificate, RefusesToProveAWeightOutOfRangeWithoutSayingIt) {
  const Certified c(TestCaseBuilder(kSeed).Build());
  IntegerTensors weights = c.test.weights;
  weights[c.Weight("w1")][5] = 16;
  const auto proof = c.Prove(Profile::kP100, &weights);
  ASSERT_FALSE(proof.ok());
  EXPECT_EQ(proof.error().code, Code::kOutOfRange);
  EXPECT_EQ(proof.error().message.find("16"), std::string::npos);
}

// The owner commits to `weights` and proves of them whatever passes; junk: cells of W that belong to no element.
Verdict Cheat(TestCase test, const IntegerTensors& claimed) {
  const Certified c(std::move(test));
  const auto proof = c.Prove(Profile::kP100, &claimed);
  PROVENN_CHECK(proof.ok());
  return c.Verify(*proof);
}

TEST(Certificate, AWeightThatIsNotWhatWasProvedIsRejected) {
  // Committed: 16, one beyond the bound. Proved: 15.
  TestCase test = TestCaseBuilder(kSeed).Build();
  const uint32_t w1 = Certified(test).Weight("w1");
  test.weights[w1][5] = 15;
  const IntegerTensors claimed = test.weights;
  ASSERT_TRUE(Cheat(test, claimed).accepted);
  test.weights[w1][5] = 16;
  const Verdict verdict = Cheat(test, claimed);
  EXPECT_FALSE(verdict.accepted);
  EXPECT_EQ(verdict.reason, Reason::kLinearClaim) << Show(verdict);
}

// An honest certificate over a commitment with something in a cell that belongs to no element; ordinary proofs accept
// it (the answer is a function of it all the same), the certificate does not.
TEST(Certificate, ACellWithoutElementThatIsNotZeroIsRejected) {
  Certified c(TestCaseBuilder(kSeed).Build());
  // The certificate's own view of W has no cell without element: commit through it.
  IntegerTensors cells(c.certificate.circuit.tensors.size());
  size_t marked = 0;
  for (const CertifiedBlock& b : c.certificate.blocks) {
    std::vector<int32_t> all(b.rows * b.cells, 0);
    ForEachRun(b.block, b.columns, [&](uint64_t element, uint64_t cell, uint64_t length) {
      for (uint64_t i = 0; i < length; ++i) {
        all[cell - b.block.first_row * b.columns + i] = c.test.weights[b.weight][element + i];
      }
    });
    const std::vector<int32_t>& mark = c.certificate.marks[b.mark];
    for (size_t s = 0; s < mark.size(); ++s) marked += mark[s] == 1 ? 1 : 0;
    for (const CertifiedBlock::Part& part : b.parts) {
      const auto from = all.begin() + static_cast<ptrdiff_t>(part.first * b.cells);
      cells[part.weight].assign(
          from, from + static_cast<ptrdiff_t>(ElementCount(c.certificate.circuit.tensors[part.weight].shape)));
    }
  }
  ASSERT_GT(marked, 0u);
  const auto commit = [&] {
    OwnedWeightsOracle oracle = CommitWeights(c.certificate.circuit, cells, WeightsSeed{1});
    EXPECT_EQ(oracle.commitment.columns, c.oracle.commitment.columns);
    return oracle;
  };
  EXPECT_EQ(commit().commitment, c.oracle.commitment);  // the same matrix
  const CertifiedBlock& b = c.certificate.blocks[0];
  size_t junk = 0;
  while (c.certificate.marks[b.mark][junk] == 0) ++junk;
  cells[b.parts[0].weight][junk] = 1;
  c.oracle = commit();
  const auto proof = c.Prove();
  ASSERT_TRUE(proof.ok()) << proof.error().ToString();
  const Verdict verdict = c.Verify(*proof);
  EXPECT_FALSE(verdict.accepted);
  EXPECT_EQ(verdict.reason, Reason::kLinearClaim) << Show(verdict);
}

// All values of a small field of candidates, for both kinds of cells: the circuit alone decides, nobody proves.
TEST(Certificate, TheCircuitAcceptsExactlyTheIntegersInBounds) {
  for (const auto& [min, max] : std::vector<std::pair<int64_t, int64_t>>{{-3, 4}, {0, 0}, {-98302, 98302}}) {
    Circuit model;
    model.tensors.push_back(Tensor{"w", TensorKind::kWeight, {3}, min, max, 0, 0});
    const auto certificate = MakeCertificateCircuit(model, 8);
    ASSERT_TRUE(certificate.ok());
    const CertifiedBlock& b = certificate->blocks[0];
    ASSERT_EQ(b.parts.size(), 1u);
    const auto holds = [&](size_t cell, int32_t w) {
      const auto with = [&](int32_t high) {
        Assignment a;
        a.tensors.resize(certificate->circuit.tensors.size());
        const std::vector<int32_t>& mark = certificate->marks[b.mark];
        a.tensors[b.mark].assign(mark.begin(), mark.end());
        a.tensors[b.parts[0].weight].assign(b.cells, 0);
        a.tensors[b.parts[0].weight][cell] = w;
        if (b.range.high != 0) {
          a.tensors[b.parts[0].high].assign(b.cells, 0);
          a.tensors[b.parts[0].high][cell] = high;
        }
        return CheckAssignment(certificate->circuit, a).ok();
      };
      if (b.range.high == 0) return with(0) ? 1 : 0;
      int solutions = 0;
      for (int32_t high = -3; high <= 3; ++high) solutions += with(high) ? 1 : 0;
      return solutions;
    };
    std::vector<int64_t> values = {INT32_MIN, INT32_MAX, -98303, 98303, -65535, 65535};
    for (int64_t v = -12; v <= 12; ++v) values.insert(values.end(), {v, min + v, max + v, 32767 + v, -32768 + v});
    for (const int64_t v : values) {
      if (v < INT32_MIN || v > INT32_MAX) continue;
      const auto w = static_cast<int32_t>(v);
      EXPECT_EQ(holds(1, w), v >= min && v <= max ? 1 : 0) << v << " in " << min << ".." << max;
      EXPECT_EQ(holds(5, w), v == 0 ? 1 : 0) << v << " in a cell without element";
    }
  }
}

TEST(Certificate, StandsForOneModelId) {
  const Certified c(TestCaseBuilder(kSeed).Build());
  const auto proof = c.Prove();
  ASSERT_TRUE(proof.ok());
  Statement other = CertificateStatement(c.certificate, c.oracle.commitment, Digest{8});
  const auto plan = MakePlan<Ext2>(c.certificate.circuit, other.hidden, other.weights);
  ASSERT_TRUE(plan.ok());
  const Verdict verdict = VerifyProof<Ext2>(*plan, other, *proof);
  EXPECT_FALSE(verdict.accepted);
  EXPECT_EQ(verdict.reason, Reason::kGrinding) << Show(verdict);
}

}  // namespace
}  // namespace provenn
