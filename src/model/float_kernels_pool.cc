// Pooling, reductions and softmax. Sums and quotients are taken in double and rounded once.
#include <algorithm>
#include <limits>
#include <vector>

#include "base/parallel.h"
#include "model/deterministic_math.h"
#include "model/float_kernels.h"
#include "model/strided.h"

namespace provenn::internal {
namespace {

// Taps [first, last) of a window that starts at `start` lie inside [low, high) along an axis.
struct Taps {
  int64_t first;
  int64_t last;
  Taps(int64_t start, int64_t dilation, int64_t kernel, int64_t low, int64_t high) {
    first = start >= low ? 0 : (low - start + dilation - 1) / dilation;
    last = start >= high ? 0 : std::min(kernel, (high - start + dilation - 1) / dilation);
    last = std::max(first, last);
  }
  int64_t count() const { return last - first; }
};

}  // namespace

void RunPool(const GraphNode& node, const TensorView& x, const Dims& out_shape, float* out) {
  const auto& attributes = node.As<PoolAttributes>();
  const Window& w = attributes.window;
  const bool is_max = node.op == Op::kMaxPool;
  const int64_t height = (*x.shape)[2];
  const int64_t width = (*x.shape)[3];
  const int64_t planes = out_shape[0] * out_shape[1];
  ParallelFor(static_cast<size_t>(planes), 1, [&](size_t plane_begin, size_t plane_end) {
    for (size_t plane = plane_begin; plane < plane_end; ++plane) {
      const float* in = x.data + static_cast<int64_t>(plane) * height * width;
      float* target = out + static_cast<int64_t>(plane) * out_shape[2] * out_shape[3];
      for (int64_t oy = 0; oy < out_shape[2]; ++oy) {
        const int64_t top = oy * w.strides[0] - w.pads_begin[0];
        const Taps rows(top, w.dilations[0], w.kernel[0], 0, height);
        const Taps padded_rows(top, w.dilations[0], w.kernel[0], -w.pads_begin[0], height + w.pads_end[0]);
        for (int64_t ox = 0; ox < out_shape[3]; ++ox) {
          const int64_t left = ox * w.strides[1] - w.pads_begin[1];
          const Taps columns(left, w.dilations[1], w.kernel[1], 0, width);
          float maximum = std::numeric_limits<float>::lowest();
          double sum = 0;
          for (int64_t ky = rows.first; ky < rows.last; ++ky) {
            const int64_t row = (top + ky * w.dilations[0]) * width + left;
            for (int64_t kx = columns.first; kx < columns.last; ++kx) {
              const float value = in[row + kx * w.dilations[1]];
              maximum = std::max(maximum, value);
              sum += static_cast<double>(value);
            }
          }
          if (is_max) {
            *target++ = maximum;
            continue;
          }
          const Taps padded_columns(left, w.dilations[1], w.kernel[1], -w.pads_begin[1], width + w.pads_end[1]);
          const int64_t cells = attributes.count_include_pad ? padded_rows.count() * padded_columns.count()
                                                             : rows.count() * columns.count();
          *target++ = static_cast<float>(sum / static_cast<double>(cells));
        }
      }
    }
  });
}

void RunReduce(const GraphNode& node, const TensorView& x, const Dims& out_shape, float* out) {
  const Dims& axes = node.As<ReduceAttributes>().axes;
  const Dims strides = RowMajorStrides(*x.shape);
  Dims kept_strides = strides;
  Dims reduced_shape(x.shape->size(), 1);
  for (const int64_t axis : axes) {
    kept_strides[static_cast<size_t>(axis)] = 0;
    reduced_shape[static_cast<size_t>(axis)] = (*x.shape)[static_cast<size_t>(axis)];
  }
  const double divisor = node.op == Op::kReduceMean ? static_cast<double>(ElementCount(reduced_shape)) : 1.0;
  const int64_t inner_length = reduced_shape.back();
  const int64_t inner_step = strides.back();
  const auto reduce = [&](const float* base) {
    double sum = 0;
    ForEachRun(reduced_shape, strides, strides, [&](int64_t offset, int64_t, int64_t) {
      for (int64_t i = 0; i < inner_length; ++i) sum += static_cast<double>(base[offset + i * inner_step]);
    });
    return static_cast<float>(sum / divisor);
  };
  const int64_t length = out_shape.back();
  const int64_t step = kept_strides.back();
  ForEachRun(out_shape, kept_strides, kept_strides, [&](int64_t offset, int64_t, int64_t first) {
    for (int64_t i = 0; i < length; ++i) out[first + i] = reduce(x.data + offset + i * step);
  });
}

void RunSoftmax(const SoftmaxAttributes& attributes, const TensorView& x, float* out) {
  const size_t axis = static_cast<size_t>(attributes.axis);
  const Dims& shape = *x.shape;
  const int64_t length = shape[axis];
  const int64_t step = RowMajorStrides(shape)[axis];
  const int64_t lines = ElementCount(shape) / length;
  ParallelFor(static_cast<size_t>(lines), 64, [&](size_t line_begin, size_t line_end) {
    std::vector<double> powers(static_cast<size_t>(length));
    for (size_t line = line_begin; line < line_end; ++line) {
      const int64_t l = static_cast<int64_t>(line);
      const int64_t base = l / step * step * length + l % step;
      double maximum = static_cast<double>(x.data[base]);
      for (int64_t i = 1; i < length; ++i) maximum = std::max(maximum, static_cast<double>(x.data[base + i * step]));
      double sum = 0;
      for (int64_t i = 0; i < length; ++i) {
        const double power = DeterministicExp(static_cast<double>(x.data[base + i * step]) - maximum);
        powers[static_cast<size_t>(i)] = power;
        sum += power;
      }
      for (int64_t i = 0; i < length; ++i) {
        out[base + i * step] = static_cast<float>(powers[static_cast<size_t>(i)] / sum);
      }
    }
  });
}

}  // namespace provenn::internal
