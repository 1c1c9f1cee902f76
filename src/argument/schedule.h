// The list of messages of a proof, in order: what `inspect` prints and what a golden file pins.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace provenn {

struct ScheduleEntry {
  std::string label;
  char kind;       // 'm' masked values, 'v' values in clear, 'd' digests, 'r' opened rows, 'n' nonce, 'c' challenge
  uint64_t count;  // values, digests, rows; 1 for a challenge
  uint64_t bytes;  // in the proof; 0 for a challenge

  bool operator==(const ScheduleEntry&) const = default;
};

using Schedule = std::vector<ScheduleEntry>;

}  // namespace provenn
