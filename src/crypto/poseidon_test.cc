#include "crypto/poseidon.h"

#include <gtest/gtest.h>

#include <random>

#include "crypto/poseidon_prover.h"
#include "field/each_target.h"

namespace provenn {
namespace {

using Words = std::array<uint64_t, kPoseidonWidth>;

PoseidonState ToState(const Words& words) {
  PoseidonState state;
  for (size_t i = 0; i < words.size(); ++i) state[i] = Goldilocks(words[i]);
  return state;
}

PoseidonState RandomState(std::mt19937_64& random) {
  PoseidonState state;
  for (Goldilocks& x : state) x = Goldilocks(random());
  return state;
}

// The vectors published with the Plonky2 instance.
struct KnownAnswer {
  Words input;
  Words output;
};

const KnownAnswer kKnownAnswers[] = {
    {{},
     {0x3c18a9786cb0b359, 0xc4055e3364a246c3, 0x7953db0ab48808f4, 0xc71603f33a1144ca, 0xd7709673896996dc,
      0x46a84e87642f44ed, 0xd032648251ee0b3c, 0x1c687363b207df62, 0xdf8565563e8045fe, 0x40f5b37ff4254dae,
      0xd070f637b431067c, 0x1792b1c4342109d7}},
    {{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11},
     {0xd64e1e3efc5b8e9e, 0x53666633020aaa47, 0xd40285597c6a8825, 0x613a4f81e81231d2, 0x414754bfebd051f0,
      0xcb1f8980294a023f, 0x6eb2a9e4d54a9d0f, 0x1902bc3af467e056, 0xf045d5eafdc6021f, 0xe4150f77caaa3be5,
      0xc9bfd01d39b50cce, 0x5c0a27fcb0e1459b}},
    // All minus one.
    {{Goldilocks::kModulus - 1, Goldilocks::kModulus - 1, Goldilocks::kModulus - 1, Goldilocks::kModulus - 1,
      Goldilocks::kModulus - 1, Goldilocks::kModulus - 1, Goldilocks::kModulus - 1, Goldilocks::kModulus - 1,
      Goldilocks::kModulus - 1, Goldilocks::kModulus - 1, Goldilocks::kModulus - 1, Goldilocks::kModulus - 1},
     {0xbe0085cfc57a8357, 0xd95af71847d05c09, 0xcf55a13d33c1c953, 0x95803a74f4530e82, 0xfcd99eb30a135df1,
      0xe095905e913a3029, 0xde0392461b42919b, 0x7d3260e24e81d031, 0x10d3d0465d9deaa0, 0xa87571083dfc2a47,
      0xe18263681e9958f8, 0xe28e96f1ae5e60d3}},
    {{0x8ccbbbea4fe5d2b7, 0xc2af59ee9ec49970, 0x90f7e1a9e658446a, 0xdcc0630a3ab8b1b8, 0x7ff8256bca20588c,
      0x5d99a7ca0c44ecfb, 0x48452b17a70fbee3, 0xeb09d654690b6c88, 0x4a55d3a39c676a88, 0xc0407a38d2285139,
      0xa234bac9356386d1, 0xe1633f2bad98a52f},
     {0xa89280105650c4ec, 0xab542d53860d12ed, 0x5704148e9ccab94f, 0xd3a826d4b62da9f5, 0x8a7a6ca87892574f,
      0xc7017e1cad1a674e, 0x1f06668922318e34, 0xa3b203bc8102676f, 0xfcc781b0ce382bf2, 0x934c69ff3ed14ba5,
      0x504688a5996e8f13, 0x401f3f2ed524a2ba}},
};

TEST(Poseidon, KnownAnswers) {
  for (const KnownAnswer& known : kKnownAnswers) {
    PoseidonState state = ToState(known.input);
    PoseidonPermute(state);
    EXPECT_EQ(state, ToState(known.output));
    state = ToState(known.input);
    PoseidonPermuteReference(state);
    EXPECT_EQ(state, ToState(known.output));
  }
}

TEST(Poseidon, FastEqualsReference) {
  std::mt19937_64 random(1);
  for (int i = 0; i < 500; ++i) {
    PoseidonState fast = RandomState(random);
    // Edge values, which random ones never hit.
    constexpr uint64_t kEdges[] = {0, 1, 0xffffffff, 0x100000000, Goldilocks::kModulus - 1, 0xffffffff00000000};
    for (Goldilocks& x : fast) {
      if (random() % 3 == 0) x = Goldilocks(kEdges[random() % std::size(kEdges)]);
    }
    PoseidonState slow = fast;
    PoseidonPermute(fast);
    PoseidonPermuteReference(slow);
    ASSERT_EQ(fast, slow);
  }
}

TEST(Poseidon, TraceFollowsTheDefinition) {
  std::mt19937_64 random(2);
  for (int repeat = 0; repeat < 20; ++repeat) {
    const PoseidonState start = RandomState(random);
    PoseidonState traced = start;
    std::array<Goldilocks, kPoseidonSboxes> in, out;
    PoseidonTrace(traced, in, out);
    PoseidonState expected = start;
    PoseidonPermute(expected);
    EXPECT_EQ(traced, expected);
    for (size_t k = 0; k < kPoseidonSboxes; ++k) ASSERT_EQ(out[k], in[k].Pow(7));
    // The first inputs are the state plus constants, the first partial round has one S-box only.
    for (int i = 0; i < kPoseidonWidth; ++i) {
      EXPECT_EQ(in[static_cast<size_t>(i)], start[static_cast<size_t>(i)] + PoseidonRoundConstant(0, i));
    }
  }
}

TEST(Poseidon, BatchOfTracesOnEveryTarget) {
  ForEachTarget([] {
    std::mt19937_64 random(11);
    for (const size_t count : std::initializer_list<size_t>{0, 1, 3, 8, 21}) {
      std::vector<PoseidonState> states(count);
      for (PoseidonState& state : states) state = RandomState(random);
      std::vector<PoseidonState> expected = states;
      std::vector<Goldilocks> in(count * kPoseidonSboxes), cube(in.size()), out(in.size());
      PoseidonTraces(states, in, cube, out);
      for (size_t i = 0; i < count; ++i) {
        std::array<Goldilocks, kPoseidonSboxes> one_in, one_out;
        PoseidonTrace(expected[i], one_in, one_out);
        ASSERT_EQ(states[i], expected[i]);
        for (size_t k = 0; k < kPoseidonSboxes; ++k) {
          ASSERT_EQ(in[i * kPoseidonSboxes + k], one_in[k]);
          ASSERT_EQ(cube[i * kPoseidonSboxes + k], one_in[k].Pow(3));
          ASSERT_EQ(out[i * kPoseidonSboxes + k], one_out[k]);
        }
      }
    }
  });
}

Goldilocks Evaluate(const PoseidonAffine::Form& form, const PoseidonState& start,
                    const std::array<Goldilocks, kPoseidonSboxes>& out) {
  Goldilocks sum = form.back();
  for (size_t i = 0; i < start.size(); ++i) sum += form[i] * start[i];
  for (size_t k = 0; k < out.size(); ++k) sum += form[kPoseidonWidth + k] * out[k];
  return sum;
}

TEST(Poseidon, AffineFormsReproduceTheTrace) {
  const PoseidonAffine& affine = GetPoseidonAffine();
  ASSERT_EQ(affine.input.size(), size_t{kPoseidonSboxes});
  ASSERT_EQ(affine.output.size(), size_t{kPoseidonWidth});
  std::mt19937_64 random(3);
  for (int repeat = 0; repeat < 10; ++repeat) {
    const PoseidonState start = RandomState(random);
    PoseidonState end = start;
    std::array<Goldilocks, kPoseidonSboxes> in, out;
    PoseidonTrace(end, in, out);
    for (size_t k = 0; k < in.size(); ++k) ASSERT_EQ(Evaluate(affine.input[k], start, out), in[k]) << k;
    for (size_t i = 0; i < end.size(); ++i) ASSERT_EQ(Evaluate(affine.output[i], start, out), end[i]) << i;
  }
}

TEST(Poseidon, AffineInputsUseOnlyEarlierOutputs) {
  const PoseidonAffine& affine = GetPoseidonAffine();
  for (size_t k = 0; k < affine.input.size(); ++k) {
    for (size_t later = k; later < kPoseidonSboxes; ++later) {
      EXPECT_EQ(affine.input[k][kPoseidonWidth + later], Goldilocks()) << k << " " << later;
    }
  }
}

std::vector<Goldilocks> RandomElements(size_t count, uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<Goldilocks> elements(count);
  for (Goldilocks& x : elements) x = Goldilocks(random());
  return elements;
}

PoseidonDigest DigestOf(const std::vector<Goldilocks>& salt, const std::vector<Goldilocks>& symbols) {
  return PoseidonRowDigest(std::span(salt).first<kPoseidonDigestSize>(), symbols);
}

// The sponge written out, block by block.
TEST(PoseidonRowDigest, IsTheDocumentedSponge) {
  const std::vector<Goldilocks> salt = RandomElements(4, 4);
  const std::vector<Goldilocks> symbols = RandomElements(24, 5);
  PoseidonState state = {salt[0], salt[1], salt[2], salt[3], Goldilocks(kPoseidonRowTag), Goldilocks(24)};
  PoseidonPermuteReference(state);
  for (size_t block = 0; block < 3; ++block) {
    for (size_t i = 0; i < 8; ++i) state[i] = symbols[8 * block + i];
    PoseidonPermuteReference(state);
  }
  EXPECT_EQ(DigestOf(salt, symbols), (PoseidonDigest{state[0], state[1], state[2], state[3]}));
}

TEST(PoseidonRowDigest, DependsOnEverySymbolTheSaltAndTheLength) {
  std::vector<Goldilocks> salt = RandomElements(4, 6);
  std::vector<Goldilocks> symbols = RandomElements(16, 7);
  const PoseidonDigest digest = DigestOf(salt, symbols);
  for (Goldilocks& x : symbols) {
    x += Goldilocks(1);
    EXPECT_NE(DigestOf(salt, symbols), digest);
    x -= Goldilocks(1);
  }
  for (Goldilocks& x : salt) {
    x += Goldilocks(1);
    EXPECT_NE(DigestOf(salt, symbols), digest);
    x -= Goldilocks(1);
  }
  EXPECT_EQ(DigestOf(salt, symbols), digest);
  std::vector<Goldilocks> longer = symbols;
  longer.resize(24);
  EXPECT_NE(DigestOf(salt, longer), digest);
  EXPECT_NE(DigestOf(salt, {symbols.begin(), symbols.begin() + 8}), digest);
}

TEST(PoseidonRowDigest, BatchEqualsOneByOneOnEveryTarget) {
  ForEachTarget([] {
    for (const size_t rows : std::initializer_list<size_t>{0, 1, 7, 8, 9, 37, 200}) {
      for (const size_t width : std::initializer_list<size_t>{0, 8, 32}) {
        const std::vector<Goldilocks> salts = RandomElements(4 * rows, 8);
        const std::vector<Goldilocks> matrix = RandomElements(rows * width, 9);
        const std::vector<PoseidonDigest> digests = PoseidonRowDigests(salts, matrix);
        ASSERT_EQ(digests.size(), rows);
        for (size_t i = 0; i < rows; ++i) {
          ASSERT_EQ(digests[i], PoseidonRowDigest(std::span(salts).subspan(4 * i).first<kPoseidonDigestSize>(),
                                                  std::span(matrix).subspan(i * width, width)));
        }
      }
    }
  });
}

// Symbols at the edges of the lazy representation.
TEST(PoseidonRowDigest, BatchOfExtremeSymbols) {
  ForEachTarget([] {
    constexpr size_t kRows = 64;
    constexpr uint64_t kEdges[] = {0, 1, 0xffffffff, 0x100000000, Goldilocks::kModulus - 1, 0xffffffff00000000};
    std::mt19937_64 random(10);
    std::vector<Goldilocks> salts(4 * kRows), matrix(8 * kRows);
    for (Goldilocks& x : salts) x = Goldilocks(kEdges[random() % std::size(kEdges)]);
    for (Goldilocks& x : matrix) x = Goldilocks(kEdges[random() % std::size(kEdges)]);
    const std::vector<PoseidonDigest> digests = PoseidonRowDigests(salts, matrix);
    for (size_t i = 0; i < kRows; ++i) {
      ASSERT_EQ(digests[i], PoseidonRowDigest(std::span(salts).subspan(4 * i).first<kPoseidonDigestSize>(),
                                              std::span(matrix).subspan(8 * i, 8)));
    }
  });
}

}  // namespace
}  // namespace provenn
