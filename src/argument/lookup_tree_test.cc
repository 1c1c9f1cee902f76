// What the lookup tree's prover computes by structure, against fractions written out leaf by leaf.
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <random>

#include "argument/lookup_layers_prover.h"
#include "field/multilinear.h"
#include "field/test_values.h"

namespace provenn {
namespace {

// Lookups of spaces with and without padding, some of one tuple, and tables; in blocks by size.
template <typename K>
class LookupTree : public testing::Test {
 protected:
  LookupTree() {
    const uint32_t table_sizes[] = {6, 1, 16, 33, 1, 5};
    const Shape spaces[] = {{3, 5, 6}, {}, {7}, {2, 1, 9, 1}, {4, 8}, {1, 1}, {5, 1}, {3, 2, 2}};
    std::vector<LeafBlock*> order;
    plan_.leaves.tables.resize(std::size(table_sizes));
    plan_.leaves.lookups.resize(std::size(spaces));
    for (size_t t = 0; t < std::size(table_sizes); ++t) {
      Table table{"", -3, table_sizes[t], {}};
      for (size_t c = 0; c < t % 3; ++c) {
        std::vector<int32_t>& column = table.values.emplace_back(table.size);
        for (int32_t& v : column) v = static_cast<int32_t>(random_());
      }
      plan_.circuit.tables.push_back(table);
      SecretVector<uint32_t>& uses = witness_.multiplicities.emplace_back(table.size);
      for (uint32_t& n : uses) n = static_cast<uint32_t>(random_() % 1000);
      plan_.leaves.tables[t].log_size = AxisBits(table.size);
      order.push_back(&plan_.leaves.tables[t]);
    }
    for (size_t l = 0; l < std::size(spaces); ++l) {
      const auto table = static_cast<uint32_t>(l % std::size(table_sizes));
      plan_.circuit.lookups.push_back({"", spaces[l], table, {}});
      SecretVector<uint32_t>& rows = witness_.rows.emplace_back(ElementCount(spaces[l]));
      for (uint32_t& row : rows) row = static_cast<uint32_t>(random_() % table_sizes[table]);
      for (const uint32_t size : spaces[l]) plan_.leaves.lookups[l].log_size += AxisBits(size);
      order.push_back(&plan_.leaves.lookups[l]);
    }
    witness_.strays = {{0, 17, {Goldilocks(5), Goldilocks(7)}}, {3, 0, {Goldilocks(11)}}, {1, 0, {Goldilocks(2)}}};
    std::stable_sort(order.begin(), order.end(),
                     [](const LeafBlock* a, const LeafBlock* b) { return a->log_size > b->log_size; });
    for (LeafBlock* block : order) {
      block->first = plan_.leaves.used;
      plan_.leaves.used += size_t{1} << block->log_size;
    }
    plan_.leaves.log_size = static_cast<int>(std::bit_width(plan_.leaves.used - 1));
    WriteOut();
  }

  K Element() { return MixedElement<K>(random_); }
  std::vector<K> Elements(size_t n) {
    std::vector<K> v(n);
    for (K& x : v) x = Element();
    return v;
  }
  size_t size() const { return num_.size(); }

  std::mt19937_64 random_{3};
  Plan plan_;
  LookupWitness witness_;
  K alpha_ = Element(), beta_ = Element();
  std::vector<K> num_, den_;  // of all leaves

