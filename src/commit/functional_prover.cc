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
  ParallelFor(functional.length, 1024, [&](size_t from, size_t to) {
    PowerFunctional<K> part = functional;
    part.length = to - from;
    for (auto& target : part.targets) target.first += from;
    for (auto& p : part.points) p.coefficient = p.coefficient * p.x.Pow(from);
    Expand(part, cells);
  });
}

#define PROVENN_INSTANTIATE(K)                                                                               \
  template void ExpandParallel<K>(const ProductFunctional<K>&, const OracleLayout&, std::span<K>);           \
  template void ExpandParallel<K>(const PowerFunctional<K>&, std::span<K>);
PROVENN_INSTANTIATE(Ext2)
PROVENN_INSTANTIATE(Ext3)
#undef PROVENN_INSTANTIATE

}  // namespace provenn
