#include "model/onnx_import.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <limits>

#include "base/file.h"
#include "model/float_executor.h"
#include "model/onnx_external_data.h"
#include "model/onnx_test_model.h"

namespace provenn {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

void ExpectError(const TestModel& model, Code code, const std::string& message, const std::string& where = "",
                 const ImportOptions& options = {}) {
  const Result<Graph> graph = model.Import(options);
  ASSERT_FALSE(graph.ok());
  EXPECT_EQ(graph.error().code, code) << graph.error().ToString();
  EXPECT_THAT(graph.error().message, HasSubstr(message));
  EXPECT_THAT(graph.error().where, HasSubstr(where));
}

TEST(OnnxImport, NamesAnUnknownOperatorBeforeAnyWork) {
  TestModel model;
  // The weights are broken too; the operator must be named first.
  model.Input("x", {1, 4}).Floats("w", {4}, {1, 2}).Node("LSTM", {"x", "w"}, {"y"}, "recurrent").Output("y");
  ExpectError(model, Code::kUnsupported, "'LSTM' is not supported", "node 'recurrent' (LSTM)");
}

TEST(OnnxImport, IgnoresNodesThatNoOutputNeeds) {
  TestModel model;
  model.Input("x", {1, 4}).Node("LSTM", {"x"}, {"unused"}).Node("Relu", {"x"}, {"y"}).Output("y");
  const auto graph = model.Import();
  ASSERT_TRUE(graph.ok()) << graph.error().ToString();
  EXPECT_THAT(Ops(*graph), ElementsAre(Op::kRelu));
}

TEST(OnnxImport, RefusesOtherDomainsAndOpsets) {
  TestModel foreign;
  foreign.Input("x", {1}).Node("FusedConv", {"x"}, {"y"}, "f").Output("y");
  foreign.graph().mutable_node(0)->set_domain("com.example");
  ExpectError(foreign, Code::kUnsupported, "com.example", "node 'f'");
  for (const int64_t opset : {int64_t{6}, kNewestOpset + 1}) {
    TestModel model(opset);
    model.Input("x", {1}).Node("Relu", {"x"}, {"y"}).Output("y");
    ExpectError(model, Code::kUnsupported, "supported are 7 to 28");
  }
}

TEST(OnnxImport, RefusesCyclesAndBrokenNames) {
  TestModel cycle;
  cycle.Input("x", {2}).Node("Add", {"x", "b"}, {"a"}).Node("Relu", {"a"}, {"b"}).Output("b");
  ExpectError(cycle, Code::kCorrupt, "cycle");
  TestModel missing;
  missing.Input("x", {2}).Node("Add", {"x", "nowhere"}, {"y"}, "add").Output("y");
  ExpectError(missing, Code::kCorrupt, "'nowhere' is not defined", "node 'add'");
  TestModel twice;
  twice.Input("x", {2}).Node("Relu", {"x"}, {"y"}).Node("Tanh", {"x"}, {"y"}).Output("y");
  ExpectError(twice, Code::kCorrupt, "'y' is written twice");
  TestModel no_output;
  no_output.Input("x", {2}).Node("Relu", {"x"}, {"y"});
  ExpectError(no_output, Code::kCorrupt, "no output");
  TestModel initializer_twice;
  initializer_twice.Input("x", {1})
      .Floats("w", {1}, {1})
      .Floats("w", {1}, {2})
      .Node("Add", {"x", "w"}, {"y"})
      .Output("y");
  ExpectError(initializer_twice, Code::kCorrupt, "'w'");
  TestModel input_twice;
  input_twice.Input("x", {1}).Input("x", {1}).Node("Relu", {"x"}, {"y"}).Output("y");
  ExpectError(input_twice, Code::kCorrupt, "'x' is declared twice");
  TestModel output_twice;
  output_twice.Input("x", {1}).Node("Relu", {"x"}, {"y"}).Output("y").Output("y");
  ExpectError(output_twice, Code::kCorrupt, "the output 'y' is declared twice");
}

TEST(OnnxImport, SortsNodesThatAreOutOfOrder) {
  TestModel model;
  model.Input("x", {2}).Node("Tanh", {"a"}, {"y"}).Node("Relu", {"x"}, {"a"}).Output("y");
  const auto graph = model.Import();
  ASSERT_TRUE(graph.ok()) << graph.error().ToString();
  EXPECT_THAT(Ops(*graph), ElementsAre(Op::kRelu, Op::kTanh));
}

TEST(OnnxImport, RefusesWeightsThatAreNotNumbers) {
  for (const float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    TestModel model;
    model.Input("x", {1, 2}).Floats("w", {2}, {1, bad}).Node("Add", {"x", "w"}, {"y"}).Output("y");
    ExpectError(model, Code::kOutOfRange, "initializer 'w'");
  }
  TestModel attribute;
  attribute.Input("x", {1}).Node("LeakyRelu", {"x"}, {"y"}, "leaky").Output("y");
  attribute.Attribute("alpha", std::numeric_limits<float>::quiet_NaN());
  ExpectError(attribute, Code::kOutOfRange, "alpha", "leaky");
}

TEST(OnnxImport, ChecksDeclaredSizesBeforeItBelievesThem) {
  TestModel wrong_length;
  wrong_length.Input("x", {1, 2}).Floats("w", {3}, {1, 2}).Node("Add", {"x", "w"}, {"y"}).Output("y");
  ExpectError(wrong_length, Code::kCorrupt, "declares 3 but holds 2");
  TestModel overflowing;
  const int64_t half = int64_t{1} << 32;
  overflowing.Input("x", {1, 2}).Floats("w", {half, half}, {}).Node("Add", {"x", "w"}, {"y"}).Output("y");
  ExpectError(overflowing, Code::kTooLarge, "initializer 'w'");
  TestModel negative;
  negative.Input("x", {1, 2}).Floats("w", {-1, -2}, {1, 2}).Node("Add", {"x", "w"}, {"y"}).Output("y");
  ExpectError(negative, Code::kCorrupt, "negative");
  TestModel huge_input;
  huge_input.Input("x", {half, half}).Node("Relu", {"x"}, {"y"}).Output("y");
  ExpectError(huge_input, Code::kTooLarge, "input 'x'");
  TestModel huge_result;
  huge_result.Input("x", {1 << 14, 1}).Input("z", {1, 1 << 15}).Node("Add", {"x", "z"}, {"y"}, "outer").Output("y");
  ExpectError(huge_result, Code::kTooLarge, "elements", "outer");
  TestModel huge_constant;
  huge_constant.Input("x", {1}).Ints("s", {1 << 10, 1 << 18}).Node("ConstantOfShape", {"s"}, {"c"}, "zeros");
  huge_constant.Node("Add", {"x", "c"}, {"y"}).Output("y");
  ImportOptions small;
  small.max_constant_elements = 1 << 20;
  ExpectError(huge_constant, Code::kTooLarge, "limit", "zeros", small);
  TestModel huge_pad;
  huge_pad.Input("x", {1, 4}).Ints("p", {0, int64_t{1} << 62, 0, 0}).Node("Pad", {"x", "p"}, {"y"}, "pad").Output("y");
  ExpectError(huge_pad, Code::kInvalidArgument, "absurdly", "pad");
}

TEST(OnnxImport, BoundsArithmeticOnConstants) {
  // 4096³ multiply-adds from a file of a few hundred bytes.
  TestModel model;
  model.Input("x", {1}).Ints("s", {4096, 4096}).Node("ConstantOfShape", {"s"}, {"a"}).Node("MatMul", {"a", "a"}, {"b"});
  model.Node("Add", {"b", "x"}, {"y"}).Output("y");
  ExpectError(model, Code::kTooLarge, "too much arithmetic");
}

TEST(OnnxImport, RefusesExternalSparseAndStringData) {
  TestModel external;
  external.Input("x", {1, 2}).Floats("w", {2}, {}).Node("Add", {"x", "w"}, {"y"}).Output("y");
  external.graph().mutable_initializer(0)->set_data_location(onnx::TensorProto::EXTERNAL);
  ExpectError(external, Code::kUnsupported, "another file");
  TestModel sparse;
  sparse.Input("x", {1, 2}).Node("Relu", {"x"}, {"y"}).Output("y");
  sparse.graph().add_sparse_initializer();
  ExpectError(sparse, Code::kUnsupported, "sparse");
  TestModel text;
  text.Input("x", {1, 2}).Floats("w", {2}, {}).Node("Add", {"x", "w"}, {"y"}).Output("y");
  text.graph().mutable_initializer(0)->set_data_type(onnx::TensorProto::STRING);
  ExpectError(text, Code::kUnsupported, "initializer 'w'");
}

// What exporters write: weights in a second file, at offsets. And what a hostile model might ask for.
TEST(OnnxImport, ReadsWeightsFromTheModelsFolderAndNowhereElse) {
  namespace fs = std::filesystem;
  const fs::path outside = fs::path(testing::TempDir()) / "provenn_external";
  const fs::path folder = outside / "model";
  fs::remove_all(outside);
  fs::create_directories(folder / "parts");
  const std::vector<float> values{9, 1, 2, 3};
  const auto write = [&](const fs::path& path) {
    const ByteSpan bytes(reinterpret_cast<const uint8_t*>(values.data()), 4 * values.size());
    ASSERT_TRUE(WriteFileAtomically(path.string(), bytes).ok());
  };
  write(folder / "w.data");
  write(folder / "parts/w.data");
  write(outside / "secret");
  fs::create_symlink(outside / "secret", folder / "link");
  fs::create_symlink(folder / "w.data", folder / "near");

  using Entries = std::vector<std::pair<std::string, std::string>>;
  const auto import = [&](const Entries& entries) {
    TestModel model;
    model.Input("x", {1, 2}).Floats("w", {2}, {}).Node("Add", {"x", "w"}, {"y"}).Output("y");
    auto* tensor = model.graph().mutable_initializer(0);
    tensor->set_data_location(onnx::TensorProto::EXTERNAL);
    for (const auto& [key, value] : entries) {
      auto* entry = tensor->add_external_data();
      entry->set_key(key);
      entry->set_value(value);
    }
    const std::string path = (folder / "model.onnx").string();
    const std::string bytes = model.Serialize();
    EXPECT_TRUE(WriteFileAtomically(path, AsBytes(bytes)).ok());
    return ImportOnnxFile(path);
  };
  for (const char* location : {"w.data", "./w.data", "parts/w.data", "parts/../w.data", "near"}) {
    const auto graph = import({{"location", location}, {"offset", "4"}, {"length", "8"}});
    ASSERT_TRUE(graph.ok()) << graph.error().ToString();
    const auto run = FloatExecutor(*graph).Run(std::vector<FloatTensor>{{{1, 2}, {10, 20}}});
    ASSERT_TRUE(run.ok());
    EXPECT_THAT((*run)[0].data, ElementsAre(11, 22));
  }
  EXPECT_TRUE(import({{"location", "w.data"}, {"offset", "8"}}).ok());  // to the end of the file
  const auto files = ExternalDataFiles((folder / "model.onnx").string());
  ASSERT_TRUE(files.ok()) << files.error().ToString();
  EXPECT_THAT(*files, ElementsAre("w.data"));

  const auto refused = [&](const Entries& entries, Code code, const std::string& part) {
    const auto graph = import(entries);
    ASSERT_FALSE(graph.ok()) << part;
    EXPECT_EQ(graph.error().code, code) << graph.error().ToString();
    EXPECT_THAT(graph.error().message, HasSubstr(part));
    EXPECT_THAT(graph.error().ToString(), HasSubstr("initializer 'w'"));
    if (code != Code::kUnsupported) return;
    const auto listed = ExternalDataFiles((folder / "model.onnx").string());
    EXPECT_EQ(listed.ok() ? Code::kIo : listed.error().code, code) << part;
  };
  const std::string absolute = (folder / "w.data").string();
  refused({{"location", "../secret"}, {"length", "8"}}, Code::kUnsupported, "not in the model's folder");
  refused({{"location", "link"}, {"length", "8"}}, Code::kUnsupported, "not in the model's folder");
  refused({{"location", absolute}, {"length", "8"}}, Code::kUnsupported, "not in the model's folder");
  refused({{"location", "parts"}}, Code::kUnsupported, "not a regular file");
  refused({{"location", "none"}}, Code::kIo, "cannot be read");
  refused({{"offset", "4"}}, Code::kCorrupt, "which file");
  refused({{"location", "w.data"}, {"offset", "-4"}}, Code::kCorrupt, "not a number");
  refused({{"location", "w.data"}, {"offset", "17"}}, Code::kCorrupt, "beyond the end");
  refused({{"location", "w.data"}, {"offset", "12"}, {"length", "8"}}, Code::kCorrupt, "beyond the end");
  refused({{"location", "w.data"}, {"length", "18446744073709551615"}}, Code::kCorrupt, "beyond the end");
  refused({{"location", "w.data"}, {"length", "12"}}, Code::kCorrupt, "holds 12 bytes");
  fs::remove_all(outside);

  // A folder that is gone by now makes no other one the model's.
  TestModel model;
  model.Input("x", {1, 2}).Floats("w", {2}, {}).Node("Add", {"x", "w"}, {"y"}).Output("y");
  model.graph().mutable_initializer(0)->set_data_location(onnx::TensorProto::EXTERNAL);
  auto* entry = model.graph().mutable_initializer(0)->add_external_data();
  entry->set_key("location");
  entry->set_value("src/modules.cmake");
  ImportOptions gone;
  gone.data_folder = folder.string();
  ExpectError(model, Code::kIo, "cannot be read", "initializer 'w'", gone);
}

TEST(OnnxImport, RefusesBytesThatAreNoModel) {
  EXPECT_EQ(ImportOnnx(AsBytes("not a model at all")).error().code, Code::kCorrupt);
  EXPECT_EQ(ImportOnnx({}).error().code, Code::kCorrupt);
  EXPECT_EQ(ImportOnnxFile("/no/such/file.onnx").error().code, Code::kIo);
}

// Every prefix of a model is either refused or, where only trailing parts are missing, imported; never a crash.
TEST(OnnxImport, SurvivesTruncationAndFlippedBits) {
  TestModel model;
  model.Input("x", {-1, 1, 6, 6}).Floats("w", {2, 1, 3, 3}, std::vector<float>(18, 0.5f)).Ints("s", {0, -1});
  model.Node("Conv", {"x", "w"}, {"c"}).Attribute("pads", std::vector<int64_t>{1, 1, 1, 1});
  model.Node("Relu", {"c"}, {"r"}).Node("Reshape", {"r", "s"}, {"y"}).Output("y");
  const std::string bytes = model.Serialize();
  ASSERT_TRUE(ImportOnnx(AsBytes(bytes)).ok());
  size_t refused = 0;
  for (size_t size = 0; size < bytes.size(); ++size) refused += !ImportOnnx(AsBytes(bytes.substr(0, size))).ok();
  EXPECT_EQ(refused, bytes.size());
  ImportOptions small;
  small.max_constant_elements = 1 << 20;
  refused = 0;
  for (size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    std::string flipped = bytes;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
    refused += !ImportOnnx(AsBytes(flipped), small).ok();
  }
  EXPECT_GT(refused, bytes.size());
}

TEST(OnnxImport, TakesSymbolicAxesFromTheBatchRuleAndTheGivenShape) {
  TestModel model;
  model.Input("x", {-1, 3, -1, 8}).Node("Relu", {"x"}, {"y"}).Output("y");
  ExpectError(model, Code::kUnsupported, "leaves axis 2 ('N2') open");
  for (const Dims& given : {Dims{50, 3, 7, 8}, Dims{3, 7, 8}}) {
    const auto graph = model.Import({{given}});
    ASSERT_TRUE(graph.ok()) << graph.error().ToString();
    EXPECT_THAT(graph->shape(graph->inputs[0]), ElementsAre(1, 3, 7, 8));
  }
  ExpectError(model, Code::kInvalidArgument, "has size 3 along axis 1", "", {{{50, 4, 7, 8}}});
  ExpectError(model, Code::kInvalidArgument, "4 axes", "", {{{50, 4}}});
}

TEST(OnnxImport, RefusesInputsThatAreNotFloats) {
  TestModel model;
  model.Input("x", {1}, onnx::TensorProto::INT64).Node("Relu", {"x"}, {"y"}).Output("y");
  ExpectError(model, Code::kUnsupported, "input 'x' is not a float tensor");
}

TEST(OnnxImport, FoldsShapeComputations) {
  // PyTorch's x.view(x.size(0), -1).
  TestModel model;
  model.Input("x", {-1, 2, 3, 4}).Node("Shape", {"x"}, {"shape"});
  model.Ints("zero", {0}).Node("Gather", {"shape", "zero"}, {"batch"}).Attribute("axis", int64_t{0});
  model.Ints("rest", {-1}).Node("Concat", {"batch", "rest"}, {"target"}).Attribute("axis", int64_t{0});
  model.Node("Reshape", {"x", "target"}, {"flat"}).Node("Relu", {"flat"}, {"y"}).Output("y");
  const auto graph = model.Import();
  ASSERT_TRUE(graph.ok()) << graph.error().ToString();
  EXPECT_THAT(graph->shape(graph->outputs[0]), ElementsAre(1, 24));
  EXPECT_THAT(Ops(*graph), ElementsAre(Op::kRelu, Op::kReshape));
}

TEST(OnnxImport, RefusesIntegerOverflowInShapeComputations) {
  const int64_t least = std::numeric_limits<int64_t>::min();
  for (const char* op : {"Add", "Mul", "Div", "Sub", "Mod"}) {
    TestModel model;
    model.Input("x", {1}).Ints("a", {least}).Ints("b", {std::string(op) == "Sub" ? 1 : -1});
    model.Node(op, {"a", "b"}, {"s"}, "sum").Node("Reshape", {"x", "s"}, {"y"}).Output("y");
    ExpectError(model, Code::kUnsupported, "overflows", "sum");
  }
}

TEST(OnnxImport, NormalisesGemm) {
  TestModel model;
  model.Input("x", {1, 2}).Floats("w", {3, 2}, {1, 2, 3, 4, 5, 6}).Floats("b", {3}, {10, 20, 30});
  model.Node("Gemm", {"x", "w", "b"}, {"y"}).Attribute("transB", int64_t{1}).Attribute("alpha", 2.0f);
  model.Attribute("beta", 0.5f).Output("y");
  const auto graph = model.Import();
  ASSERT_TRUE(graph.ok()) << graph.error().ToString();
  ASSERT_THAT(Ops(*graph), ElementsAre(Op::kMatMul));
  EXPECT_THAT(graph->shape(graph->nodes[0].inputs[1]), ElementsAre(2, 3));
  EXPECT_THAT(graph->value(graph->nodes[0].inputs[1]).data, ElementsAre(2, 6, 10, 4, 8, 12));
  EXPECT_THAT(graph->value(graph->nodes[0].inputs[2]).data, ElementsAre(5, 10, 15));
  EXPECT_THAT(RunOne(*graph, {1, 1}), ElementsAre(11, 24, 37));
}

TEST(OnnxImport, KeepsOutputsThatAreInputsConstantsAndIntermediates) {
  TestModel model;
  model.Input("x", {1, 2}).Floats("c", {2}, {7, 8}).Node("Relu", {"x"}, {"r"}).Node("Tanh", {"r"}, {"y"});
  model.Node("Identity", {"x"}, {"same"}).Node("Identity", {"c"}, {"constant"});
  for (const char* name : {"y", "r", "same", "constant"}) model.Output(name);
  const auto graph = model.Import();
  ASSERT_TRUE(graph.ok()) << graph.error().ToString();
  EXPECT_THAT(graph->output_names, ElementsAre("y", "r", "same", "constant"));
  const auto outputs = FloatExecutor(*graph).Run(std::vector<FloatTensor>{{{1, 2}, {-1, 2}}});
  ASSERT_TRUE(outputs.ok());
  EXPECT_THAT((*outputs)[1].data, ElementsAre(0, 2));
  EXPECT_THAT((*outputs)[2].data, ElementsAre(-1, 2));
  EXPECT_THAT((*outputs)[3].data, ElementsAre(7, 8));
}

TEST(OnnxImport, RefusesWhatItDoesNotImplementByName) {
  TestModel runtime_weights;
  runtime_weights.Input("x", {1, 1, 4, 4}).Input("w", {1, 1, 3, 3}).Node("Conv", {"x", "w"}, {"y"}, "c").Output("y");
  ExpectError(runtime_weights, Code::kUnsupported, "weight tensor 'w' must be a constant", "node 'c' (Conv)");
  TestModel reflect;
  reflect.Input("x", {1, 4})
      .Ints("p", {0, 1, 0, 1})
      .Node("Pad", {"x", "p"}, {"y"})
      .Attribute("mode", "reflect")
      .Output("y");
  ExpectError(reflect, Code::kUnsupported, "'reflect'");
  TestModel indices;
  indices.Input("x", {1, 1, 4, 4})
      .Node("MaxPool", {"x"}, {"p", "i"})
      .Attribute("kernel_shape", std::vector<int64_t>{2, 2});
  indices.Node("Relu", {"i"}, {"y"}, "reader").Output("y");
  ExpectError(indices, Code::kUnsupported, "secondary output", "reader");
  TestModel volume;
  volume.Input("x", {1, 1, 4, 4, 4}).Node("MaxPool", {"x"}, {"y"}).Output("y");
  volume.Attribute("kernel_shape", std::vector<int64_t>{2, 2, 2});
  ExpectError(volume, Code::kUnsupported, "3 spatial axes");
  TestModel divide;
  divide.Input("a", {2}).Input("b", {2}).Node("Div", {"a", "b"}, {"y"}).Output("y");
  ExpectError(divide, Code::kUnsupported, "run-time tensor");
}

TEST(OnnxImport, RefusesShapesThatDoNotFit) {
  TestModel conv;
  conv.Input("x", {1, 3, 4, 4})
      .Floats("w", {2, 2, 1, 1}, {1, 1, 1, 1})
      .Node("Conv", {"x", "w"}, {"y"}, "c")
      .Output("y");
  ExpectError(conv, Code::kInvalidArgument, "do not fit", "c");
  TestModel kernel;
  kernel.Input("x", {1, 1, 2, 2})
      .Node("MaxPool", {"x"}, {"y"}, "p")
      .Attribute("kernel_shape", std::vector<int64_t>{3, 3});
  kernel.Output("y");
  ExpectError(kernel, Code::kInvalidArgument, "larger than", "p");
  TestModel window_in_padding;
  window_in_padding.Input("x", {1, 1, 2, 2}).Node("MaxPool", {"x"}, {"y"}, "p");
  window_in_padding.Attribute("kernel_shape", std::vector<int64_t>{1, 1});
  window_in_padding.Attribute("pads", std::vector<int64_t>{1, 1, 1, 1}).Output("y");
  ExpectError(window_in_padding, Code::kInvalidArgument, "wholly in the padding", "p");
  TestModel reshape;
  reshape.Input("x", {1, 4}).Ints("s", {3, -1}).Node("Reshape", {"x", "s"}, {"y"}, "r").Output("y");
  ExpectError(reshape, Code::kInvalidArgument, "cannot reshape", "r");
  TestModel strides;
  strides.Input("x", {1, 1, 4, 4}).Node("MaxPool", {"x"}, {"y"}, "p");
  strides.Attribute("kernel_shape", std::vector<int64_t>{2, 2}).Attribute("strides", std::vector<int64_t>{0, 1});
  strides.Output("y");
  ExpectError(strides, Code::kInvalidArgument, "at least 1", "p");
}

}  // namespace
}  // namespace provenn
