// CommitModel of provenn.h: import, compile, commit, write.
#include <chrono>
#include <filesystem>
#include <system_error>

#include "api/build_model.h"
#include "api/key_folder.h"
#include "api/provenn.h"
#include "crypto/csprng.h"

namespace provenn {
namespace {

Result<CommitReport> CommitGraph(const Graph& graph, const std::vector<NamedTensor>& calibration,
                                 const CommitOptions& options, const std::string& directory, ProgressSink* progress) {
  const auto report_progress = [&](double fraction, const char* stage) {
    if (progress != nullptr) progress->Report(fraction, stage);
  };
  RETURN_IF_ERROR(CheckKeyFolder(KeyPaths(directory), options.overwrite));
  // What cannot be written should show before the work.
  if (options.card.has_value()) RETURN_IF_ERROR(EncodeCard(*options.card));
  report_progress(0, "import");
  WeightsSeed seed{};
  if (options.seed.has_value()) {
    seed = *options.seed;
  } else {
    Csprng::FromSystem().Fill(seed);
  }
  PartialProgress building(progress, 0.05, 0.75);
  ASSIGN_OR_RETURN(BuiltModel built, BuildModel(graph, calibration, options, seed, &building,
                                                options.formats.has_value() ? &*options.formats : nullptr));
  const PublicModel& model = built.model;

  CommitReport report;
  report.model_id = model.model_id;
  report.nodes = std::move(built.nodes);
  report.deviations = std::move(built.deviations);
  report.formats = std::move(built.formats);
  report.tells = std::move(built.tells);
  for (const auto& values : built.weights) report.weights += values.size();

  std::optional<Certificate> certificate;
  if (options.certificate.has_value()) {
    PartialProgress certifying(progress, 0.75, 0.9);
    const auto started = std::chrono::steady_clock::now();
    ASSIGN_OR_RETURN(certificate,
                     CertifyModel(model, built.weights, built.oracle.View(), *options.certificate, &certifying));
    report.certificate_s = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
  }

  PartialProgress writing(progress, 0.9, 1);
  const Bytes vk = EncodeVerifyingKey(model);
  Bytes card;
  if (options.card.has_value()) {
    ModelCard named = *options.card;
    named.model_id = model.model_id;
    ASSIGN_OR_RETURN(card, EncodeCard(named));
  }
  RETURN_IF_ERROR(WriteKeyFolder(
      directory, options.overwrite, [&](const KeyPaths& paths, Existing existing, bool* secret_key_written) -> Status {
        RETURN_IF_ERROR(WriteProvingKey(paths.pk, model, built.weights, built.oracle.View(), existing, &writing));
        *secret_key_written = true;
        if (certificate.has_value()) {
          RETURN_IF_ERROR(
              WriteFileAtomically(paths.certificate, EncodeCertificate(*certificate), FileAccess::kShared, existing));
        }
        if (options.card.has_value()) {
          RETURN_IF_ERROR(WriteFileAtomically(paths.card, card, FileAccess::kShared, existing));
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
  if (options.card.has_value()) report.card_path = paths.card;
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
