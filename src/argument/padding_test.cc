// Cells that hold no element: past the end of every tensor's block, between and past the vectors of the opening, past
// the terminal vector. Section 4 of docs/protocol.md says that an honest matrix has zeros there, and nothing checks it,
// because no functional reads them: whatever they hold, the same statement is proved. The last cell that does hold an
// element is the neighbour that must be right. (Cells of the weights: weights_padding_test.cc. A coefficient past the
// degree bound is no cell: proximity_test.cc.)
#include <random>

#include "argument/test_cheats.h"
#include "argument/test_tiny_circuit.h"
#include "argument/test_toy_plan.h"

namespace provenn {
namespace {

template <typename K>
class PaddingTest : public Cheats<K> {
 protected:
  const Plan& plan() const { return *this->session_.plan; }
  size_t Degree() const { return static_cast<size_t>(plan().degree); }

  // Puts junk into the cells (of the n-th oracle under that label) that `holds_element` is false for. Returns how many.
  size_t ExpectHarmless(const std::string& label, size_t n, const std::vector<bool>& holds_element) {
    const auto cells = static_cast<size_t>(std::count(holds_element.begin(), holds_element.end(), false));
    const ProverHooks junk = this->AtCommit(label, n, [&](std::span<Goldilocks> matrix) {
      ASSERT_EQ(matrix.size(), holds_element.size());
      std::mt19937_64 random(cells);
      for (size_t i = 0; i < matrix.size(); ++i) {
        if (!holds_element[i]) matrix[i] = Goldilocks(random() | 1);
      }
    });
    this->ExpectAccepted(junk, label + ", " + std::to_string(cells) + " cells");
    return cells;
  }

  // Cells of a matrix that hold an element, by its blocks; and the last cell of each.
  static std::vector<bool> Elements(const OracleLayout& layout, std::vector<size_t>* last) {
    std::vector<bool> holds(layout.rows() * layout.columns(), false);
    for (const Block& block : layout.blocks()) {
      size_t end = 0;
      ForEachRun(block, layout.columns(), [&](uint64_t, uint64_t cell, uint64_t length) {
        for (uint64_t i = 0; i < length; ++i) holds[cell + i] = true;
        end = cell + length;
      });
      last->push_back(end - 1);
    }
    return holds;
  }
};
using Fields = testing::Types<Ext2, Ext3>;
TYPED_TEST_SUITE(PaddingTest, Fields);

TYPED_TEST(PaddingTest, PastTheTensorsOfTheFirstLevel) {
  const Plan& plan = this->plan();
  for (const auto& [label, layout] : {std::pair{"activations root", &plan.activations},
                                      {"folded weights root", &plan.folded_weights},
                                      {"hidden rows root", &plan.hidden_rows.layout}}) {
    std::vector<size_t> last;
    const std::vector<bool> holds = this->Elements(*layout, &last);
    EXPECT_GT(this->ExpectHarmless(label, 0, holds), 0u) << label;
    // Of the activations every block is a tensor or a table's multiplicities; the others have two and four blocks.
    for (const size_t cell : last) {
      this->ExpectRejected(this->WrongCell(label, cell), Reason::kLinearClaim,
                           std::string(label) + ", cell " + std::to_string(cell));
    }
  }
}

TYPED_TEST(PaddingTest, PastTheTerminalVector) {
  size_t harmless = 0;
  for (const uint32_t levels : {0u, 1u, 2u, 3u}) {  // 0: the real plan
    this->session_.MakePlanFor(this->session_.statement);
    if (levels > 0) {
      ToySize size;
      size.levels = levels;
      size.queries = 20;
      this->session_.plan = ToyPlan<TypeParam>(this->plan(), size);
    }
    const Plan& plan = this->plan();
    const size_t entries = size_t{plan.pads} + plan.products + 3;
    const size_t columns = plan.terminal_columns;
    std::vector<bool> holds(plan.terminal_rows() * 2 * columns * this->Degree());
    for (size_t i = 0; i < holds.size(); ++i) {
      const size_t element = i / this->Degree();
      holds[i] = element / (2 * columns) * columns + element % columns < entries;  // entries, and the masks of them
    }
    harmless += this->ExpectHarmless("terminal root", 0, holds);
    const size_t dummy = (entries - 1) / columns * 2 * columns + (entries - 1) % columns;
    this->ExpectRejected(this->WrongCell("terminal root", dummy * this->Degree()), Reason::kPadProducts, "last entry");
  }
  EXPECT_GT(harmless, 0u) << "no plan had room past its terminal vector";
}

// Between the oracles' segments of the first level's vector, and past the vector of every level.
TYPED_TEST(PaddingTest, PastTheVectorsOfTheOpening) {
  for (const uint32_t levels : {1u, 2u, 3u}) {
    this->session_.MakePlanFor(this->session_.statement);
    ToySize size;
    size.levels = levels;
    size.queries = 20;
    this->session_.plan = ToyPlan<TypeParam>(this->plan(), size);
    const Plan& plan = this->plan();
    for (size_t l = 0; l < levels; ++l) {
      SCOPED_TRACE("level " + std::to_string(l + 1) + " of " + std::to_string(levels));
      const LevelPlan& level = plan.levels[l];
      std::vector<std::pair<uint64_t, uint64_t>> segments;  // first entry and end
      if (l == 0) {
        const OracleShape* sources[3] = {&plan.activations_shape, &plan.folded_weights_shape, &plan.hidden_rows.shape};
        for (size_t o = 0; o < 3; ++o) {
          segments.emplace_back(plan.segment_first[o], plan.segment_first[o] + sources[o]->degree_bound());
        }
      } else {
        segments.emplace_back(0, plan.levels[l - 1].shape.degree_bound());
      }
      const size_t width = level.shape.columns / this->Degree();
      std::vector<bool> holds(level.shape.message_rows * level.shape.columns, false);
      for (size_t i = 0; i < holds.size(); ++i) {
        const size_t element = i / this->Degree();
        const uint64_t entry = element / width * level.columns + element % width;
        holds[i] = element % width == level.columns;  // the mask
        for (const auto& [first, end] : segments) holds[i] = holds[i] || (entry >= first && entry < end);
      }
      EXPECT_GT(this->ExpectHarmless("level root", l, holds), 0u);
      for (const auto& [first, end] : segments) {
        const size_t cell = ((end - 1) / level.columns * width + (end - 1) % level.columns) * this->Degree();
        this->ExpectRejected(this->WrongCell("level root", cell, l), Reason::kLinearClaim, "last entry of a segment");
      }
    }
  }
}

}  // namespace
}  // namespace provenn
