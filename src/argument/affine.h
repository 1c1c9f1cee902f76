// A value that the verifier can compute with but does not know: a public constant plus a linear form in pads.
//
// Every secret-dependent message is sent as (value - pad), with a pad of its own from the committed terminal vector.
// So the verifier holds `message + pad`, an Affine. Sums and public multiples stay affine. The product of two received
// values has the product of their pads in it, which is an entry of the terminal vector as well (see MaskedChannel).
#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

namespace provenn {

// Entry of the terminal vector: the pad of message `index`, or the product entry `index`.
struct PadRef {
  uint32_t index = 0;
  bool is_product = false;
  auto operator<=>(const PadRef&) const = default;
};

template <typename K>
struct Affine {
  K constant = K::Zero();
  std::vector<std::pair<PadRef, K>> pads;  // ascending, no entry twice

  Affine() = default;
  explicit Affine(K value) : constant(value) {}

  Affine operator+(const Affine& other) const { return Combine(other, K::One()); }
  Affine operator-(const Affine& other) const { return Combine(other, -K::One()); }
  Affine operator*(const K& scale) const {
    Affine out;
    out.constant = constant * scale;
    out.pads.reserve(pads.size());
    for (const auto& [ref, c] : pads) out.pads.emplace_back(ref, c * scale);
    return out;
  }
  Affine& operator+=(const Affine& other) { return *this = *this + other; }

 private:
  Affine Combine(const Affine& other, const K& scale) const {
    Affine out;
    out.constant = constant + scale * other.constant;
    out.pads.reserve(pads.size() + other.pads.size());
    size_t i = 0;
    size_t j = 0;
    while (i < pads.size() || j < other.pads.size()) {
      if (j == other.pads.size() || (i < pads.size() && pads[i].first < other.pads[j].first)) {
        out.pads.push_back(pads[i++]);
      } else if (i == pads.size() || other.pads[j].first < pads[i].first) {
        out.pads.emplace_back(other.pads[j].first, scale * other.pads[j].second);
        ++j;
      } else {
        out.pads.emplace_back(pads[i].first, pads[i].second + scale * other.pads[j].second);
        ++i;
        ++j;
      }
    }
    return out;
  }
};

// A sum of many: pads are gathered, and joined once.
template <typename K>
class AffineSum {
 public:
  void Add(const Affine<K>& value, const K& scale) {
    sum_.constant += value.constant * scale;
    for (const auto& [ref, c] : value.pads) sum_.pads.emplace_back(ref, c * scale);
  }
  // Once.
  Affine<K> Take() {
    auto& pads = sum_.pads;
    std::stable_sort(pads.begin(), pads.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    size_t kept = 0;
    for (const auto& [ref, c] : pads) {
      if (kept > 0 && !(pads[kept - 1].first < ref)) {
        pads[kept - 1].second += c;
      } else {
        pads[kept++] = {ref, c};
      }
    }
    pads.resize(kept);
    return std::move(sum_);
  }

 private:
  Affine<K> sum_;
};

}  // namespace provenn
