// A commitment in memory, before anything is written: what `commit` makes, and `reproduce` makes again.
#pragma once

#include <vector>

#include "api/provenn.h"
#include "argument/weights_oracle.h"
#include "model/graph.h"
#include "model/onnx_import.h"

namespace provenn {

struct BuiltModel {
  PublicModel model;
  IntegerTensors weights;
  OwnedWeightsOracle oracle;
  std::vector<NodeReport> nodes;
  std::vector<Deviation> deviations;
  ModelFormats formats;
  std::vector<KeyFact> tells;
};

// Import options that follow from calibration data: shapes by position help where no name is given.
ImportOptions ImportWith(const std::vector<NamedTensor>& calibration);

// `formats`: those of another model of the family, instead of choosing.
// kInvalidArgument: calibration data that does not fit the graph; else as CompileModel.
Result<BuiltModel> BuildModel(const Graph& graph, const std::vector<NamedTensor>& calibration,
                              const ModelOptions& options, const WeightsSeed& seed, ProgressSink* progress,
                              const ModelFormats* formats = nullptr);

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

}  // namespace provenn
