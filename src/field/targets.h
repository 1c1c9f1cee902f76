// Which instruction sets the vector code is compiled for. Include before any Highway header.
//
// Below AVX2 a vector holds two field elements and lacks a 64-bit comparison, which loses against the scalar unit's
// 64 x 64 -> 128 bit multiplication; so those targets are left out and the portable code serves every such machine.
// AVX3_DL is wanted for the 52-bit multiply-add (IFMA), which it is compiled with here.
#pragma once

#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_SSE4)
#define HWY_WANT_AVX3_DL 1

namespace provenn {

// Highway chooses AVX3_DL without asking for IFMA. Every such processor has it, but a virtual machine may hide it: then
// this takes the target out. To be called before each dispatch; it does something once.
void PrepareDispatch();

}  // namespace provenn
