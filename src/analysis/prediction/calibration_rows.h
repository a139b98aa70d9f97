#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "layerwatt/core/result.h"
#include "layerwatt/dataset/layer_table.h"

namespace layerwatt::analysis {

/// Measured layers of one run.
struct RunRows {
  std::string name;
  std::vector<LayerTableRow> rows;
};

/// Of a folder with layers.csv, with a preprocessed dataset, or with a measured run, or of all such
/// folders in it. kNotFound where there is none.
Result<std::vector<RunRows>> read_run_rows(const std::filesystem::path& folder);

}  // namespace layerwatt::analysis
