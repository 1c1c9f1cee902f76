#include "api/benchmark_models.h"

#include <onnx/onnx_pb.h>

#include <cmath>
#include <fstream>

#include "base/parallel.h"
#include "crypto/csprng.h"
#include "field/kernels.h"

namespace provenn {
namespace {

constexpr std::array<uint8_t, 32> kSeed{16};
constexpr int kPool = 0;  // in place of a channel count
constexpr int kConvolutions[] = {64,    64,  kPool, 128, 128,   kPool, 256, 256, 256,
                                 kPool, 512, 512,   512, kPool, 512,   512, 512, kPool};
constexpr int kDense[] = {512, 512, 10};

// Nodes of a chain, and weights of pseudo-random values.
class RandomModel {
 protected:
  RandomModel(std::string_view label, const std::string& name, std::initializer_list<int64_t> image)
      : random_(Csprng::FromSeed(kSeed, label)) {
    model_.set_ir_version(8);
    model_.add_opset_import()->set_version(17);
    graph().set_name(name);
    Declare(graph().add_input(), "image", image);
  }

  onnx::GraphProto& graph() { return *model_.mutable_graph(); }

  static void Declare(onnx::ValueInfoProto* info, const std::string& name, std::initializer_list<int64_t> shape) {
    info->set_name(name);
    auto* type = info->mutable_type()->mutable_tensor_type();
    type->set_elem_type(onnx::TensorProto::FLOAT);
    for (int64_t size : shape) type->mutable_shape()->add_dim()->set_dim_value(size);
  }

  // A node that reads the last value and makes the next.
  onnx::NodeProto& Add(const std::string& op, const std::string& name) {
    onnx::NodeProto& node = *graph().add_node();
    node.set_op_type(op);
    node.set_name(name);
    node.add_input(value_);
    value_ = name + ".out";
    node.add_output(value_);
    return node;
  }

  // With a square window.
  void Convolution(const std::string& name, int64_t in, int64_t out, int64_t size, int64_t stride, double gain = 1) {
    onnx::NodeProto& conv = Add("Conv", name);
    Weights(conv, {out, in, size, size}, gain);
    Ints(conv, "kernel_shape", {size, size});
    Ints(conv, "strides", {stride, stride});
    Ints(conv, "pads", {size / 2, size / 2, size / 2, size / 2});
  }

  void Dense(const std::string& name, int64_t in, int64_t out) {
    onnx::NodeProto& dense = Add("Gemm", name);
    Weights(dense, {out, in});
    onnx::AttributeProto& transposed = *dense.add_attribute();
    transposed.set_name("transB");
    transposed.set_type(onnx::AttributeProto::INT);
    transposed.set_i(1);
  }

  Bytes Finish(int64_t classes) {
    Declare(graph().add_output(), value_, {1, classes});
    std::string bytes;
    model_.SerializeToString(&bytes);
    return Bytes(bytes.begin(), bytes.end());
  }

  const std::string& value() const { return value_; }
  void GoOnFrom(const std::string& value) { value_ = value; }

  static void Ints(onnx::NodeProto& node, const std::string& name, std::initializer_list<int64_t> values) {
    onnx::AttributeProto& attribute = *node.add_attribute();
    attribute.set_name(name);
    attribute.set_type(onnx::AttributeProto::INTS);
    for (int64_t v : values) attribute.add_ints(v);
  }

  void Weights(onnx::NodeProto& node, const std::vector<int64_t>& shape, double gain = 1) {
    double fan_in = 1;
    for (size_t i = 1; i < shape.size(); ++i) fan_in *= static_cast<double>(shape[i]);
    Constant(node, node.name() + ".weight", shape, gain * std::sqrt(2.0 / fan_in));
    Constant(node, node.name() + ".bias", {shape[0]}, 0.01);
  }

  void Constant(onnx::NodeProto& node, const std::string& name, const std::vector<int64_t>& shape, double deviation) {
    onnx::TensorProto& tensor = *graph().add_initializer();
    tensor.set_name(name);
    tensor.set_data_type(onnx::TensorProto::FLOAT);
    for (int64_t size : shape) tensor.add_dims(size);
    const auto n = static_cast<size_t>(ElementCount(shape));
    // The sum of four uniform 16-bit numbers: nearly normal, mean 2 * 65535, variance 65536^2 / 3.
    std::vector<uint8_t> bytes(8 * n);
    random_.Fill(std::span<uint8_t>(bytes));
    std::vector<float> values(n);
    for (size_t i = 0; i < n; ++i) {
      int sum = 0;
      for (size_t j = 0; j < 8; j += 2) sum += bytes[8 * i + j] + 256 * bytes[8 * i + j + 1];
      values[i] = static_cast<float>((sum - 2 * 65535) / 65536.0 * std::sqrt(3.0) * deviation);
    }
    tensor.set_raw_data(values.data(), values.size() * sizeof(float));
    node.add_input(name);
  }

