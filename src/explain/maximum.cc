#include "explain/maximum.h"

#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <map>
#include <set>

#include "explain/reading.h"
#include "explain/term.h"

namespace provenn {
namespace {

// What all joins together may look at and keep: a hostile key's chains would otherwise be gone through once for each of
// their links. Whatever is left stays pairs.
constexpr uint64_t kMaxWork = uint64_t{1} << 22;

// Offsets along an axis, ascending.
using Offsets = std::vector<int64_t>;

// first, first + step, ..., count of them.
struct Span {
  int64_t first = 0;
  int64_t step = 1;
  uint32_t count = 1;
};

bool Leaves(const Reach& reach, uint32_t size) { return reach.low < 0 || reach.high >= int64_t{size}; }

std::optional<Span> SpanOf(const Offsets& at) {
  Span span{at[0], at.size() > 1 ? at[1] - at[0] : 1, static_cast<uint32_t>(at.size())};
  for (size_t i = 1; i < at.size(); ++i) {
    if (at[i] - at[i - 1] != span.step) return std::nullopt;
  }
  return span;
}

// max over d of source[base + d], base an affine map of the index of the maximum, d in a product of offsets.
struct Tree {
  uint32_t source = kNoTensor;
  std::vector<std::vector<AxisStep>> base;  // by axis of the source; axes of the maximum's index
  std::vector<Offsets> offsets;             // by axis of the source
};

struct Known {
  Tree tree;
  size_t step = 0;
  std::vector<size_t> taken_in;  // steps of maxima that it is a maximum of
  bool offset = false;           // something is added to it: no other maximum may take it in
};

class Joiner {
 public:
  Joiner(const Circuit& circuit, const std::vector<ValueRange>& ranges, std::vector<ReadStep> steps)
      : circuit_(circuit), ranges_(ranges), steps_(std::move(steps)) {}

  std::vector<Node> Run() {
    FindReaders();
    for (size_t i = 0; i < steps_.size(); ++i) {
      if (steps_[i].pair.has_value() && work_ <= kMaxWork) Grow(i);
    }
    work_ = 0;
    std::vector<bool> taken(steps_.size(), false);
    for (size_t i = steps_.size(); i-- > 0;) {
      const auto tree = trees_.find(steps_[i].node.output);
      if (taken[i] || !steps_[i].pair.has_value() || tree == trees_.end()) continue;
      const std::vector<size_t> inner = InnerOf(i);
      if (work_ > kMaxWork || !Closed(inner, i)) continue;
      if (!Describe(tree->second.tree, &steps_[i])) continue;
      for (const size_t j : inner) {
        taken[j] = true;
        std::vector<uint32_t>& lookups = steps_[i].node.lookups;
        lookups.insert(lookups.begin(), steps_[j].node.lookups.begin(), steps_[j].node.lookups.end());
      }
      std::sort(steps_[i].node.lookups.begin(), steps_[i].node.lookups.end());
    }
    std::vector<Node> nodes;
    for (size_t i = 0; i < steps_.size(); ++i) {
      if (!taken[i]) nodes.push_back(std::move(steps_[i].node));
    }
    return nodes;
  }

 private:
  // By tensor: the steps of pairs that read or set it, and whether anything else does.
  void FindReaders() {
    pairs_.resize(circuit_.tensors.size());
    elsewhere_.assign(circuit_.tensors.size(), false);
    std::map<uint32_t, size_t> pair_of;
    for (size_t i = 0; i < steps_.size(); ++i) {
      if (steps_[i].pair.has_value()) pair_of[steps_[i].node.lookups[0]] = i;
    }
    for (const Contraction& c : circuit_.contractions) {
      elsewhere_[c.left.tensor] = true;
      if (c.right.has_value()) elsewhere_[c.right->tensor] = true;
    }
    for (uint32_t id = 0; id < circuit_.lookups.size(); ++id) {
      const auto pair = pair_of.find(id);
      for (const Expression& e : circuit_.lookups[id].columns) {
        for (const ViewTerm& t : e.terms) {
          if (pair == pair_of.end()) {
            elsewhere_[t.view.tensor] = true;
          } else {
            pairs_[t.view.tensor].insert(pair->second);
          }
        }
      }
    }
  }

  // All maxima that the one of step i takes in, directly or through others, ascending.
  std::vector<size_t> InnerOf(size_t i) {
    std::vector<size_t> inner;
    std::vector<size_t> open{i};
    std::set<size_t> seen;
    while (!open.empty() && work_ <= kMaxWork) {
      const size_t at = open.back();
      open.pop_back();
      for (const size_t j : trees_.find(steps_[at].node.output)->second.taken_in) {
        ++work_;
        if (!seen.insert(j).second) continue;
        inner.push_back(j);
        open.push_back(j);
      }
    }
    std::sort(inner.begin(), inner.end());
    return inner;
  }

