#include "model/onnx_import.h"

#include <onnx/onnx_pb.h>

#include <algorithm>
#include <filesystem>
#include <queue>
#include <unordered_map>
#include <unordered_set>

#include "base/file.h"
#include "model/batch_axis.h"
#include "model/fold.h"
#include "model/onnx_external_data.h"
#include "model/onnx_import_builder.h"
#include "model/onnx_tensor.h"

namespace provenn {
namespace {

using internal::GraphBuilder;
using internal::Handler;
using internal::HandlerTable;
using internal::NodeContext;
using internal::Operand;

Error Corrupt(std::string message) { return Error{Code::kCorrupt, std::move(message), ""}; }
Error Unsupported(std::string message) { return Error{Code::kUnsupported, std::move(message), ""}; }

const HandlerTable& Handlers() {
  static const HandlerTable* const table = [] {
    auto* handlers = new HandlerTable;
    internal::RegisterLinearHandlers(*handlers);
    internal::RegisterElementwiseHandlers(*handlers);
    internal::RegisterWindowHandlers(*handlers);
    internal::RegisterViewHandlers(*handlers);
    internal::RegisterConstantHandlers(*handlers);
    return handlers;
  }();
  return *table;
}

bool IsDefaultDomain(const std::string& domain) { return domain.empty() || domain == "ai.onnx"; }

Result<int64_t> DefaultOpset(const onnx::ModelProto& model) {
  for (const auto& entry : model.opset_import()) {
    if (!IsDefaultDomain(entry.domain())) continue;
    const int64_t opset = entry.version();
    if (opset < kOldestOpset || opset > kNewestOpset) {
      return Unsupported("the model uses opset " + std::to_string(opset) + "; supported are " +
                         std::to_string(kOldestOpset) + " to " + std::to_string(kNewestOpset));
    }
    return opset;
  }
  if (model.opset_import_size() > 0) return Unsupported("the model uses no operators of ONNX's own domain");
  return Corrupt("the model does not state the opset that it uses; is it an ONNX model?");
}

class Importer {
 public:
  // External data is moved into the model. `batch`: the size of leading axes that the model leaves open.
  Importer(onnx::ModelProto* model, const ImportOptions& options, int64_t batch = 1)
      : model_(*model),
        onnx_(model->graph()),
        options_(options),
        batch_(batch),
        builder_(options.max_constant_elements) {}

  // The graph before it is folded.
  Result<Graph> Run(int64_t opset) {
    opset_ = opset;
    RETURN_IF_ERROR(NameNodes());
    RETURN_IF_ERROR(FindNeededNodes());
    RETURN_IF_ERROR(CheckOperators());
    if (options_.data_folder.has_value()) {
      const uint64_t limit = sizeof(double) * static_cast<uint64_t>(options_.max_constant_elements);
      RETURN_IF_ERROR(LoadExternalData(*options_.data_folder, limit, &model_));
    }
    RETURN_IF_ERROR(ImportInitializers());
    RETURN_IF_ERROR(ImportInputs());
    for (const int index : order_) RETURN_IF_ERROR(ImportNode(index));
    RETURN_IF_ERROR(SetOutputs());
    return std::move(builder_.graph());
  }
  // Of every input: whether the model leaves its leading axis open.
  const std::vector<bool>& open_batch() const { return open_batch_; }

 private:
  std::string Where(int index) const {
    return "node '" + node_names_[static_cast<size_t>(index)] + "' (" + onnx_.node(index).op_type() + ")";
  }

  // Unnamed nodes, and nodes that share a name, are told apart by their position.
  Status NameNodes() {
    std::unordered_set<std::string> taken;
    for (int i = 0; i < onnx_.node_size(); ++i) {
      const onnx::NodeProto& node = onnx_.node(i);
      std::string name = node.name().empty() ? node.op_type() + "_" + std::to_string(i) : node.name();
      while (!taken.insert(name).second) name += "_" + std::to_string(i);
      node_names_.push_back(std::move(name));
    }
    return Ok();
  }

