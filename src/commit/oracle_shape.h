// Sizes of one committed matrix.
//
// A matrix has `message_rows` x `columns` base-field cells. Column j is the polynomial whose coefficients are its
// message cells followed by `random_rows` uniform ones; it is evaluated on a coset of size 2^log_size. A leaf of the
// Merkle tree is one row of evaluations, salted. Extension-field columns are `degree` base-field columns each.
#pragma once

#include <cstdint>

namespace provenn {

struct OracleShape {
  uint64_t message_rows = 0;
  uint32_t columns = 0;      // base-field columns
  uint32_t random_rows = 0;  // equals the number of positions that are ever opened: so opened symbols are uniform
  int log_size = 0;

  uint64_t size() const { return uint64_t{1} << log_size; }
  uint64_t degree_bound() const { return message_rows + random_rows; }
};

// Number of queries, and with it the size of the domain, for an oracle of `message_rows` rows.
struct QueryPlan {
  uint32_t queries = 0;
  int log_size = 0;
};

// Smallest query count at which a word that is not within the unique decoding radius of the code, or differs there
// from the claimed codeword, is caught but for 2^-bits: each query catches it with probability at least
// delta = (1 - rate) / 2. The rate counts the random rows. `queries_are_rows`: the opened positions are hidden by
// as many random rows (false for the weights, whose rows stay hidden). Integer arithmetic only, so that every machine
// finds the same number. `log_inverse_rate` >= 1 is what the domain size aims at: size >= degree bound * 2^that.
QueryPlan PlanQueries(uint64_t message_rows, int log_inverse_rate, int bits, bool queries_are_rows);

// floor(2^32 * log2(2 size / (size + degree_bound))): the bits that one query is worth.
uint64_t BitsPerQuery(uint64_t degree_bound, uint64_t size);

}  // namespace provenn