 private:
  K Denominator(size_t table, std::vector<Goldilocks> columns) const {
    K f = K(Goldilocks(table));
    K power = beta_;
    for (const Goldilocks& column : columns) {
      f += power * column;
      power *= beta_;
    }
    return alpha_ - f;
  }
  K OfRow(size_t table, uint32_t row) const {
    const Table& t = plan_.circuit.tables[table];
    std::vector<Goldilocks> columns{Goldilocks::FromSigned(t.first_key + int64_t{row})};
    for (const auto& column : t.values) columns.push_back(Goldilocks::FromSigned(column[row]));
    return Denominator(table, columns);
  }
  void WriteOut() {
    num_.assign(size_t{1} << plan_.leaves.log_size, K::Zero());
    den_.assign(num_.size(), K::One());
    for (size_t l = 0; l < plan_.circuit.lookups.size(); ++l) {
      const Lookup& lookup = plan_.circuit.lookups[l];
      for (size_t i = 0; i < witness_.rows[l].size(); ++i) {
        size_t leaf = plan_.leaves.lookups[l].first, rest = i;
        int below = 0;
        for (size_t a = lookup.space.size(); a-- > 0;) {
          leaf += rest % lookup.space[a] << below;
          rest /= lookup.space[a];
          below += AxisBits(lookup.space[a]);
        }
        num_[leaf] = K::One();
        den_[leaf] = OfRow(lookup.table, witness_.rows[l][i]);
        for (const LookupWitness::Stray& stray : witness_.strays) {
          if (stray.lookup == l && stray.index == i) den_[leaf] = Denominator(lookup.table, stray.columns);
        }
      }
    }
    for (size_t t = 0; t < plan_.circuit.tables.size(); ++t) {
      for (uint32_t j = 0; j < plan_.circuit.tables[t].size; ++j) {
        num_[plan_.leaves.tables[t].first + j] = -K(Goldilocks(witness_.multiplicities[t][j]));
        den_[plan_.leaves.tables[t].first + j] = OfRow(t, j);
      }
    }
  }
};
using Degrees = testing::Types<Ext2, Ext3>;
TYPED_TEST_SUITE(LookupTree, Degrees);

TYPED_TEST(LookupTree, LeavesAreGathered) {
  using K = TypeParam;
  const LookupLeaves<K> plain(this->plan_, this->witness_, this->alpha_, this->beta_);
  const K lambda = this->Element();
  const LookupLeaves<K> shifted = plain.Shifted(lambda);
  for (size_t from = 0; from < this->size() / 2; ++from) {
    for (const size_t count : {size_t{1}, size_t{7}, this->size() / 2 - from}) {
      std::vector<K> even(count), odd(count), shifted_even(count), shifted_odd(count);
      plain.Fill(from, even, odd);
      shifted.Fill(from, shifted_even, shifted_odd);
      for (size_t i = 0; i < count && from + i < this->size() / 2; ++i) {
        const size_t leaf = 2 * (from + i);
        EXPECT_EQ(even[i], this->den_[leaf]) << leaf;
        EXPECT_EQ(odd[i], this->den_[leaf + 1]) << leaf;
        EXPECT_EQ(shifted_even[i], this->den_[leaf] + lambda * this->num_[leaf]) << leaf;
        EXPECT_EQ(shifted_odd[i], this->den_[leaf + 1] + lambda * this->num_[leaf + 1]) << leaf;
      }
    }
  }
}

TYPED_TEST(LookupTree, ParentsAndPadding) {
  using K = TypeParam;
  const LookupLeaves<K> leaves(this->plan_, this->witness_, this->alpha_, this->beta_);
  const size_t quarter = this->size() / 4;
  EXPECT_LE(leaves.pairs(), 2 * quarter);
  for (size_t from = 0; from < quarter; ++from) {
    for (const size_t count : {size_t{1}, size_t{5}, quarter - from}) {
      std::vector<K> even(2 * count), odd(2 * count), out[4];
      for (auto& v : out) v.resize(count);
      leaves.FillParents(2 * from, even, odd, Fractions<K>{Out(out[0]), Out(out[1]), Out(out[2]), Out(out[3])});
      for (size_t i = 0; i < 2 * count && from + i / 2 < quarter; ++i) {
        const size_t leaf = 2 * (2 * from + i);
        const K& d0 = this->den_[leaf];
        const K& d1 = this->den_[leaf + 1];
        EXPECT_EQ(out[i % 2][i / 2], this->num_[leaf] * d1 + this->num_[leaf + 1] * d0) << leaf;
        EXPECT_EQ(out[2 + i % 2][i / 2], d0 * d1) << leaf;
      }
    }
  }
  for (size_t from = 0; from < this->size(); ++from) {
    bool padding = true;
    for (size_t to = from + 1; to <= this->size(); ++to) {
      // A row that no tuple is has numerator 0 and is no padding.
      padding = padding && this->num_[to - 1] == K::Zero() && this->den_[to - 1] == K::One();
      EXPECT_EQ(leaves.ArePadding(from, to), padding) << from << " to " << to;
    }
  }
}

TYPED_TEST(LookupTree, NumeratorsRoundByRound) {
  using K = TypeParam;
  LookupNumerators<K> numerators(this->plan_, this->witness_);
  std::vector<K> n0, n1;
  for (size_t i = 0; i < this->size(); i += 2) {
    n0.push_back(this->num_[i]);
    n1.push_back(this->num_[i + 1]);
  }
  const auto z = this->Elements(static_cast<size_t>(this->plan_.leaves.log_size) - 1);
  for (size_t k = 0; k < z.size(); ++k) {
    const std::vector<K> eq = EqTable<K>(std::span(z).subspan(k + 1));
    EXPECT_EQ(numerators.Round(z), EqProductRound(In(n0), In(n1), In(eq))) << "round " << k;
    const K r = this->Element();
    numerators.Bind(r);
    for (std::vector<K>* v : {&n0, &n1}) {
      std::vector<K> folded(v->size() / 2);
      FoldPairs(In(*v), r, Out(folded));
      *v = folded;
    }
  }
  EXPECT_EQ(numerators.n0(), n0[0]);
  EXPECT_EQ(numerators.n1(), n1[0]);
}

// 0 and 1 as well: nothing can be divided by the one, and a prover meets it about once in |K| proofs.
TYPED_TEST(LookupTree, SummandOfALayerForEveryLambda) {
  using K = TypeParam;
  constexpr size_t kPairs = 5, kFrom = 3;
  for (const K& lambda : {K::Zero(), K::One(), this->Element()}) {
    std::vector<K> v[4];
    Children<K> children, above;
    above.Resize(kFrom + kPairs);
    for (size_t a = 0; a < 4; ++a) {
      v[a] = this->Elements(2 * kPairs);
      children.of[a].assign(v[a].begin(), v[a].end());
      std::fill(above.of[a].begin(), above.of[a].end(), this->Element());
    }
    for (size_t i = 0; i < 2 * kPairs; ++i) {
      above.of[i % 2][kFrom + i / 2] = v[0][i] * v[3][i] + v[1][i] * v[2][i];
      above.of[2 + i % 2][kFrom + i / 2] = v[2][i] * v[3][i];
    }
    const std::vector<K> eq = this->Elements(kPairs);
    QuadraticRound<K> expected{K::Zero(), K::Zero()};
    for (size_t i = 0; i < kPairs; ++i) {
      const auto summand = [&](const auto& of) {
        return eq[i] * (lambda * (of(0) * of(3) + of(1) * of(2)) + of(2) * of(3));
      };
      expected.at_zero += summand([&](size_t a) { return v[a][2 * i]; });
      expected.leading += summand([&](size_t a) { return v[a][2 * i + 1] - v[a][2 * i]; });
    }
    const StoredLayer<K> layer(children, std::move(above), lambda);
    NoBuffers none;
    const auto tables = layer.Read(0, 2 * kPairs, none);
    EXPECT_EQ(layer.First(tables, kFrom, In(eq)), expected) << "first round";
    layer.Shift(tables);
    EXPECT_EQ(layer.Sum(tables, In(eq)), expected) << "later round";
    const auto ends = layer.At({tables[0][3], tables[1][3], tables[2][3], tables[3][3]});
    for (size_t a = 0; a < 4; ++a) EXPECT_EQ(ends[a], v[a][3]) << a;
  }
}

}  // namespace
}  // namespace provenn
