// How many assignments satisfy a circuit, for given weights and inputs: none, one, or more. For tests.
//
// It knows the lookups written out cell by cell (test_constraints.h) and nothing else: no program, no order, no bound
// of any tensor. A tuple is satisfied by choosing a row of its table; the choice is one linear equation modulo p per
// column, which is solved for a cell and substituted. Rows that interval arithmetic rules out modulo p are not tried:
// where 2^s times a sum of cells with small factors must be r, and every cell is in an interval, r is in an interval or
// not.
#pragma once

#include <algorithm>
#include <cmath>
#include <optional>
#include <tuple>
#include <utility>
#include <vector>

#include "relation/test_cell_equations.h"

namespace provenn {

enum class Solutions { kNone, kOne, kSeveral, kUndecided };

class SolutionCounter : CellEquations {
 public:
  explicit SolutionCounter(const CellConstraints& constraints, uint64_t max_work = 50'000'000)
      : CellEquations(constraints),
        max_work_(max_work),
        queued_(constraints.tuples().size(), false),
        readers_(constraints.cells()),
        open_(constraints.tuples().size()),
        open_of_(constraints.tuples().size(), 0) {
    for (uint32_t i = 0; i < constraints.tuples().size(); ++i) {
      for (const CellPolynomial& column : constraints.tuples()[i].columns) {
        for (const auto& [factor, cell] : column.linear) readers_[cell].push_back(i);
        for (const CellPolynomial::Square& product : column.products) {
          readers_[product.a].push_back(i);
          readers_[product.b].push_back(i);
        }
      }
    }
    for (std::vector<uint32_t>& readers : readers_) {
      std::sort(readers.begin(), readers.end());
      readers.erase(std::unique(readers.begin(), readers.end()), readers.end());
    }
  }

  // Of the whole circuit.
  Solutions Count() {
    FindDomains();
    for (uint32_t i = 0; i < done_.size(); ++i) Enqueue(i);
    return Finish();
  }

  // Of the tuples `active` in the cells `free`, all other cells being as in `values`.
  Solutions CountAround(const std::vector<uint32_t>& active, const std::vector<uint32_t>& free,
                        const std::vector<Goldilocks>& values) {
    for (size_t c = 0; c < solved_.size(); ++c) solved_[c] = Solved{values[c], {}};
    for (uint32_t c : free) solved_[c].reset();
    done_.assign(done_.size(), true);
    for (uint32_t i : active) done_[i] = false;
    FindDomains();
    for (uint32_t i : active) Enqueue(i);
    return Finish();
  }

  // Rows looked at so far.
  uint64_t work() const { return work_; }

 private:
  struct Undo {
    enum { kSolved, kDone, kReaders } kind;
    uint32_t id = 0;
    size_t size = 0;
  };

  Solutions Finish() {
    solutions_ = 0;
    undecided_ = false;
    work_ = 0;
    at_ = 0;
    ++change_;
    const size_t mark = undo_.size();
    Search();
    Rewind(mark);
    if (solutions_ >= 2) return Solutions::kSeveral;
    if (undecided_ || work_ > max_work_) return Solutions::kUndecided;
    return solutions_ == 1 ? Solutions::kOne : Solutions::kNone;
  }

  // Rows of a tuple that are not ruled out, at most `limit`; nullopt if it is not linear yet.
  std::optional<std::vector<uint32_t>> Candidates(uint32_t tuple_id, size_t limit) {
    const CellTuple& tuple = constraints_.tuples()[tuple_id];
    const Table& table = constraints_.circuit().tables[tuple.table];
    std::vector<Form> forms;
    std::vector<Reach> reaches;
    for (const CellPolynomial& column : tuple.columns) {
      forms.push_back(Resolve(column));
      if (!forms.back().ready) return std::nullopt;
      reaches.push_back(ReachOf(forms.back()));
    }
    std::vector<uint32_t> rows;
    for (const auto& [from, to, step] : KeyRows(table, forms[0].constant, forms[0], reaches[0])) {
      for (uint64_t row = from; row < to && rows.size() < limit; row += step) {
        ++work_;
        bool possible = true;
        for (size_t c = 1; c < forms.size() && possible; ++c) {
          const Goldilocks rest = Goldilocks::FromSigned(table.values[c - 1][row]) - forms[c].constant;
          if (forms[c].terms.empty()) {
            possible = rest == Goldilocks();
          } else if (reaches[c].known) {
            possible = reaches[c].Contains(rest);
          }
        }
        if (possible) rows.push_back(static_cast<uint32_t>(row));
      }
    }
    return rows;
  }

  void Enqueue(uint32_t tuple) {
    if (done_[tuple] || queued_[tuple]) return;
    queued_[tuple] = true;
    queue_.push_back(tuple);
  }

