#include "recording/rails/recorded_power.h"

#include <fmt/format.h>

#include <filesystem>
#include <system_error>

#include "layerwatt/dataset/raw_dataset.h"

namespace layerwatt {

Result<RecordedPower> read_recorded_power(const std::filesystem::path& run) {
  auto dataset = find_raw_dataset(run);
  if (!dataset) {
    return std::move(dataset).error().with_context(
        "--sensor replay takes the folder of a recorded model (replay:raw_data/alexnet)");
  }
  if (dataset->models.size() > 1) {
    return Error(ErrorCode::kInvalidArgument,
                 fmt::format("the raw dataset has {} models; name the folder of the one to replay, "
                             "like {}",
                             dataset->models.size(), dataset->models.front().folder.string()))
        .at(run);
  }
  auto recording = load_recording(dataset->models.front());
  if (!recording) return std::move(recording).error();
  RecordedPower power;
  power.traces = std::move(recording->rails);
  // Simulated datasets of published files alone have no run.json, but their truth beside them.
  std::error_code ignored;
  if (std::filesystem::exists(dataset->models.front().folder / kVirtualTruthFile, ignored)) {
    for (PowerTrace& trace : power.traces) trace.rail.is_virtual = true;
  }
  if (recording->run) {
    power.total = recording->run->total_rails;
  } else if (recording->total) {
    power.total = {recording->total->rail.name};
  }
  if (!power.total.empty()) power.why_total = fmt::format("the total of the run {}", run.string());
  return power;
}

}  // namespace layerwatt