  // Nothing outside the maximum at step i reads what it takes in.
  bool Closed(const std::vector<size_t>& inner, size_t i) {
    return std::all_of(inner.begin(), inner.end(), [&](size_t j) {
      const auto& readers = pairs_[steps_[j].node.output];
      work_ += readers.size();
      return work_ <= kMaxWork && std::all_of(readers.begin(), readers.end(), [&](size_t r) {
               return r == i || std::binary_search(inner.begin(), inner.end(), r);
             });
    });
  }

  // Whether `view` reads the tensor of the maximum `inner` within it, along each axis: beyond it there is 0, and that
  // is what the source has there only along an axis that both have and where they end together.
  bool KeepsWithin(const View& view, const Shape& space, const Tree& inner) const {
    const Shape& shape = circuit_.tensors[view.tensor].shape;
    const Shape& source = circuit_.tensors[inner.source].shape;
    std::vector<bool> ends_with_source(shape.size(), false);
    for (size_t a = 0; a < source.size(); ++a) {
      if (inner.base[a].size() != 1 || inner.offsets[a] != Offsets{0}) continue;
      const AxisStep& step = inner.base[a][0];
      if (step.stride == 1 && source[a] == shape[step.axis]) ends_with_source[step.axis] = true;
    }
    for (size_t axis = 0; axis < shape.size(); ++axis) {
      if (!ends_with_source[axis] && Leaves(ReachOf(view.axes[axis], space), shape[axis])) return false;
    }
    return true;
  }

  // The maximum at `view`, over `space`, of whatever its tensor is the maximum of.
  std::optional<Tree> Through(const View& view, const Shape& space, std::vector<size_t>* taken_in) const {
    Tree tree;
    const auto known = trees_.find(view.tensor);
    const bool inlined = known != trees_.end() && !elsewhere_[view.tensor] && !known->second.offset &&
                         circuit_.tensors[view.tensor].kind == TensorKind::kWitness;
    if (!inlined) {
      tree.source = view.tensor;
      for (const AxisMap& map : view.axes) {
        tree.base.push_back(map.steps);
        tree.offsets.push_back({map.offset});
      }
      return tree;
    }
    const Tree& inner = known->second.tree;
    if (!KeepsWithin(view, space, inner)) return std::nullopt;
    const Shape& source = circuit_.tensors[inner.source].shape;
    tree.source = inner.source;
    tree.offsets = inner.offsets;
    taken_in->push_back(known->second.step);
    tree.base.resize(source.size());
    for (size_t a = 0; a < source.size(); ++a) {
      for (const AxisStep& outer : inner.base[a]) {
        const AxisMap& map = view.axes[outer.axis];
        for (int64_t& at : tree.offsets[a]) {
          at += int64_t{outer.stride} * map.offset;
          if (std::abs(at) > INT32_MAX) return std::nullopt;
        }
        for (const AxisStep& step : map.steps) {
          const int64_t stride = int64_t{outer.stride} * step.stride;
          if (stride > INT32_MAX || stride < INT32_MIN) return std::nullopt;
          tree.base[a].push_back({step.axis, static_cast<int32_t>(stride)});
        }
      }
    }
    return tree;
  }

  void Grow(size_t i) {
    const ReadStep& step = steps_[i];
    // What is wrong with one that was taken in would be told nowhere.
    if (!step.node.problems.empty()) return;
    const uint32_t out = step.node.output;
    const Lookup& lookup = circuit_.lookups[step.node.lookups[0]];
    if (!step.node.part.empty() || !SetsOwnIndex(lookup, out)) return;
    std::vector<size_t> taken_in;
    std::optional<Tree> a = Through(step.pair->a, lookup.space, &taken_in);
    const std::optional<Tree> b = Through(step.pair->b, lookup.space, &taken_in);
    if (!a.has_value() || !b.has_value() || a->source != b->source || a->base != b->base) return;
    // Products that differ along one axis at most make one.
    size_t differing = 0;
    for (size_t axis = 0; axis < a->offsets.size(); ++axis) {
      const Offsets& x = a->offsets[axis];
      const Offsets& y = b->offsets[axis];
      work_ += x.size() + y.size();
      if (x == y) continue;
      if (++differing > 1) return;
      Offsets both;
      std::set_union(x.begin(), x.end(), y.begin(), y.end(), std::back_inserter(both));
      a->offsets[axis] = std::move(both);
    }
    if (work_ > kMaxWork) return;
    trees_[out] = {std::move(*a), i, std::move(taken_in), step.pair->offset != 0};
  }

  bool SetsOwnIndex(const Lookup& lookup, uint32_t out) const {
    const Shape& shape = circuit_.tensors[out].shape;
    for (const Expression& e : lookup.columns) {
      for (const ViewTerm& t : e.terms) {
        if (t.view.tensor == out) return shape == lookup.space && ReadsWhole(t.view, lookup.space, shape);
      }
    }
    return false;
  }

