#include "scales_file.h"

#include "common.h"

namespace provenn::cli {
namespace {

constexpr int kVersion = 1;

// Reads fields of one object; remembers the first that is missing or of another kind.
class Fields {
 public:
  Fields(const Json& object, std::string place) : object_(object), place_(std::move(place)) {}

  std::string Text(const char* name) {
    const Json* value = Find(name);
    if (value != nullptr && value->is_string()) return value->get<std::string>();
    Miss(name, "a text");
    return {};
  }
  int64_t Integer(const char* name) {
    const Json* value = Find(name);
    if (value != nullptr && value->is_number_integer()) return value->get<int64_t>();
    Miss(name, "an integer");
    return 0;
  }
  int32_t Small(const char* name) {
    const int64_t value = Integer(name);
    if (value >= -1000 && value <= 1000) return static_cast<int32_t>(value);
    Miss(name, "an integer from -1000 to 1000");
    return 0;
  }
  double Real(const char* name) {
    const Json* value = Find(name);
    if (value != nullptr && value->is_number()) return value->get<double>();
    Miss(name, "a number");
    return 0;
  }
  const std::string& missed() const { return missed_; }

 private:
  const Json* Find(const char* name) const {
    const auto it = object_.find(name);
    return object_.is_object() && it != object_.end() ? &*it : nullptr;
  }
  void Miss(const char* name, const char* wanted) {
    if (missed_.empty()) missed_ = place_ + ": '" + name + "' should be " + wanted;
  }

  const Json& object_;
  std::string place_;
  std::string missed_;
};

}  // namespace

std::string EncodeScales(const ModelFormats& formats) {
  Json inputs = Json::array();
  for (const auto& [name, f] : formats.inputs) {
    inputs.push_back({{"name", name}, {"scale", f.scale}, {"min", f.min}, {"max", f.max}});
  }
  Json ranges = Json::array();
  for (const auto& [name, r] : formats.ranges) ranges.push_back({{"name", name}, {"low", r.low}, {"high", r.high}});
  Json weights = Json::array();
  for (const WeightFormat& w : formats.weights) {
    weights.push_back({{"name", w.tensor}, {"scale", w.scale}, {"bound", w.bound}});
  }
  const Json json = {{"provenn_scales", kVersion},
                     {"bits", formats.bits},
                     {"inputs", inputs},
                     {"ranges", ranges},
                     {"weights", weights}};
  return json.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

Result<ModelFormats> DecodeScales(const std::string& text, const std::string& path) {
  const auto bad = [&](const std::string& what) { return Error{Code::kCorrupt, what, path}; };
  const Json json = Json::parse(text, nullptr, false);
  if (!json.is_object() || !json.contains("provenn_scales")) return bad("is no scales file");
  ModelFormats formats;
  Fields top(json, "the file");
  if (top.Integer("provenn_scales") != kVersion) return bad("is of a version that this program does not know");
  formats.bits = top.Small("bits");
  if (!top.missed().empty()) return bad(top.missed());
  for (const char* list : {"inputs", "ranges", "weights"}) {
    const auto entries = json.find(list);
    if (entries == json.end() || !entries->is_array()) return bad(std::string("'") + list + "' should be a list");
    size_t at = 0;
    for (const Json& entry : *entries) {
      Fields f(entry, std::string(list) + " " + std::to_string(++at));
      const std::string name = f.Text("name");
      if (*list == 'i') {
        formats.inputs.push_back({name, {f.Small("scale"), f.Integer("min"), f.Integer("max")}});
      } else if (*list == 'r') {
        formats.ranges.push_back({name, {f.Real("low"), f.Real("high")}});
      } else {
        formats.weights.push_back({name, f.Small("scale"), f.Integer("bound")});
      }
      if (!f.missed().empty()) return bad(f.missed());
    }
  }
  return formats;
}

}  // namespace provenn::cli
