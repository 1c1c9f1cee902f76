#include "argument/lookup_leaves_prover.h"

#include <algorithm>
#include <optional>

namespace provenn {
namespace {

// The axes of a lookup's space that have bits of an index, outermost first.
Shape AxesWithBits(const Shape& space) {
  Shape axes;
  std::copy_if(space.begin(), space.end(), std::back_inserter(axes), [](uint32_t size) { return size > 1; });
  return axes;
}

// The compact index of a line (everything but the last axis) from its padded one; none for padding.
std::optional<size_t> LineAt(const Shape& axes, size_t padded) {
  size_t line = 0;
  size_t stride = 1;
  for (size_t a = axes.size(); a-- > 0;) {
    if (a + 1 == axes.size()) continue;
    const int bits = AxisBits(axes[a]);
    const size_t index = padded & ((size_t{1} << bits) - 1);
    if (index >= axes[a]) return std::nullopt;
    line += index * stride;
    stride *= axes[a];
    padded >>= bits;
  }
  return line;
}

// The first padded index from `at` on that is no padding, or one beyond the block.
size_t NextTuple(const Shape& axes, size_t at) {
  int below = 0;  // bits of the axes seen so far
  for (size_t a = axes.size(); a-- > 0;) {
    const int bits = AxisBits(axes[a]);
    if ((at >> below & ((size_t{1} << bits) - 1)) >= axes[a]) {
      at = ((at >> (below + bits)) + 1) << (below + bits);
    }
    below += bits;
  }
  return at;
}

// Calls body(at, count, tuple) for the stretches of [at, end), padded indices of a block in which every axis has bits
// of its own: `tuple` is the compact index of the first one, none if they are padding.
template <typename Body>
void ForEachStretch(const Shape& axes, size_t at, size_t end, const Body& body) {
  if (axes.empty()) return body(at, size_t{1}, std::optional<size_t>(0));
  const size_t length = axes.back();
  const int line_bits = AxisBits(axes.back());
  while (at < end) {
    const size_t line_start = at >> line_bits << line_bits;
    const size_t line_end = std::min(end, line_start + (size_t{1} << line_bits));
    const size_t within = at - line_start;
    if (const auto line = LineAt(axes, at >> line_bits); line.has_value() && within < length) {
      const size_t real = std::min(line_end - at, length - within);
      body(at, real, std::optional<size_t>(*line * length + within));
      at += real;
    }
    if (at < line_end) body(at, line_end - at, std::optional<size_t>());
    at = line_end;
  }
}

// Where the leaves of [from, ...) lie that are filled by pairs.
template <typename K>
struct LeafPairs {
  size_t from;  // in pairs
  std::span<K> even, odd;

