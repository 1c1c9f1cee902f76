// A key that reads another part of a tensor, in another order or direction, is not described in the same words.
#include <gtest/gtest.h>

#include <cstdio>
#include <functional>

#include "explain/reading.h"
#include "explain/test_models.h"
#include "relation/determinism.h"

namespace provenn {
namespace {

// Ways in which a view can be another one; each leaves the view alone where it does not apply.
struct Change {
  const char* name;
  std::function<void(View&, const Shape& space, const Shape& tensor, size_t axis)> apply;
};

const std::vector<Change>& Changes() {
  static const std::vector<Change> all = {
      {"reversed",
       [](View& v, const Shape& space, const Shape&, size_t axis) {
         AxisMap& map = v.axes[axis];
         for (AxisStep& step : map.steps) {
           map.offset += step.stride * static_cast<int32_t>(space[step.axis] - 1);
           step.stride = -step.stride;
         }
       }},
      {"one step reversed",
       [](View& v, const Shape& space, const Shape&, size_t axis) {
         AxisMap& map = v.axes[axis];
         if (map.steps.size() < 2) return;
         map.offset += map.steps[0].stride * static_cast<int32_t>(space[map.steps[0].axis] - 1);
         map.steps[0].stride = -map.steps[0].stride;
       }},
      {"later", [](View& v, const Shape&, const Shape&, size_t axis) { v.axes[axis].offset += 1; }},
      {"earlier", [](View& v, const Shape&, const Shape&, size_t axis) { v.axes[axis].offset -= 1; }},
      {"every second cell",
       [](View& v, const Shape& space, const Shape&, size_t axis) {
         for (AxisStep& step : v.axes[axis].steps) step.stride *= space[step.axis] > 1 ? 2 : 1;
       }},
      {"axes swapped",
       [](View& v, const Shape&, const Shape& tensor, size_t axis) {
         if (axis + 1 < tensor.size()) std::swap(v.axes[axis], v.axes[axis + 1]);
       }},
      {"nothing but the first cell",
       [](View& v, const Shape&, const Shape&, size_t axis) {
         v.axes[axis].steps.clear();
         v.axes[axis].offset = 0;
       }},
  };
  return all;
}

// Whether two views read the same cell at every index.
bool SameReading(const View& a, const View& b, const Shape& space) {
  for (size_t axis = 0; axis < a.axes.size(); ++axis) {
    if (a.axes[axis].offset != b.axes[axis].offset) return false;
    const auto x = MovingSteps(a.axes[axis], space);
    if (x != MovingSteps(b.axes[axis], space)) return false;
  }
  return true;
}

std::vector<std::string> Words(const Explanation& e) {
  std::vector<std::string> words;
  for (const Node& node : e.nodes) words.push_back(node.part + " = " + node.operation);
  for (const Finding& f : e.not_recognised) words.push_back(f.place + ": " + f.text);
  return words;
}

class ViewsTest : public testing::Test {
 protected:
  // Changes every view of the circuit that is no weight's, one at a time, in every way of Changes().
  void ChangeAll(const CompiledModel& model) {
    model_ = &model;
    honest_ = Explain(model);
    honest_words_ = Words(honest_);
    for (size_t c = 0; c < model.circuit.contractions.size(); ++c) {
      const Contraction& contraction = model.circuit.contractions[c];
      const auto place = "contraction " + std::to_string(c);
      ChangeView(place + " left", contraction.left, contraction.space,
                 [c](Circuit& m, const View& v) { m.contractions[c].left = v; });
      if (!contraction.right.has_value()) continue;
      ChangeView(place + " right", *contraction.right, contraction.space,
                 [c](Circuit& m, const View& v) { m.contractions[c].right = v; });
    }
    for (const Step& step : model.program.steps) {
      // The others say of cells that they are within a range, in whatever order.
      if (step.kind != Step::Kind::kLookup || !SetsValue(step)) continue;
      const uint32_t l = step.id;
      const Lookup& lookup = model.circuit.lookups[l];
      for (const Expression& e : lookup.columns) {
        for (const ViewTerm& t : e.terms) {
          // In all columns at once: a maximum reads one operand twice.
          ChangeView("lookup " + lookup.name, t.view, lookup.space, [l, old = t.view](Circuit& m, const View& v) {
            for (Expression& column : m.lookups[l].columns) {
              for (ViewTerm& term : column.terms) {
                if (term.view == old) term.view = v;
              }
            }
          });
        }
      }
    }
  }

