#include "explain/term.h"

#include <algorithm>

#include "explain/reading.h"

namespace provenn {
namespace {

// How the operand that is no weight uses one of its axes.
struct AxisUse {
  enum class Kind {
    kFixed,   // one index
    kKept,    // runs along with the output
    kSummed,  // summed over in full
    kPart,    // part of it summed over, in range
    kWindow,  // windows, or a stride or pads
    kGroup,   // groups of channels, each with its own weights
    kUnknown,
  };
  Kind kind = Kind::kUnknown;
  uint32_t kernel = 1;
  uint32_t stride = 1;
  uint32_t dilation = 1;
  int64_t pad_begin = 0;
  int64_t pad_end = 0;
  bool told = false;  // kernel, stride, dilation and pads say all; else the index has to
};

// "Σ{k0<3} T1[i0, k0]·T0[k0]"
std::string SumText(const Contraction& c) {
  std::string text;
  for (size_t a = c.out_rank; a < c.space.size(); ++a) {
    text += (text.empty() ? "" : ", ") + ("k" + std::to_string(a - c.out_rank)) + "<" + std::to_string(c.space[a]);
  }
  if (!text.empty()) text = "Σ{" + text + "} ";
  text += ViewText(c.left, c.out_rank);
  return c.right.has_value() ? text + "·" + ViewText(*c.right, c.out_rank) : text;
}

class Recogniser {
 public:
  // `say_weight`: others read the weight along other axes, transposed perhaps.
  Recogniser(const Circuit& circuit, const Contraction& c, bool say_weight)
      : circuit_(circuit), c_(WithSummedAxesInOrder(c)), by_weight_(c.space.size()), say_weight_(say_weight) {}

  Term Run() {
    term_.formula = SumText(c_);
    const bool weight = circuit_.tensors[c_.left.tensor].kind == TensorKind::kWeight;
    if (weight) {
      term_.weight = c_.left.tensor;
      for (const AxisMap& map : c_.left.axes) {
        for (const AxisStep& step : map.steps) by_weight_[step.axis] = true;
      }
    }
    if (weight && !c_.right.has_value()) {
      Constant();
    } else if (weight) {
      Weighted(*c_.right);
    } else if (!c_.right.has_value()) {
      PlainSum(c_.left);
    } else {
      Product();
    }
    if (term_.kind == Term::Kind::kUnknown) {
      term_.words = "a sum that is no known operator";
    } else if (term_.second == kNoTensor && term_.value != kNoTensor) {
      term_.words += " of " + TensorText(term_.value) + After(" ", reading_);
    }
    return std::move(term_);
  }

 private:
  bool IsSummed(uint32_t axis) const { return axis >= c_.out_rank; }
  static std::string After(const std::string& comma, const std::string& words) {
    return words.empty() ? "" : comma + words;
  }

