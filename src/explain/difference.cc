#include "explain/difference.h"

#include <algorithm>
#include <map>
#include <set>

#include "explain/reading.h"

namespace provenn {
namespace {

// The text without the numbers of tensors, which move when a node is put in.
std::string WithoutNumbers(const std::string& text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    out += text[i];
    const bool name = text[i] == 'T' && (i == 0 || !std::isalpha(static_cast<unsigned char>(text[i - 1])));
    while (name && i + 1 < text.size() && std::isdigit(static_cast<unsigned char>(text[i + 1]))) ++i;
  }
  return out;
}

std::string Signature(const Node& node) { return WithoutNumbers(node.operation) + " -> " + ShapeText(node.space); }

// Of a node that only one key has.
std::string OwnText(const Node& node) {
  return TensorText(node.output) + " " + ShapeText(node.space) + " = " + node.operation;
}

std::string FormatText(const Node& node) {
  std::string text = node.formula;
  text += "; step 2^" + std::to_string(-node.function.result_scale);
  for (const std::string& problem : node.problems) text += "; NOT RECOGNISED: " + problem;
  return text;
}

std::string PortText(const PortReport& p) {
  return p.shape + " integers " + std::to_string(p.min) + " to " + std::to_string(p.max) + ", step 2^" +
         std::to_string(-p.scale) + OrderText(p);
}

// "input 1", "output 2", as they are listed; of whichever key has it, if the other ends before.
std::string PortPlace(const Explanation& a, const Explanation& b, size_t i) {
  const std::vector<PortReport>& ports = i < a.ports.size() ? a.ports : b.ports;
  const bool is_input = ports[i].is_input;
  size_t number = 1;
  for (size_t before = 0; before < i; ++before) number += ports[before].is_input == is_input ? 1 : 0;
  return (is_input ? "input " : "output ") + std::to_string(number);
}

// Which tensor of one key is which of the other.
class Matching {
 public:
  // The first match of a tensor counts.
  void Match(uint32_t a, uint32_t b) {
    if (a == kNoTensor || b == kNoTensor || to_.contains(a) || from_.contains(b)) return;
    to_[a] = b;
    from_[b] = a;
  }
  bool Same(uint32_t a, uint32_t b) const {
    if (a == kNoTensor || b == kNoTensor) return a == b;
    const auto it = to_.find(a);
    return it != to_.end() && it->second == b;
  }

 private:
  std::map<uint32_t, uint32_t> to_;
  std::map<uint32_t, uint32_t> from_;
};

// "T3 (node 2)", "T0 (input 1)", "T1 (weights)".
class Origins {
 public:
  explicit Origins(const Explanation& e) {
    for (size_t i = 0; i < e.ports.size() && e.ports[i].is_input; ++i) {
      origins_[e.ports[i].tensor] = "input " + std::to_string(i + 1);
    }
    for (size_t i = 0; i < e.nodes.size(); ++i) {
      origins_.try_emplace(e.nodes[i].output, "node " + std::to_string(i + 1));
      for (const Term& t : e.nodes[i].terms) origins_.try_emplace(t.weight, "weights");
    }
  }
  std::string Text(uint32_t tensor) const {
    if (tensor == kNoTensor) return "none";
    const auto it = origins_.find(tensor);
    return TensorText(tensor) + (it == origins_.end() ? "" : " (" + it->second + ")");
  }

