#pragma once

#include <ostream>

#include "layerwatt/experiment/isolate.h"

namespace layerwatt {

/// The lines and the summary that the published profiler prints, and below them what a reader must
/// know: settling time, layers left out, the run times alone beside those of the whole network.
void print_isolation(std::ostream& out, const Isolation& isolation);

/// The same as one JSON object (docs/files.md).
void write_isolation_json(std::ostream& out, const Isolation& isolation);

}  // namespace layerwatt
