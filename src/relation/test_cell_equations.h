// The arithmetic of counting assignments (test_solution_counter.h): which cells are solved, what a polynomial is then,
// and which rows of a table it can be, modulo p.
#pragma once

#include <algorithm>
#include <numeric>
#include <optional>
#include <utility>
#include <vector>

#include "relation/test_constraints.h"

namespace provenn {

class CellEquations {
 protected:
  using Wide = __int128;

  explicit CellEquations(const CellConstraints& constraints)
      : constraints_(constraints),
        solved_(constraints.cells()),
        done_(constraints.tuples().size(), false),
        sums_(constraints.cells()),
        is_summed_(constraints.cells(), false) {}

  // A cell as an affine combination of cells that are not solved (or were not, when this was written).
  struct Solved {
    Goldilocks constant;
    std::vector<std::pair<Goldilocks, uint32_t>> terms;
  };
  struct Form {
    Goldilocks constant;
    std::vector<std::pair<Goldilocks, uint32_t>> terms;
    bool ready = true;  // no product of two unsolved cells
  };
  struct Domain {
    int64_t min = 0;
    int64_t max = 0;
  };
  // What a form can be: 2^shift * (form - constant) is min plus a multiple of `unit` in [0, width], mod p.
  struct Reach {
    bool known = false;
    int shift = 0;
    Goldilocks scale;
    Goldilocks min;
    uint64_t width = 0;
    uint64_t unit = 0;   // 0 where there are no terms
    size_t largest = 0;  // term with the largest factor
    bool Contains(Goldilocks rest) const {
      const uint64_t above = ((shift == 0 ? rest : rest * scale) - min).value();
      return above <= width && (unit == 1 || above % unit == 0);
    }
  };
  struct RowRange {
    uint64_t from = 0;
    uint64_t to = 0;
    uint64_t step = 1;
  };
  // Intervals of cells, from single columns of tuples: 2^shift * (what the table holds there) is a sum with small
  // factors, in which one cell has the factor 1 and all others have an interval.
  void FindDomains() {
    domains_.assign(solved_.size(), std::nullopt);
    std::vector<std::vector<Domain>> held;  // by table and column
    for (const Table& table : constraints_.circuit().tables) {
      held.push_back({{table.first_key, table.first_key + int64_t{table.size} - 1}});
      for (const std::vector<int32_t>& values : table.values) {
        const auto [min, max] = std::minmax_element(values.begin(), values.end());
        held.back().push_back({*min, *max});
      }
    }
    for (bool more = true; more;) {
      more = false;
      for (uint32_t i = 0; i < done_.size(); ++i) {
        if (done_[i]) continue;
        const CellTuple& tuple = constraints_.tuples()[i];
        for (size_t c = 0; c < tuple.columns.size(); ++c) {
          const Form form = Resolve(tuple.columns[c]);
          if (!form.ready || form.terms.empty()) continue;
          more = Narrow(form, held[tuple.table][c]) || more;
        }
      }
    }
  }

  bool Narrow(const Form& form, Domain held) {
    Goldilocks scale = Goldilocks::One();
    for (int shift = 0; shift <= 40; ++shift, scale += scale) {
      size_t unknown = SIZE_MAX;
      size_t open = 0;
      bool small = true;
      const int64_t constant = (form.constant * scale).ToSigned();
      Wide min = Wide{held.min} * (Wide{1} << shift) - constant;
      Wide max = Wide{held.max} * (Wide{1} << shift) - constant;
      for (size_t k = 0; k < form.terms.size() && small; ++k) {
        const int64_t factor = (form.terms[k].first * scale).ToSigned();
        small = factor < kSmall && factor > -kSmall;
        const std::optional<Domain>& d = domains_[form.terms[k].second];
        if (!d.has_value()) {
          ++open;
          if (factor == 1) unknown = k;
          continue;
        }
        const Wide x = Wide{factor} * d->min;
        const Wide y = Wide{factor} * d->max;
        min -= std::max(x, y);
        max -= std::min(x, y);
      }
      if (!small) continue;
      if (open != 1 || unknown == SIZE_MAX || min < -kWide || max > kWide) return false;
      domains_[form.terms[unknown].second] = Domain{static_cast<int64_t>(min), static_cast<int64_t>(max)};
      return true;
    }
    return false;
  }

