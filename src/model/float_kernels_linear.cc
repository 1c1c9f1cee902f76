// Convolution and matrix product: both multiply rows of weights by columns that are packed eight at a time.
#include <algorithm>
#include <vector>

#include "base/parallel.h"
#include "model/float_kernels.h"
#include "model/strided.h"

namespace provenn::internal {
namespace {

constexpr int64_t kPanel = 8;        // columns packed together: two vectors of four floats
constexpr int64_t kStripPanels = 8;  // most panels that one task packs before it walks the rows
constexpr int64_t kRows = 4;         // rows that share the packed columns: 4 × 8 sums stay in registers

typedef float Lanes __attribute__((vector_size(16)));

Lanes Load(const float* p) {
  Lanes v;
  __builtin_memcpy(&v, p, sizeof v);
  return v;
}

// sums[r][j] = Σ_k rows[r][k]·panel[k][j], k ascending.
template <int kCount>
void MultiplyPanel(const float* const rows[kRows], const float* panel, int64_t depth, float sums[kRows][kPanel]) {
  Lanes low[kCount] = {};
  Lanes high[kCount] = {};
  for (int64_t k = 0; k < depth; ++k) {
    const Lanes p0 = Load(panel + k * kPanel);
    const Lanes p1 = Load(panel + k * kPanel + 4);
    for (int r = 0; r < kCount; ++r) {
      const float w = rows[r][k];
      low[r] += w * p0;
      high[r] += w * p1;
    }
  }
  for (int r = 0; r < kCount; ++r) {
    __builtin_memcpy(&sums[r][0], &low[r], sizeof low[r]);
    __builtin_memcpy(&sums[r][4], &high[r], sizeof high[r]);
  }
}

// out[m][n] = (Σ_k a[m][k]·column n [k]) for columns [begin, end), plus row_bias[m] or column_bias[n] where given.
// pack(n, count, panel) writes columns n .. n+count as panel[k][0 .. count), the rest zero.
template <typename Pack>
void MultiplyStrip(const float* a, int64_t rows, int64_t depth, int64_t begin, int64_t end, const Pack& pack,
                   const float* row_bias, const float* column_bias, float* out, int64_t out_stride) {
  const int64_t panels = (end - begin + kPanel - 1) / kPanel;
  std::vector<float> packed(static_cast<size_t>(panels * depth * kPanel), 0.0f);
  for (int64_t p = 0; p < panels; ++p) {
    const int64_t n = begin + p * kPanel;
    pack(n, std::min(kPanel, end - n), packed.data() + p * depth * kPanel);
  }
  for (int64_t m = 0; m < rows; m += kRows) {
    const int64_t count = std::min(kRows, rows - m);
    const float* row_pointers[kRows];
    for (int64_t r = 0; r < kRows; ++r) row_pointers[r] = a + (m + std::min(r, count - 1)) * depth;
    for (int64_t p = 0; p < panels; ++p) {
      float sums[kRows][kPanel];
      const float* panel = packed.data() + p * depth * kPanel;
      if (count == 1) {
        MultiplyPanel<1>(row_pointers, panel, depth, sums);
      } else {
        MultiplyPanel<kRows>(row_pointers, panel, depth, sums);
      }
      const int64_t n = begin + p * kPanel;
      const int64_t width = std::min(kPanel, end - n);
      for (int64_t r = 0; r < count; ++r) {
        float* target = out + (m + r) * out_stride + n;
        const float bias = row_bias != nullptr ? row_bias[m + r] : 0.0f;
        for (int64_t j = 0; j < width; ++j) {
          target[j] = sums[r][j] + (column_bias != nullptr ? column_bias[n + j] : bias);
        }
      }
    }
  }
}

// Columns per task: the deeper they are the fewer, so that a packed strip stays in the cache.
int64_t StripWidth(int64_t depth) {
  constexpr int64_t kPackedFloats = int64_t{1} << 16;
  return kPanel * std::clamp<int64_t>(kPackedFloats / (depth * kPanel), 1, kStripPanels);
}

// What one output position reads: the cells of its window in every channel of the group.
struct Patches {
  const ConvAttributes& attributes;
  const float* x;  // first channel of the group
  int64_t channels, height, width, out_width;