  // The tuple is that row.
  bool Choose(uint32_t tuple_id, uint32_t row) {
    const CellTuple& tuple = constraints_.tuples()[tuple_id];
    const Table& table = constraints_.circuit().tables[tuple.table];
    done_[tuple_id] = true;
    ++change_;
    undo_.push_back({Undo::kDone, tuple_id, 0});
    for (size_t c = 0; c < tuple.columns.size(); ++c) {
      const Form form = Resolve(tuple.columns[c]);
      const Goldilocks want =
          Goldilocks::FromSigned(c == 0 ? table.first_key + int64_t{row} : int64_t{table.values[c - 1][row]});
      if (form.terms.empty()) {
        if (form.constant != want) return false;
        continue;
      }
      const size_t pivot = ReachOf(form).largest;
      const auto [factor, cell] = form.terms[pivot];
      const Goldilocks inverse = factor.Inverse();
      Solved solved{(want - form.constant) * inverse, {}};
      for (size_t k = 0; k < form.terms.size(); ++k) {
        if (k != pivot) solved.terms.emplace_back(-(form.terms[k].first * inverse), form.terms[k].second);
      }
      for (const auto& [f, other] : solved.terms) {
        undo_.push_back({Undo::kReaders, other, readers_[other].size()});
        readers_[other].insert(readers_[other].end(), readers_[cell].begin(), readers_[cell].end());
      }
      solved_[cell] = std::move(solved);
      undo_.push_back({Undo::kSolved, cell, 0});
      for (uint32_t reader : readers_[cell]) Enqueue(reader);
    }
    return true;
  }

  bool Fail() {
    for (uint32_t tuple : queue_) queued_[tuple] = false;
    queue_.clear();
    return false;
  }

  // Whatever has one row left is that row.
  bool Propagate() {
    for (size_t i = 0; i < queue_.size(); ++i) {
      const uint32_t tuple = queue_[i];
      queued_[tuple] = false;
      if (done_[tuple]) continue;
      const auto rows = Candidates(tuple, 2);
      if (!rows.has_value() || rows->size() > 1) continue;
      if (rows->empty() || !Choose(tuple, rows->front())) return Fail();
    }
    queue_.clear();
    return true;
  }

  void Rewind(size_t mark) {
    ++change_;
    while (undo_.size() > mark) {
      const Undo& u = undo_.back();
      if (u.kind == Undo::kSolved) solved_[u.id].reset();
      if (u.kind == Undo::kDone) done_[u.id] = false;
      if (u.kind == Undo::kReaders) readers_[u.id].resize(u.size);
      undo_.pop_back();
    }
  }

  struct OpenTuple {
    bool ready = true;
    std::vector<uint32_t> cells;  // unsolved ones, ascending
  };

  const OpenTuple& Open(uint32_t tuple) {
    std::optional<OpenTuple>& open = open_[tuple];
    if (open_of_[tuple] == change_ && open.has_value()) return *open;
    open_of_[tuple] = change_;
    open.emplace();
    for (const CellPolynomial& column : constraints_.tuples()[tuple].columns) {
      const Form form = Resolve(column);
      open->ready = open->ready && form.ready;
      for (const auto& [factor, cell] : form.terms) open->cells.push_back(cell);
    }
    SortUnique(open->cells);
    return *open;
  }

  // Tuples to be solved together, before others are looked at.
  struct Group {
    double freedom = INFINITY;
    size_t price = SIZE_MAX;
    std::vector<uint32_t> tuples;
    bool operator<(const Group& other) const { return std::tie(freedom, price) < std::tie(other.freedom, other.price); }
  };

  // The open tuples in no other cells than these. They are closed if they are so many that a random system like them
  // would have no solution but the intended one (each column takes 64 bits of freedom away, each row to choose gives
  // some back): no freedom then.
  Group GroupIn(const std::vector<uint32_t>& cells) {
    std::vector<uint32_t> inside;
    for (uint32_t cell : cells) inside.insert(inside.end(), readers_[cell].begin(), readers_[cell].end());
    SortUnique(inside);
    Group group;
    group.freedom = 64.0 * static_cast<double>(cells.size());
    for (uint32_t tuple : inside) {
      if (done_[tuple]) continue;
      const OpenTuple& o = Open(tuple);
      if (!o.ready || !std::includes(cells.begin(), cells.end(), o.cells.begin(), o.cells.end())) continue;
      const CellTuple& t = constraints_.tuples()[tuple];
      group.freedom +=
          std::log2(constraints_.circuit().tables[t.table].size) - 64.0 * static_cast<double>(t.columns.size());
      group.tuples.push_back(tuple);
    }
    group.freedom = std::max(group.freedom, 0.0);
    return group;
  }

