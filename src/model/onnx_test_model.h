// Small ONNX models written in a few lines, for tests.
#pragma once

#include <gtest/gtest.h>
#include <onnx/onnx_pb.h>

#include <initializer_list>
#include <string>
#include <vector>

#include "model/float_executor.h"
#include "model/onnx_import.h"

namespace provenn {

class TestModel {
 public:
  explicit TestModel(int64_t opset = 13) {
    proto_.set_ir_version(8);
    proto_.add_opset_import()->set_version(opset);
  }

  onnx::ModelProto& proto() { return proto_; }
  onnx::GraphProto& graph() { return *proto_.mutable_graph(); }

  // A negative size is a symbolic axis "N<axis>".
  TestModel& Input(const std::string& name, const Dims& shape, int type = onnx::TensorProto::FLOAT) {
    auto* tensor = Declare(graph().add_input(), name, type);
    for (size_t i = 0; i < shape.size(); ++i) {
      auto* dim = tensor->mutable_shape()->add_dim();
      if (shape[i] < 0) {
        dim->set_dim_param("N" + std::to_string(i));
      } else {
        dim->set_dim_value(shape[i]);
      }
    }
    return *this;
  }
  TestModel& Output(const std::string& name) {
    Declare(graph().add_output(), name, onnx::TensorProto::FLOAT);
    return *this;
  }
  TestModel& Floats(const std::string& name, const Dims& shape, const std::vector<float>& data) {
    auto* tensor = graph().add_initializer();
    tensor->set_name(name);
    tensor->set_data_type(onnx::TensorProto::FLOAT);
    for (const int64_t size : shape) tensor->add_dims(size);
    for (const float v : data) tensor->add_float_data(v);
    return *this;
  }
  TestModel& Ints(const std::string& name, const std::vector<int64_t>& data) {
    auto* tensor = graph().add_initializer();
    tensor->set_name(name);
    tensor->set_data_type(onnx::TensorProto::INT64);
    tensor->add_dims(static_cast<int64_t>(data.size()));
    for (const int64_t v : data) tensor->add_int64_data(v);
    return *this;
  }
  // Attributes of the node added last: Attribute().
  TestModel& Node(const std::string& op, const std::vector<std::string>& inputs,
                  const std::vector<std::string>& outputs, const std::string& name = "") {
    auto* node = graph().add_node();
    node->set_op_type(op);
    node->set_name(name);
    for (const std::string& input : inputs) node->add_input(input);
    for (const std::string& output : outputs) node->add_output(output);
    return *this;
  }
  TestModel& Attribute(const std::string& name, int64_t value) {
    auto* attribute = AddAttribute(name, onnx::AttributeProto::INT);
    attribute->set_i(value);
    return *this;
  }
  TestModel& Attribute(const std::string& name, float value) {
    auto* attribute = AddAttribute(name, onnx::AttributeProto::FLOAT);
    attribute->set_f(value);
    return *this;
  }
  TestModel& Attribute(const std::string& name, const std::vector<int64_t>& values) {
    auto* attribute = AddAttribute(name, onnx::AttributeProto::INTS);
    for (const int64_t v : values) attribute->add_ints(v);
    return *this;
  }
  TestModel& Attribute(const std::string& name, const char* value) {
    auto* attribute = AddAttribute(name, onnx::AttributeProto::STRING);
    attribute->set_s(value);
    return *this;
  }

  std::string Serialize() const { return proto_.SerializeAsString(); }
  Result<Graph> Import(const ImportOptions& options = {}) const {
    const std::string bytes = Serialize();
    return ImportOnnx(AsBytes(bytes), options);
  }

 private:
  static onnx::TypeProto_Tensor* Declare(onnx::ValueInfoProto* info, const std::string& name, int type) {
    info->set_name(name);
    auto* tensor = info->mutable_type()->mutable_tensor_type();
    tensor->set_elem_type(type);
    return tensor;
  }
  onnx::AttributeProto* AddAttribute(const std::string& name, onnx::AttributeProto::AttributeType type) {
    auto* attribute = graph().mutable_node(graph().node_size() - 1)->add_attribute();
    attribute->set_name(name);
    attribute->set_type(type);
    return attribute;
  }

  onnx::ModelProto proto_;
};

// The operations of an imported graph, in order; and what it gives for one input.
inline std::vector<Op> Ops(const Graph& graph) {
  std::vector<Op> ops;
  for (const GraphNode& node : graph.nodes) ops.push_back(node.op);
  return ops;
}

inline std::vector<float> RunOne(const Graph& graph, const std::vector<float>& x) {
  const auto outputs = FloatExecutor(graph).Run(std::vector<FloatTensor>{{graph.shape(graph.inputs[0]), x}});
  EXPECT_TRUE(outputs.ok()) << outputs.error().ToString();
  return outputs.ok() ? (*outputs)[0].data : std::vector<float>();
}

}  // namespace provenn
