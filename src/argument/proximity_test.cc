// Words that are no codewords, at toy query counts: how often a prover gets away with them, against theory.
//
// A prover that is honest in everything but the word it hashes is accepted exactly if no query falls on a row that it
// changed: of n rows e are changed and q distinct ones are drawn, so with probability C(n - e, q) / C(n, q). Section
// 12.1 of docs/protocol.md says what that means: up to E = floor((n - k) / 2) changed rows the word is near, the cells
// are the honest ones, and acceptance is no error; from E + 1 on the word is far, and the probability must be at most
// ((n + k) / 2n)^q, the term of the budget. A polynomial of degree k, one too high, agrees with one of lower degree in
// k rows at most.
//
// Rates are over many proofs with coins from fixed seeds; the interval around the theory's rate leaves out less than
// 10^-5 of the binomial distribution.
#include <cmath>
#include <numeric>
#include <random>

#include "argument/test_cheats.h"
#include "argument/test_tiny_circuit.h"
#include "argument/test_toy_plan.h"
#include "argument/weights_link_verifier.h"
#include "base/sanitizer.h"
#include "field/domain.h"

namespace provenn {
namespace {

// A sanitizer looks at memory, not at rates, and slows every proof.
constexpr int kTrials = PROVENN_ADDRESS_SANITIZER || PROVENN_THREAD_SANITIZER ? 10 : 100;

// The smallest and largest number of successes in n trials, of probability p each, that leave out less than 5e-6 at
// either end.
std::pair<int, int> LikelySuccesses(double p, int n) {
  std::vector<double> mass;
  for (int s = 0; s <= n; ++s) {
    const double ways = std::lgamma(n + 1) - std::lgamma(s + 1) - std::lgamma(n - s + 1);
    mass.push_back(std::exp(ways + s * std::log(p) + (n - s) * std::log1p(-p)));
  }
  int low = 0;
  for (double left = mass[0]; left < 5e-6; left += mass[static_cast<size_t>(low)]) ++low;
  int high = n;
  for (double left = mass.back(); left < 5e-6; left += mass[static_cast<size_t>(high)]) --high;
  return {low, high};
}

// q distinct rows of n all fall on `good` ones.
double AllGood(uint64_t good, uint64_t n, uint32_t q) {
  double p = 1;
  for (uint32_t i = 0; i < q; ++i) {
    if (good <= i) return 0;
    p *= static_cast<double>(good - i) / static_cast<double>(n - i);
  }
  return p;
}

// An oracle, and the reason that a query on a changed row gives.
struct Word {
  uint32_t levels = 0;  // of the opening
  std::string label;
  size_t n = 0;  // of the oracles with that label
  OracleShape shape;
  Reason reason = Reason::kLinearClaim;

  std::string Name() const { return label + " " + std::to_string(n + 1); }
  // The bound of one oracle's queries in the budget.
  double Bound() const {
    const double rate = static_cast<double>(shape.degree_bound()) / static_cast<double>(shape.size());
    return std::pow((1 + rate) / 2, shape.random_rows);
  }
};

class ProximityTest : public Cheats<Ext2> {
 protected:
  ProximityTest() : Cheats<Ext2>(TinyCase({5, 4})), full_(*session_.plan) { UseLevels(1); }

  void UseLevels(uint32_t levels) {
    ToySize size;
    size.levels = levels;
    session_.plan = ToyPlan<Ext2>(full_, size);
  }

  // The oracles of the first level, and the matrices of an opening of three levels.
  std::vector<Word> Words() {
    UseLevels(1);
    const Plan first = *session_.plan;
    std::vector<Word> words{{1, "activations root", 0, first.activations_shape},
                            {1, "folded weights root", 0, first.folded_weights_shape},
                            {1, "hidden rows root", 0, first.hidden_rows.shape},
                            {1, "terminal root", 0, first.terminal_shape, Reason::kTerminalVector}};
    UseLevels(3);
    for (size_t l = 0; l < 3; ++l) {
      const Reason reason = l == 2 ? Reason::kFoldedVector : Reason::kLinearClaim;
      words.push_back({3, "level root", l, session_.plan->levels[l].shape, reason});
    }
    return words;
  }

