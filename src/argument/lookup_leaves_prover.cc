#include "argument/lookup_leaves_prover.h"

#include <algorithm>
#include <optional>

#include "field/kernels.h"

namespace provenn {
namespace {

// The compact index of a line (everything but the last axis) from its padded one; none for padding.
std::optional<size_t> LineAt(const Shape& space, size_t padded) {
  size_t line = 0;
  size_t stride = 1;
  for (size_t a = space.size(); a-- > 0;) {
    if (a + 1 == space.size()) continue;
    const int bits = AxisBits(space[a]);
    const size_t index = padded & ((size_t{1} << bits) - 1);
    if (index >= space[a]) return std::nullopt;
    line += index * stride;
    stride *= space[a];
    padded >>= bits;
  }
  return line;
}

}  // namespace

template <typename K>
LookupLeaves<K>::LookupLeaves(const Plan& plan, const LookupWitness& witness, K alpha, K beta)
    : plan_(plan), witness_(witness), alpha_(alpha), beta_(beta) {
  for (size_t l = 0; l < plan.leaves.lookups.size(); ++l) blocks_.push_back({plan.leaves.lookups[l], l, false});
  for (size_t t = 0; t < plan.leaves.tables.size(); ++t) blocks_.push_back({plan.leaves.tables[t], t, true});
  std::sort(blocks_.begin(), blocks_.end(),
            [](const Source& a, const Source& b) { return a.place.first < b.place.first; });
  std::vector<int32_t> keys;
  for (size_t t = 0; t < plan.circuit.tables.size(); ++t) {
    const Table& table = plan.circuit.tables[t];
    std::vector<K>& of_row = of_rows_.emplace_back(table.size, alpha - K(Goldilocks(t)));
    keys.resize(table.size);
    for (uint32_t j = 0; j < table.size; ++j) keys[j] = static_cast<int32_t>(table.first_key + int64_t{j});
    Axpy<K>(-beta, std::span<const int32_t>(keys), std::span<K>(of_row));
    K power = beta;
    for (const std::vector<int32_t>& column : table.values) {
      power = power * beta;
      Axpy<K>(-power, std::span<const int32_t>(column), std::span<K>(of_row));
    }
  }
}

template <typename K>
void LookupLeaves<K>::Fill(size_t from, std::span<K> num, std::span<K> den) const {
  std::fill(num.begin(), num.end(), K::Zero());
  std::fill(den.begin(), den.end(), K::One());
  const size_t to = from + num.size();
  auto block = std::upper_bound(blocks_.begin(), blocks_.end(), from,
                                [](size_t at, const Source& b) { return at < b.place.first; });
  for (block = std::prev(block); block != blocks_.end() && block->place.first < to; ++block) {
    const size_t first = block->place.first;
    const size_t begin = std::max(from, first);
    const size_t end = std::min(to, first + (size_t{1} << block->place.log_size));
    if (begin >= end) continue;
    const auto nums = num.subspan(begin - from, end - begin);
    const auto dens = den.subspan(begin - from, end - begin);
    if (block->is_table) {
      FillTable(block->id, begin - first, nums, dens);
    } else {
      FillLookup(block->id, begin - first, nums, dens);
    }
  }
}

// From offset `at` of the lookup's block, in which every axis of the space has bits of its own: line by line.
template <typename K>
void LookupLeaves<K>::FillLookup(size_t lookup, size_t at, std::span<K> num, std::span<K> den) const {
  const Shape& space = plan_.circuit.lookups[lookup].space;
  const size_t length = space.empty() ? 1 : space.back();
  const int line_bits = space.empty() ? 0 : AxisBits(space.back());
  for (size_t done = 0; done < num.size();) {
    const size_t within = (at + done) & ((size_t{1} << line_bits) - 1);
    const size_t n = std::min(num.size() - done, (size_t{1} << line_bits) - within);
    if (const auto line = LineAt(space, (at + done) >> line_bits); line.has_value() && within < length) {
      const size_t real = std::min(n, length - within);
      FillTuples(lookup, *line * length + within, num.subspan(done, real), den.subspan(done, real));
    }
    done += n;
  }
}

template <typename K>
K LookupLeaves<K>::Denominator(const LookupWitness::Stray& stray) const {
  K sum = alpha_ - K(Goldilocks(plan_.circuit.lookups[stray.lookup].table));
  K power = beta_;
  for (const Goldilocks& value : stray.columns) {
    sum = sum - power * value;
    power = power * beta_;
  }
  return sum;
}

template <typename K>
void LookupLeaves<K>::FillTuples(size_t lookup, size_t from, std::span<K> num, std::span<K> den) const {
  std::fill(num.begin(), num.end(), K::One());
  const uint32_t* rows = witness_.rows[lookup].data() + from;
  const K* of_row = of_rows_[plan_.circuit.lookups[lookup].table].data();
  for (size_t i = 0; i < den.size(); ++i) den[i] = of_row[rows[i]];
  for (const LookupWitness::Stray& stray : witness_.strays) {
    const size_t at = stray.index - from;  // wraps around before `from`
    if (stray.lookup == lookup && at < den.size()) den[at] = Denominator(stray);
  }
}

template <typename K>
void LookupLeaves<K>::FillTable(size_t id, size_t at, std::span<K> num, std::span<K> den) const {
  const size_t size = plan_.circuit.tables[id].size;
  if (at >= size) return;
  const size_t n = std::min(num.size(), size - at);
  for (size_t j = 0; j < n; ++j) num[j] = -K(Goldilocks(witness_.multiplicities[id][at + j]));
  std::copy_n(of_rows_[id].begin() + static_cast<std::ptrdiff_t>(at), n, den.begin());
}

template class LookupLeaves<Ext2>;
template class LookupLeaves<Ext3>;

}  // namespace provenn
