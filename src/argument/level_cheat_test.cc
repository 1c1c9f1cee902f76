// Cheats at every level of the opening, the first and those below it: a prover that violates one check of one level,
// and what says no. At toy size, so that there are levels; with queries enough that a cheat is not missed by chance.
#include "argument/test_cheats.h"
#include "argument/test_tiny_circuit.h"
#include "argument/test_toy_plan.h"
#include "field/domain.h"

namespace provenn {
namespace {

constexpr uint32_t kQueries = 29;
constexpr uint64_t kChallenges = 77;

template <typename K>
class LevelCheatTest : public Cheats<K> {
 protected:
  LevelCheatTest() : Cheats<K>(TinyCase({5, 4})), full_(*this->session_.plan) {}

  void UseLevels(uint32_t levels) {
    ToySize size;
    size.levels = levels;
    size.queries = kQueries;
    size.weight_queries = 2;
    this->session_.plan = ToyPlan<K>(full_, size);
  }
  // Calls visit(levels, level) for each level of an opening of one, two and three.
  template <typename Visit>
  void ForEachLevel(Visit visit) {
    for (uint32_t levels = 1; levels <= 3; ++levels) {
      UseLevels(levels);
      for (size_t l = 0; l < levels; ++l) {
        SCOPED_TRACE("level " + std::to_string(l + 1) + " of " + std::to_string(levels));
        visit(levels, l);
      }
    }
  }

  const Plan& plan() const { return *this->session_.plan; }
  size_t Degree() const { return static_cast<size_t>(plan().degree); }
  // What a level's vector is folded from: shapes, and where the fold of each starts in the vector.
  std::vector<OracleShape> Sources(size_t l) const {
    if (l > 0) return {plan().levels[l - 1].shape};
    return {plan().activations_shape, plan().folded_weights_shape, plan().hidden_rows.shape};
  }
  uint64_t First(size_t l, size_t source) const { return l == 0 ? plan().segment_first[source] : 0; }
  // First cell of an entry of a level's vector in its matrix.
  size_t CellOfEntry(size_t l, uint64_t entry) const {
    const LevelPlan& level = plan().levels[l];
    return entry / level.columns * level.shape.columns + entry % level.columns * Degree();
  }
  size_t CellOfMask(size_t l, size_t row) const {
    const LevelPlan& level = plan().levels[l];
    return row * level.shape.columns + level.columns * Degree();
  }

  // A prover that knows level l's positions before it commits to the level, and adds to the fold of `source` the
  // polynomial x^shift Z(x), which vanishes at all of them.
  Verdict ProveUnseenByQueries(size_t l, size_t source, uint64_t shift) {
    Transcript* channel = nullptr;
    ProverHooks hooks = this->AtCommit("level root", l, [&](std::span<Goldilocks> cells) {
      Transcript ahead = *channel;
      std::vector<std::vector<uint64_t>> positions;
      for (const OracleShape& shape : Sources(l)) {
        positions.push_back(ahead.Positions("rows", shape.log_size, shape.random_rows));
      }
      std::vector<Goldilocks> z{Goldilocks::One()};
      for (const uint64_t position : positions[source]) {
        const Goldilocks x = DomainPoint(Sources(l)[source].log_size, position);
        z.insert(z.begin(), Goldilocks());
        for (size_t i = 0; i + 1 < z.size(); ++i) z[i] -= x * z[i + 1];
      }
      ASSERT_LE(shift + z.size(), Sources(l)[source].degree_bound());
      for (size_t i = 0; i < z.size(); ++i) cells[CellOfEntry(l, First(l, source) + shift + i)] += z[i];
    });
    hooks.transcript = [&channel](Transcript& t) {
      t.ForceChallenges(kChallenges);
      if (channel == nullptr) channel = &t;  // the second is the prover's replay
    };
    const auto proof = this->session_.Prove(&hooks);
    EXPECT_TRUE(proof.ok());
    Transcript transcript = StartTranscript(plan().profile, this->session_.statement);
    transcript.ForceChallenges(kChallenges);
    return VerifyFrom<K>(plan(), this->session_.statement, std::move(transcript), *proof);
  }

