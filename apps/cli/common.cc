#include "common.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <fstream>

#include "base/secret.h"

namespace provenn::cli {

int Fail(const Error& error, const Output& output) {
  const std::string place = error.where.empty() ? "" : error.where + ": ";
  fmt::print(stderr, "provenn: {}\n", Printable(place + error.message));
  if (output.json) PrintJson({{"error", error.message}, {"where", error.where}, {"code", CodeName(error.code)}});
  return kCannotRead;
}

int Reject(const char* reason, const char* sentence, const std::string& where, const std::optional<Digest>& id,
           const Output& output) {
  if (output.json) {
    Json json = {
        {"accepted", false}, {"verdict", "REJECT"}, {"reason", reason}, {"sentence", sentence}, {"where", where}};
    if (id.has_value()) json["model_id"] = ToHex(*id);
    PrintJson(json);
  } else {
    if (id.has_value()) fmt::print("model id  {}\n", ToHex(*id));
    fmt::print("REJECT: {}: {}\n{}\n", reason, Printable(where), sentence);
  }
  return kRejected;
}

int RejectKey(const Error& refused, const Output& output) {
  return Reject(ReasonName(Reason::kKeyCheck), ReasonSentence(Reason::kKeyCheck), refused.ToString(), std::nullopt,
                output);
}

void PrintJson(const Json& json) {
  // Names come from files: bytes that are not UTF-8 are replaced rather than refused.
  const std::string text = json.dump(2, ' ', false, Json::error_handler_t::replace);
  fmt::print("{}\n", text);
}

TerminalProgress::TerminalProgress() : enabled_(isatty(STDERR_FILENO) == 1) {}

TerminalProgress::~TerminalProgress() {
  if (enabled_ && last_percent_ >= 0) fmt::print(stderr, "\r\033[K");
}

void TerminalProgress::Report(double fraction, std::string_view stage) {
  if (!enabled_) return;
  const int percent = static_cast<int>(std::clamp(fraction, 0.0, 1.0) * 100);
  if (percent == last_percent_) return;
  last_percent_ = percent;
  constexpr int kWidth = 30;
  const int filled = percent * kWidth / 100;
  fmt::print(stderr, "\r\033[K[{:#<{}}{:.<{}}] {:3}% {}", "", filled, "", kWidth - filled, percent, stage);
  std::fflush(stderr);
}

namespace {

struct TensorArgument {
  std::string name;
  std::string path;
};

TensorArgument Split(const std::string& argument) {
  std::error_code ignored;
  const size_t equals = argument.find('=');
  if (equals == std::string::npos || std::filesystem::exists(argument, ignored)) return {"", argument};
  return {argument.substr(0, equals), argument.substr(equals + 1)};
}

// The first bytes of a regular file.
provenn::Bytes Head(const std::string& path) {
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(path, ignored)) return {};
  std::array<char, kProofMagic.size()> bytes{};
  std::ifstream file(path, std::ios::binary);
  file.read(bytes.data(), bytes.size());
  return provenn::Bytes(bytes.begin(), bytes.begin() + file.gcount());
}

}  // namespace

Result<Digest> ParseDigest(const std::string& text, const std::string& option) {
  const auto bytes = FromHex(text);
  Digest id{};
  if (!bytes.has_value() || bytes->size() != id.size()) {
    return Error{Code::kInvalidArgument, "is no id: 64 hexadecimal digits", option};
  }
  std::copy(bytes->begin(), bytes->end(), id.begin());
  return id;
}

Result<std::vector<NamedTensor>> LoadTensors(const std::vector<std::string>& arguments) {
  std::vector<NamedTensor> tensors;
  for (const std::string& argument : arguments) {
    TensorArgument split = Split(argument);
    if (split.path.empty() || argument[0] == '=') {
      return Error{Code::kInvalidArgument, "wants FILE or NAME=FILE, neither of them empty", argument};
    }
    RETURN_IF_ERROR(RefuseOurFile(split.path, "a tensor (.npy or .pb)"));
    ASSIGN_OR_RETURN(FloatTensor values, ReadFloatTensorFile(split.path));
    tensors.push_back({std::move(split.name), std::move(values)});
  }
  return tensors;
}

