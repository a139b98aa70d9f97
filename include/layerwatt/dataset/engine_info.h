#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <ostream>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "layerwatt/core/layer.h"
#include "layerwatt/core/result.h"

namespace layerwatt {

/// `trt_engine_info.json`: what the engine inspector of TensorRT says, or another engine under the
/// same keys.
struct EngineInfo {
  std::vector<Layer> layers;
  /// Names of inputs and outputs of the network; empty where the file has none.
  std::vector<std::string> bindings;
  /// Layers that are plain names, without details (engines not built with detailed verbosity).
  /// Their type is empty.
  std::int64_t without_details = 0;
  /// Different "StreamId" of the layers; 0 where the file has none. With more than one, layers
  /// overlap: their times do not add up, and back to back is not where they ran.
  std::int64_t streams = 0;
};

/// Every key but "Layers" is optional, and unknown keys are ignored; a known key of another type is
/// kParse, naming the layer.
Result<EngineInfo> parse_engine_info(std::string_view text);
Result<EngineInfo> read_engine_info(const std::filesystem::path& path);

/// The same text with its layers in another order, every key kept: element i of "Layers" is the one
/// that stood at `order[i]`; others are left out. Unchanged where the order is as it stands.
/// Precondition: parse_engine_info(text) succeeds and the indices are in range.
std::string arrange_engine_info(std::string_view text, std::span<const std::size_t> order);

/// Writes {"Layers": […], "Bindings": […]}.
void write_engine_info(std::ostream& out, std::span<const Layer> layers,
                       std::span<const std::string> bindings);

}  // namespace layerwatt
