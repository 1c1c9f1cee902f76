#include "stage_times.h"

#include <fmt/format.h>

#include <time.h>

#include <algorithm>

namespace provenn::cli {

namespace {

double CoreSeconds() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

}  // namespace

void StageTimes::AddToLast() {
  const Clock::time_point now = Clock::now();
  const double core = CoreSeconds();
  if (!stages_.empty()) {
    stages_.back().seconds += std::chrono::duration<double>(now - since_).count();
    stages_.back().core_seconds += core - core_since_;
  }
  since_ = now;
  core_since_ = core;
}

void StageTimes::Report(double fraction, std::string_view stage) {
  AddToLast();
  if (stages_.empty() || stages_.back().stage != stage) stages_.push_back({std::string(stage), 0, 0});
  if (shown_ != nullptr) shown_->Report(fraction, stage);
}

std::vector<StageTime> StageTimes::Take() {
  if (stages_.empty()) return {};
  AddToLast();
  std::vector<StageTime> stages;
  stages.swap(stages_);
  // "done" is the report of an end.
  if (stages.back().stage == "done") stages.pop_back();
  return stages;
}

double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

std::vector<StageTime> MedianStages(const std::vector<std::vector<StageTime>>& runs) {
  if (runs.empty()) return {};
  std::vector<StageTime> stages = runs[0];
  for (size_t i = 0; i < stages.size(); ++i) {
    std::vector<double> seconds;
    std::vector<double> core_seconds;
    for (const auto& run : runs) {
      seconds.push_back(run[i].seconds);
      core_seconds.push_back(run[i].core_seconds);
    }
    stages[i].seconds = Median(std::move(seconds));
    stages[i].core_seconds = Median(std::move(core_seconds));
  }
  return stages;
}

void PrintStages(const std::vector<StageTime>& stages) {
  double all = 0;
  double core = 0;
  for (const StageTime& s : stages) {
    all += s.seconds;
    core += s.core_seconds;
  }
  std::vector<std::vector<std::string>> rows;
  for (const StageTime& s : stages) {
    rows.push_back({s.stage, fmt::format("{:.2f}", 1000 * s.seconds), fmt::format("{:.2f}", 1000 * s.core_seconds),
                    fmt::format("{:.1f}", 100 * s.seconds / all)});
  }
  rows.push_back({"all", fmt::format("{:.2f}", 1000 * all), fmt::format("{:.2f}", 1000 * core), ""});
  PrintTable({"stage", "ms>", "core ms>", "%>"}, rows);
}

Json ToJson(const std::vector<StageTime>& stages) {
  Json json = Json::array();
  for (const StageTime& s : stages)
    json.push_back({{"stage", s.stage}, {"seconds", s.seconds}, {"core_seconds", s.core_seconds}});
  return json;
}

}  // namespace provenn::cli
