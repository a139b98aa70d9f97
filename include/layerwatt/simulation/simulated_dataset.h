#pragma once

#include <filesystem>
#include <string>

#include "layerwatt/core/result.h"
#include "layerwatt/simulation/simulated_recording.h"

namespace layerwatt {

/// Whether a simulated dataset also has what other recorders do not write.
enum class DatasetStyle {
  kWhole,      ///< with run.json, power.npy and timeline.npy
  kPublished,  ///< only the published text files
};

/// Writes a simulated recording as a raw dataset below `result_dir`: idling_power.json (the mean of
/// the recording's own idle beginning), the model's folder with all its files (engine "simulated"),
/// and virtual_truth.json with what was put in. Wall-clock times are those of a fixed day.
Result<void> write_simulated_dataset(const Simulation& simulation, const std::string& model,
                                     DatasetStyle style, const std::filesystem::path& result_dir);

}  // namespace layerwatt
