// What the commands share: errors, progress, tensors from files, and tables on the terminal.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "api/provenn.h"
#include "base/file.h"
#include "base/printable.h"

namespace provenn::cli {

using Json = nlohmann::ordered_json;

// Exit codes.
inline constexpr int kAccepted = 0;
inline constexpr int kRejected = 1;
inline constexpr int kCannotRead = 2;

// What every command has.
struct Output {
  bool json = false;
};

// "provenn: <where>: <what>" on stderr, with --json also an object on stdout. Returns kCannotRead.
int Fail(const Error& error, const Output& output);

void PrintJson(const Json& json);

// A bar on stderr, if that is a terminal; else nothing. Removes the bar when it goes away.
class TerminalProgress : public ProgressSink {
 public:
  TerminalProgress();
  ~TerminalProgress() override;
  void Report(double fraction, std::string_view stage) override;

 private:
  bool enabled_;
  int last_percent_ = -1;
};

// An id, 64 hexadecimal digits, after that option.
Result<Digest> ParseDigest(const std::string& text, const std::string& option);

// Tensors of the arguments "path" or "name=path", in order. A path that exists is taken whole, '=' or not.
Result<std::vector<NamedTensor>> LoadTensors(const std::vector<std::string>& arguments);
// A rejection before the proof is looked at, with the id of the key if it has one; exit code 1.
int Reject(const char* reason, const char* sentence, const std::string& where, const std::optional<Digest>& id,
           const Output& output);
// The verdict on a key that the key check refuses (kRefusedKey), for commands that only read keys; exit code 1.
int RejectKey(const Error& refused, const Output& output);

// The paths of such arguments.
std::vector<std::string> PathsOf(const std::vector<std::string>& arguments);

// kCorrupt, naming what it is, if a file of ours stands where `wanted` should be. Pipes are not looked into.
Status RefuseOurFile(const std::string& path, const std::string& wanted);

// Whether a command may write there: kIo where its folder is not, or where a file is, unless `force`; and even then
// never over a key or a seed, nor over one of the files that the command reads.
Status CheckOutput(const std::string& path, bool force, const std::vector<std::string>& reads);
// The same where the command makes the folder itself.
Status CheckReplaced(const std::string& path, bool force, const std::vector<std::string>& reads);
// How a checked output is written: a file that has appeared since is kept, too.
inline Existing WriteOver(bool force) { return force ? Existing::kReplace : Existing::kKeep; }

// For commands that hold secrets, before anything is read.
void GuardSecrets();

// Rows of text, made printable, in aligned columns; one whose name ends in '>' (not printed) is aligned to the right.
void PrintTable(const std::vector<std::string>& columns, std::vector<std::vector<std::string>> rows);

// "1x10 [0.25, -1.5, ..., 3]": the shape and the first values, each as the shortest decimal that reads back as it is,
// so that a value that was copied from here is this value.
std::string Shortened(const FloatTensor& tensor);
// 12 345 678
std::string Grouped(uint64_t value);
std::string Bytes(uint64_t value);
Json ToJson(const OutputTensor& output);

}  // namespace provenn::cli
