// A cheating prover for every check of the verifier. Further levels of the opening: level_cheat_test.cc; cells that
// nothing reads: padding_test.cc; words that are no codewords: proximity_test.cc; a trace of the hash:
// trace_cheat_test.cc.
#include "argument/test_cheats.h"

namespace provenn {
namespace {

template <typename K>
class CheatTest : public Cheats<K> {};
using Fields = testing::Types<Ext2, Ext3>;
TYPED_TEST_SUITE(CheatTest, Fields);

TYPED_TEST(CheatTest, HooksThatChangeNothingProveTheTruth) {
  ProverHooks hooks;
  int calls = 0;
  hooks.transcript = [&](Transcript&) { ++calls; };
  hooks.witness = [&](Witness&, LookupWitness&) { ++calls; };
  hooks.commit = [&](std::string_view, std::span<Goldilocks>) { ++calls; };
  hooks.send = [&](std::string_view, std::span<Goldilocks>) { ++calls; };
  hooks.rows = [&](std::string_view, RowOpening&) { ++calls; };
  hooks.nonce = [&](uint64_t&) { ++calls; };
  const auto proof = this->session_.Prove(&hooks);
  ASSERT_TRUE(proof.ok());
  const Verdict v = this->session_.Verify(*proof);
  EXPECT_TRUE(v.accepted) << Show(v);
  EXPECT_GT(calls, 50);
  EXPECT_EQ(*proof, *this->session_.Prove());
}

// ---- the witness -------------------------------------------------------------------------------------------------

TYPED_TEST(CheatTest, WrongActivation) {
  for (const char* name : {"a", "d", "e", "p"}) {
    ProverHooks hooks;
    hooks.witness = [&](Witness& w, LookupWitness&) { ++w.assignment.tensors[this->session_.TensorId(name)][3]; };
    this->ExpectRejected(hooks, Reason::kLinearClaim, name);
  }
}

TYPED_TEST(CheatTest, WrongRemainder) {
  ProverHooks hooks;
  hooks.witness = [&](Witness& w, LookupWitness&) { w.assignment.tensors[this->session_.TensorId("a lo")][7] ^= 1; };
  this->ExpectRejected(hooks, Reason::kLinearClaim, "remainder");
}

// The tuple that the lookup tree is built on is changed together with the cell it reads: then the fractions do not sum
// to zero, and the prover can only claim that they do.
TYPED_TEST(CheatTest, WrongRemainderAndItsTuples) {
  const size_t lookup = [&] {
    for (size_t l = 0; l < this->session_.test.circuit.lookups.size(); ++l) {
      if (this->session_.test.circuit.lookups[l].name == "a lo") return l;
    }
    return size_t{0};
  }();
  ProverHooks hooks;
  hooks.witness = [&](Witness& w, LookupWitness& lookups) {
    w.assignment.tensors[this->session_.TensorId("a lo")][7] += 16;
    // acc = 16 hi + lo: out of its range by 16 is a key too low by one.
    lookups.strays = {this->session_.Tuple(lookups, lookup, 7), this->session_.Tuple(lookups, lookup + 1, 7)};
    lookups.strays[0].columns[0] += Goldilocks(16);
    lookups.strays[1].columns[0] += -Goldilocks::One();
  };
  this->ExpectRejected(hooks, Reason::kLinearClaim, "remainder beyond its range");
}

TYPED_TEST(CheatTest, WrongMultiplicity) {
  for (size_t table = 0; table < this->session_.test.circuit.tables.size(); ++table) {
    ProverHooks hooks;
    hooks.witness = [&](Witness&, LookupWitness& lookups) { ++lookups.multiplicities[table][2]; };
    this->ExpectRejected(hooks, Reason::kLinearClaim, "multiplicity in table " + std::to_string(table));
  }
  // One more here, one fewer there.
  ProverHooks hooks;
  hooks.witness = [](Witness&, LookupWitness& lookups) {
    ++lookups.multiplicities[0][2];
    --lookups.multiplicities[0][3];
  };
  this->ExpectRejected(hooks, Reason::kLinearClaim, "moved multiplicity");
}

TYPED_TEST(CheatTest, WrongOutput) {
  // A public output that the circuit does not give: the prover does all it can with the statement it is asked for.
  auto& output = this->session_.statement.values[this->session_.TensorId("y")];
  output[2] = output[2] == 0 ? 1 : output[2] - 1;
  ProverHooks hooks;
  hooks.witness = [&](Witness& w, LookupWitness&) {
    w.assignment.tensors[this->session_.TensorId("y")].assign(output.begin(), output.end());
  };
  this->ExpectRejected(hooks, Reason::kLinearClaim, "output");
}

// ---- the weights -------------------------------------------------------------------------------------------------

// The run of another model, shown as this model's: consistent in everything but the committed rows.
TYPED_TEST(CheatTest, WrongWeights) {
  const Session<TypeParam>& s = this->session_;
  TestCase other = TestCaseBuilder(22).Build();
  ASSERT_EQ(other.circuit, s.test.circuit);
  Session<TypeParam> claim = s;
  for (const char* name : {"x", "y"}) {
    const SecretVector<int32_t>& values = other.witness.assignment.tensors[s.TensorId(name)];
    claim.statement.values[s.TensorId(name)].assign(values.begin(), values.end());
  }
  const ProverHooks hooks;
  Csprng random = Csprng::FromSeed({1}, "test");
  const auto proof = claim.Prove(&hooks, random, s.oracle.View(), other.weights, other.witness);
  ASSERT_TRUE(proof.ok());
  this->Expect(claim.Verify(*proof), Reason::kLinearClaim, "weights");
  // One weight off by one.
  IntegerTensors nearly = s.test.weights;
  ++nearly[s.TensorId("w3")][17];
  Csprng again = Csprng::FromSeed({1}, "test");
  const auto near = s.Prove(&hooks, again, s.oracle.View(), nearly, s.test.witness);
  ASSERT_TRUE(near.ok());
  this->Expect(s.Verify(*near), Reason::kLinearClaim, "one weight");
}

TYPED_TEST(CheatTest, WrongFold) {
  const Plan& plan = *this->session_.plan;
  for (int k = 0; k < plan.degree; ++k) {
    const size_t first = this->CellOf(plan.folded_weights, static_cast<uint32_t>(k));
    this->ExpectRejected(this->WrongCell("folded weights root", first), Reason::kLinearClaim, "first cell of the fold");
    this->ExpectRejected(this->WrongCell("folded weights root", first + plan.weights_layout.rows() - 1),
                         Reason::kLinearClaim, "last cell of the fold");
  }
}

// Rows of another codeword, hashed honestly: their digests are not under the root.
TYPED_TEST(CheatTest, ForeignWeightsRowWithItsOwnDigest) {
  const Session<TypeParam>& s = this->session_;
  const OwnedWeightsOracle other =
      CommitWeights(s.test.circuit, TestCaseBuilder(22).Build().weights, WeightsSeed{1, 2, 3});
  WeightsOracle mixed = s.oracle.View();
  mixed.codeword = other.codeword;
  mixed.digests = other.digests;
  const ProverHooks hooks;
  Csprng random = Csprng::FromSeed({1}, "test");
  const auto proof = s.Prove(&hooks, random, mixed, s.test.weights, s.test.witness);
  ASSERT_TRUE(proof.ok());
  this->Expect(s.Verify(*proof), Reason::kWeightsPath, "another model's rows");
}

// Rows of another codeword under this model's digests: the permutations do not put out what is shown.
TYPED_TEST(CheatTest, ForeignWeightsRowWithTheDigestOfThisModel) {
  const Session<TypeParam>& s = this->session_;
  const OwnedWeightsOracle other =
      CommitWeights(s.test.circuit, TestCaseBuilder(22).Build().weights, WeightsSeed{1, 2, 3});
  WeightsOracle mixed = s.oracle.View();
  mixed.codeword = other.codeword;
  const ProverHooks hooks;
  Csprng random = Csprng::FromSeed({1}, "test");
  const auto proof = s.Prove(&hooks, random, mixed, s.test.weights, s.test.witness);
  ASSERT_TRUE(proof.ok());
  this->Expect(s.Verify(*proof), Reason::kLinearClaim, "another model's symbols");
}

// The row next door, symbols, salt and digest: right under the tree, but not at this position.
TYPED_TEST(CheatTest, WeightsRowOfAnotherPosition) {
  const Session<TypeParam>& s = this->session_;
  std::vector<PoseidonDigest> rotated(s.oracle.digests.begin() + 1, s.oracle.digests.end());
  rotated.push_back(s.oracle.digests[0]);
  WeightsOracle mixed = s.oracle.View();
  mixed.digests = rotated;
  const ProverHooks hooks;
  Csprng random = Csprng::FromSeed({1}, "test");
  const auto proof = s.Prove(&hooks, random, mixed, s.test.weights, s.test.witness);
  ASSERT_TRUE(proof.ok());
  this->Expect(s.Verify(*proof), Reason::kWeightsPath, "another position's digest");
}

TYPED_TEST(CheatTest, WrongCellOfTheHiddenRows) {
  const Plan& plan = *this->session_.plan;
  const HiddenRowsPlan& h = plan.hidden_rows;
  for (const auto& [name, block] :
       {std::pair{"symbol", h.symbols}, {"salt", h.salts}, {"cube", h.cubes}, {"output", h.outputs}}) {
    const size_t first = this->CellOf(h.layout, block);
    this->ExpectRejected(this->WrongCell("hidden rows root", first), Reason::kLinearClaim,
                         std::string("first ") + name);
    // The last element of the block.
    size_t last = first;
    ForEachRun(h.layout.blocks()[block], h.layout.columns(),
               [&](uint64_t, uint64_t cell, uint64_t length) { last = cell + length - 1; });
    this->ExpectRejected(this->WrongCell("hidden rows root", last), Reason::kLinearClaim, std::string("last ") + name);
  }
}

// ---- messages ----------------------------------------------------------------------------------------------------

// A wrong masked message: what follows is computed from the challenges that it leads to.
TYPED_TEST(CheatTest, WrongMessageOfEveryKind) {
  for (const auto& [label, n] : {std::pair{"root denominator", size_t{0}},
                                 {"layer round", 0},
                                 {"layer round", 13},
                                 {"layer ends", 0},
                                 {"layer ends", 5},
                                 {"contraction sum", 0},
                                 {"contraction round", 0},
                                 {"contraction round", 2},
                                 {"contraction end", 0},
                                 {"contraction end", 3},
                                 {"s-box round", 0},
                                 {"s-box round", 6},
                                 {"s-box end", 0},
                                 {"open columns", 0},
                                 {"open columns", 4},
                                 {"open level", 0},
                                 {"open level", 2},
                                 {"mask claim", 0}}) {
    for (const size_t element : {size_t{0}, size_t{3}}) {
      this->ExpectRejected(this->WrongMessage(label, n, element), Reason::kLinearClaim, label);
    }
  }
}

TYPED_TEST(CheatTest, WrongRowDigest) {
  this->ExpectRejected(this->WrongMessage("row digests", 0, 0), Reason::kWeightsPath, "row digest");
}

// ---- the opening -------------------------------------------------------------------------------------------------

TYPED_TEST(CheatTest, WrongProductEntry) {
  const Plan& plan = *this->session_.plan;
  const auto cell = [&](size_t entry) {
    const size_t columns = plan.terminal_columns;
    return (entry / columns * 2 * columns + entry % columns) * static_cast<size_t>(plan.degree);
  };
  for (const size_t entry :
       {size_t{plan.pads}, size_t{plan.pads} + plan.products - 1, size_t{plan.pads} + plan.products + 2}) {
    this->ExpectRejected(this->WrongCell("terminal root", cell(entry)), Reason::kPadProducts, "product entry");
  }
  this->ExpectRejected(this->WrongMessage("cross terms", 0, 0), Reason::kPadProducts, "first cross term");
  this->ExpectRejected(this->WrongMessage("cross terms", 0, 2), Reason::kPadProducts, "second cross term");
}

// A pad in the tree that is not the one used.
TYPED_TEST(CheatTest, WrongPad) {
  ProverHooks hooks = this->WrongCell("terminal root", 0);
  const auto proof = this->session_.Prove(&hooks);
  ASSERT_TRUE(proof.ok());
  // The first pad belongs to the root denominator, which no product reads: the linear claim alone sees it.
  this->Expect(this->session_.Verify(*proof), Reason::kLinearClaim, "pad");
}

// The revealed vectors, changed where no claim reads them (their random rows): only the opened rows disagree.
TYPED_TEST(CheatTest, WrongLastVector) {
  const Plan& plan = *this->session_.plan;
  const size_t elements = plan.levels.back().shape.degree_bound() * static_cast<size_t>(plan.degree);
  this->ExpectRejected(this->WrongMessage("masked vector", 0, elements - 1), Reason::kFoldedVector, "random row");
  this->ExpectRejected(this->WrongMessage("masked vector", 0, 0), Reason::kFoldedVector, "first entry");
}

TYPED_TEST(CheatTest, WrongTerminalReveal) {
  const Plan& plan = *this->session_.plan;
  const size_t elements = plan.terminal_shape.degree_bound() * plan.terminal_columns * static_cast<size_t>(plan.degree);
  this->ExpectRejected(this->WrongMessage("masked terminal", 0, elements - 1), Reason::kTerminalVector, "random row");
  this->ExpectRejected(this->WrongMessage("masked terminal", 0, 0), Reason::kTerminalVector, "first entry");
}

// A level that is not the fold of what was committed before: the rows opened there say otherwise.
TYPED_TEST(CheatTest, WrongLevel) {
  const LevelPlan& level = this->session_.plan->levels[0];
  this->ExpectRejected(this->WrongCell("level root", 0), Reason::kLinearClaim, "first cell");
  // The last random row of the activations, folded: no claim reads it, but queries do.
  const size_t bound = this->session_.plan->activations_shape.degree_bound();
  const size_t row = (bound - 1) / level.columns;
  const size_t column = (bound - 1) % level.columns;
  const size_t cell = row * level.shape.columns + column * static_cast<size_t>(this->session_.plan->degree);
  this->ExpectRejected(this->WrongCell("level root", cell), Reason::kLinearClaim, "random row");
}

TYPED_TEST(CheatTest, RowOfAnotherOracleOrPosition) {
  for (const char* label : {"rows", "last level rows", "terminal rows"}) {
    ProverHooks hooks;
    hooks.rows = [&](std::string_view at, RowOpening& opening) {
      if (at == label) std::swap(opening.salts[0], opening.salts[1]);
    };
    this->ExpectRejected(hooks, Reason::kRowsPath, std::string(label) + ": salts swapped");
    hooks.rows = [&](std::string_view at, RowOpening& opening) {
      if (at != label) return;
      const size_t columns = opening.symbols.size() / opening.salts.size();
      std::swap(opening.salts[0], opening.salts[1]);
      std::swap_ranges(opening.symbols.begin(), opening.symbols.begin() + static_cast<std::ptrdiff_t>(columns),
                       opening.symbols.begin() + static_cast<std::ptrdiff_t>(columns));
    };
    this->ExpectRejected(hooks, Reason::kRowsPath, std::string(label) + ": rows swapped");
  }
  // The activations' rows where the folded weights' rows belong: both have the same width.
  ProverHooks hooks;
  std::optional<RowOpening> activations;
  hooks.rows = [&](std::string_view at, RowOpening& opening) {
    if (at != "rows") return;
    if (!activations.has_value()) {
      activations = opening;
    } else {
      for (size_t i = 0; i < opening.salts.size(); ++i) {
        if (i >= activations->salts.size()) break;
        opening.salts[i] = activations->salts[i];
      }
      const size_t n = std::min(opening.symbols.size(), activations->symbols.size());
      std::copy_n(activations->symbols.begin(), n, opening.symbols.begin());
    }
  };
  this->ExpectRejected(hooks, Reason::kRowsPath, "another oracle's rows");
}

TYPED_TEST(CheatTest, TooLittleWork) {
  for (size_t which = 0; which < 3; ++which) {
    ProverHooks hooks;
    // The prover takes the smallest nonce, so one that is smaller fits fewer bits.
    hooks.nonce = [which, seen = size_t{0}](uint64_t& nonce) mutable {
      if (seen++ == which) nonce = nonce == 0 ? 1 : nonce - 1;
    };
    this->ExpectRejected(hooks, Reason::kGrinding, "nonce " + std::to_string(which));
  }
}

// ---- the conversation --------------------------------------------------------------------------------------------

TYPED_TEST(CheatTest, ReplayedUnderAnotherContext) {
  const auto proof = this->session_.Prove();
  ASSERT_TRUE(proof.ok());
  Session<TypeParam> other = this->session_;
  other.statement.context = "test, another day";
  this->Expect(other.Verify(*proof), Reason::kGrinding, "context");
  // Even a verifier whose work factor was met by chance, or by more work, sees other positions.
  const auto fresh = other.Prove();
  ASSERT_TRUE(fresh.ok());
  EXPECT_TRUE(other.Verify(*fresh).accepted);
  EXPECT_FALSE(this->session_.Verify(*fresh).accepted);
}

TYPED_TEST(CheatTest, ReorderedMessages) {
  const auto proof = this->session_.Prove();
  ASSERT_TRUE(proof.ok());
  const std::vector<Message> messages = MessagesOf(this->session_.Verify(*proof).schedule);
  size_t swapped = 0;
  size_t lucky = 0;
  for (size_t i = 0; i + 1 < messages.size(); ++i) {
    const Message& a = messages[i];
    const Message& b = messages[i + 1];
    if (a.entry.bytes != b.entry.bytes || a.entry.kind != b.entry.kind) continue;
    Bytes changed = *proof;
    std::swap_ranges(changed.begin() + static_cast<std::ptrdiff_t>(a.first),
                     changed.begin() + static_cast<std::ptrdiff_t>(a.first + a.entry.bytes),
                     changed.begin() + static_cast<std::ptrdiff_t>(b.first));
    const Verdict v = this->session_.Verify(changed);
    ASSERT_FALSE(v.accepted) << a.entry.label << " and " << b.entry.label;
    // Nothing but rows is read before a nonce follows. One nonce in 2^12 fits by chance; then the digests show it.
    const Reason expected = a.entry.kind == 'r' ? Reason::kRowsPath : Reason::kGrinding;
    if (v.reason != expected) {
      EXPECT_TRUE(v.reason == Reason::kWeightsPath || v.reason == Reason::kRowsPath || v.reason == Reason::kMalformed)
          << a.entry.label << ": " << Show(v);
      ++lucky;
    }
    ++swapped;
  }
  EXPECT_GT(swapped, 30u);
  EXPECT_LE(lucky, 2u);
}

}  // namespace
}  // namespace provenn
