#pragma once

#include <ostream>
#include <vector>

#include "layerwatt/core/power_trace.h"
#include "layerwatt/core/result.h"
#include "layerwatt/report/report_page.h"

namespace layerwatt {

/// One more counter of a trace: a temperature or a clock.
struct TraceCounter {
  std::string name;
  std::string unit;
  std::vector<std::pair<Instant, double>> values;
};

/// Writes a trace in the JSON Trace Event Format, which Perfetto and chrome://tracing open: a track
/// of passes, one of layers, one of schedule blocks; power, voltage and current of each rail as
/// counters. Times count from the first event. Nanoseconds survive: the format's microseconds have
/// three decimals.
///
/// Below 50 MB whatever the recording's length: layers of at most 200,000 executions and 100,000
/// points a rail are kept, and an entry under "otherData" says what was left out.
Result<void> write_trace_file(std::ostream& out, const Report& report,
                              const std::vector<PowerTrace>& rails,
                              const std::vector<TraceCounter>& counters);

}  // namespace layerwatt
