#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "explain.h"

namespace provenn::cli {
namespace {

constexpr int kWidth = 250;
constexpr int kHeight = 54;
constexpr int kGapX = 30;
constexpr int kGapY = 34;
constexpr int kMargin = 40;
constexpr int kLegend = 40;

struct Style {
  const char* label;
  const char* fill;
};
// What a box stands for, in the order of the legend.
enum Class { kPort, kLinear, kPool, kElementwise, kFunctionOnly, kUnknownNode };
constexpr Style kStyles[] = {{"input, output", "#ffffff"},   {"weights", "#cfe3f7"},  {"pooling, sums", "#fbe3c0"},
                             {"values combined", "#e4e4e4"}, {"function", "#e2d4f0"}, {"not recognised", "#f5a9a9"}};

struct Box {
  std::vector<std::string> lines;
  Class kind = kElementwise;
  std::vector<size_t> from;  // boxes whose tensors it reads
  int depth = 0;
  int x = 0;
  int y = 0;
};

// Fit for XML 1.0: printable first, so that no control character is left.
std::string Escaped(const std::string& text) {
  std::string out;
  for (const char c : Printable(text)) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

// At most so many characters (of UTF-8).
std::string Cut(const std::string& text, size_t limit) {
  size_t count = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    if ((static_cast<unsigned char>(text[i]) & 0xc0) != 0x80 && ++count > limit) return text.substr(0, i) + "...";
  }
  return text;
}

Class ClassOf(const Node& node) {
  if (!node.problems.empty()) return kUnknownNode;
  bool pool = node.kind == Node::Kind::kMaximum;
  for (const Term& t : node.terms) {
    if (t.weight != kNoTensor) return kLinear;
    pool = pool || t.kind == Term::Kind::kWindowSum || t.kind == Term::Kind::kAxisSum;
  }
  if (pool) return kPool;
  return node.terms.size() == 1 && node.terms[0].kind == Term::Kind::kValue && node.function.family != "identity"
             ? kFunctionOnly
             : kElementwise;
}

class Drawing {
 public:
  explicit Drawing(const ExplainedKey& key) : e_(key.explanation) {
    MakeBoxes();
    Place();
    title_ = fmt::format("graph id {}", ToHex(e_.graph_id));
  }

  std::string Svg() const {
    const int width = std::max(columns_ * (kWidth + kGapX) + 2 * kMargin, 6 * 160 + 2 * kMargin);
    const int height = rows_ * (kHeight + kGapY) + 2 * kMargin + kLegend;
    std::string svg = fmt::format(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0}\" height=\"{1}\" viewBox=\"0 0 {0} {1}\" "
        "font-family=\"sans-serif\" font-size=\"11\">\n<title>{2}</title>\n"
        "<rect width=\"{0}\" height=\"{1}\" fill=\"#ffffff\"/>\n",
        width, height, title_);
    svg += fmt::format("<text x=\"{}\" y=\"20\">{}</text>\n", kMargin, title_);
    for (size_t c = 0; c < std::size(kStyles); ++c) {
      const int x = kMargin + static_cast<int>(c) * 160;
      svg += fmt::format(
          "<rect x=\"{}\" y=\"30\" width=\"14\" height=\"14\" fill=\"{}\" stroke=\"#444444\"/>"
          "<text x=\"{}\" y=\"41\">{}</text>\n",
          x, kStyles[c].fill, x + 20, kStyles[c].label);
    }
    for (const Box& box : boxes_) {
      for (const size_t from : box.from) svg += Edge(boxes_[from], box);
    }
    for (const Box& box : boxes_) {
      svg +=
          fmt::format("<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"{}\" fill=\"{}\" stroke=\"#444444\"/>\n",
                      box.x, box.y, kWidth, kHeight, box.kind == kPort ? 16 : 4, kStyles[box.kind].fill);
      for (size_t i = 0; i < box.lines.size(); ++i) {
        svg += fmt::format("<text x=\"{}\" y=\"{}\" text-anchor=\"middle\"{}>{}</text>\n", box.x + kWidth / 2,
                           box.y + 16 + 15 * static_cast<int>(i), i == 0 ? " font-weight=\"bold\"" : "",
                           Escaped(Cut(box.lines[i], 44)));
      }
    }
    return svg + "</svg>\n";
  }