  // Makes proofs in which spoil(random, codeword) changes the word, and expects the rate of theory among them, and the
  // word's reason for those that are rejected.
  template <typename Spoil>
  void ExpectRate(const Word& word, int trials, double theory, Spoil spoil) {
    UseLevels(word.levels);
    int accepted = 0;
    for (int trial = 0; trial < trials; ++trial) {
      std::mt19937_64 random(static_cast<uint64_t>(trial));
      ProverHooks hooks;
      hooks.codeword = [&, seen = size_t{0}](std::string_view at, std::span<Goldilocks> codeword) mutable {
        if (at == word.label && seen++ == word.n) spoil(random, codeword);
      };
      const auto proof = session_.Prove(&hooks, static_cast<uint8_t>(trial));
      EXPECT_TRUE(proof.ok());
      const Verdict v = session_.Verify(*proof);
      if (v.accepted) {
        ++accepted;
      } else {
        EXPECT_EQ(v.reason, word.reason) << Show(v);
      }
    }
    ExpectLikely(accepted, trials, theory, word.Name());
  }
  static void ExpectLikely(int accepted, int trials, double theory, const std::string& what) {
    const auto [low, high] = LikelySuccesses(theory, trials);
    EXPECT_GE(accepted, low) << what << ": theory " << theory;
    EXPECT_LE(accepted, high) << what << ": theory " << theory;
  }

  // That many different rows, at random.
  static std::vector<uint64_t> SomeRows(std::mt19937_64& random, uint64_t count, uint64_t n) {
    std::vector<uint64_t> rows(n);
    std::iota(rows.begin(), rows.end(), uint64_t{0});
    std::shuffle(rows.begin(), rows.end(), random);
    rows.resize(count);
    return rows;
  }

  // Changes one symbol in each of e rows.
  static auto Errors(const OracleShape& shape, uint64_t e) {
    return [shape, e](std::mt19937_64& random, std::span<Goldilocks> codeword) {
      for (const uint64_t row : SomeRows(random, e, shape.size())) {
        codeword[row * shape.columns + random() % shape.columns] += Goldilocks(1 + random() % 1000);
      }
    };
  }