  // Rows to go through, dearer where the neighbours cannot be held against them at once (Joins). At least `limit` where
  // it is not less.
  size_t Price(uint32_t tuple, size_t limit) {
    const CellTuple& t = constraints_.tuples()[tuple];
    if (t.columns.size() == 1) {
      const Form form = Resolve(t.columns[0]);
      size_t rows = 0;
      for (const auto& [from, to, step] :
           KeyRows(constraints_.circuit().tables[t.table], form.constant, form, ReachOf(form))) {
        rows += (to - from + step - 1) / step;
      }
      return rows * (form.terms.size() <= 1 ? 1 : kDear);
    }
    const size_t each = t.columns.size() == Open(tuple).cells.size() ? 1 : kDear;
    return Candidates(tuple, limit / each + 1)->size() * each;
  }

  // The next group: the first closed one that is soonest gone through, from where the last one was; the best of all if
  // none is cheap. No tuples: nothing is linear yet.
  Group Next(bool* all_done) {
    Group best;
    *all_done = true;
    for (size_t k = 0; k < done_.size(); ++k) {
      const auto tuple = static_cast<uint32_t>((at_ + k) % done_.size());
      if (done_[tuple]) continue;
      *all_done = false;
      ++work_;
      const OpenTuple& o = Open(tuple);
      if (!o.ready) continue;
      std::vector<uint32_t> wider = o.cells;
      for (uint32_t cell : o.cells) {
        for (uint32_t reader : readers_[cell]) {
          if (done_[reader] || Open(reader).cells.size() > 2) continue;
          wider.insert(wider.end(), Open(reader).cells.begin(), Open(reader).cells.end());
        }
      }
      SortUnique(wider);
      for (const bool wide : {false, true}) {
        if (wide && wider.size() == o.cells.size()) continue;
        Group group = GroupIn(wide ? wider : o.cells);
        if (group.freedom > best.freedom) continue;
        for (uint32_t t : group.tuples) group.price = std::min(group.price, Price(t, std::min(group.price, kManyRows)));
        if (group < best) best = std::move(group);
      }
      if (best.freedom == 0 && best.price <= kManyRows) {
        at_ = tuple;
        break;
      }
    }
    return best;
  }

  template <typename T>
  static void SortUnique(std::vector<T>& list) {
    std::sort(list.begin(), list.end());
    list.erase(std::unique(list.begin(), list.end()), list.end());
  }

  // A neighbour of the tuple to branch on, prepared so that a row of the one is quickly held against the other.
  struct Join {
    struct Column {
      Form rest;  // without the cells of the tuple to branch on
      Reach reach;
      std::vector<std::pair<Goldilocks, size_t>> own;  // factor, column of the tuple to branch on
    };
    uint32_t tuple = 0;
    std::vector<Column> columns;
    std::vector<std::pair<Goldilocks, Goldilocks>> cells;  // by column of the tuple to branch on: cell = a * entry + b
  };

  // Of a tuple whose columns are one cell each.
  std::vector<Join> Joins(uint32_t tuple_id) {
    std::vector<std::pair<Goldilocks, Goldilocks>> cells;
    std::vector<uint32_t> ids;
    std::vector<uint32_t> neighbours;
    for (const CellPolynomial& column : constraints_.tuples()[tuple_id].columns) {
      const Form form = Resolve(column);
      if (form.terms.size() != 1) return {};
      const Goldilocks inverse = form.terms[0].first.Inverse();
      cells.emplace_back(inverse, -(form.constant * inverse));
      ids.push_back(form.terms[0].second);
      neighbours.insert(neighbours.end(), readers_[ids.back()].begin(), readers_[ids.back()].end());
    }
    std::sort(neighbours.begin(), neighbours.end());
    neighbours.erase(std::unique(neighbours.begin(), neighbours.end()), neighbours.end());
    std::vector<Join> joins;
    for (uint32_t neighbour : neighbours) {
      if (neighbour == tuple_id || done_[neighbour]) continue;
      Join join{neighbour, {}, cells};
      bool ready = true;
      for (const CellPolynomial& column : constraints_.tuples()[neighbour].columns) {
        Form form = Resolve(column);
        ready = ready && form.ready;
        Join::Column& out = join.columns.emplace_back();
        for (size_t k = 0; k < ids.size(); ++k) {
          for (const auto& [factor, cell] : form.terms) {
            if (cell == ids[k] && std::find(ids.begin(), ids.end(), cell) - ids.begin() == std::ptrdiff_t(k)) {
              out.own.emplace_back(factor, k);
            }
          }
        }
        std::erase_if(form.terms,
                      [&](const auto& t) { return std::find(ids.begin(), ids.end(), t.second) != ids.end(); });
        out.reach = ReachOf(form);
        out.rest = std::move(form);
      }
      if (ready) joins.push_back(std::move(join));
    }
    return joins;
  }

