#pragma once

#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

#include "layerwatt/core/result.h"
#include "layerwatt/engines/engine.h"

namespace layerwatt {

/// Events that one profile holds: ONNX Runtime drops all later ones without a word. Its own limit
/// is 1,000,000; a tenth of that keeps the file (about 700 bytes an event) small.
inline constexpr std::int64_t kOrtProfileEventLimit = 100'000;

/// Passes over `layer_count` nodes that one profile holds.
std::int64_t ort_profiled_pass_limit(std::size_t layer_count);

/// Begin and end of one node, relative to the profile's origin.
struct OrtNodeTime {
  std::int32_t layer = 0;
  Duration start{0};
  Duration end{0};
};

/// What a profile says.
struct OrtProfile {
  std::vector<ProfiledLayer> layers;
  /// One for each "model_run", its nodes in order of their begin.
  std::vector<std::vector<OrtNodeTime>> passes;
};

/// Reads the JSON that ONNX Runtime's profiler writes (a Chrome trace: an array of events), as a
/// stream. Nodes are events of category "Node" whose names end in "_kernel_time"; they belong to
/// the "model_run" that comes after them. Nodes of subgraphs (Loop, If) are left out: the node that
/// runs them holds their time. Times are whole microseconds, cut off; each is taken as the middle
/// of its microsecond, so that short layers are not short-changed, and an end never passes the next
/// begin. kParse: not such a file, or cut off.
Result<OrtProfile> read_ort_profile(std::FILE* file);
Result<OrtProfile> parse_ort_profile(std::string_view text);

}  // namespace layerwatt