 private:
  std::map<uint32_t, std::string> origins_;
};

std::vector<uint32_t> Operands(const Node& node) {
  std::vector<uint32_t> list;
  for (const Term& t : node.terms) list.insert(list.end(), {t.value, t.second, t.weight});
  return list;
}

// Operands of a pair of nodes that are not the same tensor.
std::vector<std::string> Wiring(const Node& a, const Node& b, const Matching& matching, const Origins origins[2]) {
  std::vector<std::string> lines;
  const std::vector<uint32_t> x = Operands(a);
  const std::vector<uint32_t> y = Operands(b);
  size_t number = 0;
  for (size_t i = 0; i < std::max(x.size(), y.size()); ++i) {
    const uint32_t left = i < x.size() ? x[i] : kNoTensor;
    const uint32_t right = i < y.size() ? y[i] : kNoTensor;
    if (left == kNoTensor && right == kNoTensor) continue;
    ++number;
    if (matching.Same(left, right)) continue;
    lines.push_back("operand " + std::to_string(number) + ": " + origins[0].Text(left) + " | " +
                    origins[1].Text(right));
  }
  if (!matching.Same(a.output, b.output)) {
    lines.push_back("sets " + origins[0].Text(a.output) + " | " + origins[1].Text(b.output));
  }
  return lines;
}

// Longest common subsequence of signatures, as pairs.
std::vector<std::pair<size_t, size_t>> Pairs(const std::vector<std::string>& first,
                                             const std::vector<std::string>& second) {
  // Numbers for signatures: long ones are compared once.
  std::map<std::string, size_t> numbers;
  std::vector<size_t> a;
  std::vector<size_t> b;
  for (const std::string& s : first) a.push_back(numbers.try_emplace(s, numbers.size()).first->second);
  for (const std::string& s : second) b.push_back(numbers.try_emplace(s, numbers.size()).first->second);
  size_t head = 0;
  while (head < a.size() && head < b.size() && a[head] == b[head]) ++head;
  size_t tail = 0;
  while (tail + head < a.size() && tail + head < b.size() && a[a.size() - 1 - tail] == b[b.size() - 1 - tail]) ++tail;
  const size_t n = a.size() - head - tail;
  const size_t m = b.size() - head - tail;
  std::vector<std::pair<size_t, size_t>> pairs;
  for (size_t i = 0; i < head; ++i) pairs.emplace_back(i, i);
  // Between what is common at both ends; a hostile key may have many nodes, and then none are paired there.
  if (n * m <= size_t{1} << 24) {
    std::vector<std::vector<uint32_t>> best(n + 1, std::vector<uint32_t>(m + 1, 0));
    for (size_t i = n; i-- > 0;) {
      for (size_t j = m; j-- > 0;) {
        best[i][j] = a[head + i] == b[head + j] ? best[i + 1][j + 1] + 1 : std::max(best[i + 1][j], best[i][j + 1]);
      }
    }
    for (size_t i = 0, j = 0; i < n && j < m;) {
      if (a[head + i] == b[head + j]) {
        pairs.emplace_back(head + i++, head + j++);
      } else {
        (best[i + 1][j] >= best[i][j + 1] ? i : j) += 1;
      }
    }
  }
  for (size_t k = tail; k-- > 0;) pairs.emplace_back(a.size() - 1 - k, b.size() - 1 - k);
  return pairs;
}

// What is not recognised in `e` but not said of `other`.
void Findings(const Explanation& e, const Explanation& other, const std::string& which, std::vector<std::string>* out) {
  std::set<std::string> known;
  for (const Finding& f : other.not_recognised) known.insert(WithoutNumbers(f.text));
  for (const Finding& f : e.not_recognised) {
    if (!known.contains(WithoutNumbers(f.text))) out->push_back(which + f.place + ": " + f.text);
  }
}

}  // namespace

