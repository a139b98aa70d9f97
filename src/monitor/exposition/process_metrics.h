#pragma once

#include "monitor/exposition/metric_table.h"

namespace layerwatt {

/// Version, processor time, memory and descriptors of this process, which began at that Unix time.
void add_process_metrics(double started_unix_seconds, MetricSet& metrics);

}  // namespace layerwatt
