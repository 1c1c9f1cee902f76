#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "explain.h"

namespace provenn::cli {
namespace {

constexpr int kWidth = 300;  // of a box; its text has lines of kLine characters
constexpr size_t kLine = 46;
constexpr size_t kMaxLines = 6;
constexpr int kLineHeight = 15;
constexpr int kGapX = 30;
constexpr int kGapY = 36;
constexpr int kMargin = 30;
constexpr int kHead = 100;  // title and legend
constexpr int kLane = 9;    // between edges that pass rows by
// Edges that are drawn: a hostile key could ask for any number.
constexpr size_t kMaxEdges = size_t{1} << 16;

struct Style {
  const char* label;
  const char* fill;
};
// What a box stands for, in the order of the legend.
enum Class { kPort, kWeighted, kPool, kElementwise, kFunctionOnly, kConstantNode, kUnknownNode };
constexpr Style kStyles[] = {{"input, output", "#ffffff"},   {"weights", "#cfe3f7"},  {"pooling, sums", "#fbe3c0"},
                             {"values combined", "#e4e4e4"}, {"function", "#e2d4f0"}, {"constant", "#f7f3b5"},
                             {"not recognised", "#f5a9a9"}};
constexpr int kLegendWidth = 130;
constexpr int kLegendColumns = 4;

struct Box {
  std::vector<std::string> lines;
  Class kind = kElementwise;
  std::vector<size_t> from;  // boxes whose tensors it reads
  int depth = 0;
  int x = 0;
  int y = 0;
  int Height() const { return kLineHeight * static_cast<int>(lines.size()) + 12; }
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

// In lines of at most kLine characters of UTF-8, broken at spaces; what does not fit into kMaxLines is left to the
// text.
std::vector<std::string> Wrapped(const std::string& text) {
  std::vector<std::string> lines(1);
  size_t used = 0;
  const auto length = [](const std::string& word) {
    return static_cast<size_t>(
        std::count_if(word.begin(), word.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
  };
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find(' ', at), text.size());
    const std::string word = text.substr(at, end - at);
    at = end + 1;
    if (used > 0 && used + 1 + length(word) > kLine) {
      if (lines.size() == kMaxLines) {
        lines.back() += " ...";
        break;
      }
      lines.emplace_back();
      used = 0;
    }
    if (used > 0) lines.back() += " ";
    used += (used > 0 ? 1 : 0) + length(word);
    lines.back() += word;
  }
  return lines;
}

Class ClassOf(const Node& node) {
  if (!node.problems.empty()) return kUnknownNode;
  if (node.constant_result) return kConstantNode;
  bool pool = false;
  for (const Term& t : node.terms) {
    const OperatorGroup group = FactsOf(t.kind).group;
    if (group == OperatorGroup::kWeighted) return kWeighted;
    pool = pool || group == OperatorGroup::kPooling;
  }
  if (pool || node.kind == Node::Kind::kMaximum) return kPool;
  return node.terms.size() == 1 && node.terms[0].kind == Term::Kind::kValue &&
                 node.function.form != FunctionReport::Form::kIdentity
             ? kFunctionOnly
             : kElementwise;
}

class Drawing {
 public:
  explicit Drawing(const ExplainedKey& key) : e_(key.explanation) {
    MakeBoxes();
    Place();
    MakeEdges();
    title_ = fmt::format("graph id {}", ToHex(e_.graph_id));
    if (edges_ >= kMaxEdges) title_ += " (too many edges: not all are drawn)";
  }

  std::string Svg() const {
    const int width = std::max(left_ + inner_ + lanes_ * kLane + kMargin, kLegendColumns * kLegendWidth + 2 * kMargin);
    std::string svg = fmt::format(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0}\" height=\"{1}\" viewBox=\"0 0 {0} {1}\" "
        "font-family=\"sans-serif\" font-size=\"11\">\n<title>{2}</title>\n"
        "<defs><marker id=\"end\" viewBox=\"0 0 8 8\" refX=\"8\" refY=\"4\" markerWidth=\"7\" markerHeight=\"7\" "
        "orient=\"auto\"><path d=\"M0 1L8 4L0 7Z\" fill=\"#555555\"/></marker></defs>\n"
        "<rect width=\"{0}\" height=\"{1}\" fill=\"#ffffff\"/>\n",
        width, bottom_ + kMargin, title_);
    svg += fmt::format("<text x=\"{}\" y=\"22\">{}</text>\n", kMargin, title_);
    for (size_t c = 0; c < std::size(kStyles); ++c) {
      const int x = kMargin + static_cast<int>(c) % kLegendColumns * kLegendWidth;
      const int y = 34 + static_cast<int>(c) / kLegendColumns * 22;
      svg += fmt::format(
          "<rect x=\"{}\" y=\"{}\" width=\"14\" height=\"14\" fill=\"{}\" stroke=\"#444444\"/>"
          "<text x=\"{}\" y=\"{}\">{}</text>\n",
          x, y, kStyles[c].fill, x + 20, y + 11, kStyles[c].label);
    }
    svg += "<g fill=\"none\" stroke=\"#555555\">\n" + paths_ + "</g>\n";
    for (const Box& box : boxes_) {
      svg +=
          fmt::format("<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"{}\" fill=\"{}\" stroke=\"#444444\"/>\n",
                      box.x, box.y, kWidth, box.Height(), box.kind == kPort ? 16 : 4, kStyles[box.kind].fill);
      for (size_t i = 0; i < box.lines.size(); ++i) {
        svg += fmt::format("<text x=\"{}\" y=\"{}\" text-anchor=\"middle\"{}>{}</text>\n", box.x + kWidth / 2,
                           box.y + 17 + kLineHeight * static_cast<int>(i), i == 0 ? " font-weight=\"bold\"" : "",
                           Escaped(box.lines[i]));
      }
    }
    return svg + "</svg>\n";
  }