  void ChangeView(const std::string& place, const View& view, const Shape& space,
                  const std::function<void(Circuit&, const View&)>& put) {
    const Shape& tensor = model_->circuit.tensors[view.tensor].shape;
    for (const Change& change : Changes()) {
      for (size_t axis = 0; axis < tensor.size(); ++axis) {
        View changed = view;
        change.apply(changed, space, tensor, axis);
        if (SameReading(view, changed, space)) continue;
        CompiledModel m = *model_;
        put(m.circuit, changed);
        // The key check refuses most changes of what a lookup sets.
        if (OnlySumsInAnotherOrder(m.circuit)) continue;
        if (!ValidateCircuit(m.circuit).ok() || !CheckDeterminism(m.circuit, m.program).ok()) continue;
        SCOPED_TRACE(place + ": " + ViewText(view, space.size()) + " " + change.name + " along axis " +
                     std::to_string(axis));
        const Explanation e = Explain(m);
        EXPECT_NE(Words(e), honest_words_);
        EXPECT_NE(e.graph_id, honest_.graph_id);
        EXPECT_NE(e.formats_id, honest_.formats_id);
        ++changes_;
      }
    }
  }

  bool OnlySumsInAnotherOrder(const Circuit& changed) const {
    for (size_t c = 0; c < changed.contractions.size(); ++c) {
      const Contraction& x = changed.contractions[c];
      const Contraction& y = model_->circuit.contractions[c];
      if (x != y) return WithSummedAxesInOrder(x) == WithSummedAxesInOrder(y);
    }
    return false;
  }

  const CompiledModel* model_ = nullptr;
  Explanation honest_;
  std::vector<std::string> honest_words_;
  size_t changes_ = 0;
};

// The order in which a key lists the axes of a sum says nothing: a + b = b + a.
TEST(SummedAxes, TheirOrderChangesNeitherIdNorWords) {
  for (const auto& make : {+[] { return SmallLeNet(); }, +[] { return Residual(); }}) {
    TestGraph g = make();
    const CompiledModel honest = Compiled(g);
    CompiledModel turned = honest;
    size_t changed = 0;
    for (Contraction& c : turned.circuit.contractions) {
      const uint32_t summed = static_cast<uint32_t>(c.space.size()) - c.out_rank;
      if (summed < 2) continue;
      const auto other = [&](uint32_t axis) {
        return axis < c.out_rank ? axis : c.out_rank + (axis - c.out_rank + 1) % summed;
      };
      Shape space = c.space;
      for (uint32_t a = 0; a < c.space.size(); ++a) space[other(a)] = c.space[a];
      c.space = space;
      for (View* view : {&c.left, c.right.has_value() ? &*c.right : nullptr}) {
        for (size_t a = 0; view != nullptr && a < view->axes.size(); ++a) {
          for (AxisStep& step : view->axes[a].steps) step.axis = other(step.axis);
        }
      }
      ++changed;
    }
    ASSERT_TRUE(ValidateCircuit(turned.circuit).ok());
    const Explanation a = Explain(honest);
    const Explanation b = Explain(turned);
    EXPECT_EQ(a.graph_id, b.graph_id);
    EXPECT_EQ(a.formats_id, b.formats_id);
    EXPECT_EQ(Words(a), Words(b));
    EXPECT_GT(changed, 0u);
  }
}

TEST_F(ViewsTest, OfConvolutionsAndLayers) {
  TestGraph g = SmallLeNet();
  ChangeAll(Compiled(g));
  std::printf("%zu changes\n", changes_);
  EXPECT_GE(changes_, 60u);
}

TEST_F(ViewsTest, OfAResidualNetwork) {
  TestGraph g = Residual();
  ChangeAll(Compiled(g));
  std::printf("%zu changes\n", changes_);
  EXPECT_GE(changes_, 150u);
}

TEST_F(ViewsTest, OfProductsOfValues) {
  TestGraph g = Attention();
  ChangeAll(Compiled(g));
  std::printf("%zu changes\n", changes_);
  EXPECT_GE(changes_, 60u);
}

}  // namespace
}  // namespace provenn
