#pragma once

#include <memory>
#include <string>
#include <vector>

#include "layerwatt/core/layer.h"
#include "layerwatt/core/timeline.h"
#include "layerwatt/engines/engine.h"

namespace layerwatt {

/// A run that was recorded before, to be run again without the library that ran it.
struct RecordedRun {
  /// Of the network ("alexnet").
  std::string model;
  /// Name and version of the engine that ran it ("onnxruntime", "1.23.2").
  std::string engine;
  std::string version;
  /// Its passes are run again in order, and from the first again after the last.
  Timeline timeline;
};

enum class ReplayPace {
  kAtOnce,    ///< run() returns at once; only the profile carries the recorded times
  kRealTime,  ///< run() takes as long as the recorded pass took
};

/// An engine that repeats `run`, so that everything above engines works without hardware and
/// without libraries. load() takes any bytes; bind() takes any tensors. In the profile the recorded
/// layers lie as they did within their pass, counted from the moment when run() was called; passes
/// of the recording without layers (run without a profiler) are skipped. A session that does not
/// profile repeats the run times of passes without layers, where the recording has some.
/// Precondition: validate(run.timeline) holds.
std::unique_ptr<Engine> make_replay_engine(RecordedRun run, ReplayPace pace);

}  // namespace layerwatt
