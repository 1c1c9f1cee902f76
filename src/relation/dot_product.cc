#include "relation/dot_product.h"

#include "field/targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "relation/dot_product.cc"
#include <hwy/foreach_target.h>  // compiles this file once per instruction set
//
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace provenn::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

#if HWY_TARGET == HWY_SCALAR

int64_t DotKernel(const int32_t* HWY_RESTRICT left, const int32_t* HWY_RESTRICT right, size_t n) {
  int64_t total = 0;
  for (size_t i = 0; i < n; ++i) total += static_cast<int64_t>(left[i]) * right[i];
  return total;
}

void DotTileKernel(const int32_t* HWY_RESTRICT left, const int32_t* const* HWY_RESTRICT right, size_t n,
                   int64_t* HWY_RESTRICT out) {
  for (size_t j = 0; j < kDotTile; ++j) out[j] = DotKernel(left, right[j], n);
}

#else

// One vector multiply takes the even 32-bit lanes of both operands to 64 bits. The odd lanes are shifted down first;
// what remains above them is ignored by the multiply.
void DotTileKernel(const int32_t* HWY_RESTRICT left, const int32_t* const* HWY_RESTRICT right, size_t n,
                   int64_t* HWY_RESTRICT out) {
  const hn::ScalableTag<int32_t> d32;
  const hn::ScalableTag<int64_t> d64;
  using V64 = hn::Vec<decltype(d64)>;
  const size_t lanes = hn::Lanes(d32);
  const int32_t* HWY_RESTRICT r0 = right[0];
  const int32_t* HWY_RESTRICT r1 = right[1];
  const int32_t* HWY_RESTRICT r2 = right[2];
  const int32_t* HWY_RESTRICT r3 = right[3];
  V64 s0 = hn::Zero(d64);
  V64 s1 = hn::Zero(d64);
  V64 s2 = hn::Zero(d64);
  V64 s3 = hn::Zero(d64);
  const auto odd = [&](auto v) HWY_ATTR { return hn::BitCast(d32, hn::ShiftRight<32>(hn::BitCast(d64, v))); };
  size_t i = 0;
  for (; i + lanes <= n; i += lanes) {
    const auto l = hn::LoadU(d32, left + i);
    const auto l_odd = odd(l);
    const auto step = [&](const int32_t* r, V64 sum) HWY_ATTR {
      const auto v = hn::LoadU(d32, r + i);
      return hn::Add(sum, hn::Add(hn::MulEven(l, v), hn::MulEven(l_odd, odd(v))));
    };
    s0 = step(r0, s0);
    s1 = step(r1, s1);
    s2 = step(r2, s2);
    s3 = step(r3, s3);
  }
  int64_t t0 = hn::GetLane(hn::SumOfLanes(d64, s0));
  int64_t t1 = hn::GetLane(hn::SumOfLanes(d64, s1));
  int64_t t2 = hn::GetLane(hn::SumOfLanes(d64, s2));
  int64_t t3 = hn::GetLane(hn::SumOfLanes(d64, s3));
  for (; i < n; ++i) {
    const int64_t l = left[i];
    t0 += l * r0[i];
    t1 += l * r1[i];
    t2 += l * r2[i];
    t3 += l * r3[i];
  }
  out[0] = t0;
  out[1] = t1;
  out[2] = t2;
  out[3] = t3;
}

int64_t DotKernel(const int32_t* HWY_RESTRICT left, const int32_t* HWY_RESTRICT right, size_t n) {
  const hn::ScalableTag<int32_t> d32;
  const hn::ScalableTag<int64_t> d64;
  const size_t lanes = hn::Lanes(d32);
  auto sum = hn::Zero(d64);
  size_t i = 0;
  for (; i + lanes <= n; i += lanes) {
    const auto l = hn::LoadU(d32, left + i);
    const auto r = hn::LoadU(d32, right + i);
    const auto l_odd = hn::BitCast(d32, hn::ShiftRight<32>(hn::BitCast(d64, l)));
    const auto r_odd = hn::BitCast(d32, hn::ShiftRight<32>(hn::BitCast(d64, r)));
    sum = hn::Add(sum, hn::Add(hn::MulEven(l, r), hn::MulEven(l_odd, r_odd)));
  }
  int64_t total = hn::GetLane(hn::SumOfLanes(d64, sum));
  for (; i < n; ++i) total += static_cast<int64_t>(left[i]) * right[i];
  return total;
}

#endif  // HWY_TARGET == HWY_SCALAR

}  // namespace provenn::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace provenn {

HWY_EXPORT(DotTileKernel);
HWY_EXPORT(DotKernel);

void DotTile(const int32_t* left, const int32_t* const right[kDotTile], size_t n, int64_t out[kDotTile]) {
  HWY_DYNAMIC_DISPATCH(DotTileKernel)(left, right, n, out);
}

int64_t Dot(const int32_t* left, const int32_t* right, size_t n) {
  return HWY_DYNAMIC_DISPATCH(DotKernel)(left, right, n);
}

}  // namespace provenn
#endif
