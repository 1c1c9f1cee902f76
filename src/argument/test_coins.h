// Where a proof's coins are, in the order of the draws: for tests that turn them.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "argument/plan.h"

namespace provenn {

struct CoinMap {
  // Random rows of one oracle, and its leaf salts.
  struct Rows {
    std::string root;  // label of its root
    size_t first = 0;  // first coin
    size_t width = 0;  // coins of a row
    size_t count = 0;
    size_t first_salt = 0;  // all salts are drawn from one stream of bytes, one a leaf
    size_t salts = 0;
  };

  explicit CoinMap(const Plan& plan) {
    const auto degree = static_cast<size_t>(plan.degree);
    const auto stretch = [&](size_t n) {
      const size_t first = end;
      end += n;
      return first;
    };
    pads = stretch(plan.pads * degree);
    dummy = stretch(2 * degree);
    terminal_mask = stretch(plan.terminal_rows() * plan.terminal_columns * degree);
    const auto random_rows = [&](const char* root, const OracleShape& shape) {
      const size_t first = stretch(size_t{shape.random_rows} * shape.columns);
      rows.push_back({root, first, shape.columns, shape.random_rows, salts, shape.size()});
      salts += shape.size();
    };
    random_rows("terminal root", plan.terminal_shape);
    random_rows("activations root", plan.activations_shape);
    if (plan.has_weights()) {
      random_rows("folded weights root", plan.folded_weights_shape);
      random_rows("hidden rows root", plan.hidden_rows.shape);
    }
    for (size_t l = 0; l < plan.levels.size(); ++l) {
      if (l + 1 == plan.levels.size()) vector_mask = stretch(plan.levels[l].shape.message_rows * degree);
      random_rows("level root", plan.levels[l].shape);
    }
  }

  size_t pads = 0;
  size_t dummy = 0;
  size_t terminal_mask = 0;
  size_t vector_mask = 0;  // of the last level
  std::vector<Rows> rows;
  size_t end = 0;
  size_t salts = 0;  // 32 bytes each
};

}  // namespace provenn
