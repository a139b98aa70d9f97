#include "layerwatt/analysis/solve_recording.h"

#include <fmt/format.h>

#include <algorithm>

#include "layerwatt/attribution/window.h"

namespace layerwatt {
namespace {

template <class Q>
Estimate<Q> scaled(const Estimate<Q>& estimate, double factor) {
  Estimate<Q> out{estimate.value * factor, {}, {}};
  if (estimate.low) out.low = *estimate.low * factor;
  if (estimate.high) out.high = *estimate.high * factor;
  return out;
}

/// Layers that ran alone: what they took and cost then goes beside what they take in place, with
/// the same power.
void put_in_place(const std::vector<RunTimeStats>& in_place, LayerProfile& profile) {
  if (in_place.size() != profile.rows.size()) return;
  double alone = 0.0;
  double energy = 0.0;
  bool all_known = true;
  for (std::size_t i = 0; i < in_place.size(); ++i) {
    LayerProfileRow& row = profile.rows[i];
    row.isolated_run_time = row.run_time;
    row.isolated_energy = row.energy;
    if (row.energy) alone += row.energy->value.value();
    if (in_place[i].count > 0 && row.run_time.mean > Duration(0)) {
      const double factor = to_seconds(in_place[i].mean) / to_seconds(row.run_time.mean);
      row.run_time = in_place[i];
      if (row.energy) row.energy = scaled(*row.energy, factor);
    }
    if (row.energy) energy += row.energy->value.value();
    all_known = all_known && row.energy;
  }
  Duration layers(0);
  for (const LayerProfileRow& row : profile.rows) layers += row.run_time.mean;
  if (profile.gap_time) profile.pass_time = layers + *profile.gap_time;
  if (!all_known || alone <= 0.0 || energy <= 0.0) return;
  for (LayerProfileRow& row : profile.rows) row.share = row.energy->value.value() / energy;
  if (!profile.pass_energy) return;
  // The layers as in place, the time between them as it was.
  const Joules gaps = profile.pass_energy->value - Joules(alone);
  Estimate<Joules>& pass = *profile.pass_energy;
  const Joules value = Joules(energy) + gaps;
  const double factor = energy / alone;
  if (pass.low) pass.low = std::max(Joules(0.0), value - (pass.value - *pass.low) * factor);
  if (pass.high) pass.high = value + (*pass.high - pass.value) * factor;
  pass.value = value;
}

/// The words to that.
void tell_in_place(const std::vector<RunTimeStats>& in_place, LayerProfile& profile) {
  if (in_place.size() != profile.rows.size()) return;
  profile.notes.emplace_back(
      "Powers were measured with layers running alone or repeated; run times and energies are "
      "those "
      "in place, from passes under the engine's profiler. What a layer took alone stands beside "
      "them in the files.");
}

/// That nothing can be known of a sound recording is a result, of which the run times stay.
LayerProfile nothing_known(const std::string& model, const Recording& recording,
                           const std::string& reason, const std::optional<Watts>& idle_power) {
  const PowerTrace& total = *recording.total;
  LayerProfile profile = timing_profile(model, recording.timeline, reason);
  profile.method = "solve";
  profile.samples = static_cast<std::int64_t>(total.size());
  if (idle_power) profile.idle_power = Estimate<Watts>{*idle_power, {}, {}};
  profile.notes.push_back("No layer's power can be known: " + reason + ".");
  // Of a sensor that shows nothing the published method makes layers of 0 W.
  const bool shows_power =
      std::ranges::any_of(total.power, [](Watts w) { return w.value() > 0.0; });
  const auto window = shows_power
                          ? window_powers(total, recording.timeline, idle_power.value_or(watts(0)))
                          : std::vector<std::optional<Watts>>();
  for (std::size_t i = 0; i < window.size(); ++i) profile.rows[i].window_power = window[i];
  return profile;
}

/// With the executions in memory: what is told without powers goes through them in several ways.
Result<LayerProfile> solve_held(const std::string& model, Recording recording,
                                const SolveOptions& options) {
  if (auto held = hold_executions(recording); !held) return std::move(held).error();
  return solve_recording(model, recording, options);
}

}  // namespace

Result<std::optional<Watts>> idle_power_for(const RawDataset& dataset, const Recording& recording,
                                            std::vector<std::string>& notes) {
  if (recording.run && recording.run->idle_power) return recording.run->idle_power;
  if (dataset.idle_power.empty()) return std::optional<Watts>();
  auto idle = read_idle_power(dataset.idle_power);
  if (!idle) return std::move(idle).error();
  const bool is_virtual = (recording.total && recording.total->rail.is_virtual) ||
                          (recording.run && recording.run->is_virtual);
  if (idle->is_virtual != is_virtual) {
    notes.push_back(fmt::format(
        "The idle power in {} is {} and the power of this run {}: it was not used.",
        dataset.idle_power.filename().string(), idle->is_virtual ? "virtual" : "measured",
        is_virtual ? "virtual" : "measured"));
    return std::optional<Watts>();
  }
  return std::optional<Watts>(microwatts(idle->microwatts));
}

LayerProfile timing_profile(const std::string& model, const Timeline& timeline,
                            const std::string& reason) {
  LayerProfile profile;
  profile.model = model;
  profile.method = "run times only";
  profile.schedule = timeline.schedule;
  profile.stamps = timeline.stamps;
  profile.passes = pass_count(timeline);
  const std::vector<std::vector<Duration>> run_times = run_times_of_layers(timeline);
  std::vector<bool> has_layers(static_cast<std::size_t>(pass_count(timeline)), false);
  for (const Execution& e : timeline.executions) {
    if (e.segment != kWholePass) has_layers[static_cast<std::size_t>(e.pass)] = true;
  }
  std::vector<Duration> with_layers;
  std::vector<Duration> plain;
  for (const Execution& e : timeline.executions) {
    if (e.segment != kWholePass) continue;
    (has_layers[static_cast<std::size_t>(e.pass)] ? with_layers : plain).push_back(e.run_time());
  }
  const bool has_both = !with_layers.empty() && !plain.empty();
  if (!with_layers.empty()) {
    profile.pass_time = run_time_stats(with_layers).mean;
  } else if (!plain.empty()) {
    profile.pass_time = run_time_stats(plain).mean;
  }
  if (has_both) profile.plain_pass_time = run_time_stats(plain).mean;
  for (std::size_t i = 0; i < timeline.layers.size(); ++i) {
    LayerProfileRow row;
    row.layer = timeline.layers[i];
    row.run_time = run_time_stats(run_times[i]);
    row.reason = reason;
    profile.rows.push_back(std::move(row));
  }
  return profile;
}

Result<LayerProfile> solve_recording(const std::string& model, const Recording& recording,
                                     const SolveOptions& options) {
  if (recording.executions_in_file && !recording.total)
    return solve_held(model, recording, options);
  if (!recording.total) {
    LayerProfile profile = timing_profile(
        model, recording.timeline, "no rail or sum of rails is known to stand for the board");
    profile.notes.emplace_back(
        "No rail or sum of rails is known to stand for the board: run times only. Record again "
        "with --rail.");
    return profile;
  }
  const PowerTrace& total = *recording.total;
  SolveOptions with_sensor = options;
  if (!with_sensor.sensor && recording.run) with_sensor.sensor = total.rail.model;
  auto profile = recording.executions_in_file
                     ? solve(total, recording.timeline, *recording.executions_in_file, with_sensor)
                     : solve(total, recording.timeline, with_sensor);
  if (!profile) {
    if (profile.error().code() != ErrorCode::kUnknowable) return profile;
    if (recording.executions_in_file) return solve_held(model, recording, options);
    profile = nothing_known(model, recording, profile.error().message(), options.idle_power);
  }
  profile->model = model;
  profile->rail = total.rail.name;
  profile->is_virtual = total.rail.is_virtual;
  if (recording.run) {
    profile->is_virtual = profile->is_virtual || recording.run->is_virtual;
    profile->is_partial = recording.run->is_partial || !recording.run->is_finished;
  }
  profile->notes.insert(profile->notes.end(), recording.notes.begin(), recording.notes.end());
  put_in_place(recording.in_place, *profile);
  tell_in_place(recording.in_place, *profile);
  return profile;
}

}  // namespace layerwatt