 private:
  void MakeBoxes() {
    std::map<uint32_t, std::vector<size_t>> makers;  // by tensor
    const auto read = [&](Box* box, std::vector<uint32_t> tensors) {
      std::sort(tensors.begin(), tensors.end());
      tensors.erase(std::unique(tensors.begin(), tensors.end()), tensors.end());
      for (const uint32_t tensor : tensors) {
        for (const size_t maker : makers[tensor]) {
          if (edges_ == kMaxEdges) return;
          ++edges_;
          box->from.push_back(maker);
          box->depth = std::max(box->depth, boxes_[maker].depth + 1);
        }
      }
    };
    for (const PortReport& p : e_.ports) {
      if (!p.is_input) continue;
      boxes_.push_back({PortLines(p), kPort, {}, 0, 0, 0});
      makers[p.tensor].push_back(boxes_.size() - 1);
    }
    for (size_t i = 0; i < e_.nodes.size(); ++i) {
      const Node& n = e_.nodes[i];
      Box box;
      box.kind = ClassOf(n);
      box.lines = Wrapped(n.operation);
      box.lines.insert(box.lines.begin(),
                       std::to_string(i + 1) + ": T" + std::to_string(n.output) + n.part + " " + ShapeText(n.space));
      std::vector<uint32_t> tensors;
      for (const Term& t : n.terms) tensors.insert(tensors.end(), {t.value, t.second});
      read(&box, std::move(tensors));
      boxes_.push_back(std::move(box));
      if (n.output != kNoTensor) makers[n.output].push_back(boxes_.size() - 1);
    }
    for (const PortReport& p : e_.ports) {
      if (p.is_input) continue;
      Box box{PortLines(p), kPort, {}, 0, 0, 0};
      read(&box, {p.tensor});
      boxes_.push_back(std::move(box));
    }
  }

  static std::vector<std::string> PortLines(const PortReport& p) {
    std::vector<std::string> lines = Wrapped(Quoted(p.name));
    for (const std::string& line : Wrapped("T" + std::to_string(p.tensor) + " " + p.shape + OrderText(p))) {
      lines.push_back(line);
    }
    return lines;
  }

  // One row for each depth, as high as its highest box.
  void Place() {
    std::vector<int> count;
    std::vector<int> height;
    for (Box& box : boxes_) {
      const size_t row = static_cast<size_t>(box.depth);
      if (row >= count.size()) count.resize(row + 1, 0), height.resize(row + 1, 0);
      box.x = count[row]++ * (kWidth + kGapX);
      height[row] = std::max(height[row], box.Height());
    }
    int y = kHead;
    for (const int h : height) {
      top_.push_back(y);
      y += h + kGapY;
    }
    bottom_ = y - kGapY;
    top_.push_back(y);
    const int columns = *std::max_element(count.begin(), count.end());
    inner_ = columns * (kWidth + kGapX);
    for (Box& box : boxes_) {
      const size_t row = static_cast<size_t>(box.depth);
      box.x += left_ + (columns - count[row]) * (kWidth + kGapX) / 2;
      box.y = top_[row];
    }
  }

  // To the next row directly; past other rows in a lane of its own at the right.
  void MakeEdges() {
    std::vector<int> free_from;  // by lane: the depth from which on it is free
    for (const Box& to : boxes_) {
      for (const size_t maker : to.from) {
        const Box& from = boxes_[maker];
        const int x0 = from.x + kWidth / 2;
        const int y0 = from.y + from.Height();
        const int x1 = to.x + kWidth / 2;
        if (to.depth == from.depth + 1) {
          paths_ += fmt::format("<path d=\"M{0} {1}C{0} {2} {3} {2} {3} {4}\" marker-end=\"url(#end)\"/>\n", x0, y0,
                                to.y - kGapY / 2, x1, to.y);
          continue;
        }
        size_t lane = 0;
        while (lane < free_from.size() && lane + 1 < kMaxLanes && free_from[lane] > from.depth) ++lane;
        if (lane == free_from.size()) free_from.push_back(0);
        free_from[lane] = std::max(free_from[lane], to.depth);
        lanes_ = std::max(lanes_, static_cast<int>(lane) + 1);
        const int shift = 4 * (static_cast<int>(lane) % 5);
        const int side = left_ + inner_ + static_cast<int>(lane) * kLane;
        const int below = top_[static_cast<size_t>(from.depth) + 1] - kGapY + 6 + shift;
        paths_ += fmt::format("<path d=\"M{0} {1}V{2}H{3}V{4}H{5}V{6}\" marker-end=\"url(#end)\"/>\n", x0 + 60 + shift,
                              y0, below, side, to.y - 12 - shift, x1 + 60 + shift, to.y);
      }
    }
  }

  static constexpr size_t kMaxLanes = 64;

  const Explanation& e_;
  std::vector<Box> boxes_;
  std::vector<int> top_;  // by row, and after the last one
  std::string title_;
  std::string paths_;
  size_t edges_ = 0;
  int left_ = kMargin;
  int inner_ = 0;
  int lanes_ = 0;
  int bottom_ = 0;
};

}  // namespace

std::string ExplanationToSvg(const ExplainedKey& key) { return Drawing(key).Svg(); }

}  // namespace provenn::cli
