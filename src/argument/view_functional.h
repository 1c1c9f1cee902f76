// The multilinear extension of a view, weighted along each axis of its index space, as a functional on the tensor.
//
// For weights w_j along the axes j of the space, the sum over the space of prod_j w_j[e_j] * view[e] equals
// sum over the tensor of prod_a v_a[i_a] * tensor[i], with v_a[i] = sum of prod w_j[e_j] over the indices of the axes
// that axis map a uses and that land on i; axes that the view does not use contribute the factor sum_e w_j[e].
#pragma once

#include <span>
#include <vector>

#include "argument/claims.h"
#include "argument/plan.h"
#include "argument/statement.h"

namespace provenn {

template <typename K>
using AxisWeights = std::vector<std::vector<K>>;  // per axis of the space, one weight per index

// eq weights of every axis of `space`, from the bits of `point`, last axis at the lowest bits.
template <typename K>
AxisWeights<K> EqWeights(const Shape& space, std::span<const K> point);

template <typename K>
std::vector<std::vector<K>> PullBack(const View& view, const Shape& tensor_shape, const AxisWeights<K>& weights);

// Which axes of a space of that rank the view uses.
std::vector<uint8_t> UsedAxes(const View& view, size_t rank);

template <typename K>
K Sum(const std::vector<K>& values);

// coefficient * coefficient's power of two, as a field element.
Goldilocks ToField(const Coefficient& c);

// Adds coefficient * (weighted sum of the view) to the left side of the claim: a functional if the tensor is
// committed, else its value moves to the right side. Weights of unused axes are not looked at.
template <typename K>
void AddView(const Plan& plan, const Statement& statement, const View& view, const AxisWeights<K>& weights,
             K coefficient, LinearClaim<K>& claim);

// The weighted sum of a view of a public tensor.
template <typename K>
K EvaluatePublic(const Plan& plan, const Statement& statement, const View& view, const AxisWeights<K>& weights);

// Whether the verifier knows the tensor's values.
bool IsPublic(const Plan& plan, uint32_t tensor);

}  // namespace provenn