  AxisUse UseOf(const AxisMap& map, uint32_t size) const {
    AxisUse use;
    std::vector<AxisStep> out;
    std::vector<AxisStep> summed;
    for (const AxisStep& step : map.steps) (IsSummed(step.axis) ? summed : out).push_back(step);
    const Reach reach = ReachOf(map, c_.space);
    const bool inside = reach.low >= 0 && reach.high < int64_t{size};
    const bool covers = CoversAxis(map, c_.space, size);
    use.pad_begin = std::max<int64_t>(-reach.low, 0);
    use.pad_end = std::max<int64_t>(reach.high - int64_t{size} + 1, 0);
    if (map.steps.empty()) {
      use.kind = inside ? AxisUse::Kind::kFixed : AxisUse::Kind::kUnknown;
    } else if (summed.empty()) {
      const bool grouped = std::any_of(out.begin(), out.end(), [&](const AxisStep& s) { return by_weight_[s.axis]; });
      if (covers) {
        use.kind = grouped ? AxisUse::Kind::kGroup : AxisUse::Kind::kKept;
      } else if (out.size() == 1 && out[0].stride > 0 && !grouped) {
        use.kind = AxisUse::Kind::kWindow;
        use.stride = static_cast<uint32_t>(out[0].stride);
        if (inside && (map.offset > 0 || use.stride == 1)) use.kind = AxisUse::Kind::kPart;
      } else if (inside) {
        use.kind = AxisUse::Kind::kPart;
      }
    } else if (out.empty()) {
      use.kind = covers ? AxisUse::Kind::kSummed : inside ? AxisUse::Kind::kPart : AxisUse::Kind::kUnknown;
      if (use.kind == AxisUse::Kind::kUnknown && summed.size() == 1 && summed[0].stride > 0) {
        use.kind = AxisUse::Kind::kWindow;
        use.kernel = c_.space[summed[0].axis];
        use.dilation = static_cast<uint32_t>(summed[0].stride);
      }
    } else if (out.size() == 1 && summed.size() == 1 && out[0].stride > 0 && summed[0].stride > 0) {
      const uint32_t per_group = c_.space[summed[0].axis];
      if (by_weight_[out[0].axis] && by_weight_[summed[0].axis]) {
        const bool groups = covers && summed[0].stride == 1 && int64_t{out[0].stride} == int64_t{per_group};
        use.kind = groups ? AxisUse::Kind::kGroup : AxisUse::Kind::kUnknown;
        use.kernel = per_group;
      } else {
        use.kind = AxisUse::Kind::kWindow;
        use.kernel = per_group;
        use.stride = static_cast<uint32_t>(out[0].stride);
        use.dilation = static_cast<uint32_t>(summed[0].stride);
      }
    } else if (inside && covers) {
      use.kind = AxisUse::Kind::kSummed;  // a reshape, part of it summed over
    }
    // Windows begin at the axis's first cell or before it and leave out fewer cells at its end than a step would take.
    const bool to_the_end = reach.high + int64_t{use.stride} >= int64_t{size};
    // Groups of several axes are a reshape, which is to be said.
    const bool one_group = use.kind == AxisUse::Kind::kGroup && out.size() == 1;
    use.told = one_group || (use.kind == AxisUse::Kind::kWindow && map.offset <= 0 && to_the_end);
    return use;
  }

  // Sizes of the operand's axes go into the term, what is not plain about them into words. False if one is no known
  // use.
  bool ReadAxes(const View& view) {
    term_.value = view.tensor;
    const Shape& shape = circuit_.tensors[view.tensor].shape;
    std::vector<bool> told;
    std::vector<uint32_t> windows;
    std::vector<uint32_t> summed;
    for (uint32_t a = 0; a < shape.size(); ++a) {
      const AxisUse use = UseOf(view.axes[a], shape[a]);
      told.push_back(use.told);
      if (use.kind == AxisUse::Kind::kUnknown) return false;
      if (use.kind == AxisUse::Kind::kGroup) {
        grouped_ = true;
        term_.inputs = std::max<uint64_t>(term_.inputs, 1) * use.kernel;
      }
      if (use.kind == AxisUse::Kind::kWindow) {
        windows.push_back(a);
        term_.kernel.push_back(use.kernel);
        term_.strides.push_back(use.stride);
        term_.dilations.push_back(use.dilation);
        term_.pads_begin.push_back(use.pad_begin);
        term_.pads_end.push_back(use.pad_end);
      }
      if (use.kind == AxisUse::Kind::kSummed || use.kind == AxisUse::Kind::kPart) {
        for (const AxisStep& step : view.axes[a].steps) {
          if (!IsSummed(step.axis)) continue;
          term_.inputs = std::max<uint64_t>(term_.inputs, 1) * c_.space[step.axis];
          if (c_.space[step.axis] > 1 && (summed.empty() || summed.back() != a)) summed.push_back(a);
        }
      }
    }
    read_ = ReadView(view, c_.space, c_.out_rank, shape, told);
    reading_ = ReadingWords(read_);
    const std::string permuted = PermutedText(ReadView(view, c_.space, c_.space.size(), shape).order);
    if (!permuted.empty()) reading_ += (reading_.empty() ? "" : ", ") + permuted;
    // Channels last: windows go along the first axes, and the last ones are summed.
    if (!windows.empty() && windows.back() != windows.size() - 1) window_axes_ = " along " + AxesText(windows);
    if (!summed.empty()) summed_axes_ = AxesText(summed);
    summed_last_ = summed.empty() || summed.front() + summed.size() == shape.size();
    return true;
  }

