#include "attribution/fit/recording_fit.h"

#include <cmath>

#include "attribution/clock/clock_candidates.h"
#include "attribution/fit/block_fit.h"
#include "attribution/fit/fast_fit.h"
#include "attribution/fit/rails_fit.h"
#include "attribution/fit/slow_fit.h"
#include "attribution/model/callback_stamps.h"
#include "attribution/model/counter_windows.h"

namespace layerwatt {
namespace {

/// Relative standard deviation of a declared time constant: the oscillator is usually within 6 %.
constexpr double kDeclaredError = 0.1;
constexpr double kDefaultPeriod = 0.84e-3;
/// Time constant of a filter that forgets from one conversion to the next, of the period.
constexpr double kNoMemory = 0.2;
/// Blocks of conversions that are read so often show when they end; shorter ones are fitted as
/// single conversions are, whose clock the load tells.
constexpr double kReadsPerBlock = 12.0;

FastFitInput fast_input(const FittedRecording& recording, LoadPieces& load) {
  FastFitInput input;
  input.trace = recording.trace;
  input.load = &load;
  if (recording.by_callbacks) {
    input.laid_with_gap = [&recording, origin = load.origin](double gap) {
      return load_pieces(laid_by_callbacks(*recording.timeline, from_seconds(gap)), origin,
                         recording.idle_gap);
    };
  }
  return input;
}

SlowFitInput slow_input(const FittedRecording& recording, const LoadPieces& load, double period,
                        double window) {
  SlowFitInput input;
  input.trace = recording.trace;
  input.load = &load;
  input.period = period;
  input.window = window;
  input.time_constant = kNoMemory * period;
  input.time_constant_error = kDeclaredError;
  return input;
}

/// Whether what is drawn changes only from block to block of seconds: no clock could be found by
/// it, and none is needed.
bool is_steady(const Timeline& timeline) {
  return timeline.schedule == Schedule::kIsolated || runs_engine_blocks(timeline);
}

}  // namespace

IdentifiedSensor identify_sensor_of(const FittedRecording& recording, const LoadPieces& load,
                                    bool may_try_clocks) {
  SensorQuestion question;
  question.trace = recording.trace;
  question.load = &load;
  question.is_even = recording.timeline->schedule == Schedule::kWhole;
  if (may_try_clocks && !is_steady(*recording.timeline)) {
    question.try_clock = [&](double period, double window, int block_count) {
      LoadPieces own = load;
      FastFitInput input = fast_input(recording, own);
      input.period = period;
      input.window = window;
      input.block_count = block_count;
      input.tolerance = kUsualTolerance;
      return try_clock(input);
    };
  }
  return identify_sensor(question);
}

Result<FineFit> fit_recording(const FittedRecording& recording, const SensorModel& model,
                              bool layers_hidden, LoadPieces& load) {
  const double period = model.period ? to_seconds(*model.period) : kDefaultPeriod;
  const double window =
      model.conversion_window ? to_seconds(*model.conversion_window) : period / 6.0;
  const int count = model.average_count.value_or(1);
  if (layers_hidden) return fit_slow_sensor(slow_input(recording, load, period, window));
  const bool is_block = model.averaging == Averaging::kBlock && count > 1;
  if (is_block && period * count > kReadsPerBlock * usual_read_distance(*recording.trace)) {
    BlockFitInput input;
    input.trace = recording.trace;
    input.load = &load;
    input.period = period;
    input.window = window;
    input.count = count;
    input.layers_are_steady = is_steady(*recording.timeline);
    return fit_block_sensor(input);
  }
  const bool is_slow = model.averaging == Averaging::kExponential && count > 1;
  const bool steady = is_steady(*recording.timeline);
  if (is_slow || steady) {
    const double value_period = is_block ? period * count : period;
    SlowFitInput input =
        slow_input(recording, load, value_period, is_block ? value_period : window);
    input.layers_are_steady = steady;
    // Blocks of one engine hold ranges of layers too, whose turns within a pass have edges all
    // along.
    input.layers_have_pauses = recording.timeline->schedule == Schedule::kIsolated;
    if (is_slow) input.time_constant = -period / std::log1p(-1.0 / count);
    return recording.rails.empty() ? fit_slow_sensor(input)
                                   : fit_slow_rails(recording.rails, input);
  }
  if (recording.is_sum && recording.rails.empty()) {
    auto fit = fit_slow_sensor(slow_input(recording, load, period, window));
    if (fit) {
      fit->hides_layers =
          "the total is of several rails, which convert one after the other, and it is not known "
          "when each was read: only the sum can be told";
    }
    return fit;
  }
  FastFitInput input = fast_input(recording, load);
  input.period = is_block ? period * count : period;
  input.window = window;
  input.block_count = is_block ? count : 1;
  return recording.is_sum ? fit_fast_rails(recording.rails, input) : fit_fast_sensor(input);
}

}  // namespace layerwatt
