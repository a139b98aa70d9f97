#include "experiment/measure/measure_replay.h"

#include <fmt/format.h>

#include <memory>
#include <string>
#include <utility>

#include "layerwatt/dataset/raw_dataset.h"
#include "layerwatt/engines/replay_engine.h"
#include "layerwatt/running/run_network.h"

#include "experiment/measure/network_runner.h"

namespace layerwatt {
namespace {

/// The one model that `folder` holds.
Result<RawModel> find_recorded(const std::filesystem::path& folder) {
  auto dataset = find_raw_dataset(folder);
  if (!dataset) {
    return std::move(dataset).error().with_context(
        "--engine replay takes the folder of a recorded model (raw_data/alexnet) instead of a "
        "network");
  }
  if (dataset->models.size() > 1) {
    return Error(ErrorCode::kInvalidArgument,
                 fmt::format("the raw dataset has {} models; name the folder of the one to replay, "
                             "like {}",
                             dataset->models.size(), dataset->models.front().folder.string()))
        .at(folder);
  }
  return std::move(dataset->models.front());
}

/// As the recorded run was computed; float32 where it does not say.
Result<DataType> type_of(const RunFile& run) {
  const auto found = run.environment.find("dtype");
  if (found == run.environment.end()) return DataType::kFloat32;
  if (const auto type = parse_data_type(found->second)) return *type;
  return Error(ErrorCode::kParse,
               fmt::format("run.json: environment.dtype '{}' is no data type", found->second));
}

class ReplayDriver final : public NetworkDriver {
 public:
  ReplayDriver(const std::filesystem::path& recorded, const Cancellation& cancellation)
      : recorded_(recorded), cancellation_(cancellation) {}

  Result<PreparedNetwork> prepare() override {
    auto model = find_recorded(recorded_);
    if (!model) return std::move(model).error();
    auto recording = load_recording(*model);
    if (!recording) return std::move(recording).error();
    if (recording->timeline.schedule != Schedule::kWhole) {
      return Error(ErrorCode::kUnsupported,
                   fmt::format("the run was recorded under --schedule {}, in which layers repeat; "
                               "replay one of --schedule whole",
                               to_string(recording->timeline.schedule)))
          .at(model->folder);
    }
    PreparedNetwork network;
    network.name = model->name;
    network.path = model->folder.string();
    network.layers = recording->timeline.layers;
    RecordedRun run{.model = model->name,
                    .engine = "an unknown engine",
                    .version = {},
                    .timeline = std::move(recording->timeline)};
    if (recording->run) {
      run.engine = recording->run->engine;
      run.version = recording->run->engine_version;
      auto type = type_of(*recording->run);
      if (!type) return std::move(type).error().at(model->folder);
      network.type = *type;
    }
    engine_ = make_replay_engine(std::move(run), ReplayPace::kRealTime);
    network.engine = engine_->name();
    network.engine_version = engine_->version();
    network.notes = std::move(recording->notes);
    network.notes.push_back(
        fmt::format("Replayed: passes are as long as those recorded in {}; nothing was computed.",
                    model->folder.string()));
    return network;
  }

  Result<RunOutcome> run(const PreparedNetwork& network, const RunPlan& plan, Duration /*idle*/,
                         RunConductor& conductor) override {
    return run_network(*engine_, network, plan, cancellation_, conductor);
  }

 private:
  std::filesystem::path recorded_;
  const Cancellation& cancellation_;
  std::unique_ptr<Engine> engine_;
};

}  // namespace

Result<Measurement> measure_replayed(const std::filesystem::path& recorded,
                                     const MeasureOptions& options, Cancellation& cancellation,
                                     MeasureObserver& observer) {
  ReplayDriver driver(recorded, cancellation);
  return measure_with(driver, options, cancellation, observer);
}

}  // namespace layerwatt
