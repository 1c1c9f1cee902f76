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
};

class Recogniser {
 public:
  Recogniser(const Circuit& circuit, const Contraction& c) : circuit_(circuit), c_(c), by_weight_(c.space.size()) {}

  Term Run() {
    term_.formula = Formula();
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
      term_.words += " of " + TensorText(term_.value);
    }
    return std::move(term_);
  }

 private:
  bool IsSummed(uint32_t axis) const { return axis >= c_.out_rank; }

  std::string Formula() const {
    std::string text;
    for (size_t a = c_.out_rank; a < c_.space.size(); ++a) {
      text += (text.empty() ? "" : ", ") + ("k" + std::to_string(a - c_.out_rank)) + "<" + std::to_string(c_.space[a]);
    }
    if (!text.empty()) text = "Σ{" + text + "} ";
    text += ViewText(c_.left, c_.out_rank);
    if (c_.right.has_value()) text += "·" + ViewText(*c_.right, c_.out_rank);
    return text;
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
        use.kind = map.offset <= 0 ? AxisUse::Kind::kWindow : AxisUse::Kind::kUnknown;
        use.kernel = per_group;
        use.stride = static_cast<uint32_t>(out[0].stride);
        use.dilation = static_cast<uint32_t>(summed[0].stride);
      }
    } else if (inside && covers) {
      use.kind = AxisUse::Kind::kSummed;  // a reshape, part of it summed over
    }
    return use;
  }

  // Sizes of the operand's axes go into the term. False if one is no known use.
  bool ReadAxes(const View& view) {
    term_.value = view.tensor;
    const Shape& shape = circuit_.tensors[view.tensor].shape;
    for (size_t a = 0; a < shape.size(); ++a) {
      const AxisUse use = UseOf(view.axes[a], shape[a]);
      partial_ = partial_ || use.kind == AxisUse::Kind::kPart || use.kind == AxisUse::Kind::kFixed;
      if (use.kind == AxisUse::Kind::kUnknown) return false;
      if (use.kind == AxisUse::Kind::kGroup) {
        grouped_ = true;
        term_.inputs = std::max<uint64_t>(term_.inputs, 1) * use.kernel;
      }
      if (use.kind == AxisUse::Kind::kWindow) {
        term_.kernel.push_back(use.kernel);
        term_.strides.push_back(use.stride);
        term_.dilations.push_back(use.dilation);
        term_.pads_begin.push_back(use.pad_begin);
        term_.pads_end.push_back(use.pad_end);
      }
      if (use.kind == AxisUse::Kind::kSummed || use.kind == AxisUse::Kind::kPart) {
        for (const AxisStep& step : view.axes[a].steps) {
          if (IsSummed(step.axis)) term_.inputs = std::max<uint64_t>(term_.inputs, 1) * c_.space[step.axis];
        }
      }
    }
    return true;
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
    term_.words = TensorText(term_.weight) + " (" + ShapeText(circuit_.tensors[term_.weight].shape) + ")";
  }

  void Weighted(const View& right) {
    const std::vector<bool> read = Used(right);
    bool sums = false;
    bool weighted_sums = false;
    for (uint32_t a = 0; a < c_.space.size(); ++a) {
      if (!IsSummed(a)) {
        if (by_weight_[a] && !read[a]) term_.outputs = std::max<uint64_t>(term_.outputs, 1) * c_.space[a];
        if (by_weight_[a] && read[a]) term_.groups *= c_.space[a];
        if (!by_weight_[a]) positions_.push_back(c_.space[a]);
        continue;
      }
      sums = true;
      weighted_sums = weighted_sums || by_weight_[a];
      if (!read[a]) return;  // weights alone, summed
    }
    term_.positions = ElementCount(positions_);
    if (!ReadAxes(right)) return;
    const uint64_t outputs = std::max<uint64_t>(term_.outputs, 1);
    const std::string whole = partial_ ? ", from a part" : "";
    if (!sums) {
      const bool windows = !term_.kernel.empty();
      term_.kind = Term::Kind::kConstantFactor;
      term_.words = "product with constants " + TensorText(term_.weight) + " (" +
                    ShapeText(circuit_.tensors[term_.weight].shape) + ")" + (windows ? ", strided," : "");
      if (outputs > 1 && (windows || term_.positions > 1 || term_.groups == 1)) {
        // One input channel.
        term_.kind = windows ? Term::Kind::kConvolution : Term::Kind::kFullyConnected;
        term_.inputs = term_.groups;
        term_.words = (windows ? "convolution " + WindowWords(term_) + ", " : "fully connected ") + std::to_string(1) +
                      " -> " + std::to_string(outputs) + (windows ? " channels" : "");
      }
      return;
    }
    if (!weighted_sums) {
      term_.kind = Term::Kind::kScaledWindowSum;
      term_.words = "sum over windows " + WindowWords(term_) + ", times a constant for each position";
      if (term_.kernel.empty()) term_.words = "sum, times a constant for each position";
      return;
    }
    for (uint32_t a = c_.out_rank; a < c_.space.size(); ++a) {
      if (!by_weight_[a]) return;  // some sums weighted, some not
    }
    const uint64_t inputs = std::max<uint64_t>(term_.inputs, 1);
    const bool depthwise = grouped_ && inputs == 1 && outputs == 1;
    if (!term_.kernel.empty()) {
      term_.kind = Term::Kind::kConvolution;
      term_.words = (depthwise ? "depthwise convolution " : "convolution ") + WindowWords(term_);
      term_.words += depthwise ? ", " + std::to_string(term_.groups) + " channels"
                               : ", " + std::to_string(inputs * term_.groups) + " -> " +
                                     std::to_string(outputs * term_.groups) + " channels";
      if (term_.groups > 1 && !depthwise) term_.words += " in " + std::to_string(term_.groups) + " groups";
    } else {
      term_.kind = Term::Kind::kFullyConnected;
      term_.words = "fully connected " + std::to_string(inputs) + " -> " + std::to_string(outputs);
      if (term_.groups > 1) term_.words += " in each of " + std::to_string(term_.groups) + " groups";
      if (term_.positions > 1) term_.words += " at each of " + ShapeText(positions_) + " positions";
      if (positions_.size() == 2) term_.words += " (convolution 1x1)";
    }
    term_.words += whole;
  }

  void PlainSum(const View& view) {
    const std::vector<bool> read = Used(view);
    for (uint32_t a = c_.out_rank; a < c_.space.size(); ++a) {
      if (!read[a] && c_.space[a] > 1) return;
    }
    if (!ReadAxes(view)) return;
    term_.kind = term_.kernel.empty() ? Term::Kind::kAxisSum : Term::Kind::kWindowSum;
    term_.words = term_.kernel.empty() ? "over " + std::to_string(std::max<uint64_t>(term_.inputs, 1))
                                       : "over windows " + WindowWords(term_);
  }

  void Product() {
    const View& right = *c_.right;
    const std::vector<bool> in_left = Used(c_.left);
    const std::vector<bool> in_right = Used(right);
    for (uint32_t a = c_.out_rank; a < c_.space.size(); ++a) {
      if (!in_left[a] || !in_right[a]) return;
    }
    const auto windows = [&] {
      return std::any_of(term_.kernel.begin(), term_.kernel.end(), [](auto k) { return k > 1; });
    };
    if (!ReadAxes(c_.left) || windows()) return;
    const uint64_t inputs = term_.inputs;
    term_.inputs = 0;
    if (!ReadAxes(right) || windows()) return;
    term_.inputs = inputs;
    term_.value = c_.left.tensor;
    term_.second = right.tensor;
    const bool sums = c_.out_rank < c_.space.size();
    term_.kind = sums ? Term::Kind::kMatrixProduct : Term::Kind::kProduct;
    term_.words = TensorText(term_.value) + " times " + TensorText(term_.second);
    if (sums) term_.words = "matrix product " + term_.words + ", sums over " + std::to_string(inputs);
  }

  const Circuit& circuit_;
  const Contraction& c_;
  std::vector<bool> by_weight_;
  Term term_;
  Shape positions_;
  bool grouped_ = false;
  bool partial_ = false;
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

Term RecogniseContraction(const Circuit& circuit, uint32_t contraction) {
  const Contraction& c = circuit.contractions[contraction];
  Term term = Recogniser(circuit, c).Run();
  term.scale = circuit.tensors[c.left.tensor].scale;
  if (c.right.has_value()) term.scale += circuit.tensors[c.right->tensor].scale;
  return term;
}

Term RecogniseValue(const Circuit& circuit, const View& view, const Shape& space) {
  Term term;
  const Tensor& tensor = circuit.tensors[view.tensor];
  term.kind = tensor.kind == TensorKind::kWeight ? Term::Kind::kConstant : Term::Kind::kValue;
  (tensor.kind == TensorKind::kWeight ? term.weight : term.value) = view.tensor;
  term.scale = tensor.scale;
  const std::string words = ViewWords(view, space, tensor.shape);
  term.words = TensorText(view.tensor) + (words.empty() ? "" : " " + words);
  term.formula = ViewText(view, space.size());
  return term;
}

}  // namespace provenn
