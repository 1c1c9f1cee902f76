#include "commit/functional_prover.h"

#include <algorithm>
#include <map>
#include <mutex>

#include "base/check.h"
#include "base/parallel.h"
#include "field/extension.h"
#include "field/kernels.h"
#include "field/kernels_rows.h"
#include "field/power_sums.h"

namespace provenn {
namespace {

constexpr size_t kTaskCells = size_t{1} << 15;
constexpr size_t kTaskWidth = size_t{1} << 12;

// One functional on one block. `width` cells a row of the axes that index rows only: the rest of the block's axes.
template <typename K>
struct ContractionJob {
  const ProductFunctional<K>* functional;
  const Block* block;
  K coefficient;
  size_t first;  // of its sums
  size_t width;
  std::vector<K> rows;  // the functional's factor there
};
struct ContractionTask {
  size_t job;
  size_t row, rows;
  size_t column, columns;
};

// Adds the functional's factor on the axes from the split on, times `scale`, over the cells that they fill.
template <typename K>
void AddWeights(const ProductFunctional<K>& functional, const Block& block, K scale, size_t columns,
                std::span<K> weights) {
  const size_t rank = block.shape.size();
  std::vector<K> inner{scale};
  for (size_t a = rank; a-- > block.split + size_t{1};) {
    std::vector<K> next(inner.size() * block.padded[a], K::Zero());
    for (size_t i = 0; i < functional.axes[a].size(); ++i) {
      for (size_t j = 0; j < inner.size(); ++j) next[i * inner.size() + j] = functional.axes[a][i] * inner[j];
    }
    inner = std::move(next);
  }
  const std::vector<K> scalar{K::One()};
  const std::vector<K>& split = block.split < rank ? functional.axes[block.split] : scalar;
  const size_t low = block.split < rank ? block.split_columns : 1;
  if (low == columns) {  // inner has one entry, and split lies in one piece
    Axpy<K>(inner[0], std::span<const K>(split), weights.first(split.size()));
    return;
  }
  for (size_t i = 0; i < split.size(); ++i) {
    Axpy<K>(split[i], std::span<const K>(inner),
            weights.subspan(i / low * columns + i % low * inner.size(), inner.size()));
  }
}

}  // namespace

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
  std::vector<Goldilocks> points;
  std::vector<K> coefficients;
  for (const auto& p : functional.points) {
    points.push_back(p.x);
    coefficients.push_back(p.coefficient);
  }
  const PowerSums<K> sums(points, std::span<const K>(coefficients), functional.length);
  ParallelFor(sums.parts(), 1, [&](size_t from, size_t to) {
    sums.Run(from, to, [&](uint64_t first, std::span<const K> part) {
      for (const auto& target : functional.targets) {
        Axpy<K>(target.coefficient, part, cells.subspan(target.first + first, part.size()));
      }
    });
  });
}

template <typename K>
ContractedRows<K> ContractRows(const std::vector<ProductFunctional<K>>& functionals, const OracleLayout& layout,
                               std::span<const Goldilocks> cells) {
  const size_t columns = layout.columns();
  std::vector<ContractionJob<K>> jobs;
  std::vector<ContractionTask> tasks;
  std::map<uint32_t, size_t> place;  // of a block in `uncontracted`
  std::vector<std::vector<ContractionJob<K>>> uncontracted;
  size_t total = 0, total_cells = 0;
  for (const ProductFunctional<K>& f : functionals) {
    for (const auto& target : f.targets) {
      const Block& block = layout.blocks()[target.block];
      PROVENN_CHECK(f.axes.size() == block.shape.size());
      const size_t across = block.split < block.shape.size() ? block.padded[block.split] / block.split_columns : 1;
      const size_t width = across * columns;
      const size_t outer = block.rows / across;
      if (outer == 1) {
        const auto [at, first] = place.try_emplace(target.block, uncontracted.size());
        if (first) uncontracted.emplace_back();
        K scale = target.coefficient;
        for (size_t a = 0; a < block.split; ++a) scale = scale * f.axes[a][0];
        uncontracted[at->second].push_back({&f, &block, scale, total_cells, width, {}});
        if (first) total_cells += width;
        continue;
      }
      const size_t task_width = std::min(width, kTaskWidth);
      const size_t task_rows = std::max<size_t>(1, kTaskCells / task_width);
      for (size_t row = 0; row < outer; row += task_rows) {
        for (size_t column = 0; column < width; column += task_width) {
          tasks.push_back(
              {jobs.size(), row, std::min(task_rows, outer - row), column, std::min(task_width, width - column)});
        }
      }
      jobs.push_back({&f, &block, target.coefficient, total, width, std::vector<K>(outer, K::Zero())});
      total += width;
    }
  }
  ContractedRows<K> out{SecretVector<K>(total, K::Zero()), SecretVector<K>(total, K::Zero()),
                        SecretVector<Goldilocks>(total_cells), SecretVector<K>(total_cells, K::Zero())};
  ParallelFor(uncontracted.size(), 1, [&](size_t from, size_t to) {
    for (size_t b = from; b < to; ++b) {
      const ContractionJob<K>& head = uncontracted[b][0];
      const auto block = cells.subspan(head.block->first_row * columns, head.width);
      std::copy(block.begin(), block.end(), out.cells.begin() + static_cast<std::ptrdiff_t>(head.first));
      for (const ContractionJob<K>& job : uncontracted[b]) {
        AddWeights<K>(*job.functional, *job.block, job.coefficient, columns,
                      std::span<K>(out.cell_weights).subspan(head.first, head.width));
      }
    }
  });
  ParallelFor(jobs.size(), 1, [&](size_t from, size_t to) {
    for (size_t j = from; j < to; ++j) {
      ContractionJob<K>& job = jobs[j];
      AddWeights<K>(*job.functional, *job.block, K::One(), columns,
                    std::span<K>(out.weights).subspan(job.first, job.width));
      AddOuterProduct<K>(std::span<const std::vector<K>>(job.functional->axes).first(job.block->split),
                         std::span<const K>(&job.coefficient, 1), K::One(), job.rows);
    }
  });
  std::mutex mutex;
  ParallelFor(tasks.size(), 1, [&](size_t from, size_t to) {
    for (size_t t = from; t < to; ++t) {
      const ContractionTask& task = tasks[t];
      const ContractionJob<K>& job = jobs[task.job];
      std::vector<const Goldilocks*> rows(task.rows);
      for (size_t i = 0; i < task.rows; ++i) {
        rows[i] = &cells[job.block->first_row * columns + (task.row + i) * job.width + task.column];
      }
      SecretVector<K> sums(task.columns, K::Zero());
      AddRows<K>(std::span<const K>(job.rows).subspan(task.row, task.rows), std::span<const Goldilocks* const>(rows),
                 std::span<K>(sums));
      const std::lock_guard<std::mutex> lock(mutex);
      AddTo<K>(std::span<const K>(sums), std::span<K>(out.sums).subspan(job.first + task.column, task.columns));
    }
  });
  return out;
}

#define PROVENN_INSTANTIATE(K)                                                                              \
  template void ExpandParallel<K>(const ProductFunctional<K>&, const OracleLayout&, std::span<K>);          \
  template void ExpandParallel<K>(const PowerFunctional<K>&, std::span<K>);                                 \
  template ContractedRows<K> ContractRows<K>(const std::vector<ProductFunctional<K>>&, const OracleLayout&, \
                                             std::span<const Goldilocks>);
PROVENN_INSTANTIATE(Ext2)
PROVENN_INSTANTIATE(Ext3)
#undef PROVENN_INSTANTIATE

}  // namespace provenn
