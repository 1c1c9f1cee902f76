#include "commit/functional.h"

#include <algorithm>
#include <bit>
#include <numeric>

#include "base/check.h"
#include "field/extension.h"
#include "field/kernels.h"
#include "field/multilinear.h"
#include "field/power_table.h"

namespace provenn {

template <typename K>
void JoinInnermost(std::vector<std::vector<K>>& axes, size_t most) {
  while (axes.size() > 1 && (axes.back().size() == 1 || axes.back().size() * axes[axes.size() - 2].size() <= most)) {
    const std::vector<K> inner = std::move(axes.back());
    axes.pop_back();
    const std::vector<K> outer = std::move(axes.back());
    axes.back().assign(outer.size() * inner.size(), K::Zero());
    if (inner.size() == 1) {
      Axpy<K>(inner[0], std::span<const K>(outer), std::span<K>(axes.back()));
      continue;
    }
    for (size_t i = 0; i < outer.size(); ++i) {
      if (outer[i] == K::Zero()) continue;
      Axpy<K>(outer[i], std::span<const K>(inner), std::span<K>(axes.back()).subspan(i * inner.size(), inner.size()));
    }
  }
}

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

namespace {

// What a product functional leaves on the rows of its block, but for the coefficients of targets: scale * product of
// axes[.][index], the innermost axis last.
template <typename K>
struct RowAxes {
  std::vector<std::vector<K>> axes;
  K scale = K::One();

