#include "explain/difference.h"

#include <algorithm>

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

std::string FormatText(const Node& node) {
  std::string text = WithoutNumbers(node.formula);
  text += "; step 2^" + std::to_string(-node.function.result_scale);
  for (const std::string& problem : node.problems) text += "; NOT RECOGNISED: " + problem;
  return text;
}

std::string PortText(const PortReport& p) {
  return p.shape + " integers " + std::to_string(p.min) + " to " + std::to_string(p.max) + ", step 2^" +
         std::to_string(-p.scale);
}

// Longest common subsequence of signatures, as pairs.
std::vector<std::pair<size_t, size_t>> Pairs(const std::vector<std::string>& a, const std::vector<std::string>& b) {
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

}  // namespace

Difference CompareExplanations(const Explanation& a, const Explanation& b) {
  Difference d;
  d.same_graph = a.graph_id == b.graph_id;
  d.same_formats = a.formats_id == b.formats_id;
  for (size_t i = 0; i < std::max(a.ports.size(), b.ports.size()); ++i) {
    const std::string left = i < a.ports.size() ? PortText(a.ports[i]) : "none";
    const std::string right = i < b.ports.size() ? PortText(b.ports[i]) : "none";
    if (left != right) d.ports.push_back("port " + std::to_string(i + 1) + ": " + left + " | " + right);
    if (i < a.ports.size() && i < b.ports.size()) d.names_differ = d.names_differ || a.ports[i].name != b.ports[i].name;
  }
  std::vector<std::string> signatures[2];
  for (const Node& node : a.nodes) signatures[0].push_back(Signature(node));
  for (const Node& node : b.nodes) signatures[1].push_back(Signature(node));
  std::vector<std::pair<size_t, size_t>> pairs = Pairs(signatures[0], signatures[1]);
  pairs.emplace_back(a.nodes.size(), b.nodes.size());
  size_t i = 0;
  size_t j = 0;
  for (const auto& [first, second] : pairs) {
    for (; i < first; ++i) d.nodes.push_back({NodeDifference::Kind::kOnlyFirst, i, j, signatures[0][i]});
    for (; j < second; ++j) d.nodes.push_back({NodeDifference::Kind::kOnlySecond, i, j, signatures[1][j]});
    if (first == a.nodes.size()) break;
    const std::string left = FormatText(a.nodes[i]);
    const std::string right = FormatText(b.nodes[j]);
    if (left != right) d.nodes.push_back({NodeDifference::Kind::kChanged, i, j, left + " | " + right});
    d.names_differ = d.names_differ || a.nodes[i].name != b.nodes[j].name;
    ++i;
    ++j;
  }
  for (size_t t = 0; t < std::max(a.tables.size(), b.tables.size()); ++t) {
    const auto text = [t](const Explanation& e) {
      if (t >= e.tables.size()) return std::string("none");
      const TableReport& r = e.tables[t];
      return r.role + " " + std::to_string(r.rows) + " rows from " + std::to_string(r.first_key) + ", " + r.words;
    };
    if (text(a) != text(b)) d.tables.push_back("table " + std::to_string(t) + ": " + text(a) + " | " + text(b));
  }
  return d;
}

}  // namespace provenn
