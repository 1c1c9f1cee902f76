// CommitModel of provenn.h: import, compile, commit, write.
#include <chrono>
#include <filesystem>
#include <system_error>

#include "api/key_folder.h"
#include "api/provenn.h"
#include "crypto/csprng.h"
#include "model/onnx_import.h"

namespace provenn {
namespace {

// A part of a longer task.
class PartialProgress : public ProgressSink {
 public:
  PartialProgress(ProgressSink* whole, double from, double to) : whole_(whole), from_(from), to_(to) {}
  void Report(double fraction, std::string_view stage) override {
    if (whole_ != nullptr) whole_->Report(from_ + (to_ - from_) * fraction, stage);
  }

 private:
  ProgressSink* whole_;
  double from_;
  double to_;
};

Result<std::vector<FloatTensor>> Ordered(const Graph& graph, const std::vector<NamedTensor>& calibration) {
  std::vector<std::string> names;
  for (ValueId id : graph.inputs) names.push_back(graph.value(id).name);
  ASSIGN_OR_RETURN(const auto matched, MatchTensors(calibration, names, "input"));
  std::vector<FloatTensor> ordered;
  for (size_t i = 0; i < matched.size(); ++i) {
    if (matched[i] == nullptr) {
      return Error{Code::kInvalidArgument, "no calibration data for input '" + names[i] + "'", "calibration"};
    }
    ordered.push_back(*matched[i]);
  }
  return ordered;
}

// Names are known only after import; shapes by position help where no name is given.
ImportOptions ImportWith(const std::vector<NamedTensor>& calibration) {
  ImportOptions import;
  for (const NamedTensor& t : calibration) {
    if (!t.name.empty()) return {};
    import.input_shapes.push_back(t.values.shape);
  }
  return import;
}

Result<CommitReport> CommitGraph(const Graph& graph, const std::vector<NamedTensor>& calibration,
                                 const CommitOptions& options, const std::string& directory, ProgressSink* progress) {
  const auto report_progress = [&](double fraction, const char* stage) {
    if (progress != nullptr) progress->Report(fraction, stage);
  };
  RETURN_IF_ERROR(CheckKeyFolder(KeyPaths(directory), options.overwrite));
  report_progress(0, "import");
  ASSIGN_OR_RETURN(const std::vector<FloatTensor> ordered, Ordered(graph, calibration));

  PartialProgress compiling(progress, 0.05, 0.7);
  CompileOptions compile;
  compile.bits = options.bits;
  compile.tight = options.tight;
  ASSIGN_OR_RETURN(CompiledModel compiled, CompileModel(graph, ordered, compile, &compiling));

  report_progress(0.7, "committing to the weights");
  WeightsSeed seed{};
  if (options.seed.has_value()) {
    seed = *options.seed;
  } else {
    Csprng::FromSystem().Fill(seed);
  }
  const OwnedWeightsOracle oracle = CommitWeights(compiled.circuit, compiled.weights, seed);

  PublicModel model;
  model.circuit = std::move(compiled.circuit);
  model.inputs = std::move(compiled.inputs);
  model.outputs = std::move(compiled.outputs);
  model.program = std::move(compiled.program);
  model.weights = oracle.commitment;
  model.Seal();

  CommitReport report;
  report.model_id = model.model_id;
  report.nodes = std::move(compiled.nodes);
  report.deviations = std::move(compiled.deviations);
  for (const auto& values : compiled.weights) report.weights += values.size();

  std::optional<Certificate> certificate;
  if (options.certificate.has_value()) {
    PartialProgress certifying(progress, 0.75, 0.9);
    const auto started = std::chrono::steady_clock::now();
    ASSIGN_OR_RETURN(certificate,
                     CertifyModel(model, compiled.weights, oracle.View(), *options.certificate, &certifying));
    report.certificate_s = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
  }

  PartialProgress writing(progress, 0.9, 1);
  const Bytes vk = EncodeVerifyingKey(model);
  RETURN_IF_ERROR(WriteKeyFolder(
      directory, options.overwrite, [&](const KeyPaths& paths, Existing existing, bool* secret_key_written) -> Status {
        RETURN_IF_ERROR(WriteProvingKey(paths.pk, model, compiled.weights, oracle.View(), existing, &writing));
        *secret_key_written = true;
        if (certificate.has_value()) {
          RETURN_IF_ERROR(
              WriteFileAtomically(paths.certificate, EncodeCertificate(*certificate), FileAccess::kShared, existing));
        }
        return WriteFileAtomically(paths.vk, vk, FileAccess::kShared, existing);
      }));
  const KeyPaths paths(directory);
  report.pk_path = paths.pk;
  report.vk_path = paths.vk;
  std::error_code ignored;
  report.vk_bytes = vk.size();
  report.pk_bytes = std::filesystem::file_size(report.pk_path, ignored);
  if (certificate.has_value()) {
    report.certificate_path = paths.certificate;
    report.certificate_bytes = std::filesystem::file_size(report.certificate_path, ignored);
  }
  report_progress(1, "done");
  return report;
}

}  // namespace

Result<CommitReport> CommitModel(ByteSpan onnx, const std::vector<NamedTensor>& calibration,
                                 const CommitOptions& options, const std::string& directory, ProgressSink* progress) {
  ASSIGN_OR_RETURN(const Graph graph, ImportOnnx(onnx, ImportWith(calibration)));
  return CommitGraph(graph, calibration, options, directory, progress);
}

Result<CommitReport> CommitModelFile(const std::string& onnx_path, const std::vector<NamedTensor>& calibration,
                                     const CommitOptions& options, const std::string& directory,
                                     ProgressSink* progress) {
  ASSIGN_OR_RETURN(const Graph graph, ImportOnnxFile(onnx_path, ImportWith(calibration)));
  return CommitGraph(graph, calibration, options, directory, progress);
}

}  // namespace provenn
