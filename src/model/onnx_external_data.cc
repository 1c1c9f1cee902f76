#include "model/onnx_external_data.h"

#include <onnx/onnx_pb.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <system_error>

#include "base/file.h"
#include "model/onnx_import.h"

namespace provenn {
namespace {

namespace fs = std::filesystem;

// Where a tensor says that its bytes are.
struct Place {
  std::string location;
  uint64_t offset = 0;
  std::optional<uint64_t> length;  // absent: to the end of the file
};

std::optional<uint64_t> Number(const std::string& text) {
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

class Loader {
 public:
  Loader(const std::string& folder, uint64_t max_bytes) : folder_(folder.empty() ? "." : folder), left_(max_bytes) {}

  // That the file may be read, and can be.
  Status Check(const std::string& location) {
    const auto opened = Open(location);
    return opened.ok() ? Ok() : Status(opened.error());
  }

  Status Load(const std::string& where, onnx::TensorProto* tensor) {
    if (tensor->data_location() != onnx::TensorProto::EXTERNAL) return Ok();
    Status status = Inline(tensor);
    if (status.ok()) return status;
    return Error{status.error().code, status.error().message, where};
  }

 private:
  static Result<Place> ReadPlace(const onnx::TensorProto& tensor) {
    Place place;
    for (const auto& entry : tensor.external_data()) {
      if (entry.key() == "location") {
        place.location = entry.value();
      } else if (entry.key() == "offset" || entry.key() == "length") {
        const std::optional<uint64_t> value = Number(entry.value());
        if (!value.has_value()) return Error{Code::kCorrupt, "its " + entry.key() + " is not a number", ""};
        if (entry.key() == "offset") {
          place.offset = *value;
        } else {
          place.length = value;
        }
      }
    }
    if (place.location.empty()) return Error{Code::kCorrupt, "does not say which file holds its data", ""};
    return place;
  }

  Result<ByteSpan> Open(const std::string& location) {
    if (const auto known = files_.find(location); known != files_.end()) return known->second.bytes();
    const auto fail = [&](Code code, const std::string& what) {
      return Error{code, "keeps its data in the file '" + location + "', which " + what, ""};
    };
    std::error_code error;
    const fs::path root = fs::canonical(folder_, error);
    // Everything lies below an empty path.
    if (error) return fail(Code::kIo, "cannot be read: " + error.message());
    const fs::path path = fs::canonical(root / location, error);
    if (error) return fail(Code::kIo, "cannot be read: " + error.message());
    const auto [in_root, in_path] = std::mismatch(root.begin(), root.end(), path.begin(), path.end());
    if (in_root != root.end() || fs::path(location).is_absolute()) {
      return fail(Code::kUnsupported, "is not in the model's folder");
    }
    if (!fs::is_regular_file(path, error)) return fail(Code::kUnsupported, "is not a regular file");
    auto mapped = MappedFile::Open(path.string());
    if (!mapped.ok()) return fail(mapped.error().code, "cannot be read: " + mapped.error().message);
    return files_.emplace(location, std::move(*mapped)).first->second.bytes();
  }

  Status Inline(onnx::TensorProto* tensor) {
    ASSIGN_OR_RETURN(const Place place, ReadPlace(*tensor));
    ASSIGN_OR_RETURN(const ByteSpan file, Open(place.location));
    if (place.offset > file.size() || place.length.value_or(0) > file.size() - place.offset) {
      return Error{Code::kCorrupt, "its data lies beyond the end of the file '" + place.location + "'", ""};
    }
    const uint64_t length = place.length.value_or(file.size() - place.offset);
    if (length > left_) return Error{Code::kTooLarge, "the model's external data is over the limit", ""};
    left_ -= length;
    const ByteSpan bytes = file.subspan(place.offset, length);
    tensor->set_raw_data(bytes.data(), bytes.size());
    tensor->clear_external_data();
    tensor->clear_data_location();
    return Ok();
  }

  fs::path folder_;
  uint64_t left_;
  std::map<std::string, MappedFile> files_;
};

// Visits each tensor of the model that may have its data elsewhere, with what errors call it.
template <typename Visit>
Status ForEachTensor(onnx::ModelProto* model, Visit visit) {
  for (auto& tensor : *model->mutable_graph()->mutable_initializer()) {
    RETURN_IF_ERROR(visit("initializer '" + tensor.name() + "'", &tensor));
  }
  for (auto& node : *model->mutable_graph()->mutable_node()) {
    for (auto& attribute : *node.mutable_attribute()) {
      if (!attribute.has_t()) continue;
      RETURN_IF_ERROR(visit("node '" + node.name() + "' (" + node.op_type() + ")", attribute.mutable_t()));
    }
  }
  return Ok();
}

}  // namespace

Status LoadExternalData(const std::string& folder, uint64_t max_bytes, onnx::ModelProto* model) {
  Loader loader(folder, max_bytes);
  return ForEachTensor(model,
                       [&](const std::string& where, onnx::TensorProto* tensor) { return loader.Load(where, tensor); });
}

Result<std::vector<std::string>> ExternalDataFiles(const std::string& onnx_path) {
  ASSIGN_OR_RETURN(const Bytes bytes, ReadFile(onnx_path, kMaxModelBytes));
  onnx::ModelProto model;
  if (!model.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return Error{Code::kCorrupt, "is not an ONNX model", onnx_path};
  }
  std::set<std::string> names;
  RETURN_IF_ERROR(ForEachTensor(&model, [&](const std::string&, onnx::TensorProto* tensor) {
    for (const auto& entry : tensor->external_data()) {
      if (tensor->data_location() == onnx::TensorProto::EXTERNAL && entry.key() == "location") {
        names.insert(entry.value());
      }
    }
    return Ok();
  }));
  Loader loader(fs::path(onnx_path).parent_path().string(), 0);
  for (const std::string& name : names) {
    if (const Status readable = loader.Check(name); !readable.ok()) {
      return Error{readable.error().code, readable.error().message, onnx_path};
    }
  }
  return std::vector<std::string>(names.begin(), names.end());
}

}  // namespace provenn
