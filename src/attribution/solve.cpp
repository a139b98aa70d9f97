#include "layerwatt/attribution/solve.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "attribution/checks/coverage_check.h"
#include "attribution/checks/interludes.h"
#include "attribution/checks/negative_check.h"
#include "attribution/checks/overlap_check.h"
#include "attribution/checks/prepare_readings.h"
#include "attribution/checks/stamps_check.h"
#include "attribution/fit/counter_fit.h"
#include "attribution/fit/recording_fit.h"
#include "attribution/inference/identifiability.h"
#include "attribution/inference/identifiability_report.h"
#include "attribution/inference/intervals.h"
#include "attribution/inference/profile_rows.h"
#include "attribution/inference/repeat_grouping.h"
#include "attribution/model/callback_stamps.h"
#include "attribution/model/counter_windows.h"
#include "attribution/model/rails_of_total.h"
#include "attribution/model/read_times.h"
#include "attribution/model/timeline_look.h"
#include "attribution/sensor/sensor_delay.h"
#include "attribution/sensor/settled_sensor.h"
#include "attribution/taken_executions.h"
#include "attribution/total/hold_to_mean_power.h"

namespace layerwatt {
namespace {

/// Idle readings count as seen from here on: some 150 conversions of 1.1 ms with 140 µs between
/// them, whose mean is known to a tenth of the register's step.
constexpr double kLeastIdleSeconds = 0.2;
/// A counter's levels are taken at most this densely, and so many of them at most: what passes
/// between two renewals is lost either way.
constexpr double kLeastWindow = 2e-3;
constexpr double kMostWindows = 40000.0;

Result<void> check(const SolveOptions& options) {
  if (!(options.confidence > 0.0 && options.confidence < 1.0)) {
    return Error(ErrorCode::kInvalidArgument,
                 fmt::format("a confidence of {} is not between 0 and 1", options.confidence));
  }
  if (!(options.max_relative_half_width > 0.0) || !(options.max_variance_inflation >= 1.0)) {
    return Error(
        ErrorCode::kInvalidArgument,
        "the limits of the solver must be positive, that of variance inflation at least 1");
  }
  return {};
}

Result<void> check(const PowerTrace& trace, const Timeline& timeline, const TimelineLook& look) {
  if (trace.size() == 0) {
    return Error(ErrorCode::kUnknowable, fmt::format("rail {} has no samples", trace.rail.name));
  }
  if (look.executions == 0 || timeline.layers.empty()) {
    return Error(ErrorCode::kUnknowable, "the timeline has no executions of layers");
  }
  if (auto reason = refuse_no_overlap(trace, look); !reason.empty()) {
    return Error(ErrorCode::kUnknowable, std::move(reason));
  }
  return {};
}

Duration least_window(const PowerTrace& counter) {
  const double length = to_seconds(counter.after.back() - counter.before.front());
  return from_seconds(std::max(kLeastWindow, length / kMostWindows));
}

Result<FineFit> fit_energy_counter(const PowerTrace& counter, const PowerTrace& means,
                                   const SensorModel& model, const LoadPieces& load) {
  CounterFitInput input;
  input.means = &means;
  input.load = &load;
  input.period = renewal_period(counter, model.period);
  input.read_distance = usual_read_distance(counter);
  auto fit = fit_counter(input);
  if (!fit) return fit;
  fit->notes.push_back(
      fmt::format("Rail {} counts energy: renewed about every {:.2g} ms, seen {:.2g} ms late on "
                  "average. Layers are told by how much of each ran between reads.",
                  counter.rail.name, 1e3 * fit->period, 1e3 * fit->visible_after));
  return fit;
}

/// Of a filter whose time constant is many passes: nothing of a pass is left to be seen. After ten
/// passes that are all alike a first-order filter has moved by 10 % within one at most, evenly.
constexpr double kManyPasses = 10.0;

bool averages_over_passes(const FineFit& fit, const LoadPieces& load) {
  const auto passes = static_cast<double>(load.pass_begins.size());
  return passes > 0.0 && fit.time_constant * passes > kManyPasses * (load.end() - load.begin());
}

bool has_repeats(const LoadPieces& load) {
  for (int l = 0; l < load.layers; ++l) {
    if (load.on_time[static_cast<std::size_t>(load.repeat_column(l))] > 0.0) return true;
  }
  return false;
}

/// Of the layers, weighted by how long they ran.
double mean_power(const FineFit& fit, const LoadPieces& load) {
  double energy = 0.0;
  double time = 0.0;
  for (int c = 0; c < load.gap_column(); ++c) {
    const auto i = static_cast<std::size_t>(c);
    energy += fit.watts[i] * load.on_time[i];
    time += load.on_time[i];
  }
  return time > 0.0 ? std::max(0.0, energy / time) : 0.0;
}

/// Idle power needs a stretch of idle, or to be told; else the power between executions stands for
/// it.
void settle_idle(const PowerTrace& trace, const LoadPieces& load, const SolveOptions& options,
                 FineFit& fit, Grouping& grouping, std::vector<std::string>& notes) {
  const double begin = to_seconds(trace.when(0) - load.origin);
  const double end = to_seconds(trace.when(trace.size() - 1) - load.origin);
  double busy = 0.0;
  for (const LoadPiece& piece : load.pieces) {
    busy += std::max(0.0, std::min(piece.end, end) - std::max(piece.begin, begin));
  }
  const double idle = end - begin - busy;
  if (idle > std::max(kLeastIdleSeconds, 1.5 * fit.time_constant)) return;
  if (options.idle_power) {
    const double watts = options.idle_power->value();
    const double deviation = std::max(1e-3 * std::abs(watts), 1e-4);
    fit.expect(fit.layout.idle(), watts, deviation);
    notes.push_back("The recording has no idle stretch: idle power was taken as measured apart.");
    return;
  }
  if (grouping.has_gap && load.on_time[static_cast<std::size_t>(load.gap_column())] > 0.0) {
    grouping.has_gap = false;
    notes.push_back(
        "The recording has no idle stretch and no idle power was given: powers are above that "
        "between executions, which stands for idle. Record some seconds of idle before and after.");
    return;
  }
  grouping.has_idle = false;
  notes.push_back(
      "The recording has neither an idle stretch nor gaps, and no idle power was given: powers "
      "include idle power. Record some seconds of idle before and after.");
}

SensorModel model_used(SensorModel model, const FineFit& fit) {
  if (fit.is_counter) {
    model.period = from_seconds(fit.period);
    model.lag = from_seconds(std::max(0.0, fit.visible_after));
  } else if (fit.is_slow) {
    if (model.average_count && *model.average_count > 1) {
      model.period = from_seconds(-fit.time_constant *
                                  std::log1p(-1.0 / static_cast<double>(*model.average_count)));
    }
  } else {
    model.period = from_seconds(fit.period / fit.kernel.block_count);
    model.conversion_window = from_seconds(fit.kernel.window);
    model.board_low_pass = from_seconds(fit.kernel.board_low_pass);
    if (!model.average_count) model.average_count = 1;
  }
  model.provenance = Provenance::kMeasured;
  return model;
}

/// An energy of a pass that may as well be another is no result.
void refuse_vague_pass(double relative_half_width, LayerProfile& profile) {
  if (!profile.pass_energy) return;
  const Estimate<Joules>& pass = *profile.pass_energy;
  const Joules half = 0.5 * (*pass.high - *pass.low);
  if (half <= relative_half_width * pass.value) return;
  profile.notes.push_back(
      fmt::format("The energy of a pass is not given: it lies between {:.3g} and {:.3g} J. The "
                  "sensor never saw "
                  "some parts of the pass.",
                  pass.low->value(), pass.high->value()));
  profile.pass_energy.reset();
}

std::optional<MeanPowerTotal> mean_power_of(const PowerTrace& powers, const LoadPieces& load,
                                            const FineFit& fit, const IdentifiedSensor& sensor,
                                            const std::optional<double>& idle_apart) {
  MeanPowerInput input;
  input.trace = &powers;
  input.load = &load;
  // Values stand until the next one, and a block's mean is that of its middle.
  const double late = sensor.memory > 0.0 ? 0.0 : mean_delay(sensor.model);
  input.memory = fit.is_slow ? std::max(fit.time_constant, sensor.memory) : sensor.memory + late;
  input.memory_error = input.memory * std::max(0.02, sensor.memory_error);
  input.period = fit.period;
  input.idle_apart = idle_apart;
  return mean_power_total(input);
}

/// With all executions in memory: laying them by callbacks takes them pass by pass.
Result<LayerProfile> solve_held(PowerTrace total, const Timeline& timeline,
                                const ExecutionSource& executions, const SolveOptions& options) {
  Timeline held = timeline;
  held.executions.reserve(static_cast<std::size_t>(executions.count()));
  auto visited = executions.visit([&](std::span<const Execution> some) -> Result<void> {
    held.executions.insert(held.executions.end(), some.begin(), some.end());
    return {};
  });
  if (!visited) return std::move(visited).error();
  return solve(std::move(total), held, HeldExecutions(held), options);
}

}  // namespace

Result<LayerProfile> solve(const PowerTrace& total, const Timeline& timeline,
                           const SolveOptions& options) {
  return solve(total, timeline, HeldExecutions(timeline), options);
}

Result<LayerProfile> solve(PowerTrace total, const Timeline& timeline,
                           const ExecutionSource& executions, const SolveOptions& options) {
  if (auto ok = check(options); !ok) return std::move(ok).error();
  if (auto ok = validate(total); !ok) return std::move(ok).error();
  const auto look = look_over(timeline, executions);
  if (!look) return look.error();
  if (auto ok = check(total, timeline, *look); !ok) return std::move(ok).error();
  if (timeline.executions.empty() && may_be_callback_stamps(timeline)) {
    return solve_held(std::move(total), timeline, executions, options);
  }
  const bool by_callbacks = are_callback_stamps(timeline);
  const bool is_counter = total.rail.kind == RailKind::kEnergyCounter;
  if (auto reason = refuse_crowd(look->pass_times); !reason.empty()) {
    return Error(ErrorCode::kUnknowable, std::move(reason));
  }
  if (is_counter && !timeline.interludes.empty()) {
    return Error(ErrorCode::kUnknowable,
                 "an energy counter adds up what engines drew that were loaded between the layers; "
                 "use a sensor of power, or an engine that keeps all layers loaded (--engine "
                 "tensorrt or onnxruntime)");
  }
  const std::vector<PowerTrace> parts = std::move(total.parts);
  total.parts.clear();
  WindowMeans window(total, timeline.schedule, *look);
  const Rail rail = total.rail;
  const auto samples = static_cast<std::int64_t>(total.size());
  const SensorModel declared = options.sensor.value_or(rail.model);
  PowerTrace spread =
      is_counter ? PowerTrace() : without_interludes(std::move(total), timeline, declared);
  if (!is_counter && spread.size() == 0) {
    return Error(ErrorCode::kUnknowable,
                 "the sensor shows nothing but engines being loaded: what ran between was shorter "
                 "than it takes to forget that");
  }
  const auto coarse = is_counter ? std::nullopt : spread_coarse_stamps(spread);
  if (coarse && coarse->is_refusal) {
    return Error(ErrorCode::kUnknowable, coarse->finding.sentence);
  }
  PowerTrace powers =
      is_counter ? counter_windows(total, least_window(total)) : with_read_times(std::move(spread));
  if (auto reason = refuse_no_power(powers); !reason.empty()) {
    return Error(ErrorCode::kUnknowable, std::move(reason));
  }
  const Instant origin = is_counter ? total.before.front() : powers.before.front();
  std::optional<LoadPieces> laid;
  if (by_callbacks) {
    laid = load_pieces(laid_by_callbacks(timeline, Duration(0)), origin, options.idle_gap);
  }
  auto taken = take_executions(timeline, executions, *look, origin, options.idle_gap,
                               std::move(laid), window);
  if (!taken) return std::move(taken).error();
  LoadPieces load = std::move(taken->load);
  if (load.pieces.empty()) {
    return Error(ErrorCode::kUnknowable, "all executions of the timeline have a run time of 0");
  }
  PreparedReadings prepared;
  if (!is_counter) {
    // Recordings that declare their sensor are those of a recorder that stamps all by one clock.
    const bool is_own = rail.model.period || rail.model.average_count;
    ClockDoubt doubt;
    if (is_own) doubt.least_gain = kGainOfOneClock;
    doubt.sensor_delay = longest_delay(declared);
    prepared = prepare_readings({std::move(powers), std::move(load), look->pass_times,
                                 timeline.interludes, options.idle_power, doubt});
    if (coarse) {
      prepared.findings.insert(prepared.findings.begin(), coarse->finding);
      if (prepared.hides_layers.empty()) {
        prepared.hides_layers = "stamps of the readings are too coarse to tell layers";
      }
    }
    if (!prepared.refusal.empty()) return Error(ErrorCode::kUnknowable, prepared.refusal);
    powers = std::move(prepared.trace);
    load = std::move(prepared.load);
    if (powers.size() < 2 || load.pieces.empty()) {
      return Error(ErrorCode::kUnknowable,
                   fmt::format("no readings of rail {} are left while anything ran: are both of "
                               "one recording and one clock?",
                               rail.name));
    }
  }
  const bool is_sum = parts.size() > 1;
  const std::vector<PowerTrace> rails = is_sum ? rails_at(parts, powers) : parts;
  const FittedRecording recording{&powers,          &timeline, by_callbacks,
                                  options.idle_gap, is_sum,    rails};
  SettledSensor settled;
  if (is_counter) {
    settled.sensor.model = declared;
  } else {
    settled =
        settle_sensor(recording, load, declared, prepared.hides_layers.empty(), prepared.findings);
  }
  IdentifiedSensor& sensor = settled.sensor;
  if (!prepared.hides_layers.empty()) sensor.hides_layers = prepared.hides_layers;
  auto fit = is_counter
                 ? fit_energy_counter(total, powers, sensor.model, load)
                 : fit_recording(recording, sensor.model, !sensor.hides_layers.empty(), load);
  if (!fit) return std::move(fit).error();
  if (!sensor.hides_layers.empty()) fit->hides_layers = sensor.hides_layers;

  LayerProfile profile;
  profile.method = "solve";
  profile.rail = rail.name;
  profile.is_virtual = rail.is_virtual;
  profile.schedule = timeline.schedule;
  profile.stamps = timeline.stamps;
  profile.passes = look->passes;
  profile.samples = samples;
  profile.confidence = options.confidence;
  for (const CheckFinding& finding : prepared.findings) {
    profile.notes.push_back(
        fmt::format("Check '{}': {}", to_string(finding.check), finding.sentence));
  }
  profile.notes.insert(profile.notes.end(), fit->notes.begin(), fit->notes.end());
  if (by_callbacks) {
    profile.stamps = StampSource::kCallback;
    profile.notes.emplace_back(
        "The stamps are those of a profiler's callbacks, not of layers: layers were laid one after "
        "the other by their run times, ending before the first callback of each pass.");
  }

  Grouping grouping = separate_layers(load);
  grouping.usual_power = mean_power(*fit, load);
  grouping.rounding = fit->rounding;
  grouping.idle_rounding = fit->idle_rounding;
  grouping.rounding_is_shared = fit->rounding_is_shared;
  settle_idle(powers, load, options, *fit, grouping, profile.notes);
  // One first execution among thousands, of a layer that runs alone, is no power of its own.
  if (options.separate_repeats && runs_engine_blocks(timeline)) {
    // Of what layers draw after one another only sums of several are seen: no layer could be told
    // any more if each had two powers.
    const Grouping told = choose_repeats(*fit, load, grouping);
    if (timeline.schedule == Schedule::kWeighing && told.repeat_spread > 0.0) {
      profile.notes.push_back(fmt::format(
          "Layers that ran one after the other drew other power than each alone, by about {:.0f} % "
          "of the mean power: powers are mostly those of layers alone, and their intervals do not "
          "hold this difference.",
          100.0 * told.repeat_spread / grouping.usual_power));
    }
  } else if (options.separate_repeats && timeline.schedule != Schedule::kIsolated) {
    grouping = choose_repeats(*fit, load, std::move(grouping));
    if (fit->is_slow && grouping.repeat_spread <= 0.0 && has_repeats(load)) {
      profile.notes.emplace_back(
          "Repeats could not be told from first executions: powers and their intervals are those "
          "of all executions, mostly of repeats.");
    }
  }
  SeparationLimits limits;
  limits.deviations = normal_half_width(options.confidence);
  limits.relative_half_width = options.max_relative_half_width;
  limits.variance_inflation = options.max_variance_inflation;
  limits.by_timing = timeline.schedule == Schedule::kWhole;
  limits.only_the_sum = limits.by_timing && fit->is_slow && averages_over_passes(*fit, load);
  const Separation separation = separate(*fit, load, timeline, grouping, limits);
  fill_profile(load, timeline, taken->run_times, separation, limits.deviations, profile);
  if (!taken->profiler_effect.empty()) profile.notes.push_back(std::move(taken->profiler_effect));
  refuse_vague_pass(limits.relative_half_width, profile);
  if (!fit->hides_layers.empty()) {
    for (LayerProfileRow& row : profile.rows) {
      if (row.status == LayerStatus::kUnresolved) row.reason = fit->hides_layers;
    }
  }
  profile.sum_check = sum_check(*fit, load, separation.solution, powers, timeline.interludes);
  profile.identifiability =
      identifiability_report(*fit, separation, timeline.schedule, options.max_relative_half_width);
  // What is to be mended first is told as a check.
  if (!prepared.hides_layers.empty()) profile.identifiability->advice.clear();
  profile.sensor = model_used(sensor.model, *fit);
  if (settled.is_found) {
    profile.sensor_finding = sensor.finding;
    const bool was_declared = declared.period || declared.average_count;
    profile.notes.push_back((was_declared ? "" : "Nobody declared the sensor's settings. ") +
                            found_in_words(sensor.finding));
  }
  if (!is_counter) {
    MeanPowerCheck check;
    check.fit = &*fit;
    check.load = &load;
    check.timeline = &timeline;
    if (options.idle_power) check.idle_apart = options.idle_power->value();
    check.total = mean_power_of(powers, load, *fit, sensor, check.idle_apart);
    check.deviations = limits.deviations;
    check.layers_hidden = !sensor.hides_layers.empty();
    check.is_declared = !settled.is_found;
    hold_to_mean_power(check, profile);
  }
  const Watts idle =
      profile.idle_power ? profile.idle_power->value : options.idle_power.value_or(Watts(0.0));
  const auto by_window = window.powers(idle);
  for (std::size_t l = 0; l < by_window.size(); ++l) profile.rows[l].window_power = by_window[l];
  return profile;
}

}  // namespace layerwatt
