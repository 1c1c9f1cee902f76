// Nanoseconds per element of the encoded matrix, on all cores.
#include "field/ntt.h"

#include <benchmark/benchmark.h>

#include <vector>

#include "field/kernels.h"

namespace provenn {
namespace {

// Arguments: log2 of the rows, columns, log2 of rows per message row.
void Encode(benchmark::State& state) {
  const int log_n = static_cast<int>(state.range(0));
  const auto cols = static_cast<size_t>(state.range(1));
  const size_t message_rows = (size_t{1} << log_n) >> state.range(2);
  std::vector<Goldilocks> matrix(cols << log_n);
  for (size_t i = 0; i < matrix.size(); ++i) matrix[i] = Goldilocks(i * 0x9E3779B97F4A7C15u);
  for (auto _ : state) EncodeColumns(matrix, cols, message_rows, log_n);
  state.SetLabel(KernelTarget());
  state.counters["per_item"] =
      benchmark::Counter(static_cast<double>(matrix.size()) * static_cast<double>(state.iterations()),
                         benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}
BENCHMARK(Encode)
    ->Args({12, 8, 2})
    ->Args({14, 64, 3})
    ->Args({16, 128, 3})
    ->Args({16, 128, 1})
    ->Args({18, 64, 3})
    ->Args({18, 1, 3})
    ->Args({18, 2, 3})
    ->Args({18, 3, 3})
    ->Args({18, 6, 3})
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace provenn
