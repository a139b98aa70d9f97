#pragma once

#include <ostream>

#include "layerwatt/experiment/isolate.h"
#include "layerwatt/report/text_table.h"

namespace layerwatt {

/// The lines and the summary that the published profiler prints, and below them what a reader must
/// know: settling time, layers left out, the run times alone beside those of the whole network.
void print_isolation(std::ostream& out, const Isolation& isolation);

/// The same as one JSON object (docs/files.md).
void write_isolation_json(std::ostream& out, const Isolation& isolation);

/// Run times alone: a table, and what a reader must know.
void print_isolated_run_times(std::ostream& out, const IsolatedRunTimes& times,
                              const TableStyle& style);
void write_isolated_run_times_json(std::ostream& out, const IsolatedRunTimes& times);

}  // namespace layerwatt
