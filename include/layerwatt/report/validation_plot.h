#pragma once

#include <string>

#include "layerwatt/prediction/validation.h"

namespace layerwatt {

/// Predicted against measured, of layers that were left out, as an SVG picture: a panel each for
/// run time, power and energy, as far as there are rows, on logarithmic axes of one scale, with the
/// diagonal and the lines of ±10 %. One colour a kind of layers, in a legend with how many they
/// are.
std::string validation_svg(const Validation& validation);

}  // namespace layerwatt
