// Which instruction sets the vector code is compiled for. Include before any Highway header.
//
// Below AVX2 a vector holds two field elements and lacks a 64-bit comparison, which loses against the 64 x 64 -> 128
// bit multiplication of the scalar unit; so those targets are left out and the portable code serves every such machine.
#pragma once

#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_SSE4)