  K& operator()(size_t leaf) const { return (leaf % 2 == 0 ? even : odd)[leaf / 2 - from]; }
};

}  // namespace

template <typename K>
LookupLeaves<K>::LookupLeaves(const Plan& plan, const LookupWitness& witness, K alpha, K beta)
    : plan_(plan), witness_(witness), alpha_(alpha), beta_(beta) {
  for (size_t l = 0; l < plan.leaves.lookups.size(); ++l) {
    blocks_.push_back({plan.leaves.lookups[l], l, false, AxesWithBits(plan.circuit.lookups[l].space)});
  }
  for (size_t t = 0; t < plan.leaves.tables.size(); ++t) blocks_.push_back({plan.leaves.tables[t], t, true, {}});
  std::sort(blocks_.begin(), blocks_.end(),
            [](const Source& a, const Source& b) { return a.place.first < b.place.first; });
  std::vector<int32_t> keys;
  for (size_t t = 0; t < plan.circuit.tables.size(); ++t) {
    const Table& table = plan.circuit.tables[t];
    std::vector<K>& of_row = of_tuples_.emplace_back(table.size, alpha - K(Goldilocks(t)));
    keys.resize(table.size);
    for (uint32_t j = 0; j < table.size; ++j) keys[j] = static_cast<int32_t>(table.first_key + int64_t{j});
    Axpy<K>(-beta, std::span<const int32_t>(keys), std::span<K>(of_row));
    K power = beta;
    for (const std::vector<int32_t>& column : table.values) {
      power = power * beta;
      Axpy<K>(-power, std::span<const int32_t>(column), std::span<K>(of_row));
    }
    const SecretVector<uint32_t>& uses = witness.multiplicities[t];
    SecretVector<K>& of_parent = of_row_parents_.emplace_back(uses.size() / 2);
    for (size_t i = 0; i < of_parent.size(); ++i) {
      of_parent[i] = -(of_row[2 * i + 1] * Goldilocks(uses[2 * i]) + of_row[2 * i] * Goldilocks(uses[2 * i + 1]));
    }
    // Beside a last row without a neighbour lies padding.
    if (uses.size() % 2 != 0) of_parent.push_back(-K(Goldilocks(uses.back())));
  }
}

template <typename K>
LookupLeaves<K> LookupLeaves<K>::Shifted(K lambda) const {
  LookupLeaves out = *this;
  out.lambda_ = lambda_ + lambda;
  out.of_row_parents_.clear();
  out.of_rows_.clear();
  for (size_t t = 0; t < of_tuples_.size(); ++t) {
    SecretVector<K>& of_row = out.of_rows_.emplace_back(of_tuples_[t].begin(), of_tuples_[t].end());
    const auto& counts = witness_.multiplicities[t];
    SecretVector<int32_t> uses(counts.size());
    std::transform(counts.begin(), counts.end(), uses.begin(), [](uint32_t n) { return static_cast<int32_t>(n); });
    Axpy<K>(-lambda, std::span<const int32_t>(uses), std::span<K>(of_row));
    for (K& v : out.of_tuples_[t]) v += lambda;
  }
  return out;
}

template <typename K>
template <typename Body>
void LookupLeaves<K>::ForEachBlock(size_t from, size_t to, const Body& body) const {
  auto block = std::upper_bound(blocks_.begin(), blocks_.end(), from,
                                [](size_t at, const Source& b) { return at < b.place.first; });
  for (block = std::prev(block); block != blocks_.end() && block->place.first < to; ++block) {
    const size_t begin = std::max<size_t>(from, block->place.first);
    const size_t end = std::min(to, block->place.first + (size_t{1} << block->place.log_size));
    if (begin < end) body(*block, begin, end);
  }
}

template <typename K>
void LookupLeaves<K>::Fill(size_t from, std::span<K> even, std::span<K> odd) const {
  std::fill(even.begin(), even.end(), K::One());
  std::fill(odd.begin(), odd.end(), K::One());
  const LeafPairs<K> out{from, even, odd};
  ForEachBlock(2 * from, 2 * (from + even.size()), [&](const Source& block, size_t begin, size_t end) {
    const size_t first = block.place.first;
    if (!block.is_table) return FillTuples(block, begin - first, end - first, from, even, odd);
    const K* of_row = of_rows_.empty() ? of_tuples_[block.id].data() : of_rows_[block.id].data();
    const size_t rows = std::min<size_t>(end, first + of_tuples_[block.id].size());
    for (size_t leaf = begin; leaf < rows; ++leaf) out(leaf) = of_row[leaf - first];
  });
}

// Padded indices [begin, end) of the block.
template <typename K>
void LookupLeaves<K>::FillTuples(const Source& block, size_t begin, size_t end, size_t from, std::span<K> even,
                                 std::span<K> odd) const {
  const LeafPairs<K> out{from, even, odd};
  const size_t first = block.place.first;
  const K* of_tuple = of_tuples_[plan_.circuit.lookups[block.id].table].data();
  ForEachStretch(block.axes, begin, end, [&](size_t at, size_t count, std::optional<size_t> tuple) {
    if (!tuple.has_value()) return;
    const uint32_t* row = witness_.rows[block.id].data() + *tuple;
    const size_t leaf = first + at;
    size_t i = 0;
    if (leaf % 2 != 0) out(leaf) = of_tuple[row[i++]];
    const size_t pair = (leaf + i) / 2 - from;
    const size_t pairs = (count - i) / 2;
    for (size_t k = 0; k < pairs; ++k, i += 2) {
      even[pair + k] = of_tuple[row[i]];
      odd[pair + k] = of_tuple[row[i + 1]];
    }
    if (i < count) out(leaf + i) = of_tuple[row[i]];
    for (const LookupWitness::Stray& stray : witness_.strays) {
      const size_t ahead = stray.index - *tuple;  // wraps around before the stretch
      if (stray.lookup == block.id && ahead < count) out(leaf + ahead) = Denominator(stray) + lambda_;
    }
  });
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
void LookupLeaves<K>::FillParents(size_t from, std::span<K> even, std::span<K> odd, const Fractions<K>& out) const {
  PROVENN_CHECK(lambda_ == K::Zero() && from % 2 == 0);
  Fill(from, even, odd);
  UnitFractionParents<K>(even, odd, out);
  ForEachBlock(2 * from, 2 * (from + even.size()), [&](const Source& block, size_t begin, size_t end) {
    MendNumerators(block, begin, end, {from, even, odd}, out);
  });
  for (size_t i = std::max(from, pairs()) - from; i < even.size(); ++i)
    (i % 2 == 0 ? out.n0 : out.n1)[i / 2] = K::Zero();
}

// Numerators of the parents of leaves [begin, end), where those leaves are not all 1/d.
template <typename K>
void LookupLeaves<K>::MendNumerators(const Source& block, size_t begin, size_t end, const Denominators& denominators,
                                     const Fractions<K>& out) const {
  const auto parent = [&](size_t pair) -> K& {
    const size_t i = pair - denominators.from;
    return (i % 2 == 0 ? out.n0 : out.n1)[i / 2];
  };
  const size_t first = block.place.first;
  if (block.place.log_size == 0) {
    parent(begin / 2) = NumeratorOfParent(begin / 2, denominators);
    return;
  }
  if (block.is_table) {
    const SecretVector<K>& of_parent = of_row_parents_[block.id];
    for (size_t pair = begin / 2; pair < end / 2; ++pair) {
      const size_t row_pair = pair - first / 2;
      parent(pair) = row_pair < of_parent.size() ? of_parent[row_pair] : K::Zero();
    }
    return;
  }
  ForEachStretch(block.axes, begin - first, end - first, [&](size_t at, size_t count, std::optional<size_t> tuple) {
    if (tuple.has_value()) return;
    const size_t leaf = first + at;
    // Beside a tuple 1/d, padding gives (1 * 1 + 0 * d) / d.
    for (size_t pair = leaf / 2; pair < (leaf + count + 1) / 2; ++pair) {
      parent(pair) = 2 * pair >= leaf && 2 * pair + 1 < leaf + count ? K::Zero() : K::One();
    }
  });
}

// Where blocks of one leaf lie.
template <typename K>
K LookupLeaves<K>::NumeratorOfParent(size_t pair, const Denominators& denominators) const {
  const auto numerator = [&](size_t leaf) {
    Goldilocks n;
    ForEachBlock(leaf, leaf + 1, [&](const Source& block, size_t, size_t) {
      n = block.is_table ? -Goldilocks(witness_.multiplicities[block.id].front()) : Goldilocks::One();
    });
    return n;
  };
  const size_t i = pair - denominators.from;
  return denominators.odd[i] * numerator(2 * pair) + denominators.even[i] * numerator(2 * pair + 1);
}

template <typename K>
bool LookupLeaves<K>::ArePadding(size_t from, size_t to) const {
  bool padding = true;
  ForEachBlock(from, to, [&](const Source& block, size_t begin, size_t end) {
    const size_t at = begin - block.place.first;
    const size_t next = block.is_table ? (at < of_tuples_[block.id].size() ? at : end) : NextTuple(block.axes, at);
    if (next < end - block.place.first) padding = false;
  });
  return padding;
}

template class LookupLeaves<Ext2>;
template class LookupLeaves<Ext3>;

}  // namespace provenn
