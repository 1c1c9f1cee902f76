#include "commit/functional.h"

#include <algorithm>
#include <bit>

#include "base/check.h"
#include "field/extension.h"
#include "field/kernels.h"
#include "field/multilinear.h"
#include "field/power_table.h"

namespace provenn {

template <typename K>
void AddOuterProduct(std::span<const std::vector<K>> axes, std::span<const K> last, K scale, std::span<K> rows) {
  if (axes.empty()) {
    Axpy<K>(scale, last, rows);
    return;
  }
  // One long stretch in place of many short ones.
  if (last.size() == 1) {
    AddOuterProduct<K>(axes.first(axes.size() - 1), axes.back(), scale * last[0], rows);
    return;
  }
  const size_t stride = rows.size() / axes[0].size();
  for (size_t i = 0; i < axes[0].size(); ++i) {
    if (axes[0][i] == K::Zero()) continue;
    AddOuterProduct(axes.subspan(1), last, scale * axes[0][i], rows.subspan(i * stride, stride));
  }
}

template <typename K>
void FoldColumns(const ProductFunctional<K>& functional, const OracleLayout& layout, std::span<const K> point,
                 std::span<K> rows) {
  PROVENN_CHECK(point.size() == static_cast<size_t>(layout.log_columns()) && !functional.targets.empty());
  const Block& block = layout.blocks()[functional.targets[0].block];
  const size_t rank = block.shape.size();
  PROVENN_CHECK(functional.axes.size() == rank);
  for (size_t a = 0; a < rank; ++a) PROVENN_CHECK(functional.axes[a].size() == block.shape[a]);

  // Axes that index columns only, innermost first; then the low part of the split axis; then unfilled columns (zero).
  K scale = K::One();
  size_t bit = 0;
  for (size_t a = rank; a-- > block.split + size_t{1};) {
    const auto bits = static_cast<size_t>(std::countr_zero(block.padded[a]));
    const std::vector<K> eq = EqTable<K>(point.subspan(bit, bits));
    scale = scale * InnerProduct<K>(std::span<const K>(functional.axes[a]),
                                    std::span<const K>(eq).first(functional.axes[a].size()));
    bit += bits;
  }
  std::vector<K> last{K::One()};
  if (block.split < rank) {
    const uint32_t low = block.split_columns;
    const auto bits = static_cast<size_t>(std::countr_zero(low));
    const std::vector<K> eq = EqTable<K>(point.subspan(bit, bits));
    bit += bits;
    last.assign(block.padded[block.split] / low, K::Zero());
    const auto axis = std::span<const K>(functional.axes[block.split]);
    for (size_t i = 0; i < axis.size(); i += low) {
      const size_t n = std::min<size_t>(low, axis.size() - i);
      last[i / low] = InnerProduct<K>(axis.subspan(i, n), std::span<const K>(eq).first(n));
    }
  }
  for (; bit < point.size(); ++bit) scale = scale * (K::One() - point[bit]);

  const auto outer = std::span<const std::vector<K>>(functional.axes).first(block.split);
  if (functional.targets.size() == 1) {
    AddOuterProduct<K>(outer, last, scale * functional.targets[0].coefficient,
                       rows.subspan(block.first_row, block.rows));
    return;
  }
  std::vector<K> folded(block.rows, K::Zero());
  AddOuterProduct<K>(outer, last, scale, folded);
  for (const auto& target : functional.targets) {
    const Block& b = layout.blocks()[target.block];
    PROVENN_CHECK(b.shape == block.shape);
    Axpy<K>(target.coefficient, std::span<const K>(folded), rows.subspan(b.first_row, b.rows));
  }
}

template <typename K>
PowerFunctional<K> FoldColumns(const PowerFunctional<K>& functional, std::span<const K> point, std::span<K> rows) {
  const uint64_t columns = uint64_t{1} << point.size();
  PowerFunctional<K> out = functional;
  out.length /= columns;
  for (auto& target : out.targets) {
    PROVENN_CHECK(target.first % columns == 0);
    target.first /= columns;
  }
  if (const uint64_t rest = functional.length % columns; rest != 0) {
    const std::vector<K> eq = EqTable<K>(point);
    K partial = K::Zero();
    for (const auto& p : functional.points) {
      K row = K::Zero();
      for (uint64_t j = rest; j-- > 0;) row = row * p.x + eq[j];
      partial += p.coefficient * p.x.Pow(out.length * columns) * row;
    }
    for (const auto& target : out.targets) rows[target.first + out.length] += target.coefficient * partial;
  }
  for (auto& p : out.points) {
    for (const K& r : point) {
      p.coefficient = p.coefficient * (K::One() - r + r * p.x);
      p.x = p.x.Square();
    }
  }
  return out;
}

template <typename K>
void Expand(const PowerFunctional<K>& functional, std::span<K> cells) {
  std::vector<Goldilocks> points;
  std::vector<K> coefficients;
  for (const auto& p : functional.points) {
    points.push_back(p.x);
    coefficients.push_back(p.coefficient);
  }
  std::vector<K> sums(functional.length, K::Zero());
  PowerTable(points).AddPowers<K>(std::span<const K>(coefficients), 0, std::span<K>(sums));
  for (const auto& target : functional.targets) {
    Axpy<K>(target.coefficient, std::span<const K>(sums), cells.subspan(target.first, functional.length));
  }
}

#define PROVENN_INSTANTIATE(K)                                                                                      \
  template void AddOuterProduct<K>(std::span<const std::vector<K>>, std::span<const K>, K, std::span<K>);           \
  template void FoldColumns<K>(const ProductFunctional<K>&, const OracleLayout&, std::span<const K>, std::span<K>); \
  template PowerFunctional<K> FoldColumns<K>(const PowerFunctional<K>&, std::span<const K>, std::span<K>);          \
  template void Expand<K>(const PowerFunctional<K>&, std::span<K>);
PROVENN_INSTANTIATE(Ext2)
PROVENN_INSTANTIATE(Ext3)
#undef PROVENN_INSTANTIATE

}  // namespace provenn