  // The summed axes of an operand, where they come in another order than in the other operand.
  std::string PermutedText(const std::vector<uint32_t>& order) const {
    std::vector<uint32_t> summed;
    std::string text;
    for (const uint32_t a : order) {
      if (!IsSummed(a)) continue;
      summed.push_back(a);
      text += (text.empty() ? "k" : ", k") + std::to_string(a - c_.out_rank);
    }
    return std::is_sorted(summed.begin(), summed.end()) ? "" : "summed axes permuted (" + text + ")";
  }

  // Where in the result the weight's axes of that list go, if not to the last axes in their order.
  std::string PlaceText(const std::vector<uint32_t>& axes, const std::string& verb) const {
    bool last = true;
    std::vector<uint32_t> wide;
    uint32_t expected = c_.out_rank;
    for (size_t i = axes.size(); i-- > 0;) last = last && axes[i] == --expected;
    for (const uint32_t a : axes) {
      if (c_.space[a] > 1) wide.push_back(a);
    }
    return last || wide.empty() ? "" : verb + " " + AxesText(wide);
  }

  // The axes of the result that the weight runs along, in its order: those that `read` marks (groups), then the others.
  std::vector<uint32_t> WeightAxes(const std::vector<bool>& read = {}) const {
    std::vector<uint32_t> axes;
    for (const bool groups : {true, false}) {
      for (const AxisMap& map : c_.left.axes) {
        for (const AxisStep& step : map.steps) {
          const bool is_read = step.axis < read.size() && read[step.axis];
          if (!IsSummed(step.axis) && is_read == groups) axes.push_back(step.axis);
        }
      }
    }
    return axes;
  }

  // Which of the axes of the space a view steps along.
  std::vector<bool> Used(const View& view) const {
    std::vector<bool> used(c_.space.size());
    for (const AxisMap& map : view.axes) {
      for (const AxisStep& step : map.steps) used[step.axis] = true;
    }
    return used;
  }

  void Constant() {
    for (size_t a = 0; a < c_.space.size(); ++a) {
      if (IsSummed(static_cast<uint32_t>(a)) && c_.space[a] > 1) return;
    }
    term_.kind = Term::Kind::kConstant;
    term_.words = WeightText();
  }

  // "T2 (4)", and along which axes of the result where these are not the last ones.
  std::string WeightText() const {
    return TensorText(term_.weight) + " (" + ShapeText(circuit_.tensors[term_.weight].shape) + ")" +
           PlaceText(WeightAxes(), " along");
  }

