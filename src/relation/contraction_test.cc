#include "relation/contraction.h"

#include <gtest/gtest.h>

#include <random>

#include "field/each_target.h"
#include "relation/checker.h"
#include "relation/dot_product.h"

namespace provenn {
namespace {

// The definition, term by term.
SecretVector<int64_t> ByDefinition(const Circuit& circuit, const Contraction& c, const Assignment& assignment) {
  Shape out_shape(c.space.begin(), c.space.begin() + c.out_rank);
  SecretVector<int64_t> out(ElementCount(out_shape), 0);
  const uint64_t n = ElementCount(c.space);
  const uint64_t inner = n / out.size();
  std::vector<uint32_t> index(c.space.size());
  for (uint64_t i = 0; i < n; ++i) {
    uint64_t rest = i;
    for (size_t a = c.space.size(); a-- > 0;) {
      index[a] = static_cast<uint32_t>(rest % c.space[a]);
      rest /= c.space[a];
    }
    const int64_t right = c.right.has_value() ? ValueAt(circuit, assignment, *c.right, index) : 1;
    out[i / inner] += ValueAt(circuit, assignment, c.left, index) * right;
  }
  return out;
}

class ContractionTest : public testing::Test {
 protected:
  uint32_t AddTensor(TensorKind kind, Shape shape, uint32_t outer = 0, int32_t bound = 1 << 20) {
    Tensor t;
    t.name = "t" + std::to_string(circuit_.tensors.size());
    t.kind = kind;
    t.shape = shape;
    t.outer_axes = outer;
    circuit_.tensors.push_back(t);
    SecretVector<int32_t> data(ElementCount(shape));
    for (int32_t& x : data) x = std::uniform_int_distribution<int32_t>(-bound, bound)(random_);
    assignment_.tensors.push_back(data);
    return static_cast<uint32_t>(circuit_.tensors.size() - 1);
  }

  void ExpectAgrees(const Contraction& c) {
    EXPECT_EQ(EvaluateContraction(circuit_, c, assignment_), ByDefinition(circuit_, c, assignment_));
  }

