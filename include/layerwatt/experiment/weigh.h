#pragma once

#include <span>
#include <string>

#include "layerwatt/core/cancellation.h"
#include "layerwatt/core/result.h"
#include "layerwatt/experiment/measure_options.h"
#include "layerwatt/experiment/measurement.h"
#include "layerwatt/running/run_functions.h"

namespace layerwatt {

struct WeighOptions {
  /// Of the result folder.
  std::string name = "weigh";
  /// `weighing`, or `isolated`.
  Schedule schedule = Schedule::kWeighing;
  /// Of the run, without the idle stretches. Absent: two balanced sets of blocks.
  std::optional<Duration> duration;
  /// Calls of each function before anything is recorded.
  std::int64_t warmup = 3;
  std::uint64_t seed = 1;
  /// Sensor, result folder and idle lead; its network and plan are not used.
  MeasureOptions measure;
};

/// What each function costs a call: they run singly and repeated, at random, while a process of its
/// own records power, so that a sensor that averages over many calls tells them apart all the same.
/// Writes a run like any other, each function a layer. Called back in this thread. Errors: those of
/// measure_network() and of run_functions().
Result<Measurement> weigh_functions(std::span<const RunnableFunction> functions,
                                    const WeighOptions& options, Cancellation& cancellation,
                                    MeasureObserver& observer);

}  // namespace layerwatt