  void AddTo(Form& form, Goldilocks factor, uint32_t cell) {
    const std::optional<Solved>& solved = solved_[cell];
    if (solved.has_value()) {
      form.constant += factor * solved->constant;
      for (const auto& [f, c] : solved->terms) AddTo(form, factor * f, c);
      return;
    }
    if (!is_summed_[cell]) {
      is_summed_[cell] = true;
      sums_[cell] = Goldilocks();
      form.terms.emplace_back(Goldilocks(), cell);
    }
    sums_[cell] += factor;
  }
  void Collect(Form& form) {
    for (auto& [factor, cell] : form.terms) {
      factor = sums_[cell];
      is_summed_[cell] = false;
    }
    std::erase_if(form.terms, [](const auto& term) { return term.first == Goldilocks(); });
  }
  Form Resolve(const CellPolynomial& polynomial) {
    // Products first: they need forms of their own.
    Goldilocks constant = polynomial.constant;
    std::vector<std::pair<Goldilocks, uint32_t>> linear;
    bool ready = true;
    for (const CellPolynomial::Square& product : polynomial.products) {
      Form a = ResolveCell(product.a);
      Form b = ResolveCell(product.b);
      if (!a.terms.empty()) std::swap(a, b);
      if (!a.terms.empty()) {
        ready = false;
        linear.insert(linear.end(), a.terms.begin(), a.terms.end());  // so that they count as unsolved
        linear.insert(linear.end(), b.terms.begin(), b.terms.end());
        continue;
      }
      constant += product.factor * a.constant * b.constant;
      for (const auto& [f, c] : b.terms) linear.emplace_back(product.factor * a.constant * f, c);
    }
    Form form;
    form.constant = constant;
    for (const auto& [factor, cell] : polynomial.linear) AddTo(form, factor, cell);
    for (const auto& [factor, cell] : linear) AddTo(form, factor, cell);
    Collect(form);
    form.ready = ready;
    return form;
  }
  Form ResolveCell(uint32_t cell) {
    Form form;
    AddTo(form, Goldilocks::One(), cell);
    Collect(form);
    return form;
  }

  // Of all scales the one that leaves the fewest rows: 2^-60 is small as well, it is -2^36.
  Reach ReachOf(const Form& form) const {
    Reach best;
    for (const auto& [factor, cell] : form.terms) {
      if (!domains_[cell].has_value()) return best;
    }
    Goldilocks scale = Goldilocks::One();
    for (int shift = 0; shift <= 62; ++shift, scale += scale) {
      Reach reach;
      Wide min = 0;
      Wide max = 0;
      int64_t largest = 0;
      bool small = true;
      for (size_t k = 0; k < form.terms.size() && small; ++k) {
        const int64_t factor = (form.terms[k].first * scale).ToSigned();
        small = factor < kSmall && factor > -kSmall;
        if (!small) break;
        if (std::abs(factor) > largest) {
          largest = std::abs(factor);
          reach.largest = k;
        }
        const Domain& d = *domains_[form.terms[k].second];
        const Wide x = Wide{factor} * d.min;
        const Wide y = Wide{factor} * d.max;
        min += std::min(x, y);
        max += std::max(x, y);
        reach.unit = std::gcd(reach.unit, static_cast<uint64_t>(std::abs(factor)));
      }
      if (!small || max - min >= Wide{Goldilocks::kModulus}) continue;
      reach.known = true;
      reach.shift = shift;
      reach.scale = scale;
      const Wide residue = min % Wide{Goldilocks::kModulus};
      reach.min = Goldilocks(static_cast<uint64_t>(residue < 0 ? residue + Wide{Goldilocks::kModulus} : residue));
      reach.width = static_cast<uint64_t>(max - min);
      if (!best.known || reach.width >> shift < best.width >> best.shift) best = reach;
      if (largest < kPlain) break;
    }
    return best;
  }

  // Ranges of rows whose key the form can be: row r where 2^shift * (first_key + r - constant) - min is in [0, width]
  // modulo p. As an integer that is 2^shift * r + b, so the rows are found by division, one range per multiple of p.
  static std::vector<RowRange> KeyRows(const Table& table, Goldilocks constant, const Form& form, const Reach& reach) {
    const Goldilocks first = Goldilocks::FromSigned(table.first_key) - constant;
    if (form.terms.empty()) {
      const uint64_t row = (-first).value();
      if (row >= table.size) return {};
      return {{row, row + 1}};
    }
    if (!reach.known) return {{0, table.size}};
    const Wide scale = Wide{1} << reach.shift;
    const Wide b = Wide{(first * reach.scale - reach.min).value()};
    std::vector<RowRange> ranges;
    for (Wide m = 0;; m += Wide{Goldilocks::kModulus}) {
      Wide from = m > b ? (m - b + scale - 1) >> reach.shift : 0;
      if (from >= Wide{table.size}) return ranges;
      if (m + Wide{reach.width} < b) continue;
      const Wide to = std::min(((m + Wide{reach.width} - b) >> reach.shift) + 1, Wide{table.size});
      // Where the scale is one, multiples of the unit are every so many rows.
      const Wide unit = reach.shift == 0 ? Wide{reach.unit} : 1;
      const Wide off = (b + from * scale - m) % unit;
      if (off != 0) from += unit - off;
      if (from < to) {
        ranges.push_back({static_cast<uint64_t>(from), static_cast<uint64_t>(to), static_cast<uint64_t>(unit)});
      }
    }
  }

  static constexpr int64_t kPlain = int64_t{1} << 31;
  static constexpr int64_t kSmall = int64_t{1} << 50;
  static constexpr Wide kWide = Wide{1} << 60;

  const CellConstraints& constraints_;
  std::vector<std::optional<Solved>> solved_;   // by cell
  std::vector<std::optional<Domain>> domains_;  // by cell
  std::vector<bool> done_;                      // by tuple: its row is chosen
  std::vector<Goldilocks> sums_;                // by cell: scratch of AddTo and Collect
  std::vector<bool> is_summed_;
};

}  // namespace provenn