  // Whether the neighbour has a row left if the tuple to branch on is that row; true where that is not clear.
  bool MayMeet(uint32_t tuple_id, uint32_t row, const Join& join) {
    const Table& own = constraints_.circuit().tables[constraints_.tuples()[tuple_id].table];
    const Table& table = constraints_.circuit().tables[constraints_.tuples()[join.tuple].table];
    const auto constant = [&](const Join::Column& column) {
      Goldilocks sum = column.rest.constant;
      for (const auto& [factor, k] : column.own) {
        const int64_t entry = k == 0 ? own.first_key + int64_t{row} : int64_t{own.values[k - 1][row]};
        sum += factor * (join.cells[k].first * Goldilocks::FromSigned(entry) + join.cells[k].second);
      }
      return sum;
    };
    ++work_;
    uint64_t tried = 0;
    for (const auto& [from, to, step] :
         KeyRows(table, constant(join.columns[0]), join.columns[0].rest, join.columns[0].reach)) {
      for (uint64_t r = from; r < to; r += step) {
        if (++tried > 64) return true;
        bool possible = true;
        for (size_t c = 1; c < join.columns.size() && possible; ++c) {
          const Join::Column& column = join.columns[c];
          const Goldilocks rest = Goldilocks::FromSigned(table.values[c - 1][r]) - constant(column);
          if (column.rest.terms.empty()) {
            possible = rest == Goldilocks();
          } else if (column.reach.known) {
            possible = column.reach.Contains(rest);
          }
        }
        if (possible) return true;
      }
    }
    return false;
  }

  // Which row some tuples are; the others follow.
  using Choices = std::vector<std::pair<uint32_t, uint32_t>>;

  bool Apply(const Choices& choices) {
    return std::all_of(choices.begin(), choices.end(), [&](const auto& c) {
      return done_[c.first] || ((Choose(c.first, c.second) || Fail()) && Propagate());
    });
  }

  // Calls visit(choices) with every solution of a group that nothing rules out, until it returns true: then true. So it
  // is when the work is too much.
  template <typename Visit>
  bool ForEachSolution(const std::vector<uint32_t>& group, Choices& path, const Visit& visit) {
    std::optional<uint32_t> tuple;
    size_t least = SIZE_MAX;
    for (uint32_t t : group) {
      if (done_[t] || least == 0) continue;
      const size_t price = Price(t, std::min(least, kManyRows));
      if (price < least) least = price, tuple = t;
    }
    if (!tuple.has_value()) return visit(path);
    const std::vector<uint32_t> rows = *Candidates(*tuple, SIZE_MAX);
    const std::vector<Join> joins = Joins(*tuple);
    for (uint32_t row : rows) {
      if (work_ > max_work_) return true;
      if (!std::all_of(joins.begin(), joins.end(), [&](const Join& j) { return MayMeet(*tuple, row, j); })) continue;
      const size_t mark = undo_.size();
      path.emplace_back(*tuple, row);
      const bool stop = (Choose(*tuple, row) || Fail()) && Propagate() && ForEachSolution(group, path, visit);
      path.pop_back();
      Rewind(mark);
      if (stop) return true;
    }
    return false;
  }

  // Group by group: one that has one solution is settled, so that what it costs does not multiply with the others.
  // True: enough is known.
  bool Search() {
    if (!Propagate()) return false;
    for (;;) {
      bool all_done = false;
      const Group group = Next(&all_done);
      if (all_done) {
        const bool free = std::any_of(solved_.begin(), solved_.end(), [](const auto& s) { return !s.has_value(); });
        solutions_ += free ? 2 : 1;
        return solutions_ >= 2;
      }
      if (group.tuples.empty()) {
        undecided_ = true;
        return false;
      }
      Choices path;
      std::optional<Choices> only;
      const bool several = ForEachSolution(group.tuples, path, [&](const Choices& choices) {
        if (only.has_value()) return true;
        only = choices;
        return false;
      });
      if (work_ > max_work_) return true;
      if (several) return ForEachSolution(group.tuples, path, [&](const Choices&) { return Search(); });
      if (!only.has_value() || !Apply(*only)) return false;
    }
  }

  static constexpr size_t kManyRows = 1 << 12;
  static constexpr size_t kDear = 30;

  const uint64_t max_work_;
  std::vector<bool> queued_;                    // by tuple
  std::vector<std::vector<uint32_t>> readers_;  // by cell: tuples that its value changes
  std::vector<uint32_t> queue_;
  std::vector<Undo> undo_;
  std::vector<std::optional<OpenTuple>> open_;  // by tuple, as of change open_of_[tuple]
  std::vector<uint64_t> open_of_;
  uint64_t change_ = 0;  // of solved_
  size_t at_ = 0;        // tuple of the last group
  int solutions_ = 0;
  bool undecided_ = false;
  uint64_t work_ = 0;
};

}  // namespace provenn