  const Plan full_;
};
using Fields = testing::Types<Ext2, Ext3>;
TYPED_TEST_SUITE(LevelCheatTest, Fields);

TYPED_TEST(LevelCheatTest, TheTruthIsAccepted) {
  for (const uint32_t levels : {1u, 2u, 3u}) {
    this->UseLevels(levels);
    this->ExpectAccepted(ProverHooks(), std::to_string(levels) + " levels");
  }
}

// The fold of a source's random rows: no claim reads it, so only the rows that are opened can say that it is wrong.
TYPED_TEST(LevelCheatTest, AFoldThatOnlyTheQueriesRead) {
  this->ForEachLevel([&](uint32_t, size_t l) {
    const auto sources = this->Sources(l);
    for (size_t o = 0; o < sources.size(); ++o) {
      for (const uint64_t entry : {sources[o].message_rows, sources[o].degree_bound() - 1}) {
        this->ExpectRejected(this->WrongCell("level root", this->CellOfEntry(l, this->First(l, o) + entry), l),
                             Reason::kLinearClaim, "source " + std::to_string(o));
      }
    }
  });
}

// A change that vanishes at all positions of the level: only the claim can say that it is wrong.
TYPED_TEST(LevelCheatTest, AFoldThatOnlyTheClaimReads) {
  this->ForEachLevel([&](uint32_t, size_t l) {
    for (size_t o = 0; o < this->Sources(l).size(); ++o) {
      this->Expect(this->ProveUnseenByQueries(l, o, 0), Reason::kLinearClaim, "source " + std::to_string(o));
    }
  });
}

// The same where the claim has no weight either, in rows of the first level that lie between the last oracle and the
// end of the vector: nothing else reads a level's vector, and such a change is accepted.
TYPED_TEST(LevelCheatTest, AFoldThatNothingReads) {
  for (const uint32_t levels : {2u, 3u}) {
    this->UseLevels(levels);
    const Plan& plan = this->plan();
    const uint64_t last = plan.levels[0].shape.message_rows - 1;
    ASSERT_GE(last * plan.levels[0].columns, plan.segment_first[2] + plan.hidden_rows.shape.degree_bound());
    const Verdict v = this->ProveUnseenByQueries(1, 0, last);
    EXPECT_TRUE(v.accepted) << Show(v);
  }
}

TYPED_TEST(LevelCheatTest, AWrongRound) {
  this->ForEachLevel([&](uint32_t, size_t l) {
    for (const size_t round : {size_t{0}, size_t{2}}) {
      for (const size_t element : {size_t{0}, 2 * this->Degree() - 1}) {
        this->ExpectRejected(this->WrongMessage("open level", 3 * l + round, element), Reason::kLinearClaim, "round");
      }
    }
  });
}

// A pad in the tree that is not the one that was used. No product reads the pads of these rounds.
TYPED_TEST(LevelCheatTest, AWrongPad) {
  this->ForEachLevel([&](uint32_t levels, size_t l) {
    const Plan& plan = this->plan();
    for (const size_t message : {size_t{0}, size_t{5}}) {
      const size_t pad = plan.pads - 6 * (levels - l) + message;
      const size_t cell = (pad / 2 * 4 + pad % 2) * this->Degree();
      this->ExpectRejected(this->WrongCell("terminal root", cell), Reason::kLinearClaim, "pad");
    }
  });
}

TYPED_TEST(LevelCheatTest, ARowThatItsTreeDoesNotHold) {
  this->ForEachLevel([&](uint32_t, size_t l) {
    for (size_t o = 0; o < this->Sources(l).size(); ++o) {
      const size_t opening = l == 0 ? o : l + 2;
      const auto rejected = [&](const std::string& what, auto change) {
        ProverHooks hooks;
        hooks.rows = [&, seen = size_t{0}](std::string_view at, RowOpening& rows) mutable {
          if (at == "rows" && seen++ == opening) change(rows);
        };
        this->ExpectRejected(hooks, Reason::kRowsPath, what);
      };
      rejected("symbol", [](RowOpening& rows) { rows.symbols.back() += Goldilocks::One(); });
      rejected("salt", [](RowOpening& rows) { rows.salts.back()[31] ^= 1; });
      rejected("path", [](RowOpening& rows) { rows.path.back()[0] ^= 1; });
      rejected("row of another position", [](RowOpening& rows) {
        std::swap(rows.salts[0], rows.salts[1]);
        const size_t columns = rows.symbols.size() / rows.salts.size();
        std::swap_ranges(rows.symbols.begin(), rows.symbols.begin() + static_cast<std::ptrdiff_t>(columns),
                         rows.symbols.begin() + static_cast<std::ptrdiff_t>(columns));
      });
    }
  });
}

TYPED_TEST(LevelCheatTest, TooLittleWork) {
  this->ForEachLevel([&](uint32_t, size_t l) {
    ProverHooks hooks;
    // The first nonce is that of the weights' rows.
    hooks.nonce = [l, seen = size_t{0}](uint64_t& nonce) mutable {
      if (seen++ == l + 1) nonce = nonce == 0 ? 1 : nonce - 1;
    };
    this->ExpectRejected(hooks, Reason::kGrinding, "nonce");
  });
}

// The last message, wrong where claims read it and where they do not.
TYPED_TEST(LevelCheatTest, AWrongLastVector) {
  for (const uint32_t levels : {1u, 2u, 3u}) {
    this->UseLevels(levels);
    const size_t elements = this->plan().levels.back().shape.degree_bound() * this->Degree();
    for (const size_t element : {size_t{0}, elements - 1}) {
      this->ExpectRejected(this->WrongMessage("masked vector", 0, element), Reason::kFoldedVector,
                           std::to_string(levels) + " levels");
    }
    this->ExpectRejected(this->WrongMessage("mask claim", 0, 0), Reason::kLinearClaim, "mask claim");
  }
}

// The vector is revealed under another mask than the one in the tree: a fresh one, or one that is used twice.
TYPED_TEST(LevelCheatTest, AnotherMaskThanTheCommittedOne) {
  for (const uint32_t levels : {1u, 2u, 3u}) {
    this->UseLevels(levels);
    const size_t last = levels - 1;
    const std::string what = std::to_string(levels) + " levels";
    const size_t rows = this->plan().levels[last].shape.message_rows;
    for (const size_t row : {size_t{0}, rows - 1}) {
      this->ExpectRejected(this->WrongCell("level root", this->CellOfMask(last, row), last), Reason::kFoldedVector,
                           what);
    }
    // The second entry under the first one's mask. The prover's own mask claim stays that of the committed masks.
    std::vector<Goldilocks> masks;
    ProverHooks hooks = this->AtCommit("level root", last, [&](std::span<Goldilocks> cells) {
      for (size_t k = 0; k < 2 * this->Degree(); ++k) {
        masks.push_back(cells[this->CellOfMask(last, k / this->Degree()) + k % this->Degree()]);
      }
    });
    hooks.send = [&](std::string_view at, std::span<Goldilocks> values) {
      if (at != "masked vector") return;
      for (size_t k = 0; k < this->Degree(); ++k) values[this->Degree() + k] += masks[k] - masks[this->Degree() + k];
    };
    this->ExpectRejected(hooks, Reason::kFoldedVector, what + ", one mask for two entries");
  }
}

// Masks and entries of the terminal vector, changed in the tree alone: what is revealed follows the tree, and the cross
// terms or the mask claim do not fit.
TYPED_TEST(LevelCheatTest, AnotherTerminalMaskThanTheCommittedOne) {
  for (const uint32_t levels : {1u, 2u, 3u}) {
    this->UseLevels(levels);
    const Plan& plan = this->plan();
    const auto mask = [&](size_t entry) { return (entry / 2 * 4 + 2 + entry % 2) * this->Degree(); };
    this->ExpectRejected(this->WrongCell("terminal root", mask(plan.pads)), Reason::kPadProducts, "of a product");
    this->ExpectRejected(this->WrongCell("terminal root", mask(plan.pads - 1)), Reason::kLinearClaim, "of a pad");
  }
}

}  // namespace
}  // namespace provenn