  // Walks back from the outputs, then sorts the nodes that were reached: in the file's order as far as dependencies
  // allow. Detects names that are written twice and cycles.
  Status FindNeededNodes() {
    std::unordered_map<std::string, int> producer;
    for (int i = 0; i < onnx_.node_size(); ++i) {
      for (const std::string& output : onnx_.node(i).output()) {
        if (!output.empty() && !producer.emplace(output, i).second) {
          return Error{Code::kCorrupt, "the value '" + output + "' is written twice", Where(i)};
        }
      }
    }
    for (const auto& input : onnx_.input()) {
      if (producer.contains(input.name())) return Corrupt("the input '" + input.name() + "' is also written by a node");
    }
    for (const auto& initializer : onnx_.initializer()) {
      if (producer.contains(initializer.name())) {
        return Corrupt("the initializer '" + initializer.name() + "' is also written by a node");
      }
    }
    const size_t count = static_cast<size_t>(onnx_.node_size());
    std::vector<bool> needed(count, false);
    std::vector<int> stack;
    const auto visit = [&](const std::string& value) {
      const auto found = producer.find(value);
      if (found == producer.end() || needed[static_cast<size_t>(found->second)]) return;
      needed[static_cast<size_t>(found->second)] = true;
      stack.push_back(found->second);
    };
    for (const auto& output : onnx_.output()) visit(output.name());
    while (!stack.empty()) {
      const int index = stack.back();
      stack.pop_back();
      for (const std::string& input : onnx_.node(index).input()) {
        needed_values_.insert(input);
        visit(input);
      }
    }
    for (const auto& output : onnx_.output()) needed_values_.insert(output.name());
    return SortNodes(producer, needed);
  }

  Status SortNodes(const std::unordered_map<std::string, int>& producer, const std::vector<bool>& needed) {
    const size_t count = needed.size();
    std::vector<int> waiting_for(count, 0);
    std::vector<std::vector<int>> readers(count);
    std::priority_queue<int, std::vector<int>, std::greater<>> ready;
    size_t total = 0;
    for (int i = 0; i < onnx_.node_size(); ++i) {
      if (!needed[static_cast<size_t>(i)]) continue;
      ++total;
      for (const std::string& input : onnx_.node(i).input()) {
        const auto found = producer.find(input);
        if (found == producer.end()) continue;
        readers[static_cast<size_t>(found->second)].push_back(i);
        ++waiting_for[static_cast<size_t>(i)];
      }
      if (waiting_for[static_cast<size_t>(i)] == 0) ready.push(i);
    }
    while (!ready.empty()) {
      const int index = ready.top();
      ready.pop();
      order_.push_back(index);
      for (const int reader : readers[static_cast<size_t>(index)]) {
        if (--waiting_for[static_cast<size_t>(reader)] == 0) ready.push(reader);
      }
    }
    if (order_.size() != total) return Corrupt("the graph has a cycle");
    return Ok();
  }

  Status CheckOperators() const {
    for (const int index : order_) {
      const onnx::NodeProto& node = onnx_.node(index);
      if (!IsDefaultDomain(node.domain())) {
        return Error{Code::kUnsupported, "operators of domain '" + node.domain() + "' are not supported", Where(index)};
      }
      if (!Handlers().contains(node.op_type())) {
        return Error{Code::kUnsupported, "the operator '" + node.op_type() + "' is not supported", Where(index)};
      }
    }
    return Ok();
  }

  Status ImportInitializers() {
    if (onnx_.sparse_initializer_size() > 0) return Unsupported("sparse initializers are not supported");
    for (const onnx::TensorProto& initializer : onnx_.initializer()) {
      const std::string& name = initializer.name();
      if (name.empty() || !initializers_.insert(name).second) {
        return Corrupt("the initializer '" + name + "' has no name or is defined twice");
      }
      if (!needed_values_.contains(name)) continue;
      ASSIGN_OR_RETURN(AnyTensor tensor,
                       DecodeTensorProto(initializer, "initializer '" + name + "'", options_.max_constant_elements));
      Result<Operand> operand = Operand();
      if (IntTensor* ints = std::get_if<IntTensor>(&tensor)) {
        operand = builder_.AddIntConstant(std::move(*ints));
      } else {
        operand = builder_.AddConstant(name, std::get<FloatTensor>(std::move(tensor)));
      }
      if (!operand.ok()) return operand.error();
      values_[name] = *operand;
    }
    return Ok();
  }

