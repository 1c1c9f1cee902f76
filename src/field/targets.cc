#include "field/targets.h"

#include "hwy/targets.h"

namespace provenn {

void PrepareDispatch() {
#if HWY_ARCH_X86
  static const bool once = [] {
    if (!__builtin_cpu_supports("avx512ifma")) hwy::DisableTargets(HWY_AVX3_DL);
    return true;
  }();
  static_cast<void>(once);
#endif
}

}  // namespace provenn
