#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace layerwatt {

enum class MetricKind {
  kGauge,    ///< a value now
  kCounter,  ///< rises from 0 since the program began; never falls
  kInfo,     ///< always 1; its labels are the information
};

/// What a metric is, apart from its values.
struct MetricDescription {
  /// Name of the family as OpenMetrics has it: a counter's without "_total", an info's without
  /// "_info".
  std::string_view family;
  MetricKind kind = MetricKind::kGauge;
  /// Base unit, with which the family's name then ends ("joules"); empty for plain numbers.
  std::string_view unit;
  /// What it covers and how it misleads, for people.
  std::string_view help;
};

struct MetricLabel {
  std::string_view name;
  /// Any bytes: what is no UTF-8 is replaced when written.
  std::string value;
};

struct MetricSample {
  std::vector<MetricLabel> labels;
  double value = 0.0;
};

/// All series of one metric.
struct MetricFamily {
  const MetricDescription* description = nullptr;
  /// Of counters that begin at 0 with the program: when that was, in seconds of Unix time.
  std::optional<double> created;
  std::vector<MetricSample> samples;
};

/// The name of a family's samples: "layerwatt_board_energy_joules_total".
std::string sample_name(const MetricDescription& description);

}  // namespace layerwatt
