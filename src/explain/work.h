// The work that reading a key may take. Tables of many rows are a few bytes in a key: without a bound of its own, a
// small key would take minutes.
#pragma once

#include <algorithm>
#include <cstdint>

namespace provenn {

inline constexpr const char* kTooMuchWork = "the tables of this key take more work than those of any network";

// Addends that are read and told, in all nodes together: as many as a key may have lookups. One is a few bytes in a
// key, and some hundreds in a text.
inline constexpr uint64_t kMaxAddends = uint64_t{1} << 16;
inline constexpr const char* kTooManyAddends = "the sums of this key have more addends than those of any network";

// Counted in rows at which a function is evaluated, some 20 ns each; other passes over a table's rows count as
// fractions or multiples of that. The same for every key, whatever it declares.
class ReadingWork {
 public:
  static constexpr uint64_t kRows = uint64_t{1} << 24;

  // False where less is left: from then on there is none.
  bool Take(uint64_t rows) {
    exceeded_ = exceeded_ || rows > left_;
    if (exceeded_) return false;
    left_ -= rows;
    done_ += rows;
    return true;
  }
  // What an honest key cannot do without does not count.
  void GiveBack(uint64_t rows) { left_ = std::min(left_ + rows, kRows); }

  bool exceeded() const { return exceeded_; }
  uint64_t done() const { return done_; }  // whether or not it counts

 private:
  uint64_t left_ = kRows;
  uint64_t done_ = 0;
  bool exceeded_ = false;
};

}  // namespace provenn