 private:
  Csprng random_;
  onnx::ModelProto model_;
  std::string value_ = "image";
};

class Vgg16 : RandomModel {
 public:
  Vgg16() : RandomModel("provenn.benchmark.vgg16", "vgg16_cifar10_random", {1, 3, 32, 32}) {}

  Bytes Build() {
    int channels = 3;
    int number = 0;
    for (int width : kConvolutions) {
      const std::string index = std::to_string(number++);
      if (width == kPool) {
        onnx::NodeProto& pool = Add("MaxPool", "pool" + index);
        Ints(pool, "kernel_shape", {2, 2});
        Ints(pool, "strides", {2, 2});
        continue;
      }
      Convolution("conv" + index, channels, width, 3, 1);
      Add("Relu", "relu" + index);
      channels = width;
    }
    Add("Flatten", "flatten");
    for (size_t i = 0; i < std::size(kDense); ++i) {
      Dense("fc" + std::to_string(i), channels, kDense[i]);
      if (i + 1 < std::size(kDense)) Add("Relu", "fc_relu" + std::to_string(i));
      channels = kDense[i];
    }
    return Finish(channels);
  }
};

// Batch normalisation is taken to be folded into the convolutions. The last one of each branch has half the deviation,
// so that sums along the trunk grow slowly.
class ResNet : RandomModel {
 public:
  explicit ResNet(bool bottleneck)
      : RandomModel(bottleneck ? "provenn.benchmark.resnet50" : "provenn.benchmark.resnet18",
                    bottleneck ? "resnet50_random" : "resnet18_random", {1, 3, 224, 224}),
        bottleneck_(bottleneck) {}

  Bytes Build() {
    Convolution("conv1", 3, 64, 7, 2);
    Add("Relu", "relu1");
    onnx::NodeProto& pool = Add("MaxPool", "pool1");
    Ints(pool, "kernel_shape", {3, 3});
    Ints(pool, "strides", {2, 2});
    Ints(pool, "pads", {1, 1, 1, 1});
    channels_ = 64;
    constexpr int kBlocks[2][4] = {{2, 2, 2, 2}, {3, 4, 6, 3}};
    for (int stage = 0; stage < 4; ++stage) {
      for (int block = 0; block < kBlocks[bottleneck_ ? 1 : 0][stage]; ++block) {
        Block("layer" + std::to_string(stage + 1) + "." + std::to_string(block), int64_t{64} << stage,
              stage > 0 && block == 0 ? 2 : 1);
      }
    }
    Add("GlobalAveragePool", "pool2");
    Add("Flatten", "flatten");
    Dense("fc", channels_, 1000);
    return Finish(1000);
  }

 private:
  void Block(const std::string& name, int64_t width, int64_t stride) {
    const std::string from = value();
    const int64_t out = bottleneck_ ? 4 * width : width;
    if (bottleneck_) {
      Convolution(name + ".conv1", channels_, width, 1, 1);
      Add("Relu", name + ".relu1");
      Convolution(name + ".conv2", width, width, 3, stride);
      Add("Relu", name + ".relu2");
      Convolution(name + ".conv3", width, out, 1, 1, 0.5);
    } else {
      Convolution(name + ".conv1", channels_, width, 3, stride);
      Add("Relu", name + ".relu1");
      Convolution(name + ".conv2", width, out, 3, 1, 0.5);
    }
    const std::string branch = value();
    GoOnFrom(from);
    if (stride != 1 || channels_ != out) Convolution(name + ".shortcut", channels_, out, 1, stride, 0.7);
    Add("Add", name + ".add").add_input(branch);
    Add("Relu", name + ".relu");
    channels_ = out;
  }

  bool bottleneck_;
  int64_t channels_ = 0;
};

}  // namespace

Bytes RandomVgg16Onnx() { return Vgg16().Build(); }
Bytes RandomResNet18Onnx() { return ResNet(/*bottleneck=*/false).Build(); }
Bytes RandomResNet50Onnx() { return ResNet(/*bottleneck=*/true).Build(); }

FloatTensor RandomImage(const Dims& shape, bool normalised, std::string_view label) {
  Csprng random = Csprng::FromSeed(kSeed, label);
  FloatTensor image;
  image.shape = shape;
  std::vector<uint8_t> bytes(static_cast<size_t>(ElementCount(shape)));
  random.Fill(std::span<uint8_t>(bytes));
  for (uint8_t b : bytes) image.data.push_back(normalised ? static_cast<float>(b) / 255.0f : static_cast<float>(b));
  return image;
}

MachineInfo GetMachineInfo() {
  MachineInfo info{"unknown", ThreadCount(), KernelTarget()};
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    const size_t colon = line.find(": ");
    if (line.starts_with("model name") && colon != std::string::npos) {
      info.processor = line.substr(colon + 2);
      break;
    }
  }
  return info;
}

}  // namespace provenn
