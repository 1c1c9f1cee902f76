// What makes a model id: the options that `commit` and `reproduce` share.
#pragma once

#include <CLI/CLI.hpp>
#include <optional>
#include <string>
#include <vector>

#include "common.h"

namespace provenn::cli {

struct ModelSource {
  std::string model;
  std::vector<std::string> calibration;
  std::string seed_file;
  std::optional<int> bits;
  bool tight = false;
  bool hide_constants = false;
  std::string scales;

  void AddTo(CLI::App* command, bool seed_required);
  // The options that were given; for the others the defaults.
  ModelOptions Options(const ModelOptions& defaults = {}) const;
};

struct LoadedSource {
  std::vector<NamedTensor> calibration;
  std::optional<WeightsSeed> seed;
  std::optional<ModelFormats> formats;  // of a scales file
};

// Reads calibration data, seed and scales; kCorrupt for a file in the wrong place.
Result<LoadedSource> Load(const ModelSource& source);

// For a card: digests of the model's files and of the calibration data, in their order.
Status AddFilesTo(const ModelSource& source, ModelCard* card);

// {"bits": 12, "tight": false}
Json ToJson(const ModelOptions& options);

}  // namespace provenn::cli
