#pragma once

#include <span>
#include <vector>

#include "layerwatt/core/power_trace.h"

namespace layerwatt {

/// The parts of a total at the samples of `total` that are left of it, with times of reads
/// (read_times.h). None where one of these is none of the parts', as after its stamps were moved.
std::vector<PowerTrace> rails_at(std::span<const PowerTrace> parts, const PowerTrace& total);

}  // namespace layerwatt
