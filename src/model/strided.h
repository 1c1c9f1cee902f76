// Strided copies: what transposing, slicing, padding, concatenating and broadcasting are made of.
#pragma once

#include <cstdint>

#include "model/tensor.h"

namespace provenn {

// Calls run(offset_a, offset_b, first) once per run of the last axis of `shape`, in row-major order, with the offsets
// that the strides give at the run's first element and the row-major index of that element. A scalar is one run.
template <typename Run>
void ForEachRun(const Dims& shape, const Dims& strides_a, const Dims& strides_b, const Run& run) {
  const size_t outer = shape.empty() ? 0 : shape.size() - 1;
  const int64_t run_length = shape.empty() ? 1 : shape.back();
  Dims index(outer, 0);
  int64_t a = 0;
  int64_t b = 0;
  int64_t first = 0;
  while (true) {
    run(a, b, first);
    first += run_length;
    size_t axis = outer;
    while (axis > 0) {
      --axis;
      a += strides_a[axis];
      b += strides_b[axis];
      if (++index[axis] < shape[axis]) break;
      a -= strides_a[axis] * shape[axis];
      b -= strides_b[axis] * shape[axis];
      index[axis] = 0;
      if (axis == 0) return;
    }
    if (outer == 0) return;
  }
}

// out[i] = in[offset + Σ i_axis·strides[axis]] over `shape`, out contiguous. No axis may be empty.
template <typename T>
void GatherStrided(const T* in, int64_t offset, const Dims& strides, const Dims& shape, T* out) {
  const int64_t length = shape.empty() ? 1 : shape.back();
  const int64_t step = shape.empty() ? 1 : strides.back();
  ForEachRun(shape, strides, strides, [&](int64_t a, int64_t, int64_t first) {
    const T* source = in + offset + a;
    for (int64_t i = 0; i < length; ++i) out[first + i] = source[i * step];
  });
}

// out[offset + Σ i_axis·strides[axis]] = in[i] over `shape`, in contiguous. No axis may be empty.
template <typename T>
void ScatterStrided(const T* in, const Dims& shape, T* out, int64_t offset, const Dims& strides) {
  const int64_t length = shape.empty() ? 1 : shape.back();
  const int64_t step = shape.empty() ? 1 : strides.back();
  ForEachRun(shape, strides, strides, [&](int64_t a, int64_t, int64_t first) {
    T* target = out + offset + a;
    for (int64_t i = 0; i < length; ++i) target[i * step] = in[first + i];
  });
}

// Strides that read a tensor of shape `from` as if broadcast to `to`: 0 along repeated axes.
inline Dims BroadcastStrides(const Dims& from, const Dims& to) {
  Dims strides(to.size(), 0);
  const Dims own = RowMajorStrides(from);
  const size_t offset = to.size() - from.size();
  for (size_t i = 0; i < from.size(); ++i) strides[offset + i] = from[i] == 1 ? 0 : own[i];
  return strides;
}

// out[i] = f(a[i], b[i]) with both operands broadcast to `shape`.
template <typename A, typename B, typename T, typename F>
void BroadcastBinary(const A* a, const Dims& a_shape, const B* b, const Dims& b_shape, const Dims& shape, T* out,
                     const F& f) {
  const Dims a_strides = BroadcastStrides(a_shape, shape);
  const Dims b_strides = BroadcastStrides(b_shape, shape);
  const int64_t length = shape.empty() ? 1 : shape.back();
  const int64_t a_step = shape.empty() ? 0 : a_strides.back();
  const int64_t b_step = shape.empty() ? 0 : b_strides.back();
  ForEachRun(shape, a_strides, b_strides, [&](int64_t a_offset, int64_t b_offset, int64_t first) {
    for (int64_t i = 0; i < length; ++i) out[first + i] = f(a[a_offset + i * a_step], b[b_offset + i * b_step]);
  });
}

}  // namespace provenn
