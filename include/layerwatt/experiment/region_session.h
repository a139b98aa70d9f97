#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "layerwatt/core/result.h"
#include "layerwatt/experiment/measure_options.h"
#include "layerwatt/experiment/measurement.h"
#include "layerwatt/experiment/region_result.h"

namespace layerwatt {

struct RegionSessionOptions {
  /// Of the result folder; where no region is marked, of the one layer too.
  std::string name = "run";
  /// The ring that is marked in (MarkerRing).
  std::filesystem::path ring;
  /// Sensor, result folder and idle lead; its network and plan are not used.
  MeasureOptions measure;
};

struct RegionMeasurement {
  Measurement measurement;
  std::vector<RegionResult> regions;
  /// From the start to the end of the session, without the idle stretches.
  Duration time{0};
  /// Of everything that the board drew meanwhile; absent where the recording does not cover it.
  std::optional<Joules> energy;
};

/// Records power, in a process of its own, while the caller runs and marks regions:
/// measure_network() with the inside out. Not thread-safe; regions may be marked in any thread.
class RegionSession {
 public:
  /// Returns when the idle stretch before is over and what is to be measured may begin. Errors:
  /// those of measure_network() and of MarkerRing::open().
  static Result<std::unique_ptr<RegionSession>> start(const RegionSessionOptions& options);
  /// Gives up what is not finished.
  ~RegionSession();
  RegionSession(const RegionSession&) = delete;
  RegionSession& operator=(const RegionSession&) = delete;

  /// What it said on the way, each a sentence.
  std::vector<std::string> said() const;
  /// Ends it: idle power after, the dataset, the solver. `is_whole`: what was to be measured came
  /// to its end. Once.
  Result<RegionMeasurement> finish(bool is_whole = true);

 private:
  struct State;
  explicit RegionSession(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace layerwatt