  std::span<const std::vector<K>> outer() const { return std::span(axes).first(axes.size() - 1); }
};

template <typename K>
RowAxes<K> FoldAxes(const ProductFunctional<K>& functional, const OracleLayout& layout, std::span<const K> point) {
  PROVENN_CHECK(point.size() == static_cast<size_t>(layout.log_columns()) && !functional.targets.empty());
  const Block& block = layout.blocks()[functional.targets[0].block];
  const size_t rank = block.shape.size();
  PROVENN_CHECK(functional.axes.size() == rank);
  for (size_t a = 0; a < rank; ++a) PROVENN_CHECK(functional.axes[a].size() == block.shape[a]);
  for (const auto& target : functional.targets) {
    PROVENN_CHECK(layout.blocks()[target.block].shape == block.shape);
  }

  RowAxes<K> rows;
  // Axes that index columns only, innermost first; then the low part of the split axis; then unfilled columns (zero).
  size_t bit = 0;
  for (size_t a = rank; a-- > block.split + size_t{1};) {
    const auto bits = static_cast<size_t>(std::countr_zero(block.padded[a]));
    const std::vector<K> eq = EqTable<K>(point.subspan(bit, bits));
    rows.scale = rows.scale * InnerProduct<K>(std::span<const K>(functional.axes[a]),
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
  for (; bit < point.size(); ++bit) rows.scale = rows.scale * (K::One() - point[bit]);
  rows.axes.assign(functional.axes.begin(), functional.axes.begin() + block.split);
  rows.axes.push_back(std::move(last));
  return rows;
}

// Adds multiples of one stretch of values to a matrix of eq.size() columns whose columns are folded: the stretch is
// folded once for each column that it begins in.
template <typename K>
class StretchFolder {
 public:
  StretchFolder(std::span<const K> stretch, std::span<const K> eq) : stretch_(stretch), eq_(eq), folded_(eq.size()) {}

  // The stretch begins at cell `first`; out: one entry a row.
  void Add(uint64_t first, K coefficient, std::span<K> out) {
    const std::vector<K>& folded = Folded(first % eq_.size());
    Axpy<K>(coefficient, std::span<const K>(folded), out.subspan(first / eq_.size(), folded.size()));
  }

 private:
  const std::vector<K>& Folded(size_t column) {
    std::vector<K>& folded = folded_[column];
    for (size_t i = 0; i < stretch_.size() && folded.size() * eq_.size() < column + stretch_.size();) {
      const size_t from = i == 0 ? column : 0;
      const size_t n = std::min(eq_.size() - from, stretch_.size() - i);
      folded.push_back(InnerProduct<K>(stretch_.subspan(i, n), eq_.subspan(from, n)));
      i += n;
    }
    return folded;
  }

  std::span<const K> stretch_;
  std::span<const K> eq_;
  std::vector<std::vector<K>> folded_;  // by column
};

// How many elements of the innermost axes to take as one stretch: long enough that few multiples are added, short
// enough that many share its folds. Costs are counted in products.
template <typename K>
size_t StretchLength(std::span<const std::vector<K>> axes, size_t columns, size_t targets) {
  constexpr size_t kCall = 16;  // of an addition, whatever its length
  size_t multiples = targets;
  for (const std::vector<K>& axis : axes) multiples *= axis.size();
  size_t length = 1;
  size_t best = 1;
  size_t least = SIZE_MAX;
  for (size_t a = axes.size(); a-- > 0;) {
    length *= axes[a].size();
    multiples /= axes[a].size();
    const size_t folds = std::min(multiples, columns / std::gcd(columns, length));
    const size_t cost = length + folds * length + multiples * (length / columns + kCall);
    if (cost < least) least = cost, best = length;
  }
  return best;
}

template <typename K>
void AddStretches(std::span<const std::vector<K>> outer, uint64_t size, uint64_t first, K scale, StretchFolder<K>& to,
                  std::span<K> out) {
  if (outer.empty()) return to.Add(first, scale, out);
  const uint64_t stride = size / outer[0].size();
  for (size_t i = 0; i < outer[0].size(); ++i) {
    if (outer[0][i] == K::Zero()) continue;
    AddStretches(outer.subspan(1), stride, first + i * stride, scale * outer[0][i], to, out);
  }
}

}  // namespace

template <typename K>
void FoldColumns(const ProductFunctional<K>& functional, const OracleLayout& layout, std::span<const K> point,
                 std::span<K> rows) {
  RowAxes<K> folded = FoldAxes(functional, layout, point);
  JoinInnermost(folded.axes, kJoinedElements);
  const auto last = std::span<const K>(folded.axes.back());
  const auto block_of = [&](size_t i) -> const Block& { return layout.blocks()[functional.targets[i].block]; };
  if (functional.targets.size() == 1) {
    AddOuterProduct<K>(folded.outer(), last, folded.scale * functional.targets[0].coefficient,
                       rows.subspan(block_of(0).first_row, block_of(0).rows));
    return;
  }
  std::vector<K> product(block_of(0).rows, K::Zero());
  AddOuterProduct<K>(folded.outer(), last, folded.scale, product);
  for (size_t i = 0; i < functional.targets.size(); ++i) {
    Axpy<K>(functional.targets[i].coefficient, std::span<const K>(product),
            rows.subspan(block_of(i).first_row, block_of(i).rows));
  }
}

template <typename K>
void FoldColumnsTwice(const ProductFunctional<K>& functional, const OracleLayout& layout, std::span<const K> point,
                      uint64_t first, std::span<const K> next_eq, std::span<K> out) {
  RowAxes<K> folded = FoldAxes(functional, layout, point);
  JoinInnermost(folded.axes, StretchLength<K>(folded.axes, next_eq.size(), functional.targets.size()));
  StretchFolder<K> stretch(folded.axes.back(), next_eq);
  for (const auto& target : functional.targets) {
    const Block& block = layout.blocks()[target.block];
    AddStretches<K>(folded.outer(), block.rows, first + block.first_row, folded.scale * target.coefficient, stretch,
                    out);
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
  template void JoinInnermost<K>(std::vector<std::vector<K>>&, size_t);                                             \
  template void AddOuterProduct<K>(std::span<const std::vector<K>>, std::span<const K>, K, std::span<K>);           \
  template void FoldColumns<K>(const ProductFunctional<K>&, const OracleLayout&, std::span<const K>, std::span<K>); \
  template void FoldColumnsTwice<K>(const ProductFunctional<K>&, const OracleLayout&, std::span<const K>, uint64_t, \
                                    std::span<const K>, std::span<K>);                                              \
  template PowerFunctional<K> FoldColumns<K>(const PowerFunctional<K>&, std::span<const K>, std::span<K>);          \
  template void Expand<K>(const PowerFunctional<K>&, std::span<K>);
PROVENN_INSTANTIATE(Ext2)
PROVENN_INSTANTIATE(Ext3)
#undef PROVENN_INSTANTIATE

}  // namespace provenn
