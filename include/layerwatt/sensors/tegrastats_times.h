#pragma once

namespace layerwatt {

/// Where the times of a log's lines come from.
enum class TegrastatsTimes {
  kPrefix,    ///< "<seconds>::" that a recording program put before each line
  kStamp,     ///< tegrastats' own date and time, whole seconds: lines are spread evenly within each
  kInterval,  ///< no times in the log (JetPack 4): the interval that the caller names
};

}  // namespace layerwatt
