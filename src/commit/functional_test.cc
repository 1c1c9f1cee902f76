// Functionals in their three forms: by definition, expanded over cells, and folded by columns as a verifier does it.
#include "commit/functional.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "commit/functional_prover.h"
#include "field/extension.h"
#include "field/multilinear.h"

namespace provenn {
namespace {

template <typename K>
class FunctionalTest : public testing::Test {
 protected:
  Goldilocks Base() { return Goldilocks(random_()); }
  K Element() {
    K v;
    for (int k = 0; k < K::kDegree; ++k) v[k] = Base();
    return v;
  }
  std::vector<K> Elements(size_t n) {
    std::vector<K> out(n);
    for (K& v : out) v = Element();
    return out;
  }
  std::vector<uint32_t> Shape() {
    std::vector<uint32_t> shape(random_() % 5);
    for (uint32_t& s : shape) s = static_cast<uint32_t>(1 + random_() % (random_() % 3 == 0 ? 40 : 5));
    return shape;
  }
  // Columns of the cells contracted with eq: what folding means.
  std::vector<K> FoldCells(const std::vector<K>& cells, const std::vector<K>& point) {
    const std::vector<K> eq = EqTable<K>(std::span<const K>(point));
    std::vector<K> rows(cells.size() / eq.size(), K::Zero());
    for (size_t i = 0; i < cells.size(); ++i) rows[i / eq.size()] += cells[i] * eq[i % eq.size()];
    return rows;
  }
  // The products of what was contracted, column by column.
  static std::vector<K> ColumnSums(const ContractedRows<K>& contracted, size_t columns) {
    std::vector<K> sums(columns, K::Zero());
    EXPECT_EQ(contracted.sums.size(), contracted.weights.size());
    EXPECT_EQ(contracted.cells.size(), contracted.cell_weights.size());
    for (size_t i = 0; i < contracted.sums.size(); ++i) sums[i % columns] += contracted.sums[i] * contracted.weights[i];
    for (size_t i = 0; i < contracted.cells.size(); ++i) {
      sums[i % columns] += contracted.cell_weights[i] * contracted.cells[i];
    }
    return sums;
  }
  std::mt19937_64 random_{8};
};
using Fields = testing::Types<Ext2, Ext3>;
TYPED_TEST_SUITE(FunctionalTest, Fields);

TYPED_TEST(FunctionalTest, ProductsExpandAndFoldAsDefined) {
  using K = TypeParam;
  for (int round = 0; round < 120; ++round) {
    const auto log_columns = static_cast<size_t>(this->random_() % 8);
    OracleLayout layout(1u << log_columns);
    layout.Add(this->Shape());
    const std::vector<uint32_t> shape = this->Shape();
    const auto outer = static_cast<uint32_t>(this->random_() % std::max<size_t>(1, shape.size()));
    ProductFunctional<K> f;
    const int targets = 1 + static_cast<int>(this->random_() % 2);
    for (int t = 0; t < targets; ++t) f.targets.push_back({layout.Add(shape, outer), this->Element()});
    layout.Add(this->Shape());
    for (uint32_t s : shape) f.axes.push_back(this->Elements(s));

    std::vector<K> defined(layout.rows() * layout.columns(), K::Zero());
    for (const auto& target : f.targets) {
      ForEachRun(layout.blocks()[target.block], layout.columns(),
                 [&](uint64_t element, uint64_t cell, uint64_t length) {
                   for (uint64_t i = 0; i < length; ++i) {
                     K weight = target.coefficient;
                     uint64_t rest = element + i;
                     for (size_t a = shape.size(); a-- > 0;) {
                       weight = weight * f.axes[a][rest % shape[a]];
                       rest /= shape[a];
                     }
                     defined[cell + i] += weight;
                   }
                 });
    }
    std::vector<K> expanded(defined.size(), K::Zero());
    ExpandParallel(f, layout, std::span<K>(expanded));
    ASSERT_EQ(expanded, defined) << "round " << round;

    const std::vector<K> point = this->Elements(log_columns);
    std::vector<K> rows(layout.rows(), K::Zero());
    FoldColumns<K>(f, layout, point, rows);
    ASSERT_EQ(rows, this->FoldCells(defined, point)) << "round " << round;
    // Adds to what is there.
    FoldColumns<K>(f, layout, point, rows);
    const std::vector<K> once = this->FoldCells(defined, point);
    for (size_t i = 0; i < rows.size(); ++i) ASSERT_EQ(rows[i], once[i] + once[i]);

    // The rows lie in a longer vector, whose own columns are folded too.
    const std::vector<K> next_point = this->Elements(this->random_() % 7);
    const std::vector<K> next_eq = EqTable<K>(std::span<const K>(next_point));
    const uint64_t first = this->random_() % 100;
    std::vector<K> vector(first, K::Zero());
    vector.insert(vector.end(), once.begin(), once.end());
    vector.resize((vector.size() + next_eq.size() - 1) / next_eq.size() * next_eq.size(), K::Zero());
    const K before = this->Element();
    std::vector<K> twice(vector.size() / next_eq.size(), before);
    FoldColumnsTwice<K>(f, layout, point, first, std::span<const K>(next_eq), twice);
    const std::vector<K> folded = this->FoldCells(vector, next_point);
    for (size_t i = 0; i < twice.size(); ++i) ASSERT_EQ(twice[i], folded[i] + before) << "round " << round;
  }
}

TYPED_TEST(FunctionalTest, InnermostAxesAreJoinedUpToALimit) {
  using K = TypeParam;
  const std::vector<std::vector<K>> axes{this->Elements(3), this->Elements(5), this->Elements(1), this->Elements(4)};
  for (const size_t most : {0u, 3u, 4u, 19u, 20u, 59u, 60u, 1000u}) {
    std::vector<std::vector<K>> joined = axes;
    JoinInnermost(joined, most);
    const size_t last = most < 4 ? 4 : most < 20 ? 4 : most < 60 ? 20 : 60;
    ASSERT_EQ(joined.back().size(), last) << most;
    std::vector<K> product(60, K::Zero());
    AddOuterProduct<K>(std::span<const std::vector<K>>(joined).first(joined.size() - 1), joined.back(), K::One(),
                       product);
    for (size_t i = 0; i < 60; ++i)
      ASSERT_EQ(product[i], axes[0][i / 20] * axes[1][i / 4 % 5] * axes[2][0] * axes[3][i % 4]);
  }
}

TYPED_TEST(FunctionalTest, ContractedRowsSumToTheFunctionalColumnByColumn) {
  using K = TypeParam;
  for (int round = 0; round < 120; ++round) {
    const auto log_columns = static_cast<size_t>(this->random_() % 8);
    OracleLayout layout(1u << log_columns);
    std::vector<ProductFunctional<K>> functionals;
    for (int i = 0; i < 3; ++i) {
      const std::vector<uint32_t> shape = this->Shape();
      const auto outer = static_cast<uint32_t>(this->random_() % std::max<size_t>(1, shape.size()));
      const uint32_t block = layout.Add(shape, outer), same = layout.Add(shape, outer);
      for (size_t f = 0; f < this->random_() % 3; ++f) {
        functionals.emplace_back();
        functionals.back().targets.push_back({block, this->Element()});
        if (this->random_() % 2 == 0) functionals.back().targets.push_back({same, this->Element()});
        for (uint32_t s : shape) functionals.back().axes.push_back(this->Elements(s));
      }
    }
    const size_t columns = layout.columns();
    std::vector<K> weights(layout.rows() * columns, K::Zero());
    for (const auto& f : functionals) ExpandParallel(f, layout, std::span<K>(weights));
    std::vector<Goldilocks> cells(weights.size());
    for (Goldilocks& cell : cells) {
      cell = Goldilocks::FromSigned(static_cast<int32_t>(this->random_()) >> (this->random_() % 32));
    }
    std::vector<K> expected(columns, K::Zero());
    for (size_t i = 0; i < cells.size(); ++i) expected[i % columns] += weights[i] * cells[i];

    const ContractedRows<K> contracted = ContractRows<K>(functionals, layout, std::span<const Goldilocks>(cells));
    ASSERT_EQ(this->ColumnSums(contracted, columns), expected) << "round " << round;
  }
}

// A block of more rows, and one of more cells a row, than are contracted at a time; and one without rows to contract,
// which is there once for two functionals.
TYPED_TEST(FunctionalTest, LargeBlocksAreContractedInParts) {
  using K = TypeParam;
  OracleLayout layout(8);
  ProductFunctional<K> tall, wide, flat;
  tall.targets.push_back({layout.Add({9000, 5}), this->Element()});
  tall.axes = {this->Elements(9000), this->Elements(5)};
  wide.targets.push_back({layout.Add({2, 20000}, 1), this->Element()});
  wide.axes = {this->Elements(2), this->Elements(20000)};
  flat.targets.push_back({layout.Add({20000}), this->Element()});
  flat.axes = {this->Elements(20000)};
  ProductFunctional<K> flat_too = flat;
  flat_too.axes = {this->Elements(20000)};
  const std::vector<ProductFunctional<K>> functionals{tall, flat, wide, flat_too};
  std::vector<K> weights(layout.rows() * 8, K::Zero());
  for (const auto& f : functionals) ExpandParallel(f, layout, std::span<K>(weights));
  std::vector<Goldilocks> cells(weights.size());
  for (Goldilocks& c : cells) c = this->Base();
  std::vector<K> expected(8, K::Zero());
  for (size_t i = 0; i < cells.size(); ++i) expected[i % 8] += weights[i] * cells[i];
  const auto contracted = ContractRows<K>(functionals, layout, std::span<const Goldilocks>(cells));
  EXPECT_EQ(this->ColumnSums(contracted, 8), expected);
  EXPECT_EQ(contracted.sums.size(), 8u + 20000u);
  EXPECT_EQ(contracted.cells.size(), 20000u);
}

TYPED_TEST(FunctionalTest, PowersExpandAndFoldAsDefined) {
  using K = TypeParam;
  for (int round = 0; round < 120; ++round) {
    const size_t log_columns = this->random_() % 7;
    const size_t columns = size_t{1} << log_columns;
    PowerFunctional<K> f;
    f.length = 1 + this->random_() % 3000;  // not a multiple of the columns
    const size_t rows_each = (f.length + columns - 1) / columns;
    const size_t targets = 1 + this->random_() % 3;
    for (size_t t = 0; t < targets; ++t) f.targets.push_back({(t * (rows_each + 1)) * columns, this->Element()});
    for (size_t p = 0; p < 1 + this->random_() % 5; ++p) f.points.push_back({this->Element(), this->Base()});
    const size_t cells = targets * (rows_each + 1) * columns;

    std::vector<K> defined(cells, K::Zero());
    for (const auto& target : f.targets) {
      for (uint64_t i = 0; i < f.length; ++i) {
        for (const auto& p : f.points) defined[target.first + i] += target.coefficient * p.coefficient * p.x.Pow(i);
      }
    }
    std::vector<K> expanded(cells, K::Zero());
    Expand(f, std::span<K>(expanded));
    ASSERT_EQ(expanded, defined);
    std::vector<K> parallel(cells, K::Zero());
    ExpandParallel(f, std::span<K>(parallel));
    ASSERT_EQ(parallel, defined);

    const std::vector<K> point = this->Elements(log_columns);
    std::vector<K> rows(cells / columns, K::Zero());
    const PowerFunctional<K> folded = FoldColumns<K>(f, point, std::span<K>(rows));
    Expand(folded, std::span<K>(rows));
    ASSERT_EQ(rows, this->FoldCells(defined, point)) << f.length << " over " << columns;
  }
}

// A stretch is as long as it says: the cell after it has no weight, which the rate of the code depends on.
TYPED_TEST(FunctionalTest, PowersEndWhereTheyEnd) {
  using K = TypeParam;
  PowerFunctional<K> f;
  f.targets.push_back({0, K::One()});
  f.points.push_back({K::One(), Goldilocks(3)});
  f.length = 5;
  std::vector<K> point{K::Zero(), K::Zero()};  // column 0 of 4
  std::vector<K> rows(2, K::Zero());
  Expand(FoldColumns<K>(f, point, std::span<K>(rows)), std::span<K>(rows));
  EXPECT_EQ(rows[0], K::One());
  EXPECT_EQ(rows[1], K(Goldilocks(81)));
  point[0] = K::One();  // column 1: the second row has no cell there
  rows.assign(2, K::Zero());
  Expand(FoldColumns<K>(f, point, std::span<K>(rows)), std::span<K>(rows));
  EXPECT_EQ(rows[0], K(Goldilocks(3)));
  EXPECT_EQ(rows[1], K::Zero());
}

}  // namespace
}  // namespace provenn
