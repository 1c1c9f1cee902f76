#include "argument/contraction_prover.h"

#include <algorithm>

#include "argument/operand_prover.h"
#include "argument/parallel_sum.h"
#include "field/kernels.h"

namespace provenn {
namespace {

constexpr size_t kGrain = 4096;

template <typename K>
struct Term {
  ContractionShape shape;
  K scale;            // coefficient, and (1 - r) for every variable bound beyond the term's own
  SecretVector<K> f;  // left operand over kappa; one entry once bound
  SecretVector<K> g;
};

template <typename K>
Term<K> MakeTerm(const Plan& plan, const TensorValues& values, const ContractionTerm<K>& wanted) {
  const Contraction& c = plan.circuit.contractions[wanted.contraction];
  Term<K> term;
  term.shape = ShapeOf(plan, c);
  const OperandWeights<K> w = WeightsOfOperands<K>(c, term.shape, wanted.out_weights, {});
  term.scale = wanted.coefficient * w.scale;
  term.f = FoldOperand<K>(c.left, plan.circuit.tensors[c.left.tensor].shape, values[c.left.tensor], c.space,
                          term.shape.kappa, w.left);
  if (c.right.has_value()) {
    term.g = FoldOperand<K>(*c.right, plan.circuit.tensors[c.right->tensor].shape, values[c.right->tensor], c.space,
                            term.shape.kappa, w.right);
  } else {
    // All ones, weighted: a view of nothing.
    std::vector<K> table{K::One()};
    for (uint32_t a : term.shape.kappa) {
      const size_t padded = size_t{1} << AxisBits(c.space[a]);
      std::vector<K> next(table.size() * padded, K::Zero());
      for (size_t i = 0; i < table.size(); ++i) {
        for (size_t e = 0; e < c.space[a]; ++e) next[i * padded + e] = table[i] * w.right[a][e];
      }
      table = std::move(next);
    }
    term.g.assign(table.begin(), table.end());
  }
  return term;
}

template <typename K>
QuadraticRound<K> Round(const Term<K>& term) {
  return ParallelSum(
      term.f.size() / 2, kGrain, QuadraticRound<K>{K::Zero(), K::Zero()},
      [&](size_t from, size_t to) {
        return ProductRound<K>(std::span<const K>(term.f).subspan(2 * from, 2 * (to - from)),
                               std::span<const K>(term.g).subspan(2 * from, 2 * (to - from)));
      },
      [](QuadraticRound<K>& a, const QuadraticRound<K>& b) {
        a.at_zero += b.at_zero;
        a.leading += b.leading;
      });
}

template <typename K>
void Fold(SecretVector<K>& v, K r) {
  SecretVector<K> out(v.size() / 2);
  ParallelFor(out.size(), kGrain, [&](size_t from, size_t to) {
    FoldPairs<K>(std::span<const K>(v).subspan(2 * from, 2 * (to - from)), r, std::span(out).subspan(from, to - from));
  });
  v = std::move(out);
}

}  // namespace

template <typename K>
std::vector<K> ProveContractions(const Plan& plan, const TensorValues& values,
                                 const std::vector<ContractionTerm<K>>& wanted, ProverChannel<K>& channel) {
  size_t variables = plan.has_weights() ? static_cast<size_t>(plan.weights_layout.log_columns()) : 0;
  std::vector<Term<K>> terms;
  K sum = K::Zero();
  for (const ContractionTerm<K>& w : wanted) {
    terms.push_back(MakeTerm(plan, values, w));
    const Term<K>& term = terms.back();
    variables = std::max(variables, term.shape.variables);
    sum += term.scale * InnerProduct<K>(std::span<const K>(term.f), std::span<const K>(term.g));
  }
  channel.SendMasked("contraction sum", std::span<const K>(&sum, 1));

  std::vector<K> r;
  for (size_t i = 0; i < variables; ++i) {
    K message[2] = {K::Zero(), K::Zero()};
    for (const Term<K>& term : terms) {
      if (i < term.shape.bits) {
        const QuadraticRound<K> round = Round(term);
        message[0] += term.scale * round.at_zero;
        message[1] += term.scale * round.leading;
      } else {
        // f (1 - X) g: zero-extended on the left, constant on the right.
        message[0] += term.scale * term.f[0] * term.g[0];
      }
    }
    channel.SendMasked("contraction round", message);
    const K c = channel.Challenge("contraction round");
    r.push_back(c);
    for (Term<K>& term : terms) {
      if (i < term.shape.bits) {
        Fold(term.f, c);
        Fold(term.g, c);
      } else if (i < term.shape.variables) {
        term.f[0] = term.f[0] * (K::One() - c);
      } else {
        term.scale = term.scale * (K::One() - c);
      }
    }
  }

  for (size_t t = 0; t < terms.size(); ++t) {
    const Contraction& c = plan.circuit.contractions[wanted[t].contraction];
    if (!IsPublic(plan, c.left.tensor)) channel.SendMasked("contraction end", std::span<const K>(terms[t].f));
    if (c.right.has_value() && !IsPublic(plan, c.right->tensor)) {
      channel.SendMasked("contraction end", std::span<const K>(terms[t].g));
    }
  }
  return r;
}

#define PROVENN_INSTANTIATE(K)                                                   \
  template std::vector<K> ProveContractions<K>(const Plan&, const TensorValues&, \
                                               const std::vector<ContractionTerm<K>>&, ProverChannel<K>&);
PROVENN_INSTANTIATE(Ext2)
PROVENN_INSTANTIATE(Ext3)
#undef PROVENN_INSTANTIATE

}  // namespace provenn