  const Plan full_;
};

TEST_F(ProximityTest, ErrorsJustBelowAndJustAboveTheRadius) {
  for (const Word& word : Words()) {
    const OracleShape& s = word.shape;
    const uint64_t radius = (s.size() - s.degree_bound()) / 2;
    ASSERT_GE(radius, 2u) << word.Name();
    const double near = AllGood(s.size() - radius, s.size(), s.random_rows);
    const double far = AllGood(s.size() - radius - 1, s.size(), s.random_rows);
    ExpectRate(word, kTrials, near, Errors(s, radius));
    ExpectRate(word, kTrials, far, Errors(s, radius + 1));
    EXPECT_LE(far, word.Bound()) << word.Name();
    EXPECT_GT(far, 0.5 * word.Bound()) << word.Name() << ": the attack is close to the bound";
  }
}

// In one column c times the product of x - x_i over k rows is added, the polynomial of degree k that agrees in the most
// rows with one of the degree that the cells have. As a coefficient at x^k it would be a cell past the message.
TEST_F(ProximityTest, ADegreeThatIsOneTooHigh) {
  for (const Word& word : Words()) {
    const OracleShape& s = word.shape;
    const double theory = AllGood(s.degree_bound(), s.size(), s.random_rows);
    ExpectRate(word, kTrials / 2, theory, [&](std::mt19937_64& random, std::span<Goldilocks> codeword) {
      const std::vector<uint64_t> roots = SomeRows(random, s.degree_bound(), s.size());
      const size_t column = random() % s.columns;
      const Goldilocks scale(1 + random() % 1000);
      for (uint64_t row = 0; row < s.size(); ++row) {
        Goldilocks value = scale;
        for (const uint64_t root : roots) value *= DomainPoint(s.log_size, row) - DomainPoint(s.log_size, root);
        codeword[row * s.columns + column] += value;
      }
    });
    EXPECT_LE(theory, word.Bound()) << word.Name();
  }
}

// A coefficient alone at x^k changes every row, and a word of random symbols is far from everything.
TEST_F(ProximityTest, WordsThatAgreeNowhere) {
  for (const Word& word : Words()) {
    const OracleShape& s = word.shape;
    for (const bool random_word : {false, true}) {
      const auto spoil = [&](std::mt19937_64& random, std::span<Goldilocks> codeword) {
        for (uint64_t row = 0; row < s.size(); ++row) {
          Goldilocks power = Goldilocks::One();
          for (uint64_t i = 0; i < s.degree_bound(); ++i) power *= DomainPoint(s.log_size, row);
          if (!random_word) codeword[row * s.columns] += power;
          for (size_t j = 0; random_word && j < s.columns; ++j)
            codeword[row * s.columns + j] = Goldilocks(random() >> 1);
        }
      };
      ProverHooks hooks;
      hooks.codeword = [&, seen = size_t{0}](std::string_view at, std::span<Goldilocks> codeword) mutable {
        std::mt19937_64 random(3);
        if (at == word.label && seen++ == word.n) spoil(random, codeword);
      };
      UseLevels(word.levels);
      ExpectRejected(hooks, word.reason, word.Name());
    }
  }
}

// The committed weights: their word is fixed with the model, and every proof draws rows of it. An error is a row whose
// symbols were changed before it was hashed, so that digests and tree are right.
TEST_F(ProximityTest, AWeightsWordJustBelowAndJustAboveTheRadius) {
  const OwnedWeightsOracle right = session_.oracle;
  const uint64_t n = uint64_t{1} << right.commitment.log_size;
  const uint64_t rows = session_.plan->weights_layout.rows();
  const uint32_t columns = right.commitment.columns;
  const uint64_t radius = (n - rows) / 2;
  const uint32_t q = session_.plan->weight_queries;
  for (const uint64_t errors : {radius, radius + 1}) {
    int accepted = 0;
    for (int trial = 0; trial < kTrials; ++trial) {
      std::mt19937_64 random(static_cast<uint64_t>(trial));
      OwnedWeightsOracle wrong = right;
      std::vector<Digest> leaves(n);
      for (const uint64_t row : SomeRows(random, errors, n)) {
        wrong.codeword[row * columns + random() % columns] += Goldilocks::One();
        wrong.digests[row] = PoseidonRowDigest(
            RowSalt(wrong.seed, row), std::span<const Goldilocks>(wrong.codeword).subspan(row * columns, columns));
      }
      WeightLeaves(wrong.digests, leaves);
      const MerkleTree tree(std::move(leaves));
      wrong.nodes.assign(tree.nodes().begin(), tree.nodes().end());
      wrong.commitment.root = tree.root();
      session_.oracle = std::move(wrong);
      session_.statement.weights = session_.plan->weights = session_.oracle.commitment;
      const ProverHooks hooks;
      const auto proof = session_.Prove(&hooks, static_cast<uint8_t>(trial));
      ASSERT_TRUE(proof.ok());
      const Verdict v = session_.Verify(*proof);
      accepted += v.accepted ? 1 : 0;
      EXPECT_TRUE(v.accepted || v.reason == Reason::kLinearClaim) << Show(v);
    }
    ExpectLikely(accepted, kTrials, AllGood(n - errors, n, q), std::to_string(errors) + " errors");
  }
  const double rate = static_cast<double>(rows) / static_cast<double>(n);
  EXPECT_LE(AllGood(n - radius - 1, n, q), std::pow((1 + rate) / 2, q));
}

}  // namespace
}  // namespace provenn