std::vector<std::string> PathsOf(const std::vector<std::string>& arguments) {
  std::vector<std::string> paths;
  for (const std::string& argument : arguments) paths.push_back(Split(argument).path);
  return paths;
}

Status RefuseOurFile(const std::string& path, const std::string& wanted) {
  const Status kind = provenn::RefuseOurFile(Head(path), wanted);
  if (!kind.ok()) return Error{kind.error().code, kind.error().message, path};
  return Ok();
}

Status CheckOutput(const std::string& path, bool force, const std::vector<std::string>& reads) {
  std::error_code ignored;
  const std::filesystem::path folder = std::filesystem::path(path).parent_path();
  if (!folder.empty() && !std::filesystem::is_directory(folder, ignored)) {
    return Error{Code::kIo, "is no folder, or not there: make it first", folder.string()};
  }
  if (std::filesystem::is_directory(path, ignored)) {
    return Error{Code::kIo, "is a folder: name a file in it", path};
  }
  return CheckReplaced(path, force, reads);
}

Status CheckReplaced(const std::string& path, bool force, const std::vector<std::string>& reads) {
  std::error_code ignored;
  const auto status = std::filesystem::symlink_status(path, ignored);
  if (!std::filesystem::exists(status)) return Ok();
  for (const std::string& read : reads) {
    if (!std::filesystem::equivalent(path, read, ignored)) continue;
    return Error{Code::kInvalidArgument, "is read by this command, and never overwritten by it", path};
  }
  const provenn::Bytes head = Head(path);
  if (IsKeyFile(head)) {
    return Error{Code::kInvalidArgument, "is " + KindOfFile(head) + ", which is never overwritten: choose another name",
                 path};
  }
  const bool is_file = std::filesystem::is_regular_file(path, ignored) || std::filesystem::is_symlink(status);
  if (is_file && !force && !std::filesystem::is_other(std::filesystem::status(path, ignored))) {
    return Error{Code::kIo, "exists already: choose another name, or overwrite it with --force", path};
  }
  return Ok();
}

void GuardSecrets() {
  if (!ForbidMemoryDumps())
    fmt::print(stderr, "provenn: warning: the system does not let core dumps be switched off\n");
}

void PrintTable(const std::vector<std::string>& columns, std::vector<std::vector<std::string>> rows) {
  std::vector<size_t> width;
  std::vector<bool> right;
  std::vector<std::string> names = columns;
  for (std::string& name : names) {
    right.push_back(!name.empty() && name.back() == '>');
    if (right.back()) name.pop_back();
    width.push_back(name.size());
  }
  for (auto& row : rows) {
    for (size_t c = 0; c < row.size(); ++c) {
      row[c] = Printable(row[c]);
      width[c] = std::max(width[c], row[c].size());
    }
  }
  const auto print = [&](const std::vector<std::string>& row) {
    std::string line;
    for (size_t c = 0; c < row.size(); ++c) {
      line += c == 0 ? "" : "  ";
      line += right[c] ? fmt::format("{:>{}}", row[c], width[c]) : fmt::format("{:<{}}", row[c], width[c]);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    fmt::print("{}\n", line);
  };
  print(names);
  for (const auto& row : rows) print(row);
}

std::string Shortened(const FloatTensor& tensor) {
  constexpr size_t kShown = 12;
  const size_t size = tensor.data.size();
  std::string text = ShapeToString(tensor.shape) + " [";
  for (size_t i = 0; i < std::min(kShown, size); ++i) {
    text += (i == 0 ? "" : ", ") + fmt::format("{}", tensor.data[i]);
  }
  return text + (size > kShown ? fmt::format(", and {} more]", Grouped(size - kShown)) : "]");
}

std::string Grouped(uint64_t value) {
  std::string digits = std::to_string(value);
  for (size_t at = digits.size(); at > 3;) {
    at -= 3;
    digits.insert(at, " ");
  }
  return digits;
}

std::string Bytes(uint64_t value) { return Grouped(value) + " bytes"; }

Json ToJson(const OutputTensor& output) {
  return {{"name", output.name}, {"shape", output.values.shape}, {"step", output.step}, {"values", output.values.data}};
}

}  // namespace provenn::cli