Difference CompareExplanations(const Explanation& a, const Explanation& b) {
  Difference d;
  d.same_graph = a.graph_id == b.graph_id;
  d.same_formats = a.formats_id == b.formats_id;
  std::vector<std::string> signatures[2];
  for (const Node& node : a.nodes) signatures[0].push_back(Signature(node));
  for (const Node& node : b.nodes) signatures[1].push_back(Signature(node));
  std::vector<std::pair<size_t, size_t>> pairs = Pairs(signatures[0], signatures[1]);
  Matching matching;
  for (size_t i = 0; i < std::min(a.ports.size(), b.ports.size()); ++i) {
    if (a.ports[i].is_input && b.ports[i].is_input) matching.Match(a.ports[i].tensor, b.ports[i].tensor);
  }
  for (const auto& [first, second] : pairs) {
    matching.Match(a.nodes[first].output, b.nodes[second].output);
    const std::vector<Term>& x = a.nodes[first].terms;
    const std::vector<Term>& y = b.nodes[second].terms;
    for (size_t t = 0; t < std::min(x.size(), y.size()); ++t) matching.Match(x[t].weight, y[t].weight);
  }
  // As many nodes without partner in both keys between two pairs: replaced one by one, and what reads them is no news.
  pairs.emplace_back(a.nodes.size(), b.nodes.size());
  for (size_t k = 0, i = 0, j = 0; k < pairs.size(); i = pairs[k].first + 1, j = pairs[k].second + 1, ++k) {
    if (pairs[k].first - i != pairs[k].second - j) continue;
    for (size_t n = 0; i + n < pairs[k].first; ++n) matching.Match(a.nodes[i + n].output, b.nodes[j + n].output);
  }
  // Outputs that no node sets, in both keys: both list them as not recognised.
  std::set<uint32_t> set_by_node[2];
  for (const Node& node : a.nodes) set_by_node[0].insert(node.output);
  for (const Node& node : b.nodes) set_by_node[1].insert(node.output);
  for (size_t i = 0; i < std::min(a.ports.size(), b.ports.size()); ++i) {
    if (a.ports[i].is_input || b.ports[i].is_input) continue;
    if (set_by_node[0].contains(a.ports[i].tensor) || set_by_node[1].contains(b.ports[i].tensor)) continue;
    matching.Match(a.ports[i].tensor, b.ports[i].tensor);
  }
  const Origins origins[2] = {Origins(a), Origins(b)};
  for (size_t i = 0; i < std::max(a.ports.size(), b.ports.size()); ++i) {
    const bool both = i < a.ports.size() && i < b.ports.size();
    const bool same = both && matching.Same(a.ports[i].tensor, b.ports[i].tensor);
    std::string left = i < a.ports.size() ? PortText(a.ports[i]) : "none";
    std::string right = i < b.ports.size() ? PortText(b.ports[i]) : "none";
    if (both && !same) {
      left += ", from " + origins[0].Text(a.ports[i].tensor);
      right += ", from " + origins[1].Text(b.ports[i].tensor);
    }
    if (left != right || (both && !same)) {
      d.ports.push_back(PortPlace(a, b, i) + ": " + left + " | " + right);
    }
    if (both) d.names_differ = d.names_differ || a.ports[i].name != b.ports[i].name;
  }
  size_t i = 0;
  size_t j = 0;
  for (const auto& [first, second] : pairs) {
    for (; i < first; ++i) d.nodes.push_back({NodeDifference::Kind::kOnlyFirst, i, j, OwnText(a.nodes[i]), "", "", {}});
    for (; j < second; ++j)
      d.nodes.push_back({NodeDifference::Kind::kOnlySecond, i, j, OwnText(b.nodes[j]), "", "", {}});
    if (first == a.nodes.size()) break;
    NodeDifference changed{NodeDifference::Kind::kChanged, i, j, "", FormatText(a.nodes[i]),
                           FormatText(b.nodes[j]),         {}};
    changed.wiring = Wiring(a.nodes[i], b.nodes[j], matching, origins);
    d.names_differ = d.names_differ || a.nodes[i].name != b.nodes[j].name;
    if (!changed.wiring.empty() || WithoutNumbers(changed.first_text) != WithoutNumbers(changed.second_text)) {
      d.nodes.push_back(std::move(changed));
    }
    ++i;
    ++j;
  }
  for (size_t t = 0; t < std::max(a.tables.size(), b.tables.size()); ++t) {
    const auto text = [t](const Explanation& e) {
      if (t >= e.tables.size()) return std::string("none");
      const TableReport& r = e.tables[t];
      return r.role + " " + std::to_string(r.rows) + " rows from " + std::to_string(r.first_key) + ", " + r.words +
             (r.digest.has_value() ? ", rows " + ToHex(*r.digest) : "");
    };
    if (text(a) != text(b)) d.tables.push_back("table " + std::to_string(t) + ": " + text(a) + " | " + text(b));
  }
  Findings(a, b, "a: ", &d.findings);
  Findings(b, a, "b: ", &d.findings);
  return d;
}

}  // namespace provenn
