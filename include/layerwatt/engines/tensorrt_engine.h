#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "layerwatt/core/result.h"
#include "layerwatt/engines/engine.h"
#include "layerwatt/engines/tensorrt.h"

namespace layerwatt {

/// Where layerwatt's TensorRT module (liblayerwatt_tensorrt.so) may lie. It is linked to TensorRT
/// and CUDA, which this library is not.
struct TensorRtPlaces {
  /// LAYERWATT_TENSORRT: the module's file or its folder. If given, nothing else is tried.
  std::optional<std::string> chosen;
  /// Folder of the running program.
  std::filesystem::path program_folder;
};

/// Of this process.
TensorRtPlaces tensorrt_places();

/// Files to try, in order.
std::vector<std::string> tensorrt_candidates(const TensorRtPlaces& places);

/// TensorRT in this process. kNotFound lists each place with what was wrong there (no module, a
/// library of TensorRT or CUDA missing, a module of another layerwatt) and names the packages;
/// kUnsupported for a library of another version than the module's, or no usable GPU.
Result<std::unique_ptr<Engine>> open_tensorrt(const TensorRtPlaces& places,
                                              const TensorRtBuild& build);

}  // namespace layerwatt
