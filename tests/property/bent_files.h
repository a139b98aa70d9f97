#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "layerwatt/core/power_trace.h"
#include "layerwatt/core/random.h"
#include "layerwatt/simulation/bent_readings.h"

namespace layerwatt::testing {

/// What goes wrong with files, beyond what goes wrong with readings (bent_readings.h).
enum class FileBend {
  kLogCut,         ///< the log ends within a line
  kLogEmpty,       ///< nothing, or a few lines
  kLogBeginsLate,  ///< only the last part of it
  kLogEndsEarly,   ///< only the first part
  kLinesSwapped,   ///< two lines, or two parts, in each other's place
  kGarbage,        ///< bytes that are no line
  kOddNumbers,     ///< nan, inf, 1e300, hexadecimal, empty
  kFarAhead,       ///< from somewhere on a day or a year later
  kTimeZone,       ///< the log is of another time zone
  kCoarseStamps,   ///< stamps of whole hundredths or tenths of a second
  kTwoLogs,        ///< the log twice in one file
  kLatencyCut,     ///< trt_layer_latency.json ends early
  kLatencyUnits,   ///< run times in microseconds or seconds
};
inline constexpr int kFileBends = 13;

std::string_view to_string(FileBend bend);

/// The lines of a power log, as the published files have them.
std::string log_text(const PowerTrace& trace);

/// Text of a log, bent.
std::string bend_log(std::string log, FileBend bend, Random& random);
/// Text of trt_layer_latency.json, bent.
std::string bend_latency(std::string json, FileBend bend, Random& random);

}  // namespace layerwatt::testing
