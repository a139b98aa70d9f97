#pragma once

#include <span>
#include <string>
#include <vector>

#include "monitor/exposition/metric.h"

namespace layerwatt {

/// Every metric that is exported, in the order in which they are written.
enum class Metric {
  kJetsonPower,
  kBoardPower,
  kBoardEnergy,
  kRailPower,
  kRailEnergy,
  kRailVoltage,
  kRailCurrent,
  kRailUp,
  kRailReadings,
  kReadErrors,
  kUnmeasured,
  kLastSample,
  kTimeConstant,
  kSensorInfo,
  kBoardInfo,
  kSamplerPeriod,
  kSamplerTicks,
  kSamplerLateTicks,
  kSamplerLostTicks,
  kTemperature,
  kClock,
  kClocksLocked,
  kPowerModeInfo,
  kPowerBudget,
  kCoolingState,
  kCoolingMaxState,
  kOverCurrentEvents,
  kMeasurementInfo,
  kMeasurementPasses,
  kMeasurementPassRate,
  kMeasurementEnergy,
  kBuildInfo,
  kProcessCpu,
  kProcessMemory,
  kProcessStart,
  kProcessOpenFds,
};

/// One row a metric, in the order of the enumeration.
std::span<const MetricDescription> metric_table();
const MetricDescription& describe(Metric metric);

/// Collects series; each family has those of one metric.
class MetricSet {
 public:
  using Labels = std::vector<MetricLabel>;
  /// With `is_virtual` every series gets the label virtual="true".
  explicit MetricSet(bool is_virtual);

  void add(Metric metric, double value, Labels labels = {});
  /// A counter's begin, in seconds of Unix time, for all of its series.
  void created(Metric metric, double unix_seconds);

  std::span<const MetricFamily> families() const { return families_; }

 private:
  bool is_virtual_;
  std::vector<MetricFamily> families_;
};

}  // namespace layerwatt