  std::mt19937 random_{20};
  Circuit circuit_;
  Assignment assignment_;
};

AxisMap Axis(uint32_t axis, int32_t stride = 1) { return AxisMap{0, {{axis, stride}}}; }

TEST_F(ContractionTest, ConvolutionWithStridePaddingAndDilation) {
  const uint32_t x = AddTensor(TensorKind::kWitness, {9, 8, 5});
  const uint32_t w = AddTensor(TensorKind::kWeight, {6, 3, 2, 5}, 1);
  // space: oy ox co | ky kx ci
  Contraction c{{5, 7, 6, 3, 2, 5}, 3, View{w, {Axis(2), Axis(3), Axis(4), Axis(5)}}, std::nullopt};
  c.right = View{x, {AxisMap{-1, {{0, 2}, {3, 1}}}, AxisMap{-2, {{1, 1}, {4, 2}}}, Axis(5)}};
  ExpectAgrees(c);
}

TEST_F(ContractionTest, FullyConnectedWithManyRows) {
  const uint32_t x = AddTensor(TensorKind::kWitness, {3, 4, 67});
  const uint32_t w = AddTensor(TensorKind::kWeight, {130, 3, 4, 67}, 1);
  ExpectAgrees(Contraction{
      {130, 3, 4, 67}, 1, View{w, {Axis(0), Axis(1), Axis(2), Axis(3)}}, View{x, {Axis(1), Axis(2), Axis(3)}}});
}

TEST_F(ContractionTest, DepthwiseSharesTheChannel) {
  const uint32_t x = AddTensor(TensorKind::kWitness, {6, 7, 11});
  const uint32_t w = AddTensor(TensorKind::kWeight, {11, 3, 3});
  Contraction c{{6, 7, 11, 3, 3}, 3, View{w, {Axis(2), Axis(3), Axis(4)}}, std::nullopt};
  c.right = View{x, {AxisMap{-1, {{0, 1}, {3, 1}}}, AxisMap{-1, {{1, 1}, {4, 1}}}, Axis(2)}};
  ExpectAgrees(c);
}

TEST_F(ContractionTest, GroupsSplitOneAxisOfTheInput) {
  const uint32_t x = AddTensor(TensorKind::kWitness, {5, 12});
  const uint32_t w = AddTensor(TensorKind::kWeight, {2, 3, 4}, 1);
  // space: y g co | ci, channel = 4 g + ci
  ExpectAgrees(Contraction{
      {5, 3, 2, 4}, 3, View{w, {Axis(2), Axis(1), Axis(3)}}, View{x, {Axis(0), AxisMap{0, {{1, 4}, {3, 1}}}}}});
}

TEST_F(ContractionTest, BatchedProductOfActivations) {
  const uint32_t a = AddTensor(TensorKind::kWitness, {3, 5, 19});
  const uint32_t b = AddTensor(TensorKind::kWitness, {19, 3, 7});
  ExpectAgrees(
      Contraction{{3, 5, 7, 19}, 3, View{a, {Axis(0), Axis(1), Axis(3)}}, View{b, {Axis(3), Axis(0), Axis(2)}}});
}

TEST_F(ContractionTest, ElementwiseProductBroadcasts) {
  const uint32_t a = AddTensor(TensorKind::kWitness, {4, 5, 6});
  const uint32_t b = AddTensor(TensorKind::kWitness, {6});
  ExpectAgrees(Contraction{{4, 5, 6}, 3, View{a, {Axis(0), Axis(1), Axis(2)}}, View{b, {Axis(2)}}});
}

TEST_F(ContractionTest, BiasIsCopiedOverAxesItDoesNotUse) {
  const uint32_t w = AddTensor(TensorKind::kWeight, {6});
  ExpectAgrees(Contraction{{4, 5, 6}, 3, View{w, {Axis(2)}}, std::nullopt});
  const uint32_t x = AddTensor(TensorKind::kWitness, {6});
  // No operand uses the first axis.
  ExpectAgrees(Contraction{{4, 6}, 2, View{w, {Axis(1)}}, View{x, {Axis(1)}}});
}

TEST_F(ContractionTest, PlainSumsOverWindowsAndAxes) {
  const uint32_t x = AddTensor(TensorKind::kWitness, {7, 7, 3});
  Contraction window{{4, 4, 3, 3, 3}, 3, View{x, {}}, std::nullopt};
  window.left.axes = {AxisMap{-1, {{0, 2}, {3, 1}}}, AxisMap{-1, {{1, 2}, {4, 1}}}, Axis(2)};
  ExpectAgrees(window);
  ExpectAgrees(Contraction{{3, 7, 7}, 1, View{x, {Axis(1), Axis(2), Axis(0)}}, std::nullopt});
}

TEST_F(ContractionTest, ScalarOutputAndNegativeStride) {
  const uint32_t x = AddTensor(TensorKind::kWitness, {33});
  const uint32_t w = AddTensor(TensorKind::kWeight, {33});
  ExpectAgrees(Contraction{{33}, 0, View{w, {Axis(0)}}, View{x, {AxisMap{32, {{0, -1}}}}}});
}

TEST_F(ContractionTest, ExtremeOperandsKeepEveryBit) {
  const std::vector<int32_t> low(37, INT32_MIN);
  const std::vector<int32_t> high(37, INT32_MAX);
  const int32_t* right[kDotTile] = {low.data(), high.data(), low.data(), high.data()};
  // 2 products of 2^62 would overflow: keep to one of them and the mixed ones.
  int64_t out[kDotTile];
  DotTile(high.data(), right, 1, out);
  EXPECT_EQ(out[0], int64_t{INT32_MAX} * INT32_MIN);
  EXPECT_EQ(out[1], int64_t{INT32_MAX} * INT32_MAX);
  std::vector<int32_t> ones(37, 1);
  EXPECT_EQ(Dot(ones.data(), low.data(), 37), 37 * int64_t{INT32_MIN});
  DotTile(ones.data(), right, 37, out);
  EXPECT_EQ(out[2], 37 * int64_t{INT32_MIN});
  EXPECT_EQ(out[3], 37 * int64_t{INT32_MAX});
}

TEST_F(ContractionTest, EveryTargetGivesTheSameDotProducts) {
  for (const size_t n : {size_t{1}, size_t{7}, size_t{16}, size_t{33}, size_t{200}}) {
    std::vector<std::vector<int32_t>> vectors(1 + kDotTile, std::vector<int32_t>(n));
    for (auto& v : vectors) {
      for (int32_t& x : v) x = std::uniform_int_distribution<int32_t>(-(1 << 26), 1 << 26)(random_);
    }
    vectors[1][0] = INT32_MIN;
    const int32_t* right[kDotTile];
    int64_t want[kDotTile];
    for (size_t j = 0; j < kDotTile; ++j) {
      right[j] = vectors[1 + j].data();
      want[j] = 0;
      for (size_t i = 0; i < n; ++i) want[j] += int64_t{vectors[0][i]} * right[j][i];
    }
    ForEachTarget([&] {
      int64_t out[kDotTile];
      DotTile(vectors[0].data(), right, n, out);
      for (size_t j = 0; j < kDotTile; ++j) {
        EXPECT_EQ(out[j], want[j]);
        EXPECT_EQ(Dot(vectors[0].data(), right[j], n), want[j]);
      }
    });
  }
}

}  // namespace
}  // namespace provenn
