#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "layerwatt/core/layer.h"
#include "layerwatt/core/layer_profile.h"
#include "layerwatt/core/power_trace.h"
#include "layerwatt/core/result.h"
#include "layerwatt/core/time.h"
#include "layerwatt/core/timeline.h"

namespace layerwatt {

// The published methods, kept to reproduce and to compare: they map samples to layers as if a
// sample showed the power of its instant, which an averaging sensor does not (docs/attribution.md).
// They work in microwatts and milliseconds, the units of the published files, so that their results
// can be compared digit by digit.

/// The power log: columns of equal length, instants never falling.
struct SampleColumns {
  std::span<const Instant> when;
  std::span<const double> microwatts;
};

/// The executions of one layer, pass by pass: columns of equal length.
struct ExecutionColumns {
  std::span<const double> milliseconds;
  std::span<const Instant> end;
};

/// What a method says of one execution of one layer.
struct MappedExecution {
  /// Counts from 0.
  std::int64_t pass = 0;
  std::size_t layer = 0;
  double milliseconds = 0.0;
  /// Mean of the samples, idle power included; absent without a sample.
  std::optional<double> microwatts;
  /// Samples in it.
  std::int64_t samples = 0;
};

/// Gets the executions in the order of passes and, within a pass, of layers.
using MappedExecutionSink = std::function<void(const MappedExecution&)>;

/// `window`: start = end − run time (rounded to whole microseconds, half to even, as Python's
/// timedelta does); samples are taken in order, those before the start skipped, those up to the end
/// (inclusive) counted, none looked at twice. Unlike the published mapping it does not stop where
/// the log ends: later executions have no power.
///
/// Linear in samples and executions. Errors (kInvalidArgument): columns of unequal length.
Result<void> map_window(const SampleColumns& samples, std::span<const ExecutionColumns> layers,
                        const MappedExecutionSink& sink);

/// `nearest`: the sample nearest to the layer's end, the earlier of two equally near. Only an empty
/// log leaves power absent.
Result<void> map_nearest(const SampleColumns& samples, std::span<const ExecutionColumns> layers,
                         const MappedExecutionSink& sink);

/// What `window` says of a recording, above `idle`: the mean of the samples whose read has its
/// middle, which the published power log has too, in an execution of the layer. Where layers do not
/// run in turn (all schedules but `whole`), each execution by itself. Absent without a sample, and
/// for energy counters, which have none.
std::vector<std::optional<Watts>> window_powers(const PowerTrace& total, const Timeline& timeline,
                                                Watts idle);

/// Adds up mapped executions to a layer profile: power is the mean over the executions that have
/// one, above idle; energy is power times mean run time.
class MappedProfile {
 public:
  /// `layers` parallel to the columns given to the mapping.
  MappedProfile(std::string method, std::vector<Layer> layers, double idle_microwatts);

  void add(const MappedExecution& execution);
  LayerProfile finish() &&;

 private:
  struct Sum {
    double microwatts = 0.0;
    std::int64_t with_power = 0;
    std::int64_t samples = 0;
    std::vector<Duration> run_times;
  };
  LayerProfileRow make_row(std::size_t layer);

  std::string method_;
  std::vector<Layer> layers_;
  double idle_microwatts_;
  std::vector<Sum> sums_;
  std::int64_t passes_ = 0;
};

}  // namespace layerwatt
