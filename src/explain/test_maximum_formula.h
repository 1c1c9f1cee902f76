// The formulas of maxima, read as an auditor reads them: from the text alone.
//
//   T2[i0] = max{k0<3} T0[2·i0+k0-1] + 8    over the cells of T0; a pool takes nothing from outside
//   T2[i0] = max(T0[i0-1], T1[i0]) + 8      of two values; what is read outside is 0
#pragma once

#include <algorithm>
#include <cctype>
#include <optional>
#include <string>
#include <vector>

#include "base/check.h"
#include "explain/explanation.h"
#include "relation/witness.h"

namespace provenn {

class MaximumFormula {
 public:
  explicit MaximumFormula(const std::string& text) : text_(text) {
    result_ = ReadReference();
    Expect(" = max");
    if (Accept("{")) {
      over_box_ = true;
      while (!Accept("}")) {
        Accept(", ");
        Expect("k");
        PROVENN_CHECK(static_cast<size_t>(ReadNumber()) == box_.size());
        Expect("<");
        box_.push_back(ReadNumber());
      }
      Expect(" ");
      operands_ = {ReadReference()};
    } else {
      Expect("(");
      operands_ = {ReadReference()};
      Expect(", ");
      operands_.push_back(ReadReference());
      Expect(")");
    }
    if (Accept(" + ")) offset_ = Accept("-") ? -ReadNumber() : ReadNumber();
    if (Accept(" - ")) offset_ = -ReadNumber();
    PROVENN_CHECK(at_ == text_.size());
  }

  // Empty if each cell that the node sets is what this formula and the node's words say.
  std::string FirstDifference(const Circuit& circuit, const Assignment& assignment, const Node& node) const {
    if (result_.tensor != node.output) return "the formula is that of another tensor";
    const bool says_outside = node.operation.find("outside") != std::string::npos;
    std::vector<int64_t> i(node.space.size(), 0);
    do {
      const auto found = result_.Read(circuit, assignment, i, {});
      if (!found.has_value()) return "the formula sets a cell that is not there";
      std::optional<int64_t> most;
      std::vector<int64_t> k(box_.size(), 0);
      do {
        for (const Reference& operand : operands_) {
          std::optional<int64_t> value = operand.Read(circuit, assignment, i, k);
          if (!value.has_value() && !over_box_ && !says_outside) return "words do not tell of 0 outside";
          if (!value.has_value() && (!over_box_ || says_outside)) value = 0;
          if (value.has_value()) most = std::max(most.value_or(*value), *value);
        }
      } while (Next(box_, &k));
      // Of nothing: 0.
      const int64_t expected = most.value_or(0) + offset_;
      if (*found != expected) {
        std::string place;
        for (const int64_t v : i) place += " " + std::to_string(v);
        return "at" + place + " it says " + std::to_string(expected) + ", and it is " + std::to_string(*found);
      }
    } while (Next(node.space, &i));
    return "";
  }

 private:
  struct Index {
    int64_t offset = 0;
    std::vector<std::pair<size_t, int64_t>> out;  // axis, stride
    std::vector<std::pair<size_t, int64_t>> box;
  };
  struct Reference {
    uint32_t tensor = 0;
    std::vector<Index> axes;

    // Nothing: beyond the tensor.
    std::optional<int64_t> Read(const Circuit& circuit, const Assignment& assignment, const std::vector<int64_t>& i,
                                const std::vector<int64_t>& k) const {
      const Shape& shape = circuit.tensors[tensor].shape;
      PROVENN_CHECK(shape.size() == axes.size());
      int64_t cell = 0;
      for (size_t a = 0; a < shape.size(); ++a) {
        int64_t at = axes[a].offset;
        for (const auto& [axis, stride] : axes[a].out) at += stride * i[axis];
        for (const auto& [axis, stride] : axes[a].box) at += stride * k[axis];
        if (at < 0 || at >= int64_t{shape[a]}) return std::nullopt;
        cell = cell * int64_t{shape[a]} + at;
      }
      return assignment.tensors[tensor][static_cast<size_t>(cell)];
    }
  };

  template <typename Sizes>
  static bool Next(const Sizes& sizes, std::vector<int64_t>* index) {
    for (size_t a = index->size(); a-- > 0;) {
      if (++(*index)[a] < static_cast<int64_t>(sizes[a])) return true;
      (*index)[a] = 0;
    }
    return false;
  }

  bool Accept(const std::string& word) {
    if (text_.compare(at_, word.size(), word) != 0) return false;
    at_ += word.size();
    return true;
  }
  void Expect(const std::string& word) { PROVENN_CHECK(Accept(word)); }
  int64_t ReadNumber() {
    PROVENN_CHECK(at_ < text_.size() && std::isdigit(static_cast<unsigned char>(text_[at_])) != 0);
    int64_t number = 0;
    while (at_ < text_.size() && std::isdigit(static_cast<unsigned char>(text_[at_])) != 0) {
      number = 10 * number + (text_[at_++] - '0');
    }
    return number;
  }
  Reference ReadReference() {
    Reference reference;
    Expect("T");
    reference.tensor = static_cast<uint32_t>(ReadNumber());
    if (!Accept("[")) return reference;
    do {
      reference.axes.push_back(ReadIndex());
    } while (Accept(", "));
    Expect("]");
    return reference;
  }
  Index ReadIndex() {
    Index index;
    for (bool first = true; first || text_[at_] == '+' || text_[at_] == '-'; first = false) {
      const int64_t sign = Accept("-") ? -1 : 1;
      Accept("+");
      int64_t factor = 1;
      const bool variable = text_[at_] == 'i' || text_[at_] == 'k';
      if (!variable) {
        factor = ReadNumber();
        if (!Accept("·")) {
          index.offset += sign * factor;
          continue;
        }
      }
      const bool out = Accept("i");
      if (!out) Expect("k");
      const size_t axis = static_cast<size_t>(ReadNumber());
      (out ? index.out : index.box).emplace_back(axis, sign * factor);
    }
    return index;
  }

  std::string text_;
  size_t at_ = 0;
  Reference result_;
  std::vector<Reference> operands_;
  bool over_box_ = false;
  std::vector<int64_t> box_;
  int64_t offset_ = 0;
};

}  // namespace provenn
