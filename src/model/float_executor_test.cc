#include "model/float_executor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <random>
#include <sstream>

#include "model/onnx_import.h"
#include "model/shape_inference.h"
#include "model/tensor_io.h"

namespace provenn {
namespace {

constexpr const char* kGolden = "src/model/testdata/golden/";

struct GoldenCase {
  std::string name;
  std::string model;
  float scale = 1;
  float offset = 0;
};

std::vector<GoldenCase> GoldenCases() {
  std::ifstream file(std::string(kGolden) + "golden.txt");
  std::vector<GoldenCase> cases;
  for (std::string line; std::getline(file, line);) {
    if (line[0] == '#') continue;
    GoldenCase c;
    std::istringstream(line) >> c.name >> c.model >> c.scale >> c.offset;
    cases.push_back(c);
  }
  return cases;
}

// The answers of ONNX Runtime on the models in examples/.
TEST(FloatExecutor, AgreesWithOnnxRuntime) {
  const std::vector<GoldenCase> cases = GoldenCases();
  ASSERT_EQ(cases.size(), 5u);
  for (const GoldenCase& c : cases) {
    SCOPED_TRACE(c.name);
    auto input = ReadFloatTensorFile(kGolden + c.name + ".input.npy");
    ASSERT_TRUE(input.ok()) << input.error().ToString();
    for (float& v : input->data) v = v * c.scale + c.offset;
    const auto graph = ImportOnnxFile(c.model, {{input->shape}});
    ASSERT_TRUE(graph.ok()) << graph.error().ToString();
    const auto outputs = FloatExecutor(*graph).Run(std::span(&*input, 1));
    ASSERT_TRUE(outputs.ok()) << outputs.error().ToString();
    for (size_t i = 0; i < outputs->size(); ++i) {
      const auto expected = ReadFloatTensorFile(kGolden + c.name + "." + std::to_string(i) + ".npy");
      ASSERT_TRUE(expected.ok()) << expected.error().ToString();
      ASSERT_EQ((*outputs)[i].shape, expected->shape);
      double worst = 0;
      for (size_t j = 0; j < expected->data.size(); ++j) {
        worst = std::max(worst, std::abs(double{(*outputs)[i].data[j]} - double{expected->data[j]}));
      }
      EXPECT_LT(worst, 1e-5) << "output " << graph->output_names[i];
    }
  }
}

// A graph with one node on random data.
struct OneNode {
  Graph graph;
  std::vector<FloatTensor> inputs;
};

std::vector<float> Random(std::mt19937& generator, const Dims& shape) {
  std::uniform_real_distribution<float> uniform(-1, 1);
  std::vector<float> data(static_cast<size_t>(ElementCount(shape)));
  for (float& v : data) v = uniform(generator);
  return data;
}

// The definition of convolution, one sum per output cell.
double ConvolutionAt(const ConvAttributes& a, const FloatTensor& x, const GraphValue& w, int64_t n, int64_t m,
                     int64_t oy, int64_t ox) {
  const int64_t per_group = w.shape[0] / a.groups;
  double sum = 0;
  for (int64_t c = 0; c < w.shape[1]; ++c) {
    for (int64_t ky = 0; ky < w.shape[2]; ++ky) {
      for (int64_t kx = 0; kx < w.shape[3]; ++kx) {
        const int64_t y = oy * a.window.strides[0] - a.window.pads_begin[0] + ky * a.window.dilations[0];
        const int64_t z = ox * a.window.strides[1] - a.window.pads_begin[1] + kx * a.window.dilations[1];
        if (y < 0 || y >= x.shape[2] || z < 0 || z >= x.shape[3]) continue;
        const int64_t channel = m / per_group * w.shape[1] + c;
        const size_t xi = static_cast<size_t>(((n * x.shape[1] + channel) * x.shape[2] + y) * x.shape[3] + z);
        const size_t wi = static_cast<size_t>(((m * w.shape[1] + c) * w.shape[2] + ky) * w.shape[3] + kx);
        sum += double{x.data[xi]} * double{w.data[wi]};
      }
    }
  }
  return sum;
}

TEST(FloatExecutor, ConvolutionFollowsItsDefinition) {
  std::mt19937 generator(7);
  const auto pick = [&](int64_t low, int64_t high) { return std::uniform_int_distribution(low, high)(generator); };
  for (int round = 0; round < 60; ++round) {
    ConvAttributes a;
    a.groups = pick(1, 3);
    for (size_t i = 0; i < 2; ++i) {
      a.window.kernel[i] = pick(1, 4);
      a.window.strides[i] = pick(1, 3);
      a.window.dilations[i] = pick(1, 2);
      a.window.pads_begin[i] = pick(0, 3);
      a.window.pads_end[i] = pick(0, 3);
    }
    const int64_t channels = pick(1, 4);
    const Dims x_shape = {pick(1, 2), channels * a.groups, pick(7, 12), pick(7, 20)};
    const Dims w_shape = {a.groups * pick(1, 6), channels, a.window.kernel[0], a.window.kernel[1]};
    const auto out_shape = ConvOutputShape(x_shape, w_shape, a);
    ASSERT_TRUE(out_shape.ok()) << out_shape.error().ToString();
    Graph graph;
    graph.values = {{"x", x_shape, false, {}},
                    {"w", w_shape, true, Random(generator, w_shape)},
                    {"b", {w_shape[0]}, true, Random(generator, {w_shape[0]})},
                    {"y", *out_shape, false, {}}};
    graph.inputs = {0};
    graph.outputs = {3};
    graph.output_names = {"y"};
    graph.nodes = {{"conv", "Conv", Op::kConv, {0, 1, 2}, 3, a}};
    ASSERT_TRUE(ValidateGraph(graph).ok());
    const FloatTensor x{x_shape, Random(generator, x_shape)};
    const auto y = FloatExecutor(graph).Run(std::span(&x, 1));
    ASSERT_TRUE(y.ok());
    size_t i = 0;
    for (int64_t n = 0; n < (*out_shape)[0]; ++n) {
      for (int64_t m = 0; m < (*out_shape)[1]; ++m) {
        for (int64_t oy = 0; oy < (*out_shape)[2]; ++oy) {
          for (int64_t ox = 0; ox < (*out_shape)[3]; ++ox, ++i) {
            const double bias = double{graph.value(2).data[static_cast<size_t>(m)]};
            ASSERT_NEAR((*y)[0].data[i], ConvolutionAt(a, x, graph.value(1), n, m, oy, ox) + bias, 1e-5) << round;
          }
        }
      }
    }
  }
}

TEST(FloatExecutor, ResultsAreTheSameBitsEveryTime) {
  const auto graph = ImportOnnxFile("examples/models/ppocr_cls.onnx", {{{1, 3, 48, 192}}});
  ASSERT_TRUE(graph.ok()) << graph.error().ToString();
  std::mt19937 generator(3);
  const FloatTensor x{{1, 3, 48, 192}, Random(generator, {1, 3, 48, 192})};
  const FloatExecutor executor(*graph);
  const auto first = executor.Run(std::span(&x, 1));
  ASSERT_TRUE(first.ok());
  for (int i = 0; i < 5; ++i) EXPECT_EQ((*executor.Run(std::span(&x, 1)))[0].data, (*first)[0].data);
}

TEST(FloatExecutor, VisitsEveryValueOnceInOrder) {
  const auto graph = ImportOnnxFile("examples/lenet/model.onnx");
  ASSERT_TRUE(graph.ok()) << graph.error().ToString();
  std::vector<ValueId> expected = graph->inputs;
  for (const GraphNode& node : graph->nodes) expected.push_back(node.output);
  std::vector<ValueId> visited;
  const FloatTensor x{graph->shape(graph->inputs[0]), std::vector<float>(28 * 28, 0.5f)};
  const auto outputs = FloatExecutor(*graph).Run(std::span(&x, 1), [&](ValueId id, const FloatTensor& tensor) {
    visited.push_back(id);
    EXPECT_EQ(tensor.shape, graph->shape(id));
    EXPECT_EQ(static_cast<int64_t>(tensor.data.size()), ElementCount(tensor.shape));
  });
  ASSERT_TRUE(outputs.ok());
  EXPECT_EQ(visited, expected);
}

TEST(FloatExecutor, RefusesWrongInputsAndOverflow) {
  Graph graph;
  graph.values = {{"x", {1, 2}, false, {}}, {"big", {}, true, {1e30f}}, {"y", {1, 2}, false, {}}};
  graph.inputs = {0};
  graph.outputs = {2};
  graph.output_names = {"y"};
  graph.nodes = {{"grow", "Mul", Op::kAffine, {0, 1, kNoValue}, 2, {}}};
  ASSERT_TRUE(ValidateGraph(graph).ok());
  const FloatExecutor executor(graph);
  const auto run = [&](FloatTensor x) { return executor.Run(std::span(&x, 1)); };
  EXPECT_TRUE(run({{1, 2}, {1, 2}}).ok());
  EXPECT_EQ(run({{2, 1}, {1, 2}}).error().code, Code::kInvalidArgument);
  EXPECT_EQ(run({{1, 2}, {1}}).error().code, Code::kInvalidArgument);
  EXPECT_EQ(run({{1, 2}, {1, NAN}}).error().code, Code::kOutOfRange);
  EXPECT_EQ(executor.Run({}).error().code, Code::kInvalidArgument);
  const auto overflow = run({{1, 2}, {1, 1e30f}});
  ASSERT_FALSE(overflow.ok());
  EXPECT_EQ(overflow.error().code, Code::kOutOfRange);
  EXPECT_THAT(overflow.error().where, testing::HasSubstr("grow"));
}

}  // namespace
}  // namespace provenn
