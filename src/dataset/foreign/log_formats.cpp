#include "dataset/foreign/log_formats.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace layerwatt {
namespace {

/// jtop: jetson_stats' `stats` as its examples log them (jtop/core: "Power TOT" since 4.0, "power
/// cur" before, milliwatts). nvidia-smi: --format=csv of --query-gpu. Joulescope: what its UI and
/// pyjoulescope write of statistics. PowerSensor3: the dump file of its host library
/// (host/src/PowerSensor.cc).
const std::vector<LogFormat>& log_formats() {
  static const std::vector<LogFormat> kFormats{
      {"jtop", "time", LogClock::kStamp, {"Power TOT", "power cur"}, 1e-3, "", "", ""},
      {"nvidia-smi",
       "timestamp",
       LogClock::kStamp,
       {"power.draw.instant [W]", "power.draw [W]", "power.draw.average [W]", "power.draw"},
       1.0,
       "index",
       "",
       ""},
      {"PowerSensor3", "time", LogClock::kRelative, {"power_total"}, 1.0, "", "marker", "S"},
      {"Joulescope", "time", LogClock::kRelative, {"power"}, 1.0, "", "", ""},
  };
  return kFormats;
}

bool has(const std::vector<std::string>& header, std::string_view name) {
  return std::ranges::find(header, name) != header.end();
}

}  // namespace

const LogFormat* find_log_format(const std::vector<std::string>& header) {
  for (const LogFormat& format : log_formats()) {
    const bool has_power = std::ranges::any_of(
        format.powers, [&](std::string_view name) { return has(header, name); });
    const bool has_marker = format.marker_column.empty() || has(header, format.marker_column);
    if (has_power && has_marker && has(header, format.time)) return &format;
  }
  return nullptr;
}

LogColumns columns_of(const LogFormat& format, const std::vector<std::string>& header) {
  LogColumns columns;
  columns.time = {std::string(format.time), 1.0};
  columns.clock = format.clock;
  for (const std::string_view name : format.powers) {
    if (columns.power || !has(header, name)) continue;
    columns.power = LogColumn{std::string(name), format.scale};
  }
  return columns;
}

std::string known_log_formats() {
  std::vector<std::string_view> names;
  for (const LogFormat& format : log_formats()) names.push_back(format.name);
  return fmt::format("{}", fmt::join(names, ", "));
}

}  // namespace layerwatt
