#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "layerwatt/core/power_trace.h"
#include "layerwatt/core/timeline.h"
#include "layerwatt/simulation/virtual_recording.h"

namespace layerwatt::testing {

/// What a recording made for a test looks like.
struct MadeRecordingPlan {
  std::string board = "orin-nano";
  std::string rail = "VDD_IN";
  int samples = 512;
  Duration conversion_time = std::chrono::microseconds(140);
  /// Of chips that average in blocks; those of the board where absent.
  std::optional<int> block_count;
  std::optional<Duration> block_conversion_time;
  Schedule schedule = Schedule::kWhole;
  int layers = 20;
  /// Layers last between these, spread evenly in the logarithm.
  double shortest_layer = 60e-6;
  double longest_layer = 1.5e-3;
  /// Pauses between passes, drawn evenly from 0 to this.
  double longest_pause = 300e-6;
  /// Pauses between layers.
  double layer_gap = 3e-6;
  double seconds = 60.0;
  double lead_in = 3.0;
  double lead_out = 2.0;
  /// weighing: blocks last about this long, in each a layer runs once or `repeats` times.
  double block_seconds = 0.43;
  int repeats = 5;
  bool repeats_differ = false;
  double shortest_read = 0.6e-3;
  double longest_read = 1.4e-3;
  double read_period = 1e-3;
  double stall_share = 0.01;
  bool drift = true;
  /// Passes begin at multiples of the sensor's true cycle, whose oscillator is steady then.
  bool locked = false;
  /// Of the chip's clock, relative; drawn from the seed where absent.
  std::optional<double> oscillator_error;
  std::uint64_t seed = 1;
};

struct MadeRecording {
  Timeline timeline;
  PowerTrace trace;
  VirtualTruth truth;
  /// Mean conversion cycle of the chip.
  double cycle_seconds = 0.0;
  std::vector<double> watts;
  std::vector<double> mean_seconds;
};

MadeRecording make_recording(const MadeRecordingPlan& plan);

}  // namespace layerwatt::testing
