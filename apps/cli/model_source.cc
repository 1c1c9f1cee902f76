#include "model_source.h"

#include "api/card_files.h"
#include "scales_file.h"

namespace provenn::cli {

void ModelSource::AddTo(CLI::App* command, bool seed_required) {
  command->add_option("model", model, "the .onnx file")->required();
  command->add_option("--calibration", calibration, "samples of each input: FILE or NAME=FILE")
      ->required()
      ->allow_extra_args(false);
  command->add_option("--bits", bits, "bits of activations, 8 to 16 (default 12)")->check(CLI::Range(8, 16));
  command->add_flag("--tight", tight,
                    "smaller tables, whose sizes then tell the sums of the weights to three binary digits");
  command->add_flag("--hide-constants", hide_constants,
                    "commit to constants that multiply or shift a whole tensor, too: else functions show them");
  command->add_option(
      "--scales", scales,
      "scales file: formats of another model of the family, whose key this one then shares but for the root");
  command
      ->add_option("--seed", seed_file,
                   "seed file, or 32 random bytes or more: makes the commitment reproducible; keep it secret")
      ->required(seed_required);
}

ModelOptions ModelSource::Options(const ModelOptions& defaults) const {
  ModelOptions options = defaults;
  if (bits.has_value()) options.bits = *bits;
  if (tight) options.tight = true;
  if (hide_constants) options.hide_constants = true;
  return options;
}

Result<LoadedSource> Load(const ModelSource& source) {
  LoadedSource loaded;
  RETURN_IF_ERROR(RefuseOurFile(source.model, "an ONNX model"));
  if (!source.seed_file.empty()) {
    ASSIGN_OR_RETURN(loaded.seed, ReadSeedFile(source.seed_file));
  }
  if (!source.scales.empty() && source.tight) {
    return Error{Code::kInvalidArgument,
                 "makes bounds from the weights, so that no other model shares the key: leave out --tight or --scales",
                 "--tight"};
  }
  if (!source.scales.empty()) {
    ASSIGN_OR_RETURN(const auto text, ReadFile(source.scales, kMaxScalesFileBytes));
    ASSIGN_OR_RETURN(loaded.formats, DecodeScales({text.begin(), text.end()}, source.scales));
  }
  ASSIGN_OR_RETURN(loaded.calibration, LoadTensors(source.calibration));
  return loaded;
}

Status AddFilesTo(const ModelSource& source, ModelCard* card) {
  ASSIGN_OR_RETURN(card->model, ModelCardFiles(source.model));
  card->calibration.clear();
  for (const std::string& argument : source.calibration) {
    const std::string path = PathsOf({argument})[0];
    ASSIGN_OR_RETURN(CardFile file, CardFileOf(path));
    // "NAME=" of the argument, if it has one, is kept.
    file.name = argument.substr(0, argument.size() - path.size()) + file.name;
    card->calibration.push_back(std::move(file));
  }
  return Ok();
}

Json ToJson(const ModelOptions& options) {
  Json json = {{"bits", options.bits}, {"tight", options.tight}};
  if (options.hide_constants) json["hide_constants"] = true;
  return json;
}

}  // namespace provenn::cli
