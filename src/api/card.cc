#include "api/card.h"

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>

namespace provenn {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kFormat = "provenn.card 1";
constexpr size_t kMaxFiles = 4096;

Error Corrupt(const std::string& message) { return Error{Code::kCorrupt, message, "card"}; }

bool IsDate(const std::string& text) {
  constexpr std::string_view kShape = "dddd-dd-dd";
  const bool shaped = text.size() == kShape.size() &&
                      std::equal(text.begin(), text.end(), kShape.begin(),
                                 [](char c, char shape) { return shape == 'd' ? c >= '0' && c <= '9' : c == shape; });
  if (!shaped) return false;
  using std::chrono::day, std::chrono::month, std::chrono::year;
  const auto part = [&](size_t at, size_t digits) { return std::stoi(text.substr(at, digits)); };
  return (year(part(0, 4)) / month(static_cast<unsigned>(part(5, 2))) / day(static_cast<unsigned>(part(8, 2)))).ok();
}

Json FilesJson(const std::vector<CardFile>& files) {
  Json json = Json::array();
  for (const CardFile& file : files) json.push_back({{"file", file.name}, {"sha256", ToHex(file.sha256)}});
  return json;
}

// What differs from the default is stated, and the bits always: so that an option that is added later changes no card.
Json OptionsJson(const ModelOptions& options) {
  Json json = {{"bits", options.bits}};
  if (options.tight) json["tight"] = true;
  if (options.hide_constants) json["hide_constants"] = true;
  return json;
}

Result<Bytes> Write(const ModelCard& card) {
  Json json = {{"format", kFormat}, {"model_id", ToHex(card.model_id)}};
  const auto text = [&](const char* key, const std::string& value) {
    if (!value.empty()) json[key] = value;
  };
  text("name", card.name);
  text("version", card.version);
  text("date", card.date);
  text("program", card.program);
  if (card.options.has_value()) json["options"] = OptionsJson(*card.options);
  if (!card.model.empty()) json["model"] = FilesJson(card.model);
  if (!card.calibration.empty()) json["calibration"] = FilesJson(card.calibration);
  // With `ignore`, bytes that are not UTF-8 vanish instead of throwing; the caller reads the result back and compares.
  const std::string written = json.dump(2, ' ', false, Json::error_handler_t::ignore) + "\n";
  return Bytes(written.begin(), written.end());
}

// Takes fields out of an object by name. The first failure sticks; what is left over at the end is a failure.
class Fields {
 public:
  explicit Fields(const Json& object) : object_(object) {
    if (!object.is_object()) Fail("is not an object");
  }

  // Null if the object has no such field.
  const Json* Take(const char* key) {
    if (!ok() || !object_.contains(key)) return nullptr;
    ++taken_;
    return &object_[key];
  }
  std::string Text(const char* key) {
    const Json* value = Take(key);
    if (value == nullptr) return {};
    if (!value->is_string()) return Fail(std::string(key) + " is not text"), std::string();
    std::string text = value->get<std::string>();
    if (text.empty() || text.size() > kMaxCardText) Fail(std::string(key) + " is empty or too long");
    return text;
  }
  Digest Hex(const char* key) {
    const auto bytes = FromHex(Text(key));
    Digest digest{};
    if (!bytes.has_value() || bytes->size() != digest.size()) {
      Fail(std::string(key) + " is not 64 hexadecimal digits");
    } else {
      std::copy(bytes->begin(), bytes->end(), digest.begin());
    }
    return digest;
  }
  std::vector<CardFile> Files(const char* key) {
    std::vector<CardFile> files;
    const Json* value = Take(key);
    if (value == nullptr) return files;
    if (!value->is_array() || value->empty() || value->size() > kMaxFiles) {
      Fail(std::string(key) + " is not a list of files");
      return files;
    }
    for (const Json& entry : *value) {
      Fields file(entry);
      files.push_back({file.Text("file"), file.Hex("sha256")});
      file.Finish();
      if (!file.ok()) Fail(std::string(key) + ": " + file.message_);
    }
    return files;
  }
  void Finish() {
    if (ok() && taken_ != object_.size()) Fail("states something that this version does not know");
  }
  void Fail(const std::string& message) {
    if (ok()) message_ = message;
  }
  bool ok() const { return message_.empty(); }
  const std::string& message() const { return message_; }

