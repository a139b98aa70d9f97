#pragma once

#include <span>
#include <string>

#include "layerwatt/report/prediction_report.h"

namespace layerwatt {

/// Bars of sweeps as an SVG picture, a block a sweep: energy of an image on the left, of an
/// inference on the right, each with its interval; the run time where no power was learnt. A point
/// without a total has no bar and says "refused". Colours follow the page's text, so that it can be
/// read on light and dark.
std::string what_if_svg(std::span<const WhatIfPoint> points);

}  // namespace layerwatt