  void Pack(int64_t first, int64_t count, float* panel) const {
    const Window& w = attributes.window;
    int64_t top[kPanel];
    int64_t left[kPanel];
    for (int64_t j = 0; j < count; ++j) {
      top[j] = (first + j) / out_width * w.strides[0] - w.pads_begin[0];
      left[j] = (first + j) % out_width * w.strides[1] - w.pads_begin[1];
    }
    for (int64_t c = 0; c < channels; ++c) {
      const float* channel = x + c * height * width;
      for (int64_t ky = 0; ky < w.kernel[0]; ++ky) {
        for (int64_t kx = 0; kx < w.kernel[1]; ++kx, panel += kPanel) {
          for (int64_t j = 0; j < count; ++j) {
            const int64_t row = top[j] + ky * w.dilations[0];
            const int64_t column = left[j] + kx * w.dilations[1];
            const bool inside = row >= 0 && row < height && column >= 0 && column < width;
            panel[j] = inside ? channel[row * width + column] : 0.0f;
          }
        }
      }
    }
  }
};

}  // namespace

void RunConv(const ConvAttributes& attributes, const TensorView& x, const TensorView& weights, const TensorView& bias,
             const Dims& out_shape, float* out) {
  const Dims& in = *x.shape;
  const int64_t groups = attributes.groups;
  const int64_t rows = out_shape[1] / groups;
  const int64_t channels = in[1] / groups;
  const int64_t depth = channels * attributes.window.kernel[0] * attributes.window.kernel[1];
  const int64_t positions = out_shape[2] * out_shape[3];
  const int64_t strip = StripWidth(depth);
  const int64_t strips = (positions + strip - 1) / strip;
  ParallelFor(static_cast<size_t>(in[0] * groups * strips), 1, [&](size_t task_begin, size_t task_end) {
    for (size_t task = task_begin; task < task_end; ++task) {
      const int64_t part = static_cast<int64_t>(task) / strips;  // sample and group
      const int64_t group = part % groups;
      const int64_t begin = static_cast<int64_t>(task) % strips * strip;
      const Patches patches{attributes, x.data + part * channels * in[2] * in[3], channels, in[2], in[3], out_shape[3]};
      MultiplyStrip(
          weights.data + group * rows * depth, rows, depth, begin, std::min(begin + strip, positions),
          [&](int64_t n, int64_t count, float* panel) { patches.Pack(n, count, panel); },
          bias.present() ? bias.data + group * rows : nullptr, nullptr, out + part * rows * positions, positions);
    }
  });
}

void RunMatMul(const TensorView& a, const TensorView& b, const TensorView& bias, const Dims& out_shape, float* out) {
  const int64_t rows = out_shape[out_shape.size() - 2];
  const int64_t columns = out_shape.back();
  const int64_t depth = a.shape->back();
  const Dims batch(out_shape.begin(), out_shape.end() - 2);
  const auto batch_strides = [&](const TensorView& t) {
    Dims strides = BroadcastStrides(Dims(t.shape->begin(), t.shape->end() - 2), batch);
    const int64_t matrix = t.shape->back() * (*t.shape)[t.shape->size() - 2];
    for (int64_t& stride : strides) stride *= matrix;
    return strides;
  };
  // Offsets of the two matrices for each product of the batch.
  std::vector<std::pair<int64_t, int64_t>> offsets;
  const Dims a_strides = batch_strides(a);
  const Dims b_strides = batch_strides(b);
  ForEachRun(batch, a_strides, b_strides, [&](int64_t a_offset, int64_t b_offset, int64_t) {
    const int64_t length = batch.empty() ? 1 : batch.back();
    for (int64_t i = 0; i < length; ++i) {
      offsets.emplace_back(a_offset + (batch.empty() ? 0 : i * a_strides.back()),
                           b_offset + (batch.empty() ? 0 : i * b_strides.back()));
    }
  });
  const float* column_bias = bias.present() ? bias.data : nullptr;
  const int64_t strip = StripWidth(depth);
  const int64_t strips = (columns + strip - 1) / strip;
  ParallelFor(offsets.size() * static_cast<size_t>(strips), 1, [&](size_t task_begin, size_t task_end) {
    for (size_t task = task_begin; task < task_end; ++task) {
      const size_t product = task / static_cast<size_t>(strips);
      const int64_t begin = static_cast<int64_t>(task % static_cast<size_t>(strips)) * strip;
      const float* matrix = b.data + offsets[product].second;
      MultiplyStrip(
          a.data + offsets[product].first, rows, depth, begin, std::min(begin + strip, columns),
          [&](int64_t n, int64_t count, float* panel) {
            for (int64_t k = 0; k < depth; ++k) std::copy_n(matrix + k * columns + n, count, panel + k * kPanel);
          },
          nullptr, column_bias, out + static_cast<int64_t>(product) * rows * columns, columns);
    }
  });
}

}  // namespace provenn::internal
