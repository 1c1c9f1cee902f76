// The benchmark: commit once, then prove and verify several times, in this process (warm) and in fresh ones (cold).
#include <fmt/format.h>

#include <cstdlib>
#include <filesystem>
#include <memory>

#include "api/benchmark_costs.h"
#include "api/benchmark_models.h"
#include "base/file.h"
#include "base/parallel.h"
#include "bench_case.h"
#include "bench_process.h"
#include "commands.h"

namespace provenn::cli {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

struct Options {
  std::string model;
  std::string examples = PROVENN_SOURCE_DIR "/examples";
  std::string profile_name = "p100";
  int repeat = 0;
  bool stages = false;
  bool threads = false;
  Output output;

  Profile profile() const { return profile_name == "p128" ? Profile::kP128 : Profile::kP100; }
};

// Times are medians. Warm: after a first proof in the same process. Cold: the first of a process.
struct Measured {
  std::string model;
  double commit_s = 0;
  double prove_s = 0;
  double prove_cold_s = 0;
  double verify_s = 0;
  double verify_cold_s = 0;
  uint64_t proof_bytes = 0;
  uint64_t peak_bytes = 0;  // of a process that proves once
  uint64_t pk_bytes = 0;
  uint64_t vk_bytes = 0;
  uint64_t weights = 0;
  double certificate_s = 0;
  double certificate_verify_s = 0;
  uint64_t certificate_bytes = 0;
  std::vector<StageTime> stages;
  std::vector<StageTime> stages_cold;
  ProofCounts counts;
  std::vector<std::pair<size_t, double>> scaling;  // threads, seconds of a warm proof
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

double SecondsSince(Clock::time_point from) { return std::chrono::duration<double>(Clock::now() - from).count(); }

Status MeasureKey(const BenchCase& c, const std::string& folder, CommitReport* committed, Measured* m) {
  CommitOptions commit;
  commit.seed = WeightsSeed{1};
  TerminalProgress progress;
  const Clock::time_point started = Clock::now();
  ASSIGN_OR_RETURN(*committed, CommitModel(c.onnx, {{"", c.calibration}}, commit, folder, &progress));
  m->commit_s = SecondsSince(started);
  m->pk_bytes = committed->pk_bytes;
  m->vk_bytes = committed->vk_bytes;
  m->weights = committed->weights;
  m->certificate_s = committed->certificate_s;
  m->certificate_bytes = committed->certificate_bytes;
  return Ok();
}

Status MeasureCertificate(const CommitReport& committed, const PublicModel& model, Measured* m) {
  ASSIGN_OR_RETURN(const provenn::Bytes bytes, ReadFile(committed.certificate_path, kMaxCertificateBytes));
  ASSIGN_OR_RETURN(const Certificate certificate, DecodeCertificate(bytes));
  const Clock::time_point started = Clock::now();
  const KeyVerdict verdict = VerifyCertificate(model, certificate);
  m->certificate_verify_s = SecondsSince(started);
  if (!verdict.accepted) return Error{Code::kRejected, verdict.where, m->model};
  return Ok();
}

// The median of `repeat` proofs after a first one, and of their verifications.
Status MeasureWarm(const BenchCase& c, const ProvingKey& key, const Options& options, int repeat, Measured* m) {
  TerminalProgress progress;
  ProveOptions prove;
  prove.profile = options.profile();
  prove.check = false;
  std::vector<double> prove_s;
  std::vector<double> verify_s;
  std::vector<std::vector<StageTime>> stages;
  for (int i = 0; i <= repeat; ++i) {
    StageTimes times(&progress);
    ASSIGN_OR_RETURN(const ProveReport report, ProveAnswer(key, {{"", c.input}}, prove, &times));
    const provenn::Bytes file = EncodeProofFile(report.file);
    std::vector<StageTime> taken = times.Take();
    const Clock::time_point started = Clock::now();
    ASSIGN_OR_RETURN(const ProofFile decoded, DecodeProofFile(file));
    ASSIGN_OR_RETURN(const VerifyReport verdict, VerifyAnswer(key.model(), decoded, {}));
    const double seconds = SecondsSince(started);
    if (!verdict.accepted) {
      return Error{Code::kRejected, std::string(ReasonName(verdict.reason)) + ", " + verdict.where, c.name};
    }
    m->proof_bytes = std::max<uint64_t>(m->proof_bytes, file.size());
    if (i == 0) continue;
    prove_s.push_back(report.seconds);
    verify_s.push_back(seconds);
    stages.push_back(std::move(taken));
  }
  m->prove_s = Median(prove_s);
  m->verify_s = Median(verify_s);
  m->stages = MedianStages(stages);
  return Ok();
}

Status MeasureCold(const BenchCase& c, const CommitReport& committed, const std::string& folder, const Options& options,
                   int repeat, Measured* m) {
  const std::string input = folder + "/input.npy";
  RETURN_IF_ERROR(WriteNpyFile(input, c.input));
  std::vector<double> prove_s;
  std::vector<double> verify_s;
  std::vector<std::vector<StageTime>> stages;
  for (int i = 0; i < repeat; ++i) {
    const std::string proof = folder + "/" + std::to_string(i) + ".proof";
    ASSIGN_OR_RETURN(const FreshRun proved, ProveInFreshProcess(committed.pk_path, input, options.profile(), proof));
    ASSIGN_OR_RETURN(const FreshRun verified, VerifyInFreshProcess(committed.vk_path, proof));
    prove_s.push_back(proved.seconds);
    verify_s.push_back(verified.seconds);
    stages.push_back(proved.stages);
    m->peak_bytes = std::max(m->peak_bytes, proved.peak_bytes);
  }
  m->prove_cold_s = Median(prove_s);
  m->verify_cold_s = Median(verify_s);
  m->stages_cold = MedianStages(stages);
  return Ok();
}

Result<Measured> Measure(const BenchCase& c, const Options& options) {
  const TemporaryFolder folder;
  if (folder.path().empty()) return Error{Code::kIo, "cannot make a temporary folder", "bench"};
  Measured m;
  m.model = c.name;
  CommitReport committed;
  RETURN_IF_ERROR(MeasureKey(c, folder.path(), &committed, &m));
  const int repeat = options.repeat > 0 ? options.repeat : c.repeat;
  RETURN_IF_ERROR(MeasureCold(c, committed, folder.path(), options, std::min(repeat, 5), &m));
  ASSIGN_OR_RETURN(const ProvingKey key, ProvingKey::Open(committed.pk_path));
  RETURN_IF_ERROR(MeasureCertificate(committed, key.model(), &m));
  RETURN_IF_ERROR(MeasureWarm(c, key, options, repeat, &m));
  if (options.stages) {
    ASSIGN_OR_RETURN(m.counts, CountProof(key.model(), c.batch, options.profile()));
  }
  const size_t all = ThreadCount();
  for (size_t threads = 1; options.threads; threads = std::min(2 * threads, all)) {
    const ThreadLimit limit(threads);
    Measured limited;
    RETURN_IF_ERROR(MeasureWarm(c, key, options, repeat, &limited));
    m.scaling.emplace_back(threads, limited.prove_s);
    if (threads == all) break;
  }
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

struct StageRow {
  StageTime warm;
  double cold_s = 0;
  StageFloor floor;
  double core_ns = 0;  // of one unit, all threads counted
};

std::vector<StageRow> StageRows(const Measured& m, const PrimitiveRates& rates) {
  std::vector<StageRow> rows;
  for (size_t i = 0; i < m.stages.size(); ++i) {
    StageRow row{m.stages[i], m.stages_cold[i].seconds, FloorOf(m.stages[i].stage, m.counts, rates), 0};
    if (row.floor.count != 0) {
      row.core_ns = 1e9 * row.warm.core_seconds / static_cast<double>(row.floor.count);
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

void PrintStageRows(const std::string& model, const std::vector<StageRow>& stages) {
  fmt::print("\n{}: stages of a proof, and core-nanoseconds of one unit beside its operations at kernel speed\n\n",
             model);
  std::vector<std::vector<std::string>> rows;
  for (const StageRow& s : stages) {
    std::vector<std::string> row = {s.warm.stage,
                                    fmt::format("{:.2f}", 1000 * s.warm.seconds),
                                    fmt::format("{:.2f}", 1000 * s.cold_s),
                                    "",
                                    "",
                                    "",
                                    ""};
    if (s.floor.count != 0) {
      row[3] = s.floor.unit;
      row[4] = Grouped(s.floor.count);
      row[5] = fmt::format("{:.1f}", s.core_ns);
      row[6] = fmt::format("{:.1f}", s.floor.floor_ns);
    }
    rows.push_back(std::move(row));
  }
  PrintTable({"stage", "warm ms>", "cold ms>", "unit", "units>", "core-ns>", "floor>"}, rows);
}

Json StageJson(const std::vector<StageRow>& rows) {
  Json json = Json::array();
  for (const StageRow& s : rows) {
    Json entry = {{"stage", s.warm.stage}, {"warm_s", s.warm.seconds}, {"cold_s", s.cold_s}};
    if (s.floor.count != 0) {
      entry.update(
          {{"unit", s.floor.unit}, {"units", s.floor.count}, {"core_ns", s.core_ns}, {"floor_ns", s.floor.floor_ns}});
    }
    json.push_back(std::move(entry));
  }
  return json;
}

Json ToJson(const Measured& m) {
  Json json = {{"model", m.model},
               {"prove_s", m.prove_s},
               {"prove_cold_s", m.prove_cold_s},
               {"verify_s", m.verify_s},
               {"verify_cold_s", m.verify_cold_s},
               {"proof_bytes", m.proof_bytes},
               {"peak_bytes", m.peak_bytes},
               {"commit_s", m.commit_s},
               {"certificate_s", m.certificate_s},
               {"certificate_verify_s", m.certificate_verify_s},
               {"certificate_bytes", m.certificate_bytes},
               {"pk_bytes", m.pk_bytes},
               {"vk_bytes", m.vk_bytes},
               {"weights", m.weights}};
  for (const auto& [threads, seconds] : m.scaling) {
    json["scaling"].push_back({{"threads", threads}, {"prove_s", seconds}});
  }
  return json;
}

void PrintResults(const std::vector<Measured>& results, const Options& options, const PrimitiveRates& rates) {
  const auto ms = [](double seconds) { return fmt::format("{:.1f}", 1000 * seconds); };
  const auto number = [](uint64_t bytes, double unit, int digits) {
    return fmt::format("{:.{}f}", static_cast<double>(bytes) / unit, digits);
  };
  std::vector<std::vector<std::string>> rows;
  for (const Measured& m : results) {
    rows.push_back({m.model, Grouped(m.weights), ms(m.prove_s), ms(m.prove_cold_s), ms(m.verify_s), ms(m.verify_cold_s),
                    number(m.proof_bytes, 1e3, 1), number(m.peak_bytes, 1e6, 0), fmt::format("{:.2f}", m.commit_s),
                    fmt::format("{:.2f}", m.certificate_s), ms(m.certificate_verify_s),
                    number(m.certificate_bytes, 1e3, 1), number(m.pk_bytes, 1e6, 1)});
  }
  PrintTable({"model", "weights>", "prove ms>", "cold>", "verify ms>", "cold>", "proof kB>", "peak MB>", "commit s>",
              "cert s>", "cert ms>", "cert kB>", "pk MB>"},
             rows);
  for (const Measured& m : results) {
    if (options.stages) PrintStageRows(m.model, StageRows(m, rates));
    if (m.scaling.empty()) continue;
    fmt::print("\n{}: threads", m.model);
    for (const auto& [n, seconds] : m.scaling) {
      fmt::print("  {}: {} ms ({:.2f}x)", n, ms(seconds), m.scaling[0].second / seconds);
    }
    fmt::print("\n");
  }
}

int Run(const Options& options) {
  std::vector<std::string> names(kBenchCases.begin(), kBenchCases.begin() + kDefaultCases);
  if (!options.model.empty()) names = {options.model};
  const MachineInfo machine = GetMachineInfo();
  const std::string commit = SourceCommit();
  const PrimitiveRates rates = options.stages ? MeasureRates() : PrimitiveRates{};
  std::vector<Measured> results;
  for (const std::string& name : names) {
    const auto c = LoadBenchCase(name, options.examples);
    if (!c.ok()) return Fail(c.error(), options.output);
    auto m = Measure(*c, options);
    if (!m.ok()) return Fail(m.error(), options.output);
    results.push_back(std::move(*m));
  }
  if (options.output.json) {
    Json list = Json::array();
    for (const Measured& m : results) {
      list.push_back(ToJson(m));
      if (options.stages) list.back()["stages"] = StageJson(StageRows(m, rates));
    }
    PrintJson(
        {{"machine", {{"processor", machine.processor}, {"threads", machine.threads}, {"kernels", machine.kernels}}},
         {"commit", commit},
         {"profile", options.profile_name},
         {"results", list}});
  } else {
    fmt::print("{}, {} threads, kernels {}{}{}, {}\n\n", machine.processor, machine.threads, machine.kernels,
               commit.empty() ? "" : ", commit ", commit, options.profile_name);
    PrintResults(results, options, rates);
  }
  return 0;
}

}  // namespace

void AddBench(CLI::App& app, Action* action) {
  auto options = std::make_shared<Options>();
  CLI::App* command =
      app.add_subcommand("bench", "Time, size and memory of proofs: warm, and cold (the first of a process)");
  command->add_option("--model", options->model, "only this one; without it the first three")
      ->check(CLI::IsMember(kBenchCases));
  command->add_option("--examples", options->examples, "the folder examples/ of the source tree");
  command->add_option("--profile", options->profile_name, "p100 (default) or p128")
      ->check(CLI::IsMember({"p100", "p128"}));
  command->add_option("--repeat", options->repeat, "how many proofs; the median counts");
  command->add_flag("--stages", options->stages, "the stages of a proof, beside what they cannot do without");
  command->add_flag("--threads", options->threads, "the same with fewer threads");
  command->add_flag("--json", options->output.json, "the results as JSON");
  command->callback([=] { *action = [=] { return Run(*options); }; });
  AddBenchProcess(app, action);
}

}  // namespace provenn::cli
