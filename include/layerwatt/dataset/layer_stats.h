#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "layerwatt/core/power_trace.h"
#include "layerwatt/core/result.h"
#include "layerwatt/core/units.h"

namespace layerwatt {

/// Where the raw files of one network stand: `<root>/<mode>/<device>/<parameter>/<network>/`, with
/// `power` and `latency` for parameters and a file `<layer index>.csv` a layer.
struct LayerStatsPlace {
  std::filesystem::path root;
  /// Label of the power mode, as the caller names it ("1", "MAXN").
  std::string mode;
  /// "cpu" or "gpu".
  std::string device;
  std::string network;
  std::filesystem::path folder(std::string_view parameter) const {
    return root / mode / device / parameter / network;
  }
};

/// Numbers that stand beside the power of rails: fields of tegrastats.
struct LayerStatsColumn {
  std::string name;
  std::vector<Instant> when;
  std::vector<double> values;
};

/// What `power/<network>/rails.json` tells beside the samples.
struct LayerStatsRails {
  /// Time constant of each rail's averaging filter, where it has one that is known.
  std::map<std::string, std::optional<Duration>> time_constants;
  /// Of columns that are no rails ("MB", "%", "°C").
  std::map<std::string, std::string> units;
  bool is_virtual = false;
};

/// `time_s,<rail>,…,<column>,…`: the samples of all rails between two instants, in milliwatts,
/// seconds counted from the first instant. The rails are read in turn: the times are the first
/// rail's, or the first column's where there is no rail. Of a column, the value that was known when
/// the rail's reading ended. Energy counters are refused (kUnsupported): they have no samples of
/// power.
Result<void> write_layer_power(const LayerStatsPlace& place, std::int32_t layer,
                               const std::vector<PowerTrace>& rails,
                               const std::vector<LayerStatsColumn>& columns, Instant from,
                               Instant to);
Result<void> write_layer_stats_rails(const LayerStatsPlace& place, const LayerStatsRails& rails);

/// `latency_s`: one run time a line.
Result<void> write_layer_run_times(const LayerStatsPlace& place, std::int32_t layer,
                                   std::span<const Duration> run_times);

struct LayerStatsSummary {
  /// The files written, one a mode.
  std::vector<std::filesystem::path> files;
  std::int64_t networks = 0;
  std::int64_t layers = 0;
};

/// Averages the raw files below `root` and writes `<root>/<mode>.json` for each mode, or for the
/// one asked for: network → device → {"power": {"<layer>": {rail: milliwatts}}, "latency":
/// {"<layer>": seconds}}, and "virtual": true where the power was synthesised. The power is the
/// energy by the integral over the true sample times with the correction for the filter's ends, by
/// the time; `as_published`, the mean of the samples. kNotFound where there is nothing; kParse
/// names file and line.
Result<LayerStatsSummary> process_layer_stats(const std::filesystem::path& root,
                                              const std::optional<std::string>& mode,
                                              bool as_published);

}  // namespace layerwatt
