// Reed-Solomon encoding: number theoretic transforms of all columns of a row-major matrix at once.
#pragma once

#include <cstddef>
#include <span>

#include "field/domain.h"
#include "field/goldilocks.h"

namespace provenn {

// `matrix` has 2^log_n rows of `cols` elements, row after row. On entry row i < message_rows holds the coefficients of
// x^i of all column polynomials; what the other rows hold is ignored. On exit row r holds the polynomials' values at
// DomainPoint(log_n, r). A matrix over an extension of degree D is encoded as one of D times as many columns over F.
// Precondition: matrix.size() = cols * 2^log_n, 1 <= cols, message_rows <= 2^log_n, log_n <= 32.
void EncodeColumns(std::span<Goldilocks> matrix, size_t cols, size_t message_rows, int log_n);

}  // namespace provenn
