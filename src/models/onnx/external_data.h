#pragma once

#include <filesystem>

#include "models/onnx/onnx_model.h"

namespace layerwatt::models {

/// Reads weights that stand in other files of `folder` into the graph, subgraphs and Constant nodes
/// included. kNotFound names a file that is missing; kUnsupported: an empty `folder`, or a path
/// that leads out of it; kParse: a place beyond the end of its file.
Result<void> read_external_data(onnx::GraphProto& graph, const std::filesystem::path& folder);

}  // namespace layerwatt::models
