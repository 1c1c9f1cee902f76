#include "argument/operand_prover.h"

#include <algorithm>

#include "base/parallel.h"
#include "field/kernels.h"
#include "field/kernels_rows.h"

namespace provenn {
namespace {

constexpr size_t kVectorised = 8;  // from so many integers on rows of them are folded in vectors

// A sparse public matrix along one tensor axis: out[row] += weight * in[column].
template <typename K>
struct AxisMatrix {
  struct Entry {
    size_t row;
    size_t column;
    K weight;
  };
  std::vector<Entry> entries;
  size_t rows = 1;
  bool identity = true;
};

bool Contains(const std::vector<uint32_t>& kappa, uint32_t axis) {
  return std::find(kappa.begin(), kappa.end(), axis) != kappa.end();
}

template <typename K>
void AddEntries(const AxisMap& map, size_t step, int64_t column, size_t row, K weight, size_t size,
                const std::vector<uint32_t>& kappa, const AxisWeights<K>& weights, AxisMatrix<K>& matrix) {
  if (step == map.steps.size()) {
    if (column >= 0 && column < static_cast<int64_t>(size)) {
      matrix.entries.push_back({row, static_cast<size_t>(column), weight});
    }
    return;
  }
  const AxisStep& s = map.steps[step];
  const std::vector<K>& w = weights[s.axis];
  const bool kept = Contains(kappa, s.axis);
  for (size_t e = 0; e < w.size(); ++e) {
    AddEntries(map, step + 1, column + int64_t{s.stride} * static_cast<int64_t>(e), kept ? row * w.size() + e : row,
               weight * w[e], size, kappa, weights, matrix);
  }
}

template <typename K>
AxisMatrix<K> MakeMatrix(const AxisMap& map, size_t size, const std::vector<uint32_t>& kappa,
                         const AxisWeights<K>& weights) {
  AxisMatrix<K> m;
  AddEntries(map, 0, int64_t{map.offset}, 0, K::One(), size, kappa, weights, m);
  for (const AxisStep& s : map.steps) {
    if (Contains(kappa, s.axis)) m.rows *= weights[s.axis].size();
  }
  m.identity = m.rows == size && m.entries.size() == size;
  for (size_t i = 0; m.identity && i < size; ++i) {
    m.identity = m.entries[i].row == i && m.entries[i].column == i && m.entries[i].weight == K::One();
  }
  return m;
}

// out[p][row][q] += weight * in[p][column][q], parallel over the larger of p and q.
template <typename K, typename T>
SecretVector<K> Apply(const AxisMatrix<K>& m, std::span<const T> in, size_t outer, size_t size, size_t inner) {
  SecretVector<K> out(outer * m.rows * inner, K::Zero());
  const auto run = [&](size_t p_from, size_t p_to, size_t q_from, size_t q_to) {
    for (size_t p = p_from; p < p_to; ++p) {
      for (const auto& e : m.entries) {
        const auto x = in.subspan((p * size + e.column) * inner + q_from, q_to - q_from);
        const auto y = std::span<K>(out).subspan((p * m.rows + e.row) * inner + q_from, q_to - q_from);
        Axpy<K>(e.weight, x, y);
      }
    }
  };
  if (outer >= inner) {
    const size_t grain = std::max<size_t>(1, 4096 / (inner * std::max<size_t>(1, m.entries.size())));
    ParallelFor(outer, grain, [&](size_t from, size_t to) { run(from, to, 0, inner); });
  } else {
    const size_t grain = std::max<size_t>(16, 4096 / (outer * std::max<size_t>(1, m.entries.size())));
    ParallelFor(inner, grain, [&](size_t from, size_t to) { run(0, outer, from, to); });
  }
  return out;
}

// Apply to integers, where `inner` is long enough for vectors: all entries of a row of the matrix in one pass, for a
// stretch of inner indices at a time.
template <typename K>
SecretVector<K> ApplyToIntegers(const AxisMatrix<K>& m, std::span<const int32_t> in, size_t outer, size_t size,
                                size_t inner) {
  std::vector<std::vector<K>> weights(m.rows);
  std::vector<std::vector<size_t>> columns(m.rows);
  for (const auto& e : m.entries) {
    weights[e.row].push_back(e.weight);
    columns[e.row].push_back(e.column);
  }
  const size_t stretch = std::clamp<size_t>(inner / 8, 64, 256);
  const size_t stretches = (inner + stretch - 1) / stretch;
  const size_t grain = std::max<size_t>(1, 32768 / (stretch * std::max<size_t>(1, m.entries.size())));
  SecretVector<K> out(outer * m.rows * inner, K::Zero());
  ParallelFor(outer * stretches, grain, [&](size_t from, size_t to) {
    std::vector<const int32_t*> rows;
    for (size_t task = from; task < to; ++task) {
      const size_t p = task / stretches;
      const size_t q = task % stretches * stretch;
      for (size_t row = 0; row < m.rows; ++row) {
        rows.clear();
        for (const size_t column : columns[row]) rows.push_back(&in[(p * size + column) * inner + q]);
        AddRows<K>(std::span<const K>(weights[row]), std::span<const int32_t* const>(rows),
                   std::span<K>(out).subspan((p * m.rows + row) * inner + q, std::min(stretch, inner - q)));
      }
    }
  });
  return out;
}

}  // namespace

template <typename K>
SecretVector<K> FoldOperand(const View& view, const Shape& tensor_shape, std::span<const int32_t> values,
                            const Shape& space, const std::vector<uint32_t>& kappa, const AxisWeights<K>& weights) {
  // Axis by axis, outermost first: the first fold reads the integers, what follows is small.
  SecretVector<K> data;
  bool folded = false;
  size_t outer = 1;
  size_t inner = values.size();
  std::vector<uint32_t> axes;  // kappa axes of the data, outermost first
  for (size_t a = 0; a < tensor_shape.size(); ++a) {
    inner /= tensor_shape[a];
    const AxisMatrix<K> m = MakeMatrix(view.axes[a], tensor_shape[a], kappa, weights);
    if (!m.identity) {
      if (folded) {
        data = Apply<K, K>(m, std::span<const K>(data), outer, tensor_shape[a], inner);
      } else if (inner >= kVectorised) {
        data = ApplyToIntegers(m, values, outer, tensor_shape[a], inner);
      } else {
        data = Apply<K, int32_t>(m, values, outer, tensor_shape[a], inner);
      }
      folded = true;
    }
    outer *= m.rows;
    for (const AxisStep& s : view.axes[a].steps) {
      if (Contains(kappa, s.axis)) axes.push_back(s.axis);
    }
  }

  // Into the order of kappa, padded.
  size_t bits = 0;
  for (uint32_t a : kappa) bits += static_cast<size_t>(AxisBits(space[a]));
  SecretVector<K> out(size_t{1} << bits, K::Zero());
  std::vector<size_t> stride(space.size(), 0);
  size_t step = 1;
  for (size_t k = axes.size(); k-- > 0;) {
    stride[axes[k]] = step;
    step *= space[axes[k]];
  }
  std::vector<uint32_t> index(kappa.size(), 0);
  for (;;) {
    size_t from = 0;
    size_t to = 0;
    for (size_t k = 0; k < kappa.size(); ++k) {
      from += stride[kappa[k]] * index[k];
      to = (to << AxisBits(space[kappa[k]])) | index[k];
    }
    out[to] = folded ? data[from] : K(Goldilocks::FromSigned(values[from]));
    size_t k = kappa.size();
    while (k > 0 && ++index[k - 1] == space[kappa[k - 1]]) index[--k] = 0;
    if (k == 0) break;
  }
  return out;
}

#define PROVENN_INSTANTIATE(K)                                                                               \
  template SecretVector<K> FoldOperand<K>(const View&, const Shape&, std::span<const int32_t>, const Shape&, \
                                          const std::vector<uint32_t>&, const AxisWeights<K>&);
PROVENN_INSTANTIATE(Ext2)
PROVENN_INSTANTIATE(Ext3)
#undef PROVENN_INSTANTIATE

}  // namespace provenn
