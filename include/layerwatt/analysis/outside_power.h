#pragma once

#include <filesystem>

#include "layerwatt/core/result.h"
#include "layerwatt/dataset/foreign_log.h"
#include "layerwatt/dataset/raw_dataset.h"

namespace layerwatt {

/// A log of an instrument or program outside, to be related to a model's layers instead of the
/// power that was recorded with them.
struct OutsidePower {
  std::filesystem::path log;
  ForeignLogOptions options;
};

/// Writes the log in the published form to `<result_dir>/<model>/<model>_power_log.log`, and
/// returns the model with that in place of its own power, with notes that say so. The log's local
/// time must be that of the run. Errors: those of read_any_power_log(), and of writing.
Result<RawModel> with_outside_power(RawModel model, const OutsidePower& power,
                                    const std::filesystem::path& result_dir);

}  // namespace layerwatt