  Status ImportInputs() {
    size_t position = 0;
    std::unordered_set<std::string> names;
    for (const onnx::ValueInfoProto& input : onnx_.input()) {
      if (!names.insert(input.name()).second) return Corrupt("the input '" + input.name() + "' is declared twice");
      if (initializers_.contains(input.name())) continue;  // a default, which older files list among the inputs
      const Dims hint = position < options_.input_shapes.size() ? options_.input_shapes[position] : Dims();
      ++position;
      bool open_batch = false;
      ASSIGN_OR_RETURN(const Dims shape, InputShape(input, hint, &open_batch));
      open_batch_.push_back(open_batch);
      values_[input.name()] = builder_.AddInput(input.name(), shape);
    }
    return Ok();
  }

  Result<Dims> InputShape(const onnx::ValueInfoProto& input, Dims hint, bool* open_batch) const {
    const std::string what = "input '" + input.name() + "'";
    if (!input.type().has_tensor_type()) return Unsupported(what + " is not a tensor");
    const auto& type = input.type().tensor_type();
    switch (type.elem_type()) {
      case onnx::TensorProto::FLOAT:
      case onnx::TensorProto::DOUBLE:
      case onnx::TensorProto::FLOAT16:
      case onnx::TensorProto::BFLOAT16:
        break;
      default:
        return Unsupported(what + " is not a float tensor (element type number " + std::to_string(type.elem_type()) +
                           ")");
    }
    if (!type.has_shape()) return Unsupported(what + " declares no shape");
    const size_t rank = static_cast<size_t>(type.shape().dim_size());
    if (rank > kMaxTensorRank) return Corrupt(what + " has " + std::to_string(rank) + " axes");
    if (hint.size() + 1 == rank) hint.insert(hint.begin(), 1);
    if (!hint.empty() && hint.size() != rank) {
      return Error{Code::kInvalidArgument,
                   what + " has " + std::to_string(rank) + " axes; the tensor given for it is " + ShapeToString(hint),
                   ""};
    }
    Dims shape;
    for (size_t axis = 0; axis < rank; ++axis) {
      const auto& declared = type.shape().dim(static_cast<int>(axis));
      // Some exporters write 0 or −1 for "unknown".
      const bool fixed = declared.has_dim_value() && declared.dim_value() > 0;
      if (fixed) {
        shape.push_back(declared.dim_value());
        if (axis > 0 && !hint.empty() && hint[axis] != shape[axis]) {
          return Error{Code::kInvalidArgument,
                       what + " has size " + std::to_string(shape[axis]) + " along axis " + std::to_string(axis) +
                           "; the tensor given for it is " + ShapeToString(hint),
                       ""};
        }
      } else if (axis == 0) {
        *open_batch = true;
        shape.push_back(batch_);
      } else if (!hint.empty()) {
        if (hint[axis] <= 0) return Error{Code::kInvalidArgument, "the tensor given for " + what + " is empty", ""};
        shape.push_back(hint[axis]);
      } else {
        return Unsupported(what + " leaves axis " + std::to_string(axis) + " ('" + declared.dim_param() +
                           "') open, and no tensor was given that tells its size");
      }
    }
    RETURN_IF_ERROR(CheckedElementCount(shape, what));
    return shape;
  }

