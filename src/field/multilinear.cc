#include "field/multilinear.h"

#include "base/check.h"
#include "field/kernels.h"

namespace provenn {

namespace {
// As the kernel for extensions; tables over F are short.
void SplitEq(Goldilocks z, std::span<Goldilocks> low, std::span<Goldilocks> high) {
  for (size_t i = 0; i < low.size(); ++i) {
    high[i] = low[i] * z;
    low[i] -= high[i];
  }
}
}  // namespace

template <class K>
void ExtendEqTable(std::vector<K>& table, K next) {
  const size_t filled = table.size();
  table.resize(2 * filled);
  SplitEq(next, std::span<K>(table).first(filled), std::span<K>(table).subspan(filled));
}

template <class K>
std::vector<K> EqTable(std::span<const K> z) {
  PROVENN_CHECK(z.size() < 48);
  std::vector<K> table;
  table.reserve(size_t{1} << z.size());
  table.push_back(K::One());
  for (const K& bit : z) ExtendEqTable(table, bit);
  return table;
}

template <class K>
K EqPrefixSum(std::span<const K> z, uint64_t count) {
  PROVENN_CHECK(z.size() < 64 && count <= (uint64_t{1} << z.size()));
  if (count == uint64_t{1} << z.size()) return K::One();
  // Walk from the most significant bit of `count`. Where it has a one, the whole half below it belongs to the prefix,
  // and the entries of a half sum up to the product of the factors fixed so far.
  K sum = K::Zero();
  K fixed = K::One();
  for (size_t b = z.size(); b-- > 0;) {
    const K one_side = fixed * z[b];
    const K zero_side = fixed - one_side;
    if (count >> b & 1) {
      sum += zero_side;
      fixed = one_side;
    } else {
      fixed = zero_side;
    }
  }
  return sum;
}

template <class K>
K EqEval(std::span<const K> a, std::span<const K> b) {
  PROVENN_CHECK(a.size() == b.size());
  K product = K::One();
  for (size_t i = 0; i < a.size(); ++i) {
    const K both = a[i] * b[i];
    product *= K::One() - a[i] - b[i] + both + both;
  }
  return product;
}

template <class K>
std::vector<K> InverseOfEach(std::span<const K> xs) {
  // Products of all that came before, then the inverse of the whole taken apart from the end.
  std::vector<K> out(xs.size());
  K product = K::One();
  for (size_t i = 0; i < xs.size(); ++i) {
    out[i] = product;
    if (xs[i] != K::Zero()) product = product * xs[i];
  }
  K inverse = product.Inverse();
  for (size_t i = xs.size(); i-- > 0;) {
    out[i] = xs[i] == K::Zero() ? K::Zero() : out[i] * inverse;
    if (xs[i] != K::Zero()) inverse = inverse * xs[i];
  }
  return out;
}

template <class K>
std::vector<K> Powers(K x, size_t n) {
  std::vector<K> powers(n);
  K power = K::One();
  for (K& p : powers) {
    p = power;
    power *= x;
  }
  return powers;
}

#define PROVENN_INSTANTIATE(K)                               \
  template std::vector<K> EqTable(std::span<const K>);       \
  template void ExtendEqTable(std::vector<K>&, K);           \
  template K EqPrefixSum(std::span<const K>, uint64_t);      \
  template K EqEval(std::span<const K>, std::span<const K>); \
  template std::vector<K> InverseOfEach(std::span<const K>); \
  template std::vector<K> Powers(K, size_t);
PROVENN_INSTANTIATE(Goldilocks)
PROVENN_INSTANTIATE(Ext2)
PROVENN_INSTANTIATE(Ext3)
#undef PROVENN_INSTANTIATE

}  // namespace provenn
