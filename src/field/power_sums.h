// For all exponents e below a bound at once: the sum over many points x of F of c x^e, with coefficients c in K.
//
// Points with one x^m have all higher powers in common up to x^0, ..., x^(m-1): their sums for exponents below m are
// enough. Sums of two such classes, of which one has x^m = s and the other x^m = -s, are joined to those of the class
// of s^2 for exponents below 2m: e < m takes l + r, e + m takes s (l - r). That is the transform of ntt.h transposed
// and read at few points: for q points of a domain of N it takes about N log2(q) / 2 products in place of q times the
// bound. Any points give the same sums; where their powers do not coincide nothing is joined.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "field/extension.h"
#include "field/goldilocks.h"
#include "field/power_table.h"

namespace provenn {

template <class K>
class PowerSums {
 public:
  // Precondition: a coefficient for each point.
  PowerSums(std::span<const Goldilocks> points, std::span<const K> coefficients, uint64_t length);

  // The work falls into so many parts, which do not depend on one another; single-threaded each.
  size_t parts() const {
    return static_cast<size_t>((class_length_ + PowerTable::kStretch - 1) / PowerTable::kStretch);
  }
  // Calls out(e, sums of e, e + 1, ...) for the exponents of parts [from, to). Each exponent belongs to one part.
  void Run(size_t from, size_t to, const std::function<void(uint64_t, std::span<const K>)>& out) const;

 private:
  void ChooseLevels(std::span<const Goldilocks> points);
  void SortIntoClasses(std::span<const Goldilocks> points);
  void Join(std::span<K> sums) const;

  uint64_t length_;
  int log_block_ = 0;           // 2^log_block_ >= length_
  int levels_ = 0;              // of joins; exponents below 2^(log_block_ - levels_) are summed directly
  size_t blocks_ = 1;           // classes that are left when all are joined; their sums are added up
  uint64_t class_length_ = 0;   // exponents that are summed directly
  std::vector<size_t> starts_;  // first of the points of each class, which lie together
  std::vector<K> coefficients_;
  std::vector<Goldilocks> points_;
  std::vector<Goldilocks> twiddles_;  // s of node n of depth d, from the top, at blocks_ (2^d - 1) + n
  PowerTable table_;
};

}  // namespace provenn
