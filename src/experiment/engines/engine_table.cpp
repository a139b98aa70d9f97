#include "layerwatt/experiment/engine_table.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "layerwatt/core/schedules.h"
#include "layerwatt/engines/onnxruntime_engine.h"
#include "layerwatt/engines/tensorrt_engine.h"
#include "layerwatt/engines/trtexec_program.h"
#include "layerwatt/experiment/measure.h"

#include "experiment/engines/tensorrt_options.h"
#include "experiment/measure/measure_replay.h"
#include "experiment/measure/measure_trtexec.h"

namespace layerwatt {
namespace {

constexpr std::array kWholeAlone = {Schedule::kWhole};

Result<std::unique_ptr<Engine>> open_onnxruntime_row(const EngineSettings& /*settings*/) {
  return open_onnxruntime();
}

Result<std::unique_ptr<Engine>> open_tensorrt_row(const EngineSettings& settings) {
  return open_tensorrt(tensorrt_places(), tensorrt_build(settings));
}

/// An engine that is called pass by pass.
template <Result<std::unique_ptr<Engine>> (*kOpen)(const EngineSettings&)>
Result<Measurement> measure_by_passes(const EngineSettings& settings, const MeasureOptions& options,
                                      Cancellation& cancellation, MeasureObserver& observer) {
  auto engine = kOpen(settings);
  if (!engine) return std::move(engine).error();
  return measure_network(**engine, options, cancellation, observer);
}

Result<Measurement> measure_tensorrt(const EngineSettings& settings, const MeasureOptions& options,
                                     Cancellation& cancellation, MeasureObserver& observer) {
  return measure_by_passes<open_tensorrt_row>(settings, with_tensorrt_options(options, settings),
                                              cancellation, observer);
}

Result<Measurement> measure_trtexec(const EngineSettings& settings, const MeasureOptions& options,
                                    Cancellation& cancellation, MeasureObserver& observer) {
  const auto path = settings.options.find("trtexec");
  auto program = find_trtexec(trtexec_places(path == settings.options.end() ? "" : path->second));
  if (!program) return std::move(program).error();
  return measure_with_trtexec(*program, tensorrt_build(settings),
                              with_tensorrt_options(options, settings), cancellation, observer);
}

Result<Measurement> measure_replay(const EngineSettings& /*settings*/,
                                   const MeasureOptions& options, Cancellation& cancellation,
                                   MeasureObserver& observer) {
  return measure_replayed(options.network.model, options, cancellation, observer);
}

std::vector<EngineRow> make_table() {
  return {
      {.name = "onnxruntime",
       .summary = "ONNX Runtime on the CPU: any ONNX file",
       .options = {},
       .schedules = kSchedules,
       .open = open_onnxruntime_row,
       .measure = measure_by_passes<open_onnxruntime_row>},
      {.name = "tensorrt",
       .summary = "NVIDIA TensorRT on the GPU: ONNX files and serialised engines",
       .options = tensorrt_options(),
       .type = DataType::kFloat16,
       .on_gpu = true,
       .schedules = kSchedules,
       .open = open_tensorrt_row,
       .measure = measure_tensorrt},
      {.name = "trtexec",
       .summary = "NVIDIA TensorRT through its own program, which runs all passes by itself",
       .options = trtexec_options(),
       .type = DataType::kFloat16,
       // The GPU is as fast while its host sleeps, and a spinning core would count as the
       // network's.
       .spins = false,
       .on_gpu = true,
       .schedules = kSchedules,
       .measure = measure_trtexec},
      {.name = "replay",
       .summary = "A run that was recorded before, run again: nothing is computed",
       .options = {},
       .takes_networks = false,
       .schedules = kWholeAlone,
       .why_schedules = "repeats whole passes",
       .measure = measure_replay},
  };
}

}  // namespace

std::span<const EngineRow> engine_table() {
  static const std::vector<EngineRow> kTable = make_table();
  return kTable;
}

Result<const EngineRow*> find_engine(std::string_view name) {
  std::vector<std::string_view> names;
  for (const EngineRow& row : engine_table()) {
    if (name.empty() || row.name == name) return &row;
    names.push_back(row.name);
  }
  return Error(
      ErrorCode::kInvalidArgument,
      fmt::format("there is no engine '{}'; the engines are: {}", name, fmt::join(names, ", ")));
}

Result<std::unique_ptr<Engine>> open_engine(const EngineRow& row, const EngineSettings& settings) {
  if (row.open != nullptr) return row.open(settings);
  return Error(
      ErrorCode::kInvalidArgument,
      fmt::format("{} runs whole networks by itself: use it with 'layerwatt measure'", row.name));
}

Result<Measurement> measure_with_engine(const EngineRow& row, const EngineSettings& settings,
                                        const MeasureOptions& options, Cancellation& cancellation,
                                        MeasureObserver& observer) {
  if (std::ranges::find(row.schedules, options.plan.run.schedule) == row.schedules.end()) {
    std::vector<std::string_view> known;
    for (const Schedule schedule : row.schedules) known.push_back(to_string(schedule));
    return Error(
        ErrorCode::kInvalidArgument,
        fmt::format("--engine {} {}: use --schedule {} instead of {}", row.name, row.why_schedules,
                    fmt::join(known, " or "), to_string(options.plan.run.schedule)));
  }
  return row.measure(settings, options, cancellation, observer);
}

}  // namespace layerwatt
