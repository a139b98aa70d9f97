#pragma once

#include <optional>

#include "layerwatt/core/execution_source.h"
#include "layerwatt/core/layer_profile.h"
#include "layerwatt/core/power_trace.h"
#include "layerwatt/core/result.h"
#include "layerwatt/core/sensor_model.h"
#include "layerwatt/core/timeline.h"
#include "layerwatt/core/units.h"

namespace layerwatt {

/// What `solve` may rely on beside the recording, and where it draws its lines.
struct SolveOptions {
  /// The sensor's settings as declared by run.json or the driver; absent: those of the trace's
  /// rail. Whatever a model leaves open is estimated, whatever it declares is checked against the
  /// data; a contradiction is told in LayerProfile::notes and the data win.
  std::optional<SensorModel> sensor;
  /// Idle power measured apart. Used where the recording itself has no idle stretch.
  std::optional<Watts> idle_power;
  /// Probability that an interval holds the truth, inside (0, 1).
  double confidence = 0.95;
  /// A layer whose half-width exceeds this part of its power is merged with a neighbour.
  double max_relative_half_width = 0.15;
  /// A layer whose variance inflation exceeds this is merged with a neighbour.
  double max_variance_inflation = 30.0;
  /// Time between executions that is longer than this is idle, shorter is a gap within the run.
  /// Absent: 50 ms.
  std::optional<Duration> idle_gap;
  /// Tell immediate repeats (warm caches) from first executions where the data can.
  bool separate_repeats = true;
};

/// Tells what each layer draws, from one rail and one timeline on the same clock: the linear model
/// y = W·p + drift + noise with the sensor's own kernel, see docs/attribution.md.
///
/// Layers that cannot be told apart are merged with their neighbours or left unresolved, each with
/// its reason; a profile in which nothing but the total could be told is a success. Powers are
/// above idle. Rows stand in the order of Timeline::layers.
///
/// Errors: kInvalidArgument for options out of range; kParse for a trace or timeline that its
/// `validate` refuses; kUnknowable where not even the total can be told (no samples, no executions,
/// trace and timeline that do not overlap).
///
/// Time and memory grow linearly with samples, with executions and with the recording's length, and
/// at most with the square of the layers.
Result<LayerProfile> solve(const PowerTrace& total, const Timeline& timeline,
                           const SolveOptions& options = {});

/// The same where the executions of `timeline` are not held in it: it goes through them twice, and
/// holds 12 bytes of each. (Where stamps may be those of callbacks it holds them after all.) Errors
/// of `executions` beside those above.
Result<LayerProfile> solve(PowerTrace total, const Timeline& timeline,
                           const ExecutionSource& executions, const SolveOptions& options);

}  // namespace layerwatt
