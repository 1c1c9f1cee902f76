#include "api/build_model.h"

namespace provenn {
namespace {

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

}  // namespace

ImportOptions ImportWith(const std::vector<NamedTensor>& calibration) {
  ImportOptions import;
  for (const NamedTensor& t : calibration) {
    if (!t.name.empty()) return {};
    import.input_shapes.push_back(t.values.shape);
  }
  return import;
}

Result<BuiltModel> BuildModel(const Graph& graph, const std::vector<NamedTensor>& calibration,
                              const ModelOptions& options, const WeightsSeed& seed, ProgressSink* progress,
                              const ModelFormats* formats) {
  ASSIGN_OR_RETURN(const std::vector<FloatTensor> ordered, Ordered(graph, calibration));
  PartialProgress compiling(progress, 0, 0.9);
  CompileOptions compile;
  compile.bits = options.bits;
  compile.tight = options.tight;
  compile.hide_constants = options.hide_constants;
  compile.formats = formats;
  ASSIGN_OR_RETURN(CompiledModel compiled, CompileModel(graph, ordered, compile, &compiling));
  if (progress != nullptr) progress->Report(0.9, "committing to the weights");

  BuiltModel built;
  built.oracle = CommitWeights(compiled.circuit, compiled.weights, seed);
  built.model.circuit = std::move(compiled.circuit);
  built.model.inputs = std::move(compiled.inputs);
  built.model.outputs = std::move(compiled.outputs);
  built.model.program = std::move(compiled.program);
  built.model.weights = built.oracle.commitment;
  built.model.Seal();
  built.weights = std::move(compiled.weights);
  built.nodes = std::move(compiled.nodes);
  built.deviations = std::move(compiled.deviations);
  built.formats = std::move(compiled.formats);
  built.tells = std::move(compiled.tells);
  built.tells.insert(built.tells.begin(),
                     {"root", "binds the weights; says no more while the seed is secret", FactSource::kWeights});
  return built;
}

}  // namespace provenn