  void Weighted(const View& right) {
    const std::vector<bool> read = Used(right);
    bool sums = false;
    bool weighted_sums = false;
    std::vector<uint32_t> repeated;
    for (uint32_t a = 0; a < c_.space.size(); ++a) {
      if (!IsSummed(a)) {
        if (by_weight_[a] && !read[a]) term_.outputs = std::max<uint64_t>(term_.outputs, 1) * c_.space[a];
        if (by_weight_[a] && read[a]) term_.groups *= c_.space[a];
        if (!by_weight_[a] && read[a]) positions_.push_back(c_.space[a]);
        if (!by_weight_[a] && !read[a]) repeated.push_back(a);
        continue;
      }
      sums = true;
      weighted_sums = weighted_sums || by_weight_[a];
      if (!read[a]) return;  // weights alone, summed
    }
    term_.positions = ElementCount(positions_);
    if (!ReadAxes(right)) return;
    const std::string again = After(", ", RepeatWords(repeated, c_.space));
    if (!sums) {
      Factor(read, again);
      return;
    }
    if (!weighted_sums) {
      term_.kind = Term::Kind::kScaledWindowSum;
      term_.words =
          term_.kernel.empty() ? "sum over " + summed_axes_ : "sum over windows " + WindowWords(term_) + window_axes_;
      term_.words += ", times weights " + WeightText() + again;
      return;
    }
    for (uint32_t a = c_.out_rank; a < c_.space.size(); ++a) {
      if (!by_weight_[a]) return;  // some sums weighted, some not
    }
    const uint64_t inputs = std::max<uint64_t>(term_.inputs, 1);
    const uint64_t outputs = std::max<uint64_t>(term_.outputs, 1);
    const bool depthwise = grouped_ && inputs == 1 && outputs == 1;
    if (!term_.kernel.empty()) {
      term_.kind = Term::Kind::kConvolution;
      term_.words = (depthwise ? "depthwise convolution " : "convolution ") + WindowWords(term_) + window_axes_;
      term_.words += depthwise ? ", " + std::to_string(term_.groups) + " channels"
                               : ", " + std::to_string(inputs * term_.groups) + " -> " +
                                     std::to_string(outputs * term_.groups) + " channels";
      if (term_.groups > 1 && !depthwise) term_.words += " in " + std::to_string(term_.groups) + " groups";
    } else if (positions_.size() == 2 && summed_last_ && term_.groups == 1) {
      term_.kind = Term::Kind::kConvolution;
      term_.kernel = term_.strides = term_.dilations = {1, 1};
      term_.pads_begin = term_.pads_end = {0, 0};
      term_.words = "convolution 1x1, " + std::to_string(inputs) + " -> " + std::to_string(outputs) + " channels";
    } else {
      term_.kind = Term::Kind::kFullyConnected;
      term_.words = "fully connected " + std::to_string(inputs) + " -> " + std::to_string(outputs);
      if (term_.groups > 1) term_.words += " in each of " + std::to_string(term_.groups) + " groups";
      if (term_.positions > 1) term_.words += " at each of " + ShapeText(positions_) + " positions";
    }
    if (!summed_last_) term_.words += ", inputs along " + summed_axes_;
    term_.words += PlaceText(WeightAxes(read), ", outputs along") + ReadAsText() + again;
  }

  std::string ReadAsText() const { return say_weight_ ? ", weights " + ViewText(c_.left, c_.out_rank) + "," : ""; }

  // Weights times a value, with no sum.
  void Factor(const std::vector<bool>& read, const std::string& again) {
    const bool windows = !term_.kernel.empty();
    const uint64_t outputs = std::max<uint64_t>(term_.outputs, 1);
    if (outputs > 1 && (windows || term_.positions > 1 || term_.groups == 1)) {
      // One input channel.
      std::vector<uint32_t> made;
      for (const uint32_t a : WeightAxes()) {
        if (!read[a]) made.push_back(a);
      }
      term_.kind = windows ? Term::Kind::kConvolution : Term::Kind::kFullyConnected;
      term_.inputs = term_.groups;
      term_.words = windows ? "convolution " + WindowWords(term_) + window_axes_ + ", 1 -> " + std::to_string(outputs) +
                                  " channels"
                            : "fully connected 1 -> " + std::to_string(outputs);
      if (term_.groups > 1) term_.words += " for each of " + std::to_string(term_.groups);
      if (!windows && term_.positions > 1) term_.words += " at each of " + ShapeText(positions_) + " positions";
      term_.words += PlaceText(made, ", outputs along") + ReadAsText() + again;
      return;
    }
    term_.kind = Term::Kind::kConstantFactor;
    term_.words = "product with weights " + WeightText() + again;
    if (windows) term_.words += ", strided " + WindowWords(term_) + window_axes_ + ",";
  }

