#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "layerwatt/core/layer_profile.h"
#include "layerwatt/core/power_trace.h"
#include "layerwatt/core/timeline.h"

namespace layerwatt {

/// A picture of its own, below the charts.
struct ReportFigure {
  std::string title;
  /// One <svg> element that layerwatt made, all text in it escaped.
  std::string svg;
};

/// Everything that a report shows.
struct Report {
  LayerProfile profile;
  /// "alexnet on Jetson Orin Nano".
  std::string title;
  /// One line below it: engine, schedule, rail, method.
  std::string subtitle;
  /// Absent where only the profile is known; the chart of power over time is then left out.
  std::optional<PowerTrace> trace;
  std::optional<Timeline> timeline;
  /// Names and values as people read them ("kernel", "5.15.148-tegra").
  std::vector<std::pair<std::string, std::string>> environment;
  std::vector<ReportFigure> figures;
};

}  // namespace layerwatt
