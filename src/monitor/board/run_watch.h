#pragma once

#include <cstdint>
#include <deque>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "layerwatt/core/time.h"
#include "layerwatt/core/units.h"

namespace layerwatt {

/// A measurement that runs now.
struct RunningMeasurement {
  std::filesystem::path folder;
  std::string network;
  std::string engine;
  /// "whole", "isolated", "weighing".
  std::string schedule;
  /// Recorded so far.
  std::int64_t passes = 0;
  /// Over the last seconds; absent until two passes are known.
  std::optional<double> passes_per_second;
  /// Of the board's total, in the same time, by passes; only where a pass is one inference.
  std::optional<Joules> energy_per_inference;
};

/// Looks for measurements in the folders where `layerwatt measure` writes its results: one whose
/// run.json says that it has not finished, and whose timeline.npy grows. Not thread-safe.
class RunWatch {
 public:
  /// Result folders ("raw_data"), each with a folder a model. One that is not there is looked for
  /// again.
  explicit RunWatch(std::vector<std::filesystem::path> roots);

  /// To be called about once a second, with the energy of the board's total so far: what a pass
  /// cost is told from where it rose meanwhile.
  void look(Instant now, std::optional<Joules> energy);
  /// As of the last look; nullopt where nothing runs. Of several, the one that wrote last.
  const std::optional<RunningMeasurement>& running() const { return running_; }

 private:
  struct EnergyAt {
    Instant when;
    Joules energy;
  };
  std::optional<Joules> energy_between(Instant from, Instant to) const;
  void read_passes(const std::filesystem::path& timeline, Instant now);

  std::vector<std::filesystem::path> roots_;
  std::deque<EnergyAt> energies_;
  std::optional<RunningMeasurement> running_;
};

}  // namespace layerwatt
