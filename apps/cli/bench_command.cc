// The benchmark: commit once, then prove and verify several times, and the peak memory of a process that only proves.
#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <memory>

#include "api/benchmark_models.h"
#include "base/file.h"
#include "commands.h"
#include "common.h"

namespace provenn::cli {
namespace {

namespace fs = std::filesystem;

constexpr uint64_t kMaxModelFileBytes = uint64_t{1} << 31;

struct Options {
  std::string model;
  std::string examples = PROVENN_SOURCE_DIR "/examples";
  std::string profile = "p100";
  int repeat = 0;
  Output output;
};

struct Case {
  std::string name;
  provenn::Bytes onnx;
  FloatTensor calibration;
  FloatTensor input;
  int repeat;
};

struct Measured {
  std::string model;
  double commit_s = 0;
  double prove_s = 0;
  double verify_s = 0;
  uint64_t proof_bytes = 0;
  uint64_t peak_bytes = 0;
  uint64_t pk_bytes = 0;
  uint64_t vk_bytes = 0;
  uint64_t weights = 0;
  double certificate_s = 0;
  double certificate_verify_s = 0;
  uint64_t certificate_bytes = 0;
};

class TemporaryFolder {
 public:
  TemporaryFolder() : path_((fs::temp_directory_path() / "provenn-bench-XXXXXX").string()) {
    if (mkdtemp(path_.data()) == nullptr) path_.clear();
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    if (!path_.empty()) fs::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

double SecondsSince(std::chrono::steady_clock::time_point from) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - from).count();
}

Result<Case> LoadCase(const std::string& name, const Options& options) {
  Case c;
  c.name = name;
  if (name == "lenet") {
    const std::string folder = options.examples + "/lenet";
    ASSIGN_OR_RETURN(c.onnx, ReadFile(folder + "/model.onnx", kMaxModelFileBytes));
    ASSIGN_OR_RETURN(c.calibration, ReadFloatTensorFile(folder + "/calibration.npy"));
    ASSIGN_OR_RETURN(c.input, ReadFloatTensorFile(folder + "/input.npy"));
    c.repeat = 9;
    return c;
  }
  if (name == "vgg16") {
    c.onnx = RandomVgg16Onnx();
    c.calibration = RandomImage({4, 3, 32, 32}, true, "calibration");
    c.input = RandomImage({1, 3, 32, 32}, true, "input");
    c.repeat = 3;
    return c;
  }
  if (name == "age") {
    ASSIGN_OR_RETURN(c.onnx, ReadFile(options.examples + "/models/age_gender_embedding.onnx", kMaxModelFileBytes));
    c.calibration = RandomImage({1, 3, 224, 224}, false, "calibration");
    c.input = c.calibration;
    c.repeat = 1;
    return c;
  }
  return Error{Code::kInvalidArgument, "'" + name + "' is none of lenet, vgg16, age", "--model"};
}

// Runs this program again, to prove once, and reads how much memory it took at most.
Result<uint64_t> PeakBytes(const std::string& key, const std::string& input, const std::string& profile) {
  const pid_t child = fork();
  if (child < 0) return Error{Code::kIo, "cannot start a process", "bench"};
  if (child == 0) {
    execl("/proc/self/exe", "provenn", "bench-prove-once", key.c_str(), input.c_str(), profile.c_str(),
          static_cast<char*>(nullptr));
    _exit(127);
  }
  int status = 0;
  rusage usage{};
  if (wait4(child, &status, 0, &usage) != child || status != 0) {
    return Error{Code::kIo, "the process that proves failed", "bench"};
  }
  return static_cast<uint64_t>(usage.ru_maxrss) * 1024;
}

Result<Measured> Measure(const Case& c, const Options& options) {
  const TemporaryFolder folder;
  if (folder.path().empty()) return Error{Code::kIo, "cannot make a temporary folder", "bench"};
  TerminalProgress progress;
  Measured m;
  m.model = c.name;
  CommitOptions commit;
  commit.seed = WeightsSeed{1};
  auto started = std::chrono::steady_clock::now();
  ASSIGN_OR_RETURN(const CommitReport committed,
                   CommitModel(c.onnx, {{"", c.calibration}}, commit, folder.path(), &progress));
  m.commit_s = SecondsSince(started);
  m.pk_bytes = committed.pk_bytes;
  m.vk_bytes = committed.vk_bytes;
  m.weights = committed.weights;
  m.certificate_s = committed.certificate_s;
  m.certificate_bytes = committed.certificate_bytes;

  ProveOptions prove;
  prove.profile = options.profile == "p128" ? Profile::kP128 : Profile::kP100;
  prove.check = false;
  const int repeat = options.repeat > 0 ? options.repeat : c.repeat;
  std::vector<double> prove_s;
  std::vector<double> verify_s;
  ASSIGN_OR_RETURN(const ProvingKey key, ProvingKey::Open(committed.pk_path));
  ASSIGN_OR_RETURN(const provenn::Bytes certificate_bytes, ReadFile(committed.certificate_path, kMaxCertificateBytes));
  ASSIGN_OR_RETURN(const Certificate certificate, DecodeCertificate(certificate_bytes));
  started = std::chrono::steady_clock::now();
  const KeyVerdict certified = VerifyCertificate(key.model(), certificate);
  m.certificate_verify_s = SecondsSince(started);
  if (!certified.accepted) return Error{Code::kRejected, certified.where, c.name};
  for (int i = 0; i < repeat; ++i) {
    ASSIGN_OR_RETURN(const ProveReport report, ProveAnswer(key, {{"", c.input}}, prove, &progress));
    prove_s.push_back(report.seconds);
    const provenn::Bytes file = EncodeProofFile(report.file);
    m.proof_bytes = std::max<uint64_t>(m.proof_bytes, file.size());
    started = std::chrono::steady_clock::now();
    ASSIGN_OR_RETURN(const ProofFile decoded, DecodeProofFile(file));
    ASSIGN_OR_RETURN(const VerifyReport verdict, VerifyAnswer(key.model(), decoded, {}));
    verify_s.push_back(SecondsSince(started));
    if (!verdict.accepted) {
      return Error{Code::kRejected, std::string(ReasonName(verdict.reason)) + ", " + verdict.where, c.name};
    }
  }
  m.prove_s = Median(prove_s);
  m.verify_s = Median(verify_s);
  const std::string input = folder.path() + "/input.npy";
  RETURN_IF_ERROR(WriteNpyFile(input, c.input));
  ASSIGN_OR_RETURN(m.peak_bytes, PeakBytes(committed.pk_path, input, options.profile));
  return m;
}

// The commit of the source tree that this program was built in; empty if there is none.
std::string SourceCommit() {
  FILE* pipe = popen("git -C '" PROVENN_SOURCE_DIR "' rev-parse --short HEAD 2>/dev/null", "r");
  if (pipe == nullptr) return "";
  char text[64] = "";
  const size_t n = fread(text, 1, sizeof text - 1, pipe);
  pclose(pipe);
  std::string commit(text, n);
  commit.erase(std::remove(commit.begin(), commit.end(), '\n'), commit.end());
  return commit;
}

int Run(const Options& options) {
  std::vector<std::string> names = {"lenet", "vgg16", "age"};
  if (!options.model.empty()) names = {options.model};
  const MachineInfo machine = GetMachineInfo();
  const std::string commit = SourceCommit();
  Json results = Json::array();
  std::vector<std::vector<std::string>> rows;
  for (const std::string& name : names) {
    const auto c = LoadCase(name, options);
    if (!c.ok()) return Fail(c.error(), options.output);
    const auto m = Measure(*c, options);
    if (!m.ok()) return Fail(m.error(), options.output);
    results.push_back({{"model", m->model},
                       {"prove_s", m->prove_s},
                       {"verify_s", m->verify_s},
                       {"proof_bytes", m->proof_bytes},
                       {"peak_bytes", m->peak_bytes},
                       {"commit_s", m->commit_s},
                       {"certificate_s", m->certificate_s},
                       {"certificate_verify_s", m->certificate_verify_s},
                       {"certificate_bytes", m->certificate_bytes},
                       {"pk_bytes", m->pk_bytes},
                       {"vk_bytes", m->vk_bytes},
                       {"weights", m->weights}});
    rows.push_back({m->model, Grouped(m->weights), fmt::format("{:.3f}", m->prove_s),
                    fmt::format("{:.1f}", m->verify_s * 1000), fmt::format("{:.1f}", double(m->proof_bytes) / 1e3),
                    fmt::format("{:.0f}", double(m->peak_bytes) / 1e6), fmt::format("{:.2f}", m->commit_s),
                    fmt::format("{:.2f}", m->certificate_s), fmt::format("{:.1f}", m->certificate_verify_s * 1000),
                    fmt::format("{:.1f}", double(m->certificate_bytes) / 1e3),
                    fmt::format("{:.1f}", double(m->pk_bytes) / 1e6)});
  }
  if (options.output.json) {
    PrintJson(
        {{"machine", {{"processor", machine.processor}, {"threads", machine.threads}, {"kernels", machine.kernels}}},
         {"commit", commit},
         {"profile", options.profile},
         {"results", results}});
  } else {
    fmt::print("{}, {} threads, kernels {}{}{}, {}\n\n", machine.processor, machine.threads, machine.kernels,
               commit.empty() ? "" : ", commit ", commit, options.profile);
    PrintTable({"model", "weights>", "prove s>", "verify ms>", "proof kB>", "peak MB>", "commit s>", "cert s>",
                "cert ms>", "cert kB>", "pk MB>"},
               rows);
  }
  return 0;
}

int ProveOnce(const std::string& key_path, const std::string& input_path, const std::string& profile) {
  const auto key = ProvingKey::Open(key_path);
  if (!key.ok()) return Fail(key.error(), {});
  const auto input = ReadFloatTensorFile(input_path);
  if (!input.ok()) return Fail(input.error(), {});
  ProveOptions prove;
  prove.profile = profile == "p128" ? Profile::kP128 : Profile::kP100;
  prove.check = false;
  const auto report = ProveAnswer(*key, {{"", *input}}, prove, nullptr);
  return report.ok() ? 0 : Fail(report.error(), {});
}

}  // namespace

void AddBench(CLI::App& app, Action* action) {
  auto options = std::make_shared<Options>();
  CLI::App* command =
      app.add_subcommand("bench", "Time, size and memory of proofs of LeNet-5, VGG-16 and an age model");
  command->add_option("--model", options->model, "only this one: lenet, vgg16 or age");
  command->add_option("--examples", options->examples, "the folder examples/ of the source tree");
  command->add_option("--profile", options->profile, "p100 (default) or p128")->check(CLI::IsMember({"p100", "p128"}));
  command->add_option("--repeat", options->repeat, "how many proofs; the median counts");
  command->add_flag("--json", options->output.json, "the results as JSON");
  command->callback([=] { *action = [=] { return Run(*options); }; });

  // Not for people: the process whose memory is measured.
  auto arguments = std::make_shared<std::vector<std::string>>();
  CLI::App* once = app.add_subcommand("bench-prove-once", "")->group("");
  once->add_option("arguments", *arguments)->expected(3)->required();
  once->callback([=] { *action = [=] { return ProveOnce((*arguments)[0], (*arguments)[1], (*arguments)[2]); }; });
}

}  // namespace provenn::cli
