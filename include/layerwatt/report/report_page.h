#pragma once

#include <ostream>

#include "layerwatt/core/result.h"
#include "layerwatt/report/report.h"

namespace layerwatt {

/// Writes one self-contained HTML page that works without a network. What comes from files is
/// written as data and shown as text: no name of a layer can become markup. Long recordings are
/// thinned (the page says how): samples to a pyramid of minima, means and maxima, layers to some
/// passes.
///
/// kUnsupported: this build was made without Node.js and so without the page.
Result<void> write_report_page(std::ostream& out, const Report& report);

}  // namespace layerwatt
