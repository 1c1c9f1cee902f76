// Transcendental functions built from IEEE + − × ÷ alone. The C library's exp and tanh differ between machines in the
// last bit, and a table computed from them would give one model two ids; these give the same double everywhere.
#pragma once

#include "model/graph.h"

namespace provenn {

// e^x with relative error below 1e-15; 0 below −745, the largest finite double above 709.7. x must not be NaN.
double DeterministicExp(double x);
// 1 / (1 + e^−x)
double DeterministicSigmoid(double x);
double DeterministicTanh(double x);

// The value of a node for which IsFunction(node.op), at one element.
double EvaluateFunction(const GraphNode& node, double x);

}  // namespace provenn
