#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "layerwatt/core/result.h"
#include "layerwatt/core/units.h"

namespace layerwatt {

/// One layer of `trtexec --exportProfile`.
struct TrtexecLayer {
  /// As printed: trtexec escapes nothing, so quotes and backslashes stand as they are.
  std::string name;
  /// Over all inferences.
  Duration total{0};
  Duration average{0};
  /// From TensorRT 8.4 on.
  std::optional<Duration> median;
  /// Of the total of all layers, 0 to 100.
  double percentage = 0.0;
};

/// `trtexec --exportProfile`: layers in the order of their first call; names may repeat.
struct TrtexecProfile {
  std::int64_t inferences = 0;
  std::vector<TrtexecLayer> layers;
};

/// `trtexec --exportTimes`: one record an inference. Times of the GPU count from its first event,
/// those of the host from its own start; the two scales are not aligned. Six significant digits:
/// after 1000 s a start is known to 10 ms only, while `compute` and the other durations stay exact.
struct TrtexecPass {
  Duration enqueue_start{0};
  Duration enqueue_end{0};
  Duration compute_start{0};
  Duration compute_end{0};
  Duration host_to_device{0};
  Duration compute{0};
  Duration device_to_host{0};
  Duration latency{0};
};

/// Parses the text of a profile, as trtexec writes it (one element a line, names unescaped) or as
/// well-formed JSON (after another tool rewrote it). The error has the 1-based line.
Result<TrtexecProfile> parse_trtexec_profile(std::string_view text);
Result<TrtexecProfile> read_trtexec_profile(const std::filesystem::path& path);

/// Parses the text of a times file. Unknown keys (8.2's endToEndMs) are skipped.
Result<std::vector<TrtexecPass>> parse_trtexec_times(std::string_view text);
Result<std::vector<TrtexecPass>> read_trtexec_times(const std::filesystem::path& path);

}  // namespace layerwatt
