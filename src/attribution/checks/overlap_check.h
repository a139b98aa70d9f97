#pragma once

#include <optional>
#include <string>

#include "attribution/checks/recording_check.h"
#include "attribution/model/timeline_look.h"

namespace layerwatt {

/// Why passes cannot have run as the timeline has them: more of them at once than streams there
/// are; empty where they can. In a sentence without its end.
std::string refuse_crowd(const PassTimes& times);

/// Part of the time of passes in which another runs too.
double overlap_of_passes(const PassTimes& times);

/// Whether passes overlap by more than rounding of stamps does: layers of several passes draw at
/// once then, and only the energy of a pass can be told.
std::optional<CheckFinding> check_overlap(const PassTimes& times);

}  // namespace layerwatt
