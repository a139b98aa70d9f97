#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "layerwatt/core/result.h"

namespace layerwatt {

/// Writes the layers of design_micro_layers() as ONNX files of ten layers each, called
/// "micro-<label>-00.onnx" and on, into `folder`. The same count and seed give the same files, so
/// that a sweep that was stopped goes on with what is left. kIo where they cannot be written.
Result<std::vector<std::filesystem::path>> write_micro_networks(const std::filesystem::path& folder,
                                                                const std::string& label,
                                                                std::size_t count,
                                                                std::uint64_t seed);

}  // namespace layerwatt
