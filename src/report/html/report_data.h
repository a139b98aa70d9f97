#pragma once

#include <ostream>

#include "layerwatt/report/report.h"

namespace layerwatt {

/// Writes what the page reads (src/report/page/main.js) as compact JSON in which "<" is escaped, so
/// that it can stand inside a script element. SI units throughout; times in seconds since the first
/// sample.
void write_report_data(std::ostream& out, const Report& report);

}  // namespace layerwatt