  Status ImportNode(int index) {
    const onnx::NodeProto& proto = onnx_.node(index);
    std::vector<Operand> inputs;
    for (const std::string& name : proto.input()) {
      if (name.empty()) {
        inputs.push_back({});
        continue;
      }
      const auto found = values_.find(name);
      if (found == values_.end()) return Error{Code::kCorrupt, "the input '" + name + "' is not defined", Where(index)};
      if (!found->second.present()) {
        return Error{Code::kUnsupported, "reads '" + name + "', a secondary output that is not supported",
                     Where(index)};
      }
      inputs.push_back(found->second);
    }
    NodeContext context(builder_, proto, node_names_[static_cast<size_t>(index)], opset_, std::move(inputs));
    Status status = Handlers().at(proto.op_type())(context);
    if (!status.ok()) return context.Place(status.error());
    for (int i = 0; i < proto.output_size(); ++i) {
      if (proto.output(i).empty()) continue;
      const size_t slot = static_cast<size_t>(i);
      const Operand result = slot < context.outputs().size() ? context.outputs()[slot] : Operand();
      if (result.present()) builder_.NameValue(result, proto.output(i));
      values_[proto.output(i)] = result;
    }
    return Ok();
  }

  Status SetOutputs() {
    Graph& graph = builder_.graph();
    if (onnx_.output_size() == 0) return Corrupt("the model has no output");
    std::unordered_set<std::string> names;
    for (const auto& output : onnx_.output()) {
      const auto found = values_.find(output.name());
      if (found == values_.end()) return Corrupt("the output '" + output.name() + "' is not defined");
      if (!names.insert(output.name()).second) return Corrupt("the output '" + output.name() + "' is declared twice");
      if (!found->second.is_float()) return Unsupported("the output '" + output.name() + "' is not a float tensor");
      graph.outputs.push_back(found->second.value);
      graph.output_names.push_back(output.name());
    }
    return Ok();
  }

  onnx::ModelProto& model_;
  const onnx::GraphProto& onnx_;
  const ImportOptions& options_;
  const int64_t batch_;
  std::vector<bool> open_batch_;  // parallel to the graph's inputs
  GraphBuilder builder_;
  int64_t opset_ = 0;
  std::vector<std::string> node_names_;
  std::vector<int> order_;  // of the needed nodes
  std::unordered_set<std::string> needed_values_;
  std::unordered_set<std::string> initializers_;
  std::unordered_map<std::string, Operand> values_;
};

// Where the model leaves the batch's size open, samples must stay apart (batch_axis.h).
Status CheckBatch(onnx::ModelProto* model, const ImportOptions& options, int64_t opset, const std::vector<bool>& open) {
  if (std::none_of(open.begin(), open.end(), [](bool b) { return b; })) return Ok();
  const Result<Graph> several = Importer(model, options, kProbeBatch).Run(opset);
  if (several.ok()) return CheckSamplesStayApart(*several, open);
  // Shapes that fit one sample only: there are no batches that could mean something else.
  if (several.error().code == Code::kInvalidArgument) return Ok();
  Error error = several.error();
  error.message += " (in a batch of " + std::to_string(kProbeBatch) + ", which the model leaves open)";
  return error;
}

}  // namespace

Result<Graph> ImportOnnx(ByteSpan bytes, const ImportOptions& options) {
  if (bytes.size() > kMaxModelBytes) return Error{Code::kTooLarge, "the model is larger than 2 GiB", ""};
  onnx::ModelProto model;
  RETURN_IF_ERROR(ParseProto(bytes, "an ONNX model", model));
  if (!model.has_graph()) return Corrupt("not an ONNX model: it holds no graph");
  ASSIGN_OR_RETURN(const int64_t opset, DefaultOpset(model));
  Importer importer(&model, options);
  ASSIGN_OR_RETURN(Graph graph, importer.Run(opset));
  RETURN_IF_ERROR(CheckBatch(&model, options, opset, importer.open_batch()));
  RETURN_IF_ERROR(FoldGraph(graph));
  RETURN_IF_ERROR(ValidateGraph(graph));
  return graph;
}

Result<Graph> ImportOnnxFile(const std::string& path, ImportOptions options) {
  options.data_folder = std::filesystem::path(path).parent_path().string();
  ASSIGN_OR_RETURN(const Bytes bytes, ReadFile(path, kMaxModelBytes));
  Result<Graph> graph = ImportOnnx(bytes, options);
  if (graph.ok()) return graph;
  Error error = graph.error();
  error.where = error.where.empty() ? path : path + ", " + error.where;
  return error;
}

}  // namespace provenn
