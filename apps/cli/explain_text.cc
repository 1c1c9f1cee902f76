#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>

#include "explain.h"

namespace provenn::cli {
namespace {

std::string Step(int32_t scale) { return scale == 0 ? "1" : "2^" + std::to_string(-scale); }

std::string RealRange(int64_t min, int64_t max, int32_t scale) {
  const double step = std::ldexp(1.0, -scale);
  return Number(static_cast<double>(min) * step) + " to " + Number(static_cast<double>(max) * step);
}

// One colour, on a terminal only.
struct Red {
  bool on = isatty(STDOUT_FILENO) == 1;
  std::string operator()(const std::string& text) const { return on ? "\033[1;31m" + text + "\033[0m" : text; }
};

void PrintFindings(const Explanation& e) {
  const Red red;
  if (e.not_recognised.empty()) return;
  fmt::print("{}\n", red(fmt::format("NOT RECOGNISED: {}", e.not_recognised.size())));
  for (const Finding& f : e.not_recognised) fmt::print("  {}\n", red(f.place + ": " + f.text));
  fmt::print("\n");
}

void PrintPorts(const Explanation& e) {
  fmt::print("\ninputs and outputs (names as the key claims them)\n");
  for (const PortReport& p : e.ports) {
    fmt::print("  {} {} {} = T{}{}: {} in steps of {}, integers {} to {}{}\n", p.is_input ? "input " : "output",
               Quoted(p.name), p.shape, p.tensor, OrderText(p), RealRange(p.min, p.max, p.scale), Step(p.scale), p.min,
               p.max, p.is_input ? "; others have no proof" : "");
  }
}

void PrintNodes(const Explanation& e) {
  const Red red;
  fmt::print(
      "\nnodes (T: tensor; i, k: indices, from 0; E: exact integer sum; q: E divided, rounded to the nearest)\n");
  for (size_t i = 0; i < e.nodes.size(); ++i) {
    const Node& n = e.nodes[i];
    std::string line = fmt::format("{:3}  T{}{} {} = {}", i + 1, n.output, n.part, ShapeText(n.space), n.operation);
    if (!n.problems.empty()) line = red(line + "  NOT RECOGNISED");
    fmt::print("{}\n       {}", line, n.formula);
    if (n.kind != Node::Kind::kMaximum && n.output != kNoTensor) {
      const FunctionReport& f = n.function;
      fmt::print("; step {}", Step(f.result_scale));
      // What ReLU does to negative values is no saturation.
      const bool low = f.held_low.has_value() && f.form != FunctionReport::Form::kRelu;
      const bool saturates = low || f.held_high.has_value();
      fmt::print(", {}{}", RealRange(f.min_value, f.max_value, f.result_scale), saturates ? ", saturating" : "");
    }
    fmt::print("\n");
  }
}

void PrintTables(const Explanation& e) {
  fmt::print(
      "\ntables (every row compared with the function; a key that is not there has no proof; rows: SHA-256 of all)\n");
  for (size_t i = 0; i < e.tables.size(); ++i) {
    const TableReport& t = e.tables[i];
    fmt::print("{:3}  keys {} to {}, {} {}: {}\n", i, t.first_key, t.first_key + int64_t{t.rows} - 1, t.uses,
               t.uses == 1 ? "lookup" : "lookups", t.words);
    if (t.digest.has_value()) fmt::print("       rows {}\n", ToHex(*t.digest));
  }
}

}  // namespace

void PrintExplanation(const ExplainedKey& key) {
  const Explanation& e = key.explanation;
  PrintFindings(e);
  fmt::print("{}: the key check accepts it (no cell has a choice)\n", Printable(key.path));
  fmt::print("  model id    {}  weights included\n", ToHex(key.model.model_id));
  fmt::print("  graph id    {}  operators and shapes\n", ToHex(e.graph_id));
  fmt::print("  formats id  {}  those, scales and tables\n", ToHex(e.formats_id));
  const auto constants = std::count_if(e.nodes.begin(), e.nodes.end(), [](const Node& n) { return n.constant_result; });
  fmt::print("  {} nodes{}, {} lookups, {} tables, {} weights (secret){}\n", e.nodes.size(),
             constants == 0 ? "" : fmt::format(" ({} of them constants)", constants), e.lookups, e.tables.size(),
             Grouped(e.weights), e.not_recognised.empty() ? ": everything is recognised" : "");
  if (e.not_total.empty()) {
    fmt::print(
        "  every input in range has an answer, if the weights are within their bounds (verify-key checks its "
        "certificate)\n");
  } else {
    fmt::print("  some input in range may have no answer: {}\n", Printable(e.not_total));
  }
  PrintPorts(e);
  PrintNodes(e);
  PrintTables(e);
  fmt::print("\nwhat this key tells about the weights\n");
  fmt::print("  commitment: a matrix of {} columns, 2^{} rows encoded, root {}\n", key.model.weights.columns,
             key.model.weights.log_size, ToHex(key.model.weights.root));
  for (const std::string& line : e.about_weights) fmt::print("  {}\n", line);
}

void PrintDifference(const ExplainedKey& a, const ExplainedKey& b, const Difference& d) {
  for (const ExplainedKey* key : {&a, &b}) {
    if (!key->explanation.not_recognised.empty()) fmt::print("{}\n", Printable(key->path));
    PrintFindings(key->explanation);
  }
  fmt::print("a  {}  model id {}\nb  {}  model id {}\n", Printable(a.path), ToHex(a.model.model_id), Printable(b.path),
             ToHex(b.model.model_id));
  const auto same = [](bool equal) { return equal ? "the same" : "DIFFERENT"; };
  fmt::print("graph and shapes: {}; formats and tables: {}; weights commitment: {}\n", same(d.same_graph),
             same(d.same_formats),
             a.model.weights == b.model.weights ? "the same" : "DIFFERENT (other weights, or another seed)");
  if (d.same_formats) {
    if (a.model.model_id == b.model.model_id) {
      fmt::print("the same model\n");
    } else if (a.model.circuit_digest == b.model.circuit_digest &&
               a.model.interface_digest == b.model.interface_digest) {
      fmt::print("only the weights commitment differs\n");
    } else {
      fmt::print("only {}{} differ\n", a.model.weights == b.model.weights ? "" : "the weights commitment and ",
                 d.names_differ ? "names" : "names of tensors or the order in which sums are listed");
    }
    return;
  }
  for (const std::string& line : d.ports) fmt::print("{}\n", line);
  for (const NodeDifference& n : d.nodes) {
    if (n.kind == NodeDifference::Kind::kOnlyFirst) fmt::print("- a {:3}  {}\n", n.first + 1, n.text);
    if (n.kind == NodeDifference::Kind::kOnlySecond) fmt::print("+ b {:3}  {}\n", n.second + 1, n.text);
    if (n.kind != NodeDifference::Kind::kChanged) continue;
    fmt::print("~ {:3}  {}\n", n.first + 1, a.explanation.nodes[n.first].operation);
    for (const std::string& line : n.wiring) fmt::print("     wired differently, {}\n", line);
    fmt::print("     a {}\n     b {}\n", n.first_text, n.second_text);
  }
  for (const std::string& line : d.tables) fmt::print("{}\n", line);
  for (const std::string& line : d.findings) fmt::print("{}\n", Printable(line));
  if (d.ports.empty() && d.nodes.empty() && d.tables.empty() && d.findings.empty()) {
    fmt::print(
        "ports, nodes and tables are the same: what differs is in neither of them (declared bounds of weights, widths "
        "of "
        "remainders, axes of size 1)\n");
  }
}

}  // namespace provenn::cli
