#include "common.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>

namespace provenn::cli {

int Fail(const Error& error, const Output& output) {
  const std::string place = error.where.empty() ? "" : error.where + ": ";
  fmt::print(stderr, "provenn: {}\n", Printable(place + error.message));
  if (output.json) PrintJson({{"error", error.message}, {"where", error.where}, {"code", CodeName(error.code)}});
  return kCannotRead;
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

Result<std::vector<NamedTensor>> LoadTensors(const std::vector<std::string>& arguments) {
  std::vector<NamedTensor> tensors;
  for (const std::string& argument : arguments) {
    std::string name;
    std::string path = argument;
    std::error_code ignored;
    const size_t equals = argument.find('=');
    if (equals != std::string::npos && !std::filesystem::exists(argument, ignored)) {
      name = argument.substr(0, equals);
      path = argument.substr(equals + 1);
    }
    ASSIGN_OR_RETURN(FloatTensor values, ReadFloatTensorFile(path));
    tensors.push_back({std::move(name), std::move(values)});
  }
  return tensors;
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

std::string Printable(std::string_view text) {
  const auto byte = [&](size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0; };
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    // In UTF-8 the control characters U+0080 to U+009F start with C2.
    const bool begins_c1 = byte(i) == 0xc2 && byte(i + 1) >= 0x80 && byte(i + 1) < 0xa0;
    if (byte(i) < 0x20 || byte(i) == 0x7f || begins_c1) {
      out += fmt::format("\\x{:02x}", byte(i));
      if (begins_c1) out += fmt::format("\\x{:02x}", byte(++i));
    } else {
      out += text[i];
    }
  }
  return out;
}

std::string Number(double value) { return fmt::format("{:.6g}", value); }

std::string Shortened(const FloatTensor& tensor) {
  constexpr size_t kShown = 12;
  std::string text = ShapeToString(tensor.shape) + " [";
  for (size_t i = 0; i < std::min(kShown, tensor.data.size()); ++i) {
    text += (i == 0 ? "" : ", ") + Number(static_cast<double>(tensor.data[i]));
  }
  return text + (tensor.data.size() > kShown ? ", ...]" : "]");
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
  return {{"name", output.name}, {"shape", output.values.shape}, {"values", output.values.data}};
}

}  // namespace provenn::cli
