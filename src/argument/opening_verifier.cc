#include "argument/opening_verifier.h"

#include <bit>
#include <map>

#include "argument/sumcheck_verifier.h"
#include "field/domain.h"
#include "field/kernels.h"
#include "field/multilinear.h"
#include "field/power_table.h"

namespace provenn {
namespace {

// Column j of a row-major matrix of `columns`, as a polynomial, at every point of the table.
template <typename K>
std::vector<K> EvaluateColumn(std::span<const K> matrix, size_t columns, size_t j, const PowerTable& table,
                              size_t points) {
  std::vector<K> column(matrix.size() / columns);
  for (size_t i = 0; i < column.size(); ++i) column[i] = matrix[i * columns + j];
  std::vector<K> values(points);
  table.Evaluate<K>(std::span<const K>(column), std::span<K>(values));
  return values;
}

PowerTable PowersAt(int log_size, std::span<const uint64_t> positions) {
  std::vector<Goldilocks> points;
  for (const uint64_t position : positions) points.push_back(DomainPoint(log_size, position));
  return PowerTable(points);
}

// <row, eq> for a row of base-field symbols.
template <typename K>
K FoldBaseRow(std::span<const Goldilocks> row, const std::vector<K>& eq) {
  return InnerProduct<K>(row, std::span<const K>(eq));
}

// The elements of K that a row of base-field symbols holds.
template <typename K>
std::vector<K> RowElements(std::span<const Goldilocks> row) {
  std::vector<K> out(row.size() / K::kDegree);
  std::copy(row.begin(), row.end(), Coefficients(std::span<K>(out)).begin());
  return out;
}

template <typename K>
K ElementAt(std::span<const Goldilocks> row, size_t i) {
  K element;
  for (int c = 0; c < K::kDegree; ++c) element[c] = row[i * K::kDegree + static_cast<size_t>(c)];
  return element;
}

// Adds gamma^i * (v(x_i) = value_i) for each query; v the segment [first, first + length) of the next vector.
template <typename K>
void AddQueries(const OracleShape& shape, std::span<const uint64_t> positions, const std::vector<K>& values,
                uint64_t first, uint64_t length, K gamma, K& power, VectorFunctional<K>& functional, Affine<K>& claim) {
  PowerFunctional<K> queries;
  queries.targets.push_back({first, K::One()});
  queries.length = length;
  for (size_t i = 0; i < positions.size(); ++i) {
    power = power * gamma;
    queries.points.push_back({power, DomainPoint(shape.log_size, positions[i])});
    claim.constant += power * values[i];
  }
  functional.powers.push_back(std::move(queries));
}

// Last level: one additive mask over the folded vector and the terminal vector.
template <typename K>
void ReadReveal(const Plan& plan, const FrontResult<K>& front, const Digest& last_root, const std::vector<K>& point,
                const VectorFunctional<K>& functional, const Affine<K>& claim, MaskedChannel<K>& channel) {
  const LevelPlan& level = plan.levels.back();
  const OracleShape& terminal = plan.terminal_shape;
  const uint32_t tc = plan.terminal_columns;
  const K lambda = channel.Challenge("products lambda");
  // mu is determined by the revealed vectors and public weights; c0 and c1 are hidden by the dummy triple, whose
  // three entries nothing else depends on.
  const K mu = channel.ReceiveClear("mask claim", 1)[0];
  const std::vector<K> cross = channel.ReceiveClear("cross terms", 2);
  const K rho = channel.Challenge("mask rho");
  // mask + rho * (vector || terminal): uniform, because the mask is.
  const std::vector<K> hy = channel.ReceiveClear("masked vector", level.shape.degree_bound());
  const std::vector<K> ht = channel.ReceiveClear("masked terminal", terminal.degree_bound() * tc);
  channel.ReceiveGrinding(kGrindBits);
  const std::vector<uint64_t> last_positions =
      channel.Positions("last level rows", level.shape.log_size, level.shape.random_rows);
  const std::vector<uint64_t> terminal_positions =
      channel.Positions("terminal rows", terminal.log_size, terminal.random_rows);
  const RowOpening last_rows = channel.ReceiveRows("last level rows", level.shape, last_root, last_positions);
  const RowOpening terminal_rows =
      channel.ReceiveRows("terminal rows", terminal, front.terminal_root, terminal_positions);
  if (!channel.ok()) return;

  // hy(x) = mask(x) + rho <row(x), eq(point)> on the last level's matrix.
  const std::vector<K> eq = EqTable<K>(std::span<const K>(point));
  const PowerTable last_powers = PowersAt(level.shape.log_size, last_positions);
  const std::vector<K> revealed = EvaluateColumn<K>(hy, 1, 0, last_powers, last_positions.size());
  for (size_t i = 0; i < last_positions.size(); ++i) {
    const std::vector<K> row = RowElements<K>(last_rows.Row(i, level.shape.columns));
    const auto entries = std::span<const K>(row).first(level.columns);
    if (revealed[i] != row[level.columns] + rho * InnerProduct<K>(entries, std::span<const K>(eq))) {
      return channel.Reject(Reason::kFoldedVector, "last level rows");
    }
  }
  // The same, column by column, on the terminal matrix: entries, then their masks.
  const PowerTable terminal_powers = PowersAt(terminal.log_size, terminal_positions);
  for (uint32_t j = 0; j < tc; ++j) {
    const std::vector<K> columns = EvaluateColumn<K>(ht, tc, j, terminal_powers, terminal_positions.size());
    for (size_t i = 0; i < terminal_positions.size(); ++i) {
      const auto row = terminal_rows.Row(i, terminal.columns);
      if (columns[i] != ElementAt<K>(row, tc + j) + rho * ElementAt<K>(row, j)) {
        return channel.Reject(Reason::kTerminalVector, "terminal rows");
      }
    }
  }
  // Products: sum lambda^i (h_x h_y - rho h_z) = c0 + rho c1, the dummy triple last.
  K sum = K::Zero();
  K power = K::One();
  const auto& products = channel.products();
  for (size_t i = 0; i < products.size(); ++i) {
    sum += power * (ht[products[i].left] * ht[products[i].right] - rho * ht[plan.pads + i]);
    power = power * lambda;
  }
  const size_t dummy = size_t{plan.pads} + plan.products;
  sum += power * (ht[dummy] * ht[dummy + 1] - rho * ht[dummy + 2]);
  if (sum != cross[0] + rho * cross[1]) return channel.Reject(Reason::kPadProducts, "cross terms");

  // <hy, w> - <ht, w_T> = mu + rho * constant.
  VectorFunctional<K> w = functional;
  w.dense.resize(level.shape.degree_bound(), K::Zero());
  for (const PowerFunctional<K>& p : w.powers) Expand(p, std::span<K>(w.dense));
  K left = InnerProduct<K>(std::span<const K>(hy), std::span<const K>(w.dense));
  const std::vector<K> wt = TerminalWeights(plan, claim);
  left = left - InnerProduct<K>(std::span<const K>(ht).first(wt.size()), std::span<const K>(wt));
  if (left != mu + rho * claim.constant) channel.Reject(Reason::kLinearClaim, "masked vector");
}

}  // namespace

const OracleShape& FirstLevelShape(const Plan& plan, size_t oracle) {
  if (oracle == kActivations) return plan.activations_shape;
  return oracle == kFoldedWeights ? plan.folded_weights_shape : plan.hidden_rows.shape;
}

namespace {

// Joins functionals of equal axes, as lookups over one space make them: they are folded, or expanded, once. One that
// begins like another but differs later may stay apart, so that nothing is compared more than once.
template <typename K>
std::vector<ProductFunctional<K>> JoinEqual(std::vector<ProductFunctional<K>> functionals) {
  std::vector<ProductFunctional<K>> out;
  std::map<std::vector<uint64_t>, size_t> latest;           // what the axes begin with -> functional
  std::map<std::pair<size_t, uint32_t>, size_t> target_of;  // functional, block -> its target
  for (ProductFunctional<K>& f : functionals) {
    std::vector<uint64_t> beginning;
    for (const std::vector<K>& axis : f.axes) {
      beginning.push_back(axis.size());
      for (int k = 0; k < K::kDegree; ++k) beginning.push_back(axis[0][k].value());
    }
    const auto [at, fresh] = latest.try_emplace(std::move(beginning), out.size());
    if (!fresh && out[at->second].axes != f.axes) at->second = out.size();
    const size_t id = at->second;
    if (id == out.size()) out.push_back({{}, std::move(f.axes)});
    for (const auto& target : f.targets) {
      const auto [place, first] = target_of.try_emplace({id, target.block}, out[id].targets.size());
      if (first) {
        out[id].targets.push_back(target);
      } else {
        out[id].targets[place->second].coefficient += target.coefficient;
      }
    }
  }
  return out;
}

}  // namespace

template <typename K>
CombinedClaim<K> Combine(std::vector<LinearClaim<K>> claims, K gamma) {
  CombinedClaim<K> out;
  AffineSum<K> values;
  K power = K::One();
  for (LinearClaim<K>& claim : claims) {
    for (size_t o = 0; o < 3; ++o) {
      for (ProductFunctional<K>& f : claim.products[o]) {
        for (auto& target : f.targets) target.coefficient = target.coefficient * power;
        out.products[o].push_back(std::move(f));
      }
      for (PowerFunctional<K>& f : claim.powers[o]) {
        for (auto& target : f.targets) target.coefficient = target.coefficient * power;
        out.powers[o].push_back(std::move(f));
      }
    }
    values.Add(claim.value, power);
    power = power * gamma;
  }
  out.value = values.Take();
  for (auto& products : out.products) products = JoinEqual(std::move(products));
  return out;
}

namespace {

// out[i] += the columns of row i of a row-major matrix, whose last row may be cut, folded with eq.
template <typename K>
void AddFoldedRows(std::span<const K> cells, std::span<const K> eq, std::span<K> out) {
  for (size_t i = 0; i * eq.size() < cells.size(); ++i) {
    const size_t n = std::min(eq.size(), cells.size() - i * eq.size());
    out[i] += InnerProduct<K>(cells.subspan(i * eq.size(), n), eq.first(n));
  }
}

}  // namespace

template <typename K>
void AddFoldedOracles(const Plan& plan, const CombinedClaim<K>& claim, const std::vector<K>& point,
                      const std::vector<K>& next_point, std::span<K> rows) {
  const OracleLayout* layouts[3] = {&plan.activations, &plan.folded_weights, &plan.hidden_rows.layout};
  const std::vector<K> eq = EqTable<K>(std::span<const K>(next_point));
  for (size_t o = 0; o < FirstLevelOracles(plan); ++o) {
    for (const ProductFunctional<K>& f : claim.products[o]) {
      FoldColumnsTwice<K>(f, *layouts[o], point, plan.segment_first[o], std::span<const K>(eq), rows);
    }
    if (claim.powers[o].empty()) continue;
    std::vector<K> once(layouts[o]->rows(), K::Zero());
    for (const PowerFunctional<K>& f : claim.powers[o]) {
      // These lengths need not be multiples of the level's columns, so they are expanded here.
      Expand(FoldColumns<K>(f, point, std::span<K>(once)), std::span<K>(once));
    }
    AddFoldedRows<K>(once, eq, rows.subspan(plan.segment_first[o] / eq.size()));
  }
}

template <typename K>
VectorFunctional<K> FoldVector(const Plan& plan, size_t level, const VectorFunctional<K>& functional,
                               const std::vector<K>& point) {
  const size_t next_columns = level + 1 < plan.levels.size() ? plan.levels[level + 1].columns : 1;
  VectorFunctional<K> out;
  const std::vector<K> eq = EqTable<K>(std::span<const K>(point));
  out.dense.assign(plan.levels[level].shape.message_rows, K::Zero());
  AddFoldedRows<K>(functional.dense, eq, out.dense);
  for (const PowerFunctional<K>& f : functional.powers) {
    PowerFunctional<K> folded = FoldColumns<K>(f, point, std::span<K>(out.dense));
    bool aligned = true;
    for (const auto& target : folded.targets) aligned = aligned && target.first % next_columns == 0;
    if (aligned) {
      out.powers.push_back(std::move(folded));
    } else {
      Expand(folded, std::span<K>(out.dense));
    }
  }
  return out;
}

template <typename K>
std::vector<K> TerminalWeights(const Plan& plan, const Affine<K>& value) {
  std::vector<K> weights(size_t{plan.pads} + plan.products, K::Zero());
  for (const auto& [ref, c] : value.pads) weights[ref.is_product ? plan.pads + ref.index : ref.index] += c;
  return weights;
}

template <typename K>
void ReadOpening(const Plan& plan, FrontResult<K> front, MaskedChannel<K>& channel) {
  const CombinedClaim<K> combined = Combine(std::move(front.claims), channel.Challenge("claims gamma"));
  Affine<K> claim = combined.value;
  std::vector<K> point;
  claim = ReadSumcheck("open columns", claim, static_cast<size_t>(plan.activations.log_columns()), channel, point);
  const std::vector<K> oracles_point = point;
  VectorFunctional<K> functional;

  for (size_t l = 0; l < plan.levels.size(); ++l) {
    const LevelPlan& level = plan.levels[l];
    const Digest root = channel.ReceiveDigests("level root", 1)[0];
    channel.ReceiveGrinding(kGrindBits);
    // Rows of what this level's vector was folded from become linear constraints on the vector.
    const std::vector<K> eq = EqTable<K>(std::span<const K>(point));
    std::vector<std::vector<K>> values;
    std::vector<std::vector<uint64_t>> positions;
    const size_t sources = l == 0 ? FirstLevelOracles(plan) : 1;
    const auto shape_of = [&](size_t o) -> const OracleShape& {
      return l == 0 ? FirstLevelShape(plan, o) : plan.levels[l - 1].shape;
    };
    for (size_t o = 0; o < sources; ++o)
      positions.push_back(channel.Positions("rows", shape_of(o).log_size, shape_of(o).random_rows));
    for (size_t o = 0; o < sources; ++o) {
      const OracleShape& shape = shape_of(o);
      const RowOpening rows = channel.ReceiveRows("rows", shape, front.roots[o], positions[o]);
      if (!channel.ok()) return;
      values.emplace_back();
      for (size_t i = 0; i < positions[o].size(); ++i) {
        if (l == 0) {
          values[o].push_back(FoldBaseRow<K>(rows.Row(i, shape.columns), eq));
        } else {
          const std::vector<K> row = RowElements<K>(rows.Row(i, shape.columns));
          values[o].push_back(InnerProduct<K>(std::span<const K>(row), std::span<const K>(eq)));
        }
      }
    }
    const K gamma = channel.Challenge("queries gamma");
    K power = K::One();
    for (size_t o = 0; o < sources; ++o) {
      const uint64_t first = l == 0 ? plan.segment_first[o] : 0;
      AddQueries(shape_of(o), positions[o], values[o], first, shape_of(o).degree_bound(), gamma, power, functional,
                 claim);
    }
    point.clear();
    claim = ReadSumcheck("open level", claim, static_cast<size_t>(std::countr_zero(level.columns)), channel, point);
    functional = FoldVector(plan, l, functional, point);
    if (l == 0) AddFoldedOracles<K>(plan, combined, oracles_point, point, functional.dense);
    front.roots[0] = root;
  }
  ReadReveal(plan, front, front.roots[0], point, functional, claim, channel);
}

#define PROVENN_INSTANTIATE(K)                                                                                        \
  template CombinedClaim<K> Combine<K>(std::vector<LinearClaim<K>>, K);                                               \
  template void AddFoldedOracles<K>(const Plan&, const CombinedClaim<K>&, const std::vector<K>&,                      \
                                    const std::vector<K>&, std::span<K>);                                             \
  template VectorFunctional<K> FoldVector<K>(const Plan&, size_t, const VectorFunctional<K>&, const std::vector<K>&); \
  template std::vector<K> TerminalWeights<K>(const Plan&, const Affine<K>&);                                          \
  template void ReadOpening<K>(const Plan&, FrontResult<K>, MaskedChannel<K>&);
PROVENN_INSTANTIATE(Ext2)
PROVENN_INSTANTIATE(Ext3)
#undef PROVENN_INSTANTIATE

}  // namespace provenn
