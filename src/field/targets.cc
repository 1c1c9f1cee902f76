#include "field/targets.h"

#include "hwy/targets.h"

namespace provenn {

void DisableUnusableTargets() {
#if HWY_ARCH_X86
  if (!__builtin_cpu_supports("avx512ifma")) hwy::DisableTargets(HWY_AVX3_DL);
#endif
}

}  // namespace provenn
