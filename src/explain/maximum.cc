#include "explain/maximum.h"

#include <algorithm>
#include <map>
#include <set>

#include "explain/reading.h"
#include "explain/term.h"

namespace provenn {
namespace {

constexpr size_t kMaxDisplacements = 4096;

// max over d of source[base + d], base an affine map of the index of the maximum.
struct Tree {
  uint32_t source = kNoTensor;
  std::vector<std::vector<AxisStep>> base;  // by axis of the source; axes of the maximum's index
  std::set<std::vector<int64_t>> displacements;
  std::vector<size_t> inner;  // steps whose results only this maximum reads
};

struct Known {
  Tree tree;
  size_t step = 0;
  bool offset = false;  // something is added to it: no other maximum may take it in
};

class Joiner {
 public:
  Joiner(const Circuit& circuit, std::vector<ReadStep> steps) : circuit_(circuit), steps_(std::move(steps)) {}

  std::vector<Node> Run() {
    FindReaders();
    for (size_t i = 0; i < steps_.size(); ++i) {
      if (steps_[i].pair.has_value()) Grow(i);
    }
    std::vector<bool> taken(steps_.size(), false);
    for (size_t i = steps_.size(); i-- > 0;) {
      const auto tree = trees_.find(steps_[i].node.output);
      if (taken[i] || !steps_[i].pair.has_value() || tree == trees_.end()) continue;
      if (!Closed(tree->second.tree, i) || !Describe(tree->second.tree, &steps_[i])) continue;
      for (const size_t j : tree->second.tree.inner) {
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

  // Nothing outside the maximum at step i reads what it takes in.
  bool Closed(const Tree& tree, size_t i) const {
    return std::all_of(tree.inner.begin(), tree.inner.end(), [&](size_t j) {
      const auto& readers = pairs_[steps_[j].node.output];
      return std::all_of(readers.begin(), readers.end(), [&](size_t r) {
        return r == i || std::binary_search(tree.inner.begin(), tree.inner.end(), r);
      });
    });
  }

  // The maximum at `view`, over `space`, of whatever its tensor is the maximum of.
  std::optional<Tree> Through(const View& view, const Shape& space) const {
    Tree tree;
    const auto known = trees_.find(view.tensor);
    const bool inlined = known != trees_.end() && !elsewhere_[view.tensor] && !known->second.offset &&
                         circuit_.tensors[view.tensor].kind == TensorKind::kWitness;
    if (!inlined) {
      tree.source = view.tensor;
      std::vector<int64_t> at;
      for (const AxisMap& map : view.axes) {
        tree.base.push_back(map.steps);
        at.push_back(map.offset);
      }
      tree.displacements.insert(std::move(at));
      return tree;
    }
    const Tree& inner = known->second.tree;
    const Shape& shape = circuit_.tensors[view.tensor].shape;
    const Shape& source = circuit_.tensors[inner.source].shape;
    tree.source = inner.source;
    tree.inner = inner.inner;
    tree.inner.push_back(known->second.step);
    std::vector<int64_t> shift(source.size(), 0);
    tree.base.resize(source.size());
    for (size_t a = 0; a < source.size(); ++a) {
      for (const AxisStep& outer : inner.base[a]) {
        const AxisMap& map = view.axes[outer.axis];
        const Reach reach = ReachOf(map, space);
        const bool leaves = reach.low < 0 || reach.high >= int64_t{shape[outer.axis]};
        // Beyond the inner maximum there is 0, as there is beyond the source, only if both end together.
        const bool ends_together = inner.base[a].size() == 1 && outer.stride == 1 && source[a] == shape[outer.axis] &&
                                   std::all_of(inner.displacements.begin(), inner.displacements.end(),
                                               [&](const auto& d) { return d[a] == 0; });
        if (leaves && !ends_together) return std::nullopt;
        shift[a] += int64_t{outer.stride} * map.offset;
        for (const AxisStep& step : map.steps) {
          const int64_t stride = int64_t{outer.stride} * step.stride;
          if (stride > INT32_MAX || stride < INT32_MIN) return std::nullopt;
          tree.base[a].push_back({step.axis, static_cast<int32_t>(stride)});
        }
      }
    }
    for (std::vector<int64_t> d : inner.displacements) {
      for (size_t a = 0; a < d.size(); ++a) d[a] += shift[a];
      tree.displacements.insert(std::move(d));
    }
    return tree;
  }

  void Grow(size_t i) {
    const ReadStep& step = steps_[i];
    const uint32_t out = step.node.output;
    const Lookup& lookup = circuit_.lookups[step.node.lookups[0]];
    if (!step.node.part.empty() || !SetsOwnIndex(lookup, out)) return;
    std::optional<Tree> a = Through(step.pair->a, lookup.space);
    const std::optional<Tree> b = Through(step.pair->b, lookup.space);
    if (!a.has_value() || !b.has_value() || a->source != b->source || a->base != b->base) return;
    a->displacements.insert(b->displacements.begin(), b->displacements.end());
    if (a->displacements.size() > kMaxDisplacements) return;
    a->inner.insert(a->inner.end(), b->inner.begin(), b->inner.end());
    std::sort(a->inner.begin(), a->inner.end());
    a->inner.erase(std::unique(a->inner.begin(), a->inner.end()), a->inner.end());
    trees_[out] = {std::move(*a), i, step.pair->offset != 0};
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

  // Per axis of the source the displacements, if together they are a box of evenly spaced ones.
  struct Span {
    int64_t first = 0;
    int64_t step = 1;
    uint32_t count = 1;
  };
  static std::optional<std::vector<Span>> BoxOf(const std::set<std::vector<int64_t>>& displacements) {
    const size_t rank = displacements.begin()->size();
    std::vector<Span> box(rank);
    uint64_t cells = 1;
    for (size_t a = 0; a < rank; ++a) {
      std::set<int64_t> along;
      for (const auto& d : displacements) along.insert(d[a]);
      const std::vector<int64_t> at(along.begin(), along.end());
      box[a].first = at[0];
      box[a].count = static_cast<uint32_t>(at.size());
      if (at.size() > 1) box[a].step = at[1] - at[0];
      for (size_t i = 1; i < at.size(); ++i) {
        if (at[i] - at[i - 1] != box[a].step) return std::nullopt;
      }
      cells *= at.size();
    }
    if (cells != displacements.size()) return std::nullopt;
    return box;
  }

  bool Describe(const Tree& tree, ReadStep* step) const {
    const auto box = BoxOf(tree.displacements);
    if (!box.has_value()) return false;
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
    bool windows = false;
    uint64_t cells = 1;
    for (size_t a = 0; a < source.size(); ++a) {
      const Span& span = (*box)[a];
      AxisMap map{static_cast<int32_t>(span.first), tree.base[a]};
      cells *= span.count;
      if (span.count > 1) {
        ranges += (ranges.empty() ? "k" : ", k") + std::to_string(space.size() - node.space.size()) + "<" +
                  std::to_string(span.count);
        map.steps.push_back({static_cast<uint32_t>(space.size()), static_cast<int32_t>(span.step)});
        space.push_back(span.count);
      }
      const bool whole = CoversAxis(map, space, source[a]) && (span.count == 1 || tree.base[a].empty());
      const Reach reach = ReachOf(map, space);
      if (!whole) {
        windows = windows || span.count > 1;
        term.kernel.push_back(span.count);
        term.strides.push_back(tree.base[a].size() == 1 ? static_cast<uint32_t>(std::abs(tree.base[a][0].stride)) : 1);
        term.dilations.push_back(static_cast<uint32_t>(span.step));
        term.pads_begin.push_back(std::max<int64_t>(-reach.low, 0));
        term.pads_end.push_back(std::max<int64_t>(reach.high - int64_t{source[a]} + 1, 0));
      }
      view.axes.push_back(std::move(map));
    }
    term.inputs = cells;
    const std::string text = ViewText(view, node.space.size());
    term.formula = "max{" + ranges + "} " + text;
    term.words = windows ? "max pool " + WindowWords(term) + " of " + TensorText(tree.source)
                         : "maximum over " + std::to_string(cells) + " of " + TensorText(tree.source);
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
  std::vector<ReadStep> steps_;
  std::vector<std::set<size_t>> pairs_;
  std::vector<bool> elsewhere_;
  std::map<uint32_t, Known> trees_;
};

}  // namespace

std::vector<Node> JoinMaxima(const Circuit& circuit, std::vector<ReadStep> steps) {
  return Joiner(circuit, std::move(steps)).Run();
}

}  // namespace provenn
