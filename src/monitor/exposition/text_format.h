#pragma once

#include <span>
#include <string>
#include <string_view>

#include "monitor/exposition/metric.h"

namespace layerwatt {

/// The two text formats that Prometheus reads.
enum class TextFormat {
  kPrometheus,   ///< version 0.0.4: what everything reads
  kOpenMetrics,  ///< version 1.0.0: with units and the times at which counters began
};

/// The format that a client asked for in its header `Accept`; kPrometheus where it names neither,
/// or both alike.
TextFormat negotiate_format(std::string_view accept);

/// Value of the header `Content-Type`.
std::string_view content_type(TextFormat format);

/// Appends the families, in order, to `out`: HELP, TYPE, UNIT, samples; OpenMetrics ends in
/// "# EOF". Families without samples are left out, as are values that are not finite.
void write_metrics(std::span<const MetricFamily> families, TextFormat format, std::string& out);

}  // namespace layerwatt
