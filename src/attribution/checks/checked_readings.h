#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "layerwatt/core/power_trace.h"

#include "attribution/checks/recording_check.h"
#include "attribution/model/busy_time.h"

namespace layerwatt {

/// The readings of one rail, energy counters excepted, as the checks look at them. Columns of equal
/// length, seconds from the load's origin.
struct CheckedReadings {
  std::vector<double> seconds;
  std::vector<double> watts;
  /// Empty unless volts and amperes were read.
  std::vector<double> volts;
  std::vector<double> amperes;
  /// The step that power makes where the register does (fast_readings.h).
  double step = 0.0;
  /// Where something ran, by the stamps.
  std::vector<Stretch> busy;
  /// When each pass began, rising.
  std::vector<double> pass_begins;
  /// Watts, measured apart.
  std::optional<double> idle_apart;

  std::size_t size() const { return seconds.size(); }
  bool is_busy(std::size_t k) const;
};

CheckedReadings checked_readings(const PowerTrace& trace, const LoadPieces& load,
                                 std::optional<double> idle_apart);

/// What a check found.
struct CheckVerdict {
  CheckFinding finding;
  /// Nothing can be known of this recording.
  bool is_refusal = false;
  /// Numbers of readings that cannot be right, rising; they are left out.
  std::vector<std::size_t> left_out;
};

/// Without the readings of those numbers, which rise.
PowerTrace without(const PowerTrace& trace, std::span<const std::size_t> left_out);

/// The value below which `part` of the values lie; `values` not empty.
double quantile(std::vector<double> values, double part);

/// Watts before anything ran: the median; without five such readings the level that few are below.
double idle_level(const CheckedReadings& readings);

/// "12 of 1,300 readings".
std::string share_of(std::size_t part, std::size_t all);

/// Groups of readings that `is_odd` marks which are too short for anything but reads that went
/// wrong: at most five readings or 30 ms. Their numbers, rising.
std::vector<std::size_t> short_groups(const CheckedReadings& readings,
                                      const std::vector<bool>& is_odd);

}  // namespace layerwatt
