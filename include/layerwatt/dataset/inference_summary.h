#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "layerwatt/core/result.h"
#include "layerwatt/core/units.h"

namespace layerwatt {

/// `<model>_tensorrt.json` and its like of other engines: how a run was configured, and how long
/// its passes took.
struct InferenceSummary {
  std::string model;
  std::string dtype;
  std::vector<std::int64_t> input_shape;
  std::int64_t warmup = 0;
  std::int64_t runs = 0;
  /// TensorRT's; absent for other engines.
  std::optional<std::int64_t> optimization_level;
  std::optional<std::int64_t> min_block_size;
  std::string result_dir;
  /// "YYYYMMDD-HHMMSS", when the run ended.
  std::string timestamp;
  Duration total_time{0};
  /// One a pass, without a layer profiler.
  std::vector<Duration> latencies;
};

/// avg_latency and avg_throughput are computed from the latencies, as in the published files.
void write_inference_summary(std::ostream& out, const InferenceSummary& summary);

/// Unknown members are ignored; absent ones stay empty. kParse for members of another type.
Result<InferenceSummary> parse_inference_summary(std::string_view text);
Result<InferenceSummary> read_inference_summary(const std::filesystem::path& path);

}  // namespace layerwatt
