#pragma once

#include <cstdint>
#include <deque>
#include <filesystem>
#include <fstream>
#include <optional>
#include <span>
#include <vector>

#include "layerwatt/attribution/running_precision.h"
#include "layerwatt/core/reading.h"
#include "layerwatt/core/timeline.h"
#include "layerwatt/dataset/records.h"

namespace layerwatt {

/// Follows the power.npy of a weighing run while it grows, and says when the layers are known well
/// enough. Looks at blocks some seconds after they ended, when the recorder has written them.
class PrecisionWatch {
 public:
  struct Settings {
    std::filesystem::path power_npy;
    /// The relative half-width at which the run may end.
    double target = 0.03;
    std::size_t layers = 0;
    /// Of each recorded rail: does it belong to the total? Those that do are added.
    std::vector<bool> in_total = {true};
    Duration time_constant{0};
  };

  explicit PrecisionWatch(const Settings& settings);

  /// The executions of one block.
  void add_block(std::span<const Execution> executions);
  /// True once the target is reached.
  bool reached();
  /// As last estimated.
  std::optional<double> relative_half_width() const { return estimate_; }

 private:
  struct Block {
    Instant begin;
    Instant end;
    std::vector<Duration> run_time;
  };
  /// Of one rail, over a stretch of time.
  struct Stretch {
    Watts sum;
    std::int64_t samples = 0;
    std::optional<Reading> first_energy;
    std::optional<Reading> last_energy;

    void add(const Reading& reading);
    std::optional<Watts> mean() const;
  };

  void read_on();
  void take(const PowerRecord& record);
  void begin_stretch();
  void close_block(const Block& block);
  std::optional<Watts> total_mean() const;

  Settings settings_;
  RunningPrecision precision_;
  std::ifstream file_;
  std::streamoff offset_ = 0;
  std::deque<Block> blocks_;
  /// Idle before the first block, then the block at the front.
  std::vector<Stretch> stretches_;
  std::optional<Watts> idle_;
  bool in_block_ = false;
  std::optional<double> estimate_;
};

}  // namespace layerwatt
