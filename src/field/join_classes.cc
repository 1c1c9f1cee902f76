#include "field/join_classes.h"

#include "base/check.h"
#include "field/targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "field/join_classes.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep

#include "field/lanes-inl.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace provenn {
namespace HWY_NAMESPACE {
namespace {

// Twiddles of one node: those of its level l, from the top, at 2^l - 1.
template <int kLevels>
HWY_INLINE void JoinVectors(Vec (&v)[1 << kLevels], const Vec (&t)[(1 << kLevels) - 1]) {
  constexpr int kParts = 1 << kLevels;
  HWY_UNROLL(3)
  for (int level = kLevels - 1; level >= 0; --level) {
    const int half = kParts >> (level + 1);
    HWY_UNROLL(4)
    for (int pair = 0; pair < kParts / 2; ++pair) {
      const int node = pair / half;
      const int low = 2 * half * node + pair % half;
      const Vec difference = Sub(v[low], v[low + half]);
      v[low] = Add(v[low], v[low + half]);
      v[low + half] = Mul(difference, t[(1 << level) - 1 + node]);
    }
  }
}

template <int kLevels>
void JoinNodes(Goldilocks* data, size_t part, size_t nodes, const Goldilocks* twiddles, size_t blocks, int below) {
  constexpr size_t kParts = size_t{1} << kLevels;
  for (size_t node = 0; node < nodes; ++node, data += kParts * part) {
    Vec t[kParts - 1];
    for (int level = 0; level < kLevels; ++level) {
      const Goldilocks* of_depth = twiddles + blocks * ((size_t{1} << (below + level)) - 1);
      for (size_t j = 0; j < size_t{1} << level; ++j) {
        t[(size_t{1} << level) - 1 + j] = Set(of_depth[(node << level) + j]);
      }
    }
    Vec v[kParts];
    size_t i = 0;
    for (; i + kLanes <= part; i += kLanes) {
      for (size_t k = 0; k < kParts; ++k) v[k] = Load(data + k * part + i);
      JoinVectors<kLevels>(v, t);
      for (size_t k = 0; k < kParts; ++k) Store(v[k], data + k * part + i);
    }
    if (i < part) {
      for (size_t k = 0; k < kParts; ++k) v[k] = LoadFirst(data + k * part + i, part - i);
      JoinVectors<kLevels>(v, t);
      for (size_t k = 0; k < kParts; ++k) StoreFirst(v[k], data + k * part + i, part - i);
    }
  }
}

using JoinLevels = void (*)(Goldilocks*, size_t, size_t, const Goldilocks*, size_t, int);
JoinLevels JoinOf(int levels) {
  if (levels == 1) return JoinNodes<1>;
  return levels == 2 ? JoinNodes<2> : JoinNodes<3>;
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace provenn
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace provenn {
namespace {
HWY_EXPORT(JoinOf);
}  // namespace

void JoinClasses(int levels, std::span<Goldilocks> data, size_t part, std::span<const Goldilocks> twiddles,
                 size_t blocks, int below) {
  PROVENN_CHECK(levels >= 1 && levels <= kMaxJoinedLevels && data.size() == blocks * part << (levels + below));
  PROVENN_CHECK(twiddles.size() >= blocks * ((size_t{1} << (levels + below)) - 1));
  PrepareDispatch();
  HWY_DYNAMIC_DISPATCH(JoinOf)(levels)(data.data(), part, blocks << below, twiddles.data(), blocks, below);
}

}  // namespace provenn
#endif  // HWY_ONCE
