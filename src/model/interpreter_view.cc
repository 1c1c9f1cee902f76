#include "model/interpreter_view.h"

#include <algorithm>

namespace provenn {

ViewRuns::ViewRuns(const View& view, const Shape& tensor_shape, const Shape& space)
    : tensor_shape_(tensor_shape), space_(space) {
  const size_t rank = tensor_shape_.size();
  tensor_strides_.assign(rank, 1);
  for (size_t a = rank; a-- > 1;) tensor_strides_[a - 1] = tensor_strides_[a] * tensor_shape_[a];
  strides_.assign(space_.size(), std::vector<int64_t>(rank, 0));
  identity_ = tensor_shape_ == space_;
  for (size_t a = 0; a < rank; ++a) {
    const AxisMap& map = view.axes[a];
    offsets_.push_back(map.offset);
    for (const AxisStep& step : map.steps) {
      strides_[step.axis][a] = step.stride;
      if (step.axis + 1 == space_.size()) inner_ = a;
    }
    identity_ = identity_ && map == AxisMap{0, {AxisStep{static_cast<uint32_t>(a), 1}}};
  }
}

template <typename Run>
void ViewRuns::ForEachRun(uint64_t begin, uint64_t count, const Run& run) const {
  if (identity_ || space_.empty()) {
    // A scalar space has one position: the view's offsets.
    bool inside = true;
    int64_t flat = static_cast<int64_t>(begin);
    if (!identity_) {
      flat = 0;
      for (size_t a = 0; a < tensor_shape_.size(); ++a) {
        inside &= static_cast<uint64_t>(offsets_[a]) < tensor_shape_[a];
        flat += offsets_[a] * tensor_strides_[a];
      }
    }
    run(size_t{0}, static_cast<size_t>(count), flat, int64_t{1}, inside);
    return;
  }
  const size_t last = space_.size() - 1;
  std::vector<uint32_t> index(space_.size());
  uint64_t rest = begin;
  for (size_t a = space_.size(); a-- > 0;) {
    index[a] = static_cast<uint32_t>(rest % space_[a]);
    rest /= space_[a];
  }
  std::vector<int64_t> at = offsets_;
  for (size_t s = 0; s < space_.size(); ++s) {
    for (size_t a = 0; a < at.size(); ++a) at[a] += strides_[s][a] * index[s];
  }
  const bool moves = !at.empty() && strides_[last][inner_] != 0;
  for (uint64_t done = 0; done < count;) {
    const int64_t length = static_cast<int64_t>(std::min<uint64_t>(count - done, space_[last] - index[last]));
    // The part [from, to) of the run that lies inside the tensor.
    int64_t from = 0;
    int64_t to = length;
    int64_t flat = 0;
    for (size_t a = 0; a < at.size(); ++a) {
      flat += at[a] * tensor_strides_[a];
      const int64_t size = tensor_shape_[a];
      if (moves && a == inner_) {
        const int64_t step = strides_[last][a];
        // at + step i in [0, size)
        if (step > 0) {
          if (at[a] < 0) from = std::max(from, (-at[a] + step - 1) / step);
          to = at[a] >= size ? 0 : std::min(to, (size - at[a] + step - 1) / step);
        } else {
          if (at[a] >= size) from = std::max(from, (at[a] - size) / -step + 1);
          to = at[a] < 0 ? 0 : std::min(to, at[a] / -step + 1);
        }
      } else if (at[a] < 0 || at[a] >= size) {
        to = 0;
      }
    }
    const int64_t stride = moves ? strides_[last][inner_] * tensor_strides_[inner_] : 0;
    if (from < to) {
      run(static_cast<size_t>(done) + static_cast<size_t>(from), static_cast<size_t>(to - from), flat + from * stride,
          stride, true);
    }
    done += static_cast<uint64_t>(length);
    // Step to the start of the next run.
    for (size_t a = 0; a < at.size(); ++a) at[a] -= strides_[last][a] * index[last];
    index[last] = 0;
    for (size_t s = last; s-- > 0;) {
      for (size_t a = 0; a < at.size(); ++a) at[a] += strides_[s][a];
      if (++index[s] < space_[s]) break;
      for (size_t a = 0; a < at.size(); ++a) at[a] -= strides_[s][a] * space_[s];
      index[s] = 0;
    }
  }
}

void ViewRuns::Accumulate(const int32_t* data, int64_t coefficient, uint64_t begin, std::span<int64_t> out) const {
  ForEachRun(begin, out.size(), [&](size_t first, size_t count, int64_t flat, int64_t stride, bool inside) {
    if (!inside) return;
    int64_t* to = out.data() + first;
    const int32_t* from = data + flat;
    if (stride == 1) {
      for (size_t i = 0; i < count; ++i) to[i] += coefficient * from[i];
    } else {
      for (size_t i = 0; i < count; ++i) to[i] += coefficient * from[static_cast<int64_t>(i) * stride];
    }
  });
}

void ViewRuns::Scatter(std::span<const int32_t> values, uint64_t begin, int32_t* data) const {
  ForEachRun(begin, values.size(), [&](size_t first, size_t count, int64_t flat, int64_t stride, bool inside) {
    if (!inside) return;
    for (size_t i = 0; i < count; ++i) data[flat + static_cast<int64_t>(i) * stride] = values[first + i];
  });
}

ExpressionRuns::ExpressionRuns(const Circuit& circuit, const Lookup& lookup, const Expression& expression,
                               const std::vector<uint32_t>& skip, const Witness& witness)
    : witness_(witness) {
  shift_ = expression.constant.shift;
  for (const ViewTerm& term : expression.terms) shift_ = std::max<uint32_t>(shift_, term.coefficient.shift);
  for (const AccumulatorTerm& term : expression.accumulators)
    shift_ = std::max<uint32_t>(shift_, term.coefficient.shift);
  const auto scaled = [&](const Coefficient& c) { return c.numerator * (int64_t{1} << (shift_ - c.shift)); };
  constant_ = scaled(expression.constant);
  for (const ViewTerm& term : expression.terms) {
    const uint32_t tensor = term.view.tensor;
    if (std::find(skip.begin(), skip.end(), tensor) != skip.end()) continue;
    terms_.push_back(
        {ViewRuns(term.view, circuit.tensors[tensor].shape, lookup.space), tensor, scaled(term.coefficient)});
  }
  for (const AccumulatorTerm& term : expression.accumulators) {
    accumulators_.push_back({term.contraction, scaled(term.coefficient)});
  }
}

void ExpressionRuns::Evaluate(uint64_t begin, std::span<int64_t> out) const {
  std::fill(out.begin(), out.end(), constant_);
  for (const Term& term : terms_) {
    term.runs.Accumulate(witness_.assignment.tensors[term.tensor].data(), term.coefficient, begin, out);
  }
  for (const AccumulatorRun& term : accumulators_) {
    const int64_t* from = witness_.accumulators[term.contraction].data() + begin;
    for (size_t i = 0; i < out.size(); ++i) out[i] += term.coefficient * from[i];
  }
}

}  // namespace provenn