  void PlainSum(const View& view) {
    const std::vector<bool> read = Used(view);
    std::vector<uint32_t> repeated;
    for (uint32_t a = 0; a < c_.space.size(); ++a) {
      if (read[a] || c_.space[a] == 1) continue;
      if (IsSummed(a)) return;
      repeated.push_back(a);
    }
    if (!ReadAxes(view)) return;
    term_.kind = term_.kernel.empty() ? Term::Kind::kAxisSum : Term::Kind::kWindowSum;
    const std::string axes = summed_axes_.empty() ? "" : " (" + summed_axes_ + ")";
    term_.words = term_.kernel.empty()
                      ? "over " + std::to_string(std::max<uint64_t>(term_.inputs, 1)) + axes
                      : "over windows " + WindowWords(term_) + window_axes_ + After(" and ", summed_axes_);
    term_.words += After(", ", RepeatWords(repeated, c_.space));
  }

  void Product() {
    const View& right = *c_.right;
    const std::vector<bool> in_left = Used(c_.left);
    const std::vector<bool> in_right = Used(right);
    for (uint32_t a = c_.out_rank; a < c_.space.size(); ++a) {
      if (!in_left[a] || !in_right[a]) return;
    }
    term_.value = c_.left.tensor;
    term_.second = right.tensor;
    const Shape& left_shape = circuit_.tensors[term_.value].shape;
    const Shape& right_shape = circuit_.tensors[term_.second].shape;
    const auto summed = c_.space.begin() + c_.out_rank;
    if (std::all_of(summed, c_.space.end(), [](uint32_t size) { return size == 1; })) {
      term_.kind = Term::Kind::kProduct;
      term_.words = TensorText(term_.value) + After(" ", ViewWords(c_.left, c_.space, left_shape)) + " times " +
                    TensorText(term_.second) + After(" ", ViewWords(right, c_.space, right_shape));
      return;
    }
    // Batch axes, rows and columns: of the result, in both operands, the left one, the right one.
    std::vector<uint32_t> wide[4];
    for (uint32_t a = 0; a < c_.space.size(); ++a) {
      if (c_.space[a] == 1) continue;
      if (!in_left[a] && !in_right[a]) return;
      wide[IsSummed(a) ? 3 : in_left[a] && in_right[a] ? 0 : in_left[a] ? 1 : 2].push_back(a);
      if (IsSummed(a)) term_.inputs = std::max<uint64_t>(term_.inputs, 1) * c_.space[a];
    }
    const auto joined = [&](std::initializer_list<size_t> parts) {
      std::vector<uint32_t> axes;
      for (const size_t part : parts) axes.insert(axes.end(), wide[part].begin(), wide[part].end());
      return axes;
    };
    const std::vector<uint32_t> result = joined({0, 1, 2});
    const bool plain = std::is_sorted(result.begin(), result.end());
    term_.kind = Term::Kind::kMatrixProduct;
    term_.words = "matrix product " + FactorText(c_.left, left_shape, joined({0, 1, 3}), plain) + " times " +
                  FactorText(right, right_shape, joined({0, 3, 2}), plain) + ", sums over " +
                  std::to_string(std::max<uint64_t>(term_.inputs, 1));
  }

  // A factor of a matrix product, with its indices where they are not `expected`.
  std::string FactorText(const View& view, const Shape& shape, const std::vector<uint32_t>& expected,
                         bool plain) const {
    ViewReading reading = ReadView(view, c_.space, c_.out_rank, shape);
    const std::vector<uint32_t> order = ReadView(view, c_.space, c_.space.size(), shape).order;
    std::string text = TensorText(view.tensor);
    if (!plain || order != expected) {
      std::string indices;
      for (const uint32_t a : order) {
        indices += (indices.empty() ? "" : ", ") +
                   (IsSummed(a) ? "k" + std::to_string(a - c_.out_rank) : "i" + std::to_string(a));
      }
      text += std::string(plain ? " transposed" : "") + " (" + indices + ")";
    }
    reading.order.clear();
    return text + After(" ", ReadingWords(reading));
  }

