#include <cmath>

#include "explain.h"

namespace provenn::cli {
namespace {

Json TensorOrNull(uint32_t tensor) { return tensor == kNoTensor ? Json(nullptr) : Json(tensor); }

Json ToJson(const FunctionReport& f) {
  Json departures = Json::array();
  for (const Departure& d : f.departures) {
    departures.push_back({{"key", d.key}, {"expected", d.expected}, {"found", d.found}});
  }
  Json json = {{"family", f.family},      {"formula", f.formula}, {"key_scale", f.key_scale},
               {"scale", f.result_scale}, {"min", f.min_value},   {"max", f.max_value},
               {"held_low", nullptr},     {"held_high", nullptr}, {"departure_count", f.departure_count},
               {"departures", departures}};
  if (f.held_low.has_value()) json["held_low"] = {{"key", *f.held_low}, {"value", f.first_value}};
  if (f.held_high.has_value()) json["held_high"] = {{"key", *f.held_high}, {"value", f.last_value}};
  return json;
}

Json ToJson(const Term& t) {
  return {{"kind", FactsOf(t.kind).name},
          {"value", TensorOrNull(t.value)},
          {"second", TensorOrNull(t.second)},
          {"weight", TensorOrNull(t.weight)},
          {"kernel", t.kernel},
          {"strides", t.strides},
          {"dilations", t.dilations},
          {"pads_begin", t.pads_begin},
          {"pads_end", t.pads_end},
          {"groups", t.groups},
          {"inputs", t.inputs},
          {"outputs", t.outputs},
          {"positions", t.positions},
          {"coefficient", t.coefficient.numerator},
          {"divisor", t.divisor},
          {"words", t.words},
          {"formula", t.formula}};
}

Json ToJson(const Node& n, size_t number) {
  Json terms = Json::array();
  for (const Term& t : n.terms) terms.push_back(ToJson(t));
  return {{"node", number},
          {"claimed_name", n.name},
          {"recognised", n.problems.empty()},
          {"problems", n.problems},
          {"operation", n.operation},
          {"formula", n.formula},
          {"output", TensorOrNull(n.output)},
          {"part", n.part},
          {"shape", n.space},
          {"constant_result", n.constant_result},
          {"maximum", n.kind == Node::Kind::kMaximum},
          {"terms", terms},
          {"constant", n.constant},
          {"shift", n.shift},
          {"rounding", n.rounding},
          {"sum_scale", n.sum_scale},
          {"exact", n.exact},
          {"coarse_bits", n.clamp_bits},
          {"function", ToJson(n.function)},
          {"lookups", n.lookups},
          {"tables", n.tables}};
}

Json Ports(const Explanation& e, bool inputs) {
  Json list = Json::array();
  for (const PortReport& p : e.ports) {
    if (p.is_input != inputs) continue;
    const double step = std::ldexp(1.0, -p.scale);
    list.push_back({{"claimed_name", p.name},
                    {"tensor", p.tensor},
                    {"shape", p.shape},
                    {"tensor_axes", p.order},
                    {"step", step},
                    {"scale", p.scale},
                    {"min", p.min},
                    {"max", p.max},
                    {"real_min", static_cast<double>(p.min) * step},
                    {"real_max", static_cast<double>(p.max) * step}});
  }
  return list;
}

Json Findings(const Explanation& e) {
  Json list = Json::array();
  for (const Finding& f : e.not_recognised) list.push_back({{"place", f.place}, {"text", f.text}});
  return list;
}

}  // namespace

Json ExplanationToJson(const ExplainedKey& key) {
  const Explanation& e = key.explanation;
  Json nodes = Json::array();
  for (size_t i = 0; i < e.nodes.size(); ++i) nodes.push_back(ToJson(e.nodes[i], i + 1));
  Json tables = Json::array();
  for (size_t i = 0; i < e.tables.size(); ++i) {
    const TableReport& t = e.tables[i];
    Json functions = Json::array();
    for (const FunctionReport& f : t.functions) functions.push_back(ToJson(f));
    tables.push_back({{"table", i},
                      {"claimed_name", t.name},
                      {"role", t.role},
                      {"first_key", t.first_key},
                      {"rows", t.rows},
                      {"lookups", t.uses},
                      {"words", t.words},
                      {"digest", t.digest.has_value() ? Json(ToHex(*t.digest)) : Json(nullptr)},
                      {"functions", functions}});
  }
  Json constants = Json::array();
  for (const ConstantReport& c : e.constants) {
    constants.push_back({{"tensor", c.tensor},
                         {"secret", c.secret},
                         {"cells", c.cells},
                         {"all_equal", c.computed ? Json(c.all_equal) : Json(nullptr)},
                         {"first_values", c.values},
                         {"digest", c.computed ? Json(ToHex(c.digest)) : Json(nullptr)}});
  }
  return {{"recognised", e.not_recognised.empty()},
          {"not_recognised", Findings(e)},
          {"model_id", ToHex(key.model.model_id)},
          {"graph_id", ToHex(e.graph_id)},
          {"formats_id", ToHex(e.formats_id)},
          {"total", e.not_total.empty()},
          {"not_total", e.not_total},
          {"weights", e.weights},
          {"lookups", e.lookups},
          {"inputs", Ports(e, true)},
          {"outputs", Ports(e, false)},
          {"nodes", nodes},
          {"tables", tables},
          {"constants", constants},
          {"weights_commitment",
           {{"columns", key.model.weights.columns},
            {"log_size", key.model.weights.log_size},
            {"root", ToHex(key.model.weights.root)}}},
          {"about_weights", e.about_weights}};
}

Json DifferenceToJson(const ExplainedKey& a, const ExplainedKey& b, const Difference& d) {
  Json nodes = Json::array();
  for (const NodeDifference& n : d.nodes) {
    const bool first = n.kind != NodeDifference::Kind::kOnlySecond;
    const bool second = n.kind != NodeDifference::Kind::kOnlyFirst;
    nodes.push_back({{"a", first ? Json(n.first + 1) : Json(nullptr)},
                     {"b", second ? Json(n.second + 1) : Json(nullptr)},
                     {"text", n.text},
                     {"a_text", n.first_text},
                     {"b_text", n.second_text},
                     {"wiring", n.wiring}});
  }
  return {{"same_model", a.model.model_id == b.model.model_id},
          {"same_graph", d.same_graph},
          {"same_formats", d.same_formats},
          {"same_weights", a.model.weights == b.model.weights},
          {"names_differ", d.names_differ},
          {"not_recognised", {{"a", Findings(a.explanation)}, {"b", Findings(b.explanation)}}},
          {"ports", d.ports},
          {"nodes", nodes},
          {"tables", d.tables},
          {"findings", d.findings}};
}

}  // namespace provenn::cli
