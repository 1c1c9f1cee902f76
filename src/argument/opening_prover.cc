#include "argument/opening_prover.h"

#include <algorithm>
#include <bit>

#include "argument/opening_verifier.h"
#include "argument/parallel_sum.h"
#include "commit/functional_prover.h"
#include "field/domain.h"
#include "field/kernels.h"
#include "field/kernels_rows.h"
#include "field/multilinear.h"

namespace provenn {
namespace {

constexpr size_t kGrain = 4096;

template <typename K>
void AddRound(QuadraticRound<K>& a, const QuadraticRound<K>& b) {
  a.at_zero += b.at_zero;
  a.leading += b.leading;
}

template <typename K, typename T>
QuadraticRound<K> Round(std::span<const T> v, std::span<const K> w) {
  return ParallelSum(
      w.size() / 2, kGrain, QuadraticRound<K>{K::Zero(), K::Zero()},
      [&](size_t from, size_t to) {
        return ProductRound<K>(v.subspan(2 * from, 2 * (to - from)), w.subspan(2 * from, 2 * (to - from)));
      },
      [](QuadraticRound<K>& a, const QuadraticRound<K>& b) { AddRound(a, b); });
}

template <typename K, typename T>
SecretVector<K> Fold(std::span<const T> v, K r) {
  SecretVector<K> out(v.size() / 2);
  ParallelFor(out.size(), kGrain, [&](size_t from, size_t to) {
    FoldPairs<K>(v.subspan(2 * from, 2 * (to - from)), r, std::span(out).subspan(from, to - from));
  });
  return out;
}

// Values and their weights, row-major over the columns still to fold. The values are `vector`; in the first round they
// are `cells` where there are any.
template <typename K>
struct Folding {
  SecretVector<K> vector;
  SecretVector<K> weights;
  std::span<const Goldilocks> cells = {};
};

// Binds the columns of all foldings at once.
template <typename K>
std::vector<K> FoldColumns(std::vector<Folding<K>>& parts, size_t rounds, std::string_view label,
                           ProverChannel<K>& channel) {
  std::vector<K> point;
  for (size_t i = 0; i < rounds; ++i) {
    QuadraticRound<K> total{K::Zero(), K::Zero()};
    for (const Folding<K>& part : parts) {
      const std::span<const K> w(part.weights);
      AddRound(total, part.cells.empty() ? Round<K, K>(std::span<const K>(part.vector), w)
                                         : Round<K, Goldilocks>(part.cells, w));
    }
    const K message[2] = {total.at_zero, total.leading};
    channel.SendMasked(label, message);
    const K c = channel.Challenge(label);
    point.push_back(c);
    for (Folding<K>& part : parts) {
      part.vector =
          part.cells.empty() ? Fold<K, K>(std::span<const K>(part.vector), c) : Fold<K, Goldilocks>(part.cells, c);
      part.cells = {};
      part.weights = Fold<K, K>(std::span<const K>(part.weights), c);
    }
  }
  return point;
}

// The inner products of all rows with eq(point, .).
template <typename K>
void FoldEachRow(std::span<const Goldilocks> cells, const std::vector<K>& eq, std::span<K> out) {
  ParallelFor(out.size(), std::max<size_t>(1, kGrain / eq.size()), [&](size_t from, size_t to) {
    FoldRows<K>(cells.subspan(from * eq.size(), (to - from) * eq.size()), std::span<const K>(eq),
                out.subspan(from, to - from));
  });
}

// Two pieces of work that do not depend on one another.
template <typename A, typename B>
void DoBoth(const A& a, const B& b) {
  ParallelFor(2, 1, [&](size_t from, size_t to) {
    if (from == 0) a();
    if (to == 2) b();
  });
}

// Dense weights of a functional over the whole vector of a level (padded to whole rows of its matrix).
template <typename K>
SecretVector<K> DenseWeights(const VectorFunctional<K>& functional, size_t length) {
  SecretVector<K> w(length, K::Zero());
  std::copy(functional.dense.begin(), functional.dense.end(), w.begin());
  for (const PowerFunctional<K>& f : functional.powers) ExpandParallel(f, std::span<K>(w));
  return w;
}

// Queries on one source of a level's vector, as a power functional on it.
template <typename K>
void AddQueries(const OracleShape& shape, const std::vector<uint64_t>& positions, uint64_t first, uint64_t length,
                K gamma, K& power, VectorFunctional<K>& functional) {
  PowerFunctional<K> queries;
  queries.targets.push_back({first, K::One()});
  queries.length = length;
  for (uint64_t position : positions) {
    power = power * gamma;
    queries.points.push_back({power, DomainPoint(shape.log_size, position)});
  }
  functional.powers.push_back(std::move(queries));
}

// Weights of the first level's vector, which the verifier never holds (AddFoldedOracles).
template <typename K>
VectorFunctional<K> FoldOracles(const Plan& plan, const CombinedClaim<K>& claim, const std::vector<K>& point) {
  const OracleLayout* layouts[3] = {&plan.activations, &plan.folded_weights, &plan.hidden_rows.layout};
  VectorFunctional<K> out;
  out.dense.assign(plan.first_vector, K::Zero());
  for (size_t o = 0; o < FirstLevelOracles(plan); ++o) {
    const auto rows = std::span<K>(out.dense).subspan(plan.segment_first[o], layouts[o]->rows());
    for (const ProductFunctional<K>& f : claim.products[o]) FoldColumns<K>(f, *layouts[o], point, rows);
    for (const PowerFunctional<K>& f : claim.powers[o]) {
      PowerFunctional<K> folded = FoldColumns<K>(f, point, rows);
      Expand(folded, rows);
    }
  }
  return out;
}

}  // namespace

template <typename K>
Terminal<K> CommitTerminal(const Plan& plan, const std::vector<std::pair<uint32_t, uint32_t>>& products, Csprng& random,
                           ProverChannel<K>& channel) {
  Terminal<K> t;
  const size_t columns = plan.terminal_columns;
  const size_t rows = plan.terminal_shape.message_rows;
  PROVENN_CHECK(products.size() == plan.products);
  t.entries.assign(rows * columns, K::Zero());
  t.mask.assign(rows * columns, K::Zero());
  random.Fill(std::span<K>(t.entries).first(plan.pads));
  for (size_t i = 0; i < products.size(); ++i) {
    t.entries[plan.pads + i] = t.entries[products[i].first] * t.entries[products[i].second];
  }
  K* dummy = &t.entries[size_t{plan.pads} + plan.products];
  random.Fill(std::span<K>(dummy, 2));
  dummy[2] = dummy[0] * dummy[1];
  random.Fill(std::span<K>(t.mask));

  t.oracle = std::make_unique<OracleProver>(plan.terminal_shape);
  const size_t degree = K::kDegree;
  const auto cells = t.oracle->message();
  for (size_t row = 0; row < rows; ++row) {
    const auto out = cells.subspan(row * 2 * columns * degree, 2 * columns * degree);
    const auto entries = Coefficients(std::span<K>(t.entries).subspan(row * columns, columns));
    const auto mask = Coefficients(std::span<K>(t.mask).subspan(row * columns, columns));
    std::copy(entries.begin(), entries.end(), out.begin());
    std::copy(mask.begin(), mask.end(), out.begin() + static_cast<std::ptrdiff_t>(columns * degree));
  }
  channel.SendOracle("terminal root", *t.oracle, random);
  SecretBuffer<K> pads(plan.pads);
  std::copy_n(t.entries.begin(), plan.pads, pads.begin());
  channel.SetPads(std::move(pads));
  return t;
}

template <typename K>
void ProveOpening(const Plan& plan, std::vector<LinearClaim<K>> claims,
                  const std::vector<std::pair<uint32_t, uint32_t>>& products,
                  std::vector<std::unique_ptr<OracleProver>> oracles, Terminal<K> terminal, Csprng& random,
                  ProverChannel<K>& channel) {
  const CombinedClaim<K> combined = Combine(std::move(claims), channel.Challenge("claims gamma"));
  const OracleLayout* layouts[3] = {&plan.activations, &plan.folded_weights, &plan.hidden_rows.layout};
  const size_t degree = K::kDegree;

  // The verifier's affine value of the last claim is needed for its pads: replayed alongside.
  Affine<K> claim = combined.value;
  uint32_t next_pad = plan.pads - 2 * static_cast<uint32_t>(plan.activations.log_columns());
  for (const LevelPlan& level : plan.levels) next_pad -= 2 * static_cast<uint32_t>(std::countr_zero(level.columns));
  const auto follow = [&](const std::vector<K>& point) {
    // Only the linear form in the pads matters here: ReadSumcheck on messages whose public part is not looked at.
    for (const K& c : point) {
      Affine<K> s0;
      s0.pads.emplace_back(PadRef{next_pad++, false}, K::One());
      Affine<K> s2;
      s2.pads.emplace_back(PadRef{next_pad++, false}, K::One());
      claim = s0 * (K::One() - c) + (claim - s0) * c + s2 * (c * c - c);
    }
  };

  // Products are contracted over rows first. What has powers too is not long.
  std::vector<ContractedRows<K>> contracted(oracles.size());
  std::vector<Folding<K>> parts;
  for (size_t o = 0; o < oracles.size(); ++o) {
    const std::span<const Goldilocks> cells(oracles[o]->message());
    if (combined.powers[o].empty()) {
      contracted[o] = ContractRows<K>(combined.products[o], *layouts[o], cells);
      parts.push_back({std::move(contracted[o].sums), std::move(contracted[o].weights)});
      parts.push_back({{}, std::move(contracted[o].cell_weights), contracted[o].cells});
      continue;
    }
    SecretVector<K> weights(cells.size(), K::Zero());
    for (const auto& f : combined.products[o]) ExpandParallel(f, *layouts[o], std::span<K>(weights));
    for (const auto& f : combined.powers[o]) ExpandParallel(f, std::span<K>(weights));
    parts.push_back({{}, std::move(weights), cells});
  }
  std::vector<K> point =
      FoldColumns(parts, static_cast<size_t>(plan.activations.log_columns()), "open columns", channel);
  follow(point);
  parts.clear();
  contracted.clear();
  VectorFunctional<K> functional;
  SecretVector<K> vector(plan.first_vector, K::Zero());
  DoBoth([&] { functional = FoldOracles(plan, combined, point); },
         [&] {
           const std::vector<K> eq = EqTable<K>(std::span<const K>(point));
           for (size_t o = 0; o < oracles.size(); ++o) {
             FoldEachRow<K>(oracles[o]->coefficients(), eq,
                            std::span(vector).subspan(plan.segment_first[o], oracles[o]->shape().degree_bound()));
           }
         });

  SecretVector<K> mask;
  for (size_t l = 0; l < plan.levels.size(); ++l) {
    const LevelPlan& level = plan.levels[l];
    const bool last = l + 1 == plan.levels.size();
    const size_t rows = level.shape.message_rows;
    const size_t width = level.shape.columns / degree;  // elements a row: columns, and the mask in the last level
    vector.resize(rows * level.columns, K::Zero());
    auto oracle = std::make_unique<OracleProver>(level.shape);
    if (last) {
      mask.assign(rows, K::Zero());
      random.Fill(std::span<K>(mask));
    }
    const auto cells = oracle->message();
    for (size_t row = 0; row < rows; ++row) {
      const auto from = Coefficients(std::span<K>(vector).subspan(row * level.columns, level.columns));
      std::copy(from.begin(), from.end(), cells.begin() + static_cast<std::ptrdiff_t>(row * width * degree));
      if (last) {
        for (size_t k = 0; k < degree; ++k)
          cells[(row * width + level.columns) * degree + k] = mask[row].coefficient(static_cast<int>(k));
      }
    }
    channel.SendOracle("level root", *oracle, random);
    if (channel.hooked()) {  // what was committed counts
      for (size_t row = 0; row < rows; ++row) {
        const auto to = Coefficients(std::span<K>(vector).subspan(row * level.columns, level.columns));
        std::copy_n(cells.begin() + static_cast<std::ptrdiff_t>(row * width * degree), to.size(), to.begin());
      }
    }
    channel.SendGrinding(kGrindBits);
    std::vector<std::vector<uint64_t>> positions;
    for (const auto& source : oracles) {
      positions.push_back(channel.Positions("rows", source->shape().log_size, source->shape().random_rows));
    }
    for (size_t o = 0; o < oracles.size(); ++o)
      channel.SendRows("rows", oracles[o]->Open(positions[o]), oracles[o]->shape().columns);
    const K gamma = channel.Challenge("queries gamma");
    K power = K::One();
    for (size_t o = 0; o < oracles.size(); ++o) {
      const OracleShape& shape = oracles[o]->shape();
      AddQueries(shape, positions[o], l == 0 ? plan.segment_first[o] : 0, shape.degree_bound(), gamma, power,
                 functional);
    }

    std::vector<Folding<K>> one(1);
    DoBoth([&] { oracles.clear(); }, [&] { one[0].weights = DenseWeights(functional, vector.size()); });
    one[0].vector = std::move(vector);
    point = FoldColumns<K>(one, static_cast<size_t>(std::countr_zero(level.columns)), "open level", channel);
    follow(point);
    functional = FoldVector(plan, l, functional, point);
    // The fold of the random rows belongs to the next vector.
    vector = std::move(one[0].vector);
    const std::vector<K> eq = EqTable<K>(std::span<const K>(point));
    const auto random_rows = oracle->coefficients().subspan(rows * level.shape.columns);
    for (size_t row = 0; row < level.shape.random_rows; ++row) {
      K folded = K::Zero();
      for (size_t j = 0; j < width; ++j) {
        K element;
        for (size_t k = 0; k < degree; ++k) element[static_cast<int>(k)] = random_rows[(row * width + j) * degree + k];
        if (j < level.columns) {
          folded += element * eq[j];
        } else {
          mask.push_back(element);
        }
      }
      vector.push_back(folded);
    }
    oracles.push_back(std::move(oracle));
  }

  // Reveal under one mask.
  const K lambda = channel.Challenge("products lambda");
  SecretVector<K> w = DenseWeights(functional, vector.size());
  const std::vector<K> wt = TerminalWeights(plan, claim);
  const K mu = InnerProduct<K>(std::span<const K>(mask), std::span<const K>(w)) -
               InnerProduct<K>(std::span<const K>(terminal.mask).first(wt.size()), std::span<const K>(wt));
  K cross[2] = {K::Zero(), K::Zero()};
  K power = K::One();
  const auto add_product = [&](size_t x, size_t y, size_t z) {
    const auto& g = terminal.mask;
    const auto& t = terminal.entries;
    cross[0] += power * (g[x] * g[y]);
    cross[1] += power * (g[x] * t[y] + g[y] * t[x] - g[z]);
    power = power * lambda;
  };
  for (size_t i = 0; i < products.size(); ++i) add_product(products[i].first, products[i].second, plan.pads + i);
  const size_t dummy = size_t{plan.pads} + plan.products;
  add_product(dummy, dummy + 1, dummy + 2);
  channel.SendClear("mask claim", std::span<const K>(&mu, 1));
  channel.SendClear("cross terms", cross);
  const K rho = channel.Challenge("mask rho");
  for (size_t i = 0; i < mask.size(); ++i) mask[i] += rho * vector[i];
  channel.SendClear("masked vector", std::span<const K>(mask));

  const size_t tc = plan.terminal_columns;
  const size_t rows = plan.terminal_shape.message_rows;
  SecretVector<K> ht(plan.terminal_shape.degree_bound() * tc);
  const auto coefficients = terminal.oracle->coefficients();
  for (size_t i = 0; i < ht.size(); ++i) {
    // Row-major rows of entries ‖ masks, random rows included.
    const size_t row = i / tc;
    const size_t j = i % tc;
    K entry;
    K blind;
    for (size_t k = 0; k < degree; ++k) {
      entry[static_cast<int>(k)] = coefficients[(row * 2 * tc + j) * degree + k];
      blind[static_cast<int>(k)] = coefficients[(row * 2 * tc + tc + j) * degree + k];
    }
    ht[i] = blind + rho * entry;
  }
  PROVENN_CHECK(rows * tc == terminal.entries.size());
  channel.SendClear("masked terminal", std::span<const K>(ht));
  channel.SendGrinding(kGrindBits);
  const OracleShape& last_shape = plan.levels.back().shape;
  const std::vector<uint64_t> last_positions =
      channel.Positions("last level rows", last_shape.log_size, last_shape.random_rows);
  const std::vector<uint64_t> terminal_positions =
      channel.Positions("terminal rows", plan.terminal_shape.log_size, plan.terminal_shape.random_rows);
  channel.SendRows("last level rows", oracles[0]->Open(last_positions), last_shape.columns);
  channel.SendRows("terminal rows", terminal.oracle->Open(terminal_positions), plan.terminal_shape.columns);
}

#define PROVENN_INSTANTIATE(K)                                                                                    \
  template Terminal<K> CommitTerminal<K>(const Plan&, const std::vector<std::pair<uint32_t, uint32_t>>&, Csprng&, \
                                         ProverChannel<K>&);                                                      \
  template void ProveOpening<K>(const Plan&, std::vector<LinearClaim<K>>,                                         \
                                const std::vector<std::pair<uint32_t, uint32_t>>&,                                \
                                std::vector<std::unique_ptr<OracleProver>>, Terminal<K>, Csprng&, ProverChannel<K>&);
PROVENN_INSTANTIATE(Ext2)
PROVENN_INSTANTIATE(Ext3)
#undef PROVENN_INSTANTIATE

}  // namespace provenn
