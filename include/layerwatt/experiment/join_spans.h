#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "layerwatt/core/layer_profile.h"
#include "layerwatt/core/result.h"
#include "layerwatt/core/units.h"
#include "layerwatt/experiment/existing_result.h"
#include "layerwatt/experiment/power_beside.h"
#include "layerwatt/experiment/region_result.h"

namespace layerwatt {

/// Something that ran, by the wall clock: nanoseconds since 1970-01-01 00:00 UTC.
struct WallSpan {
  std::string name;
  /// Spans of one group (the phases of a request) are taken together, or left out together.
  std::int64_t group = 0;
  std::int64_t start_ns = 0;
  std::int64_t end_ns = 0;
};

struct JoinOptions {
  /// Of the result folder.
  std::string name;
  std::vector<WallSpan> spans;
  PowerBeside power;
  /// Of the board, where it was measured apart.
  std::optional<Watts> idle_power;
  /// True: the spans are all that ran; time between them is idle, and the solver tells them apart.
  /// False: other things ran around them; each is told by the readings inside it.
  bool is_all_that_ran = true;
  /// Spans of this name take no part in JoinedSpans::busy.
  std::string apart;
  std::filesystem::path result_dir;
  ExistingResult existing = ExistingResult::kNumber;
};

struct JoinedSpans {
  /// A raw dataset like any other.
  std::filesystem::path folder;
  LayerProfile profile;
  /// Where the spans are all that ran: as of a program's regions.
  std::vector<RegionResult> regions;
  /// Where they are: one row, of the time in which at least one of them ran. Else one a name.
  std::vector<StretchEnergy> busy;
  /// Groups that the power covers whole.
  std::vector<std::int64_t> groups;
  std::vector<std::string> notes;
};

/// Relates what ran to the power beside it, and keeps both as a raw dataset. kUnknowable where the
/// power covers none of the groups: both ranges are told, and by how many quarters of an hour they
/// would fit, for clocks of two time zones. Errors of files name them.
Result<JoinedSpans> join_spans(const JoinOptions& options);

}  // namespace layerwatt