  // False if along an axis the cells are not evenly spaced.
  bool Describe(const Tree& tree, ReadStep* step) const {
    std::vector<Span> box;
    for (const Offsets& at : tree.offsets) {
      const std::optional<Span> span = SpanOf(at);
      if (!span.has_value()) return false;
      box.push_back(*span);
    }
    Node& node = step->node;
    Term term;
    term.kind = Term::Kind::kWindowMaximum;
    term.value = tree.source;
    term.coefficient = {1, 0};
    term.scale = circuit_.tensors[tree.source].scale;
    const Shape& source = circuit_.tensors[tree.source].shape;
    // The maximum as a view with further axes k0, k1, ... for the box.
    View view{tree.source, {}};
    Shape space = node.space;
    std::string ranges;
    uint64_t cells = 1;
    bool leaves = false;
    std::vector<bool> told(source.size(), false);
    std::vector<uint32_t> windows;
    std::vector<uint32_t> reduced;
    for (uint32_t a = 0; a < source.size(); ++a) {
      const Span& span = box[a];
      AxisMap map{static_cast<int32_t>(span.first), tree.base[a]};
      cells *= span.count;
      if (span.count > 1) {
        ranges += (ranges.empty() ? "k" : ", k") + std::to_string(space.size() - node.space.size()) + "<" +
                  std::to_string(span.count);
        map.steps.push_back({static_cast<uint32_t>(space.size()), static_cast<int32_t>(span.step)});
        space.push_back(span.count);
      }
      const std::vector<AxisStep> base = MovingSteps({0, tree.base[a]}, node.space);
      const Reach reach = ReachOf(map, space);
      leaves = leaves || Leaves(reach, source[a]);
      const int64_t stride = base.empty() ? 1 : base[0].stride;
      const bool strided = base.size() == 1 && stride > 0 && (span.count > 1 || stride > 1);
      if (strided || (base.empty() && span.count > 1 && !CoversAxis(map, space, source[a]))) {
        windows.push_back(a);
        told[a] = span.first <= 0 && reach.high + stride >= int64_t{source[a]};
        term.kernel.push_back(span.count);
        term.strides.push_back(static_cast<uint32_t>(stride));
        term.dilations.push_back(static_cast<uint32_t>(span.step));
        term.pads_begin.push_back(std::max<int64_t>(-reach.low, 0));
        term.pads_end.push_back(std::max<int64_t>(reach.high - int64_t{source[a]} + 1, 0));
      } else if (span.count > 1) {
        reduced.push_back(a);
      }
      view.axes.push_back(std::move(map));
    }
    term.inputs = cells;
    term.formula = "max{" + ranges + "} " + ViewText(view, node.space.size());
    const std::string over = reduced.empty() ? "" : AxesText(reduced);
    if (windows.empty()) {
      term.words = "maximum over " + std::to_string(cells) + (over.empty() ? "" : " (" + over + ")");
    } else {
      term.words = "max pool " + WindowWords(term);
      if (windows.back() != windows.size() - 1) term.words += " along " + AxesText(windows);
      if (!over.empty()) term.words += " and over " + over;
    }
    const ViewReading read = ReadView(view, space, node.space.size(), source, told);
    const std::string reading = ReadingWords(read, node.space);
    term.words += " of " + TensorText(tree.source) + (reading.empty() ? "" : " " + reading);
    // A pool takes nothing from outside; the 0 that is read there does no harm where no value is below it.
    if (leaves && ranges_[tree.source].min < 0) {
      term.words += (read.outside ? "," : " with 0 outside,") + std::string(" which is above its negative values");
    }
    node.operation = term.words;
    const size_t equals = node.formula.find(" = ");
    node.formula = node.formula.substr(0, equals) + " = " + term.formula;
    if (step->pair->offset != 0) {
      const std::string offset = std::to_string(step->pair->offset);
      node.formula += offset[0] == '-' ? " - " + offset.substr(1) : " + " + offset;
      node.operation += ", then " + offset + " added";
    }
    node.terms = {std::move(term)};
    return true;
  }

  const Circuit& circuit_;
  const std::vector<ValueRange>& ranges_;
  std::vector<ReadStep> steps_;
  std::vector<std::set<size_t>> pairs_;
  std::vector<bool> elsewhere_;
  std::map<uint32_t, Known> trees_;
  uint64_t work_ = 0;
};

}  // namespace

std::vector<Node> JoinMaxima(const Circuit& circuit, const std::vector<ValueRange>& ranges,
                             std::vector<ReadStep> steps) {
  return Joiner(circuit, ranges, std::move(steps)).Run();
}

}  // namespace provenn