 private:
  void MakeBoxes() {
    std::map<uint32_t, std::vector<size_t>> makers;  // by tensor
    const auto read = [&](Box* box, uint32_t tensor) {
      for (const size_t maker : makers[tensor]) {
        if (std::find(box->from.begin(), box->from.end(), maker) != box->from.end()) continue;
        box->from.push_back(maker);
        box->depth = std::max(box->depth, boxes_[maker].depth + 1);
      }
    };
    for (const PortReport& p : e_.ports) {
      if (!p.is_input) continue;
      boxes_.push_back({{Quoted(p.name), "T" + std::to_string(p.tensor) + " " + p.shape}, kPort, {}, 0, 0, 0});
      makers[p.tensor].push_back(boxes_.size() - 1);
    }
    for (size_t i = 0; i < e_.nodes.size(); ++i) {
      const Node& n = e_.nodes[i];
      Box box;
      box.kind = ClassOf(n);
      const size_t split = n.operation.size() > 44 ? n.operation.rfind(' ', 44) : std::string::npos;
      box.lines = {std::to_string(i + 1) + ": T" + std::to_string(n.output) + n.part + " " + ShapeText(n.space),
                   n.operation.substr(0, split)};
      if (split != std::string::npos) box.lines.push_back(n.operation.substr(split + 1));
      for (const Term& t : n.terms) {
        if (t.value != kNoTensor) read(&box, t.value);
        if (t.second != kNoTensor) read(&box, t.second);
      }
      boxes_.push_back(std::move(box));
      if (n.output != kNoTensor) makers[n.output].push_back(boxes_.size() - 1);
    }
    for (const PortReport& p : e_.ports) {
      if (p.is_input) continue;
      Box box{{Quoted(p.name), "T" + std::to_string(p.tensor) + " " + p.shape}, kPort, {}, 0, 0, 0};
      read(&box, p.tensor);
      boxes_.push_back(std::move(box));
    }
  }

  // One row for each depth.
  void Place() {
    std::map<int, int> in_row;
    for (Box& box : boxes_) {
      box.x = kMargin + in_row[box.depth]++ * (kWidth + kGapX);
      box.y = kMargin + kLegend + box.depth * (kHeight + kGapY);
      rows_ = std::max(rows_, box.depth + 1);
      columns_ = std::max(columns_, in_row[box.depth]);
    }
    for (Box& box : boxes_) box.x += (columns_ - in_row[box.depth]) * (kWidth + kGapX) / 2;
  }

  static std::string Edge(const Box& from, const Box& to) {
    const int x0 = from.x + kWidth / 2;
    const int y0 = from.y + kHeight;
    const int x1 = to.x + kWidth / 2;
    const int y1 = to.y;
    const std::string style = "fill=\"none\" stroke=\"#666666\"";
    if (to.depth == from.depth + 1) {
      return fmt::format("<path d=\"M{} {} C{} {} {} {} {} {}\" {}/>\n", x0, y0, x0, y0 + kGapY / 2, x1, y1 - kGapY / 2,
                         x1, y1, style);
    }
    // Past the rows between, at the side.
    const int side = std::max(from.x, to.x) + kWidth;
    const int bend = side + 12 + 4 * std::min(to.depth - from.depth, 4);
    return fmt::format("<path d=\"M{} {} C{} {} {} {} {} {} L{} {} C{} {} {} {} {} {}\" {}/>\n", from.x + kWidth,
                       from.y + kHeight / 2, bend, from.y + kHeight / 2, bend, from.y + kHeight / 2, bend,
                       from.y + kHeight + kGapY / 2, bend, to.y - kGapY / 2, bend, to.y + kHeight / 2, bend,
                       to.y + kHeight / 2, to.x + kWidth, to.y + kHeight / 2, style);
  }

  const Explanation& e_;
  std::vector<Box> boxes_;
  std::string title_;
  int rows_ = 0;
  int columns_ = 0;
};

}  // namespace

std::string ExplanationToSvg(const ExplainedKey& key) { return Drawing(key).Svg(); }

}  // namespace provenn::cli