  const Circuit& circuit_;
  const Contraction c_;
  std::vector<bool> by_weight_;
  const bool say_weight_;
  Term term_;
  Shape positions_;
  bool grouped_ = false;
  // Of the operand that is no weight.
  ViewReading read_;
  std::string reading_;
  std::string window_axes_;
  std::string summed_axes_;
  bool summed_last_ = true;
};

}  // namespace

std::string WindowWords(const Term& term) {
  std::string words = ShapeText(Shape(term.kernel.begin(), term.kernel.end()));
  const auto differs = [](const auto& list, auto value) {
    return std::any_of(list.begin(), list.end(), [&](auto v) { return v != value; });
  };
  if (differs(term.strides, 1u)) words += ", stride " + ListText(term.strides);
  if (differs(term.dilations, 1u)) words += ", dilation " + ListText(term.dilations);
  if (term.pads_begin != term.pads_end) {
    words += ", pads " + ListText(term.pads_begin) + " before and " + ListText(term.pads_end) + " after";
  } else if (differs(term.pads_begin, int64_t{0})) {
    words += ", pads " + ListText(term.pads_begin);
  }
  return words;
}

AddendReader::AddendReader(const Circuit& circuit) : circuit_(circuit) {
  const auto read = [&](const View& view, size_t out_rank) {
    if (circuit.tensors[view.tensor].kind != TensorKind::kWeight) return;
    const std::string text = ViewText(view, out_rank);
    const auto [it, fresh] = weight_reads_.try_emplace(view.tensor, text);
    if (!fresh && it->second != text) it->second.clear();
  };
  for (const Contraction& c : circuit.contractions) read(WithSummedAxesInOrder(c).left, c.out_rank);
  for (const Lookup& lookup : circuit.lookups) {
    for (const Expression& e : lookup.columns) {
      for (const ViewTerm& t : e.terms) read(t.view, lookup.space.size());
    }
  }
}

bool AddendReader::Take(uint64_t addends) {
  exceeded_ = exceeded_ || addends > left_;
  if (!exceeded_) left_ -= addends;
  return !exceeded_;
}

const Term& AddendReader::OfContraction(uint32_t contraction) {
  const auto [it, fresh] = known_.try_emplace(contraction);
  Term& term = it->second;
  if (!fresh) return term;
  const Contraction& c = circuit_.contractions[contraction];
  const auto weight = weight_reads_.find(c.left.tensor);
  term = Recogniser(circuit_, c, weight != weight_reads_.end() && weight->second.empty()).Run();
  const Contraction moving = WithoutStandstill(c);
  term.unordered_formula = SumText(WithSummedAxesInOrder(moving));
  if (c.right.has_value()) {
    const Contraction swapped{moving.space, moving.out_rank, *moving.right, moving.left};
    term.unordered_formula = std::min(term.unordered_formula, SumText(WithSummedAxesInOrder(swapped)));
  }
  term.scale = circuit_.tensors[c.left.tensor].scale;
  if (c.right.has_value()) term.scale += circuit_.tensors[c.right->tensor].scale;
  return term;
}

Term AddendReader::OfView(const View& view, const Shape& space) const {
  Term term;
  const Tensor& tensor = circuit_.tensors[view.tensor];
  term.kind = tensor.kind == TensorKind::kWeight ? Term::Kind::kConstant : Term::Kind::kValue;
  (tensor.kind == TensorKind::kWeight ? term.weight : term.value) = view.tensor;
  term.scale = tensor.scale;
  const std::string words = ViewWords(view, space, tensor.shape);
  term.words = TensorText(view.tensor) + (words.empty() ? "" : " " + words);
  term.formula = ViewText(view, space.size());
  term.unordered_formula = ViewText(WithoutStandstill(view, space), space.size());
  return term;
}

}  // namespace provenn
