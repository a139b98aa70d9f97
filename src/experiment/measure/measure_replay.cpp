#include "experiment/measure/measure_replay.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "layerwatt/dataset/layer_latency.h"
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

/// Of a run of another schedule than `whole`: its layers' run times in place, which were taken in
/// whole passes beside it, one after the other.
Result<Timeline> passes_in_place(const RawModel& model, const Timeline& recorded) {
  const auto unknown = [&] {
    return Error(
               ErrorCode::kUnsupported,
               fmt::format("the run was recorded under --schedule {}, in which layers repeat, and "
                           "holds no run times of whole passes; replay one of --schedule whole",
                           to_string(recorded.schedule)))
        .at(model.folder);
  };
  if (model.layer_latency.empty()) return unknown();
  auto latencies = read_layer_latencies(model.layer_latency);
  if (!latencies) return std::move(latencies).error();
  auto order = match_layers(*latencies, recorded.layers);
  if (!order) return std::move(order).error().at(model.layer_latency);
  Timeline timeline;
  timeline.layers = recorded.layers;
  timeline.stamps = StampSource::kPlacedByDuration;
  std::size_t passes = 0;
  for (const LayerLatency& layer : latencies->layers) {
    const std::size_t count = layer.milliseconds.size();
    if (count > 0) passes = passes == 0 ? count : std::min(passes, count);
  }
  if (passes == 0) return unknown();
  // The layers of the file, in the order in which they run.
  std::vector<const LayerLatency*> of_layer(timeline.layers.size(), nullptr);
  for (std::size_t i = 0; i < order->size(); ++i) of_layer[(*order)[i]] = &latencies->layers[i];
  Instant at;
  for (std::size_t pass = 0; pass < passes; ++pass) {
    const std::size_t whole = timeline.executions.size();
    timeline.executions.push_back({.segment = kWholePass,
                                   .pass = static_cast<std::int32_t>(pass),
                                   .repeat = 0,
                                   .block = 0,
                                   .start = at,
                                   .end = at});
    for (std::size_t layer = 0; layer < of_layer.size(); ++layer) {
      if (of_layer[layer] == nullptr || of_layer[layer]->milliseconds.size() <= pass) continue;
      const Duration time = from_seconds(1e-3 * of_layer[layer]->milliseconds[pass]);
      timeline.executions.push_back({.segment = static_cast<std::int32_t>(layer),
                                     .pass = static_cast<std::int32_t>(pass),
                                     .repeat = 0,
                                     .block = 0,
                                     .start = at,
                                     .end = at + time});
      at += time;
    }
    timeline.executions[whole].end = at;
  }
  return timeline;
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
      auto passes = passes_in_place(*model, recording->timeline);
      if (!passes) return std::move(passes).error();
      recording->notes.push_back(
          fmt::format("The run was recorded under --schedule {}: passes are those in which its "
                      "layers' run times in place were taken.",
                      to_string(recording->timeline.schedule)));
      recording->timeline = *std::move(passes);
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
