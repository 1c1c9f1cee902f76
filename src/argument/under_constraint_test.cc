// Every committed cell is determined: one unit up or down at any of them is caught, by the direct checker for all
// cells and by the verifier for a sample of all tensors, whose prover then does everything else as well as it can. So
// are changes of groups of cells, and no rescale has a second decomposition into digits and a row, modulo p.
#include <gtest/gtest.h>

#include <random>

#include "argument/test_session.h"
#include "relation/checker.h"
#include "relation/test_solution_counter.h"

namespace provenn {
namespace {

Goldilocks ToElement(const Coefficient& c) {
  return Goldilocks::FromSigned(c.numerator) * Goldilocks(uint64_t{1} << c.shift).Inverse();
}

// What the lookups of a witness are, whether or not their tuples are in the tables: the best that a cheating prover
// can do. Counts the tuples that are.
LookupWitness Tuples(const Circuit& circuit, Witness& witness) {
  for (size_t c = 0; c < circuit.contractions.size(); ++c) {
    witness.accumulators[c] = EvaluateContraction(circuit, circuit.contractions[c], witness.assignment);
  }
  LookupWitness out;
  for (const Table& table : circuit.tables) out.multiplicities.emplace_back(table.size, 0);
  for (const Lookup& lookup : circuit.lookups) {
    SecretVector<uint32_t>& rows = out.rows.emplace_back();
    const Table& table = circuit.tables[lookup.table];
    const size_t count = ElementCount(lookup.space);
    std::vector<uint32_t> index(lookup.space.size(), 0);
    for (size_t i = 0; i < count; ++i) {
      size_t rest = i;
      for (size_t a = lookup.space.size(); a-- > 0;) {
        index[a] = static_cast<uint32_t>(rest % lookup.space[a]);
        rest /= lookup.space[a];
      }
      std::vector<Goldilocks> tuple;
      for (size_t c = 0; c < lookup.columns.size(); ++c) {
        const Expression& e = lookup.columns[c];
        Goldilocks value = ToElement(e.constant);
        for (const ViewTerm& t : e.terms) {
          value +=
              ToElement(t.coefficient) * Goldilocks::FromSigned(ValueAt(circuit, witness.assignment, t.view, index));
        }
        for (const AccumulatorTerm& t : e.accumulators) {
          value += ToElement(t.coefficient) * Goldilocks::FromSigned(witness.accumulators[t.contraction][i]);
        }
        tuple.push_back(value);
      }
      const uint64_t row = (tuple[0] - Goldilocks::FromSigned(table.first_key)).value();
      bool present = row < table.size;
      for (size_t c = 0; present && c < table.values.size(); ++c) {
        present = tuple[c + 1] == Goldilocks::FromSigned(table.values[c][row]);
      }
      rows.push_back(present ? static_cast<uint32_t>(row) : 0);
      if (present) {
        ++out.multiplicities[lookup.table][row];
      } else {
        out.strays.push_back({out.rows.size() - 1, i, std::move(tuple)});
      }
    }
  }
  return out;
}

// Calls body(tensor, element, change) for every cell that is not a weight.
template <typename Body>
void ForEachCell(const Circuit& circuit, Body body) {
  for (size_t t = 0; t < circuit.tensors.size(); ++t) {
    if (circuit.tensors[t].kind == TensorKind::kWeight) continue;
    for (size_t i = 0; i < ElementCount(circuit.tensors[t].shape); ++i) {
      for (const int32_t change : {-1, 1}) body(t, i, change);
    }
  }
}

TEST(UnderConstraintTest, CheckerSeesEveryCell) {
  const TestCase test = TestCaseBuilder(31).Build();
  ASSERT_TRUE(CheckAssignment(test.circuit, test.witness.assignment).ok());
  Assignment changed = test.witness.assignment;
  size_t cells = 0;
  ForEachCell(test.circuit, [&](size_t t, size_t i, int32_t change) {
    changed.tensors[t][i] += change;
    EXPECT_FALSE(CheckAssignment(test.circuit, changed).ok())
        << test.circuit.tensors[t].name << " element " << i << " by " << change;
    changed.tensors[t][i] -= change;
    ++cells;
  });
  EXPECT_EQ(cells, 2u * (72 + 2 * (3 * 144 + 36 + 5)));
}

// The cells that one tuple reads, moved together and two by two (with the carry of a digit); the cells along one axis.
TEST(UnderConstraintTest, CheckerSeesGroupsOfCells) {
  const TestCase test = TestCaseBuilder(31).Build();
  const CellConstraints constraints(test.circuit, test.witness.assignment);
  std::mt19937 random(3);
  size_t groups = 0;
  const auto expect_caught = [&](const std::vector<std::pair<uint32_t, int32_t>>& changes) {
    Assignment changed = test.witness.assignment;
    for (const auto& [cell, by] : changes) {
      const uint32_t tensor = constraints.TensorOf(cell);
      changed.tensors[tensor][cell - constraints.FirstCell(tensor)] += by;
    }
    EXPECT_FALSE(CheckAssignment(test.circuit, changed).ok()) << "group " << groups;
    ++groups;
  };
  for (size_t i = 0; i < constraints.tuples().size(); i += 11) {
    std::vector<std::pair<uint32_t, int32_t>> all;
    for (const CellPolynomial& column : constraints.tuples()[i].columns) {
      for (const auto& [factor, cell] : column.linear) {
        all.emplace_back(cell, random() % 2 == 0 ? 1 + static_cast<int32_t>(random() % 16) : -1);
      }
    }
    if (all.empty()) continue;
    expect_caught(all);
    if (all.size() > 1) expect_caught({{all.front().first, 16}, {all.back().first, -1}});
  }
  for (size_t t = 0; t < test.circuit.tensors.size(); ++t) {
    if (constraints.IsGiven(t)) continue;
    const Shape& shape = test.circuit.tensors[t].shape;
    uint32_t stride = 1;
    for (size_t a = shape.size(); a-- > 0; stride *= shape[a]) {
      std::vector<std::pair<uint32_t, int32_t>> line;
      for (uint32_t k = 0; k < shape[a]; ++k) line.emplace_back(constraints.FirstCell(t) + k * stride, 1);
      expect_caught(line);
    }
  }
  EXPECT_GT(groups, 100u);
}

// Every rescale has one decomposition: E, E + p and E - p are all tried, by solving modulo p for the remainder, the row
// and the output at once. relation/solution_counter_test.cc shows that a second one is found where there is one.
TEST(UnderConstraintTest, NoRescaleHasASecondDecomposition) {
  const TestCase test = TestCaseBuilder(31).Build();
  const CellConstraints constraints(test.circuit, test.witness.assignment);
  std::vector<Goldilocks> values;
  for (uint32_t cell = 0; cell < constraints.cells(); ++cell) {
    const uint32_t tensor = constraints.TensorOf(cell);
    values.push_back(
        Goldilocks::FromSigned(test.witness.assignment.tensors[tensor][cell - constraints.FirstCell(tensor)]));
  }
  std::vector<uint32_t> range_of(constraints.cells(), UINT32_MAX);
  for (uint32_t i = 0; i < constraints.tuples().size(); ++i) {
    const CellTuple& tuple = constraints.tuples()[i];
    if (tuple.columns.size() == 1 && tuple.columns[0].linear.size() == 1)
      range_of[tuple.columns[0].linear[0].second] = i;
  }
  SolutionCounter counter(constraints);
  size_t rescales = 0;
  for (uint32_t i = 0; i < constraints.tuples().size(); ++i) {
    const CellTuple& tuple = constraints.tuples()[i];
    if (tuple.columns.size() != 2) continue;
    const std::string& name = test.circuit.lookups[tuple.lookup].name;
    std::vector<uint32_t> active = {i};
    std::vector<uint32_t> own = {tuple.columns[1].linear.at(0).second};
    for (const auto& [factor, cell] : tuple.columns[0].linear) {
      if (test.circuit.tensors[constraints.TensorOf(cell)].name != name + " lo") continue;
      own.push_back(cell);
      active.push_back(range_of[cell]);
    }
    ASSERT_EQ(own.size(), 2u);
    EXPECT_EQ(counter.CountAround(active, own, values), Solutions::kOne) << name;
    // Without the range of its remainder it has many.
    EXPECT_EQ(counter.CountAround({i}, own, values), Solutions::kSeveral) << name;
    ++rescales;
  }
  EXPECT_EQ(rescales, 3u * 144 + 36 + 5);
}

// The evaluation above agrees with the prover's own, so the proofs below are as good as a cheat can make them.
TEST(UnderConstraintTest, TuplesOfAnHonestWitnessAreTheProversOwn) {
  TestCase test = TestCaseBuilder(31).Build();
  const auto own = EvaluateLookups(test.circuit, test.witness);
  ASSERT_TRUE(own.ok());
  const LookupWitness here = Tuples(test.circuit, test.witness);
  EXPECT_EQ(here.multiplicities, own->multiplicities);
  EXPECT_EQ(here.rows, own->rows);
  EXPECT_TRUE(here.strays.empty());
}

TEST(UnderConstraintTest, ProverRefusesAWitnessThatDoesNotSatisfyTheCircuit) {
  Session<Ext2> s(31);
  ++s.test.witness.assignment.tensors[s.TensorId("a")][0];
  const auto proof = s.Prove();
  ASSERT_FALSE(proof.ok());
  EXPECT_EQ(proof.error().code, Code::kInvalidArgument);
  EXPECT_NE(proof.error().where.find("lookup"), std::string::npos) << proof.error().ToString();
}

TEST(UnderConstraintTest, VerifierSeesASampleOfAllTensors) {
  // Everything hidden, so that inputs and outputs are cells as well.
  const Session<Ext2> s(31, true, true);
  size_t n = 0;
  size_t tried = 0;
  std::vector<size_t> by_tensor(s.test.circuit.tensors.size(), 0);
  ForEachCell(s.test.circuit, [&](size_t t, size_t i, int32_t change) {
    const bool small = ElementCount(s.test.circuit.tensors[t].shape) < 40;
    if (n++ % (small ? 5 : 13) != 0) return;
    ProverHooks hooks;
    hooks.witness = [&](Witness& w, LookupWitness& lookups) {
      w.assignment.tensors[t][i] += change;
      lookups = Tuples(s.test.circuit, w);
    };
    const auto proof = s.Prove(&hooks);
    ASSERT_TRUE(proof.ok());
    const Verdict v = s.Verify(*proof);
    ASSERT_FALSE(v.accepted) << s.test.circuit.tensors[t].name << " element " << i;
    EXPECT_EQ(v.reason, Reason::kLinearClaim) << Show(v);
    ++tried;
    ++by_tensor[t];
  });
  EXPECT_GE(tried, 140u);
  for (size_t t = 0; t < by_tensor.size(); ++t) {
    if (s.test.circuit.tensors[t].kind != TensorKind::kWeight) {
      EXPECT_GE(by_tensor[t], 2u) << s.test.circuit.tensors[t].name;
    }
  }
}

// The cells that bind the proof to the weights: symbols, salts and s-boxes of the hidden rows, and the folded weights.
TEST(UnderConstraintTest, VerifierSeesASampleOfTheWeightsLink) {
  const Session<Ext2> s(31);
  const HiddenRowsPlan& h = s.plan->hidden_rows;
  const auto sample = [&](const char* label, const OracleLayout& layout, uint32_t block, size_t count, size_t wanted) {
    std::vector<uint64_t> cells;
    ForEachRun(layout.blocks()[block], layout.columns(), [&](uint64_t, uint64_t cell, uint64_t length) {
      for (uint64_t i = 0; i < length; ++i) cells.push_back(cell + i);
    });
    ASSERT_EQ(cells.size(), count) << label;
    for (size_t k = 0; k < wanted; ++k) {
      const uint64_t cell = cells[k * (cells.size() - 1) / (wanted - 1)];
      ProverHooks hooks;
      hooks.commit = [&](std::string_view at, std::span<Goldilocks> message) {
        if (at == label) message[cell] += Goldilocks::One();
      };
      const auto proof = s.Prove(&hooks);
      ASSERT_TRUE(proof.ok());
      const Verdict v = s.Verify(*proof);
      ASSERT_FALSE(v.accepted) << label << " block " << block << " cell " << cell;
      EXPECT_EQ(v.reason, Reason::kLinearClaim) << Show(v);
    }
  };
  const size_t q = s.plan->weight_queries;
  const size_t permutations = q * s.plan->hash_blocks;
  sample("hidden rows root", h.layout, h.symbols, q * s.plan->weights.columns, 12);
  sample("hidden rows root", h.layout, h.salts, q * 4, 12);
  sample("hidden rows root", h.layout, h.cubes, permutations * kPoseidonSboxes, 12);
  sample("hidden rows root", h.layout, h.outputs, permutations * kPoseidonSboxes, 12);
  sample("folded weights root", s.plan->folded_weights, 0, s.plan->weights_layout.rows(), 6);
  sample("folded weights root", s.plan->folded_weights, 1, s.plan->weights_layout.rows(), 6);
}

}  // namespace
}  // namespace provenn
