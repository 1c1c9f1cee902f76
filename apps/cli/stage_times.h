// How long each stage of a task took, from what it reports of its progress.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "common.h"

namespace provenn::cli {

struct StageTime {
  std::string stage;
  double seconds = 0;
  double core_seconds = 0;  // of all threads of the process
};

// Stages follow one another; the task's end is the time of Take().
class StageTimes final : public ProgressSink {
 public:
  // `shown`: where reports go on to; null: nowhere.
  explicit StageTimes(ProgressSink* shown = nullptr) : shown_(shown) {}
  void Report(double fraction, std::string_view stage) override;
  std::vector<StageTime> Take();

 private:
  using Clock = std::chrono::steady_clock;

  ProgressSink* shown_;
  std::vector<StageTime> stages_;
  void AddToLast();

  Clock::time_point since_;
  double core_since_ = 0;
};

// The median of each stage over several runs of one task.
std::vector<StageTime> MedianStages(const std::vector<std::vector<StageTime>>& runs);

void PrintStages(const std::vector<StageTime>& stages);
Json ToJson(const std::vector<StageTime>& stages);

double Median(std::vector<double> values);

}  // namespace provenn::cli