 private:
  const Json& object_;
  size_t taken_ = 0;
  std::string message_;
};

void ReadOptions(Fields& card, ModelCard* out) {
  const Json* value = card.Take("options");
  if (value == nullptr) return;
  Fields fields(*value);
  ModelOptions options;
  const Json* bits = fields.Take("bits");
  if (bits == nullptr || !bits->is_number_unsigned() || bits->get<uint64_t>() > 64) {
    fields.Fail("bits is not a small number");
  } else {
    options.bits = bits->get<int>();
  }
  const auto flag = [&](const char* name) {
    const Json* stated = fields.Take(name);
    if (stated != nullptr && *stated != Json(true)) fields.Fail(std::string(name) + " is true, or not stated");
    return stated != nullptr;
  };
  options.tight = flag("tight");
  options.hide_constants = flag("hide_constants");
  fields.Finish();
  if (!fields.ok()) card.Fail("options: " + fields.message());
  out->options = options;
}

Result<ModelCard> Read(ByteSpan bytes) {
  if (bytes.size() > kMaxCardBytes) return Error{Code::kTooLarge, "is larger than a card may be", "card"};
  const Json json = Json::parse(bytes.begin(), bytes.end(), nullptr, false);
  if (json.is_discarded()) return Corrupt("is not JSON");
  Fields fields(json);
  const std::string format = fields.Text("format");
  if (fields.ok() && format != kFormat) return Corrupt("is no card of the format \"" + std::string(kFormat) + "\"");
  ModelCard card;
  card.model_id = fields.Hex("model_id");
  card.name = fields.Text("name");
  card.version = fields.Text("version");
  card.date = fields.Text("date");
  if (!card.date.empty() && !IsDate(card.date)) fields.Fail("date is no day, YYYY-MM-DD");
  card.program = fields.Text("program");
  ReadOptions(fields, &card);
  card.model = fields.Files("model");
  card.calibration = fields.Files("calibration");
  fields.Finish();
  if (!fields.ok()) return Corrupt(fields.message());
  return card;
}

}  // namespace

Result<Bytes> EncodeCard(const ModelCard& card) {
  ASSIGN_OR_RETURN(Bytes bytes, Write(card));
  const auto again = Read(bytes);
  if (!again.ok()) return Error{Code::kInvalidArgument, again.error().message, "card"};
  if (*again != card) return Error{Code::kInvalidArgument, "holds text that is not UTF-8", "card"};
  return bytes;
}

Result<ModelCard> DecodeCard(ByteSpan bytes) {
  ASSIGN_OR_RETURN(const ModelCard card, Read(bytes));
  ASSIGN_OR_RETURN(const Bytes canonical, Write(card));
  if (!std::equal(bytes.begin(), bytes.end(), canonical.begin(), canonical.end())) {
    return Corrupt("says the right things in another form than provenn writes: it was edited or formatted anew");
  }
  return card;
}

Digest CardDigest(ByteSpan bytes) {
  Sha256 hash;
  hash.Update(bytes);
  return hash.Finish();
}

std::string OptionsText(const ModelOptions& options) {
  return "bits " + std::to_string(options.bits) + (options.tight ? ", tight" : "") +
         (options.hide_constants ? ", hidden constants" : "");
}

std::vector<std::pair<std::string, std::string>> CardLines(const ModelCard& card) {
  std::vector<std::pair<std::string, std::string>> lines;
  const auto add = [&](const char* what, const std::string& text) {
    if (!text.empty()) lines.emplace_back(what, text);
  };
  add("name", card.name);
  add("version", card.version);
  add("date", card.date);
  add("program", card.program);
  if (card.options.has_value()) lines.emplace_back("options", OptionsText(*card.options));
  for (const CardFile& file : card.model) lines.emplace_back("model file", file.name + " " + ToHex(file.sha256));
  for (const CardFile& file : card.calibration) lines.emplace_back("calibration", file.name + " " + ToHex(file.sha256));
  return lines;
}

}  // namespace provenn
