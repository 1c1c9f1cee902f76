#include "commit/functional_prover.h"

#include <algorithm>

#include "base/check.h"
#include "base/parallel.h"
#include "field/extension.h"
#include "field/kernels.h"

namespace provenn {

template <typename K>
void ExpandParallel(const ProductFunctional<K>& functional, const OracleLayout& layout, std::span<K> cells) {
  for (const auto& target : functional.targets) {
    const Block& block = layout.blocks()[target.block];
    const size_t rank = block.shape.size();
    PROVENN_CHECK(functional.axes.size() == rank);
    if (rank == 0) {
      cells[block.first_row * layout.columns()] += target.coefficient;
      continue;
    }
    if (rank == 1) {
      ParallelFor(block.shape[0], 4096, [&](size_t from, size_t to) {
        const auto axis = std::span<const K>(functional.axes[0]).subspan(from, to - from);
        Axpy<K>(target.coefficient, axis, cells.subspan(block.first_row * layout.columns() + from, to - from));
      });
      continue;
    }
    uint64_t inner = 1;
    for (size_t a = 1; a < rank; ++a) inner *= block.shape[a];
    const auto grain = static_cast<size_t>(std::max<uint64_t>(1, 4096 / inner));
    ParallelFor(block.shape[0], grain, [&](size_t from, size_t to) {
      ForEachRun(block, layout.columns(), from, to, [&](uint64_t element, uint64_t cell, uint64_t length) {
        K scale = target.coefficient;
        uint64_t rest = element / length;
        for (size_t a = rank - 1; a-- > 0;) {
          scale = scale * functional.axes[a][rest % block.shape[a]];
          rest /= block.shape[a];
        }
        Axpy<K>(scale, std::span<const K>(functional.axes[rank - 1]), cells.subspan(cell, length));
      });
    });
  }
}

template <typename K>
void ExpandParallel(const PowerFunctional<K>& functional, std::span<K> cells) {
  // x^(first + i) = x^first x^i: the powers x^i of one stretch, i below kStretch, serve every stretch.
  constexpr size_t kStretch = 512;
  const size_t points = functional.points.size();
  const size_t width = std::min<size_t>(kStretch, functional.length);
  std::vector<Goldilocks> powers(points * width);
  for (size_t t = 0; t < points; ++t) {
    Goldilocks power(1);
    for (size_t i = 0; i < width; ++i) {
      powers[t * width + i] = power;
      power *= functional.points[t].x;
    }
  }
  ParallelFor((functional.length + kStretch - 1) / kStretch, 2, [&](size_t from, size_t to) {
    for (size_t stretch = from; stretch < to; ++stretch) {
      const size_t first = stretch * kStretch;
      const size_t n = std::min<size_t>(kStretch, functional.length - first);
      std::vector<K> sum(n, K::Zero());
      for (size_t t = 0; t < points; ++t) {
        const auto& p = functional.points[t];
        Axpy<K>(p.coefficient * p.x.Pow(first), std::span<const Goldilocks>(powers).subspan(t * width, n),
                std::span<K>(sum));
      }
      for (const auto& target : functional.targets) {
        Axpy<K>(target.coefficient, std::span<const K>(sum), cells.subspan(target.first + first, n));
      }
    }
  });
}

#define PROVENN_INSTANTIATE(K)                                                                     \
  template void ExpandParallel<K>(const ProductFunctional<K>&, const OracleLayout&, std::span<K>); \
  template void ExpandParallel<K>(const PowerFunctional<K>&, std::span<K>);
PROVENN_INSTANTIATE(Ext2)
PROVENN_INSTANTIATE(Ext3)
#undef PROVENN_INSTANTIATE

}  // namespace provenn
