#include "attribution/total/hold_to_mean_power.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "layerwatt/core/numbers.h"

namespace layerwatt {
namespace {

/// Totals this far apart, relative, are not put down to what the intervals left out.
constexpr double kFarApart = 0.02;
/// Idle power moves by so much between two measurements without a reason, relative.
constexpr double kIdleWanders = 0.01;
/// Standard errors by which two idle powers differ clearly.
constexpr double kClearly = 3.0;
/// Of twelve parts of a conversion cycle: passes that begin in fewer of them run in step.
constexpr std::size_t kPhases = 12;
constexpr std::size_t kLeastPhases = 9;

/// Whether the conversions saw every part of the passes, so that the mean reading is mean power.
bool sees_whole_pass(const FineFit& fit, const LoadPieces& load) {
  if (!fit.clock || load.pass_begins.size() < 2 * kPhases) return true;
  std::array<bool, kPhases> seen{};
  for (const double begin : load.pass_begins) {
    const double at = fit.clock->conversion_at(begin);
    const double part = at - std::floor(at);
    seen[std::min(kPhases - 1, static_cast<std::size_t>(part * kPhases))] = true;
  }
  return static_cast<std::size_t>(std::ranges::count(seen, true)) >= kLeastPhases;
}

/// How many of what the profile calls a pass ran: regions of a program may run often in one.
double passes_of(const LoadPieces& load, const LayerProfile& profile) {
  auto passes = static_cast<std::int64_t>(std::max<std::size_t>(1, load.pass_begins.size()));
  for (const LayerProfileRow& row : profile.rows) passes = std::max(passes, row.run_time.count);
  return static_cast<double>(passes);
}

/// Nothing below zero.
template <class Q>
Estimate<Q> interval(double value, double half) {
  return {Q(std::max(0.0, value)), Q(std::max(0.0, value - half)), Q(std::max(0.0, value + half))};
}

bool is_narrower(const Estimate<Watts>& than_it, const std::optional<Estimate<Watts>>& it) {
  if (!it || !it->low || !it->high) return true;
  return *than_it.high - *than_it.low < *it->high - *it->low;
}

template <class Q>
void widen(double to, Estimate<Q>& estimate) {
  if (estimate.low) estimate.low = Q(std::min(estimate.low->value(), to));
  if (estimate.high) estimate.high = Q(std::max(estimate.high->value(), to));
}

std::string in_words(const Estimate<Joules>& pass) {
  return fmt::format("{} ({} … {})", format_si(pass.value.value(), "J"),
                     format_si(pass.low->value(), "J"), format_si(pass.high->value(), "J"));
}

/// Idle power that was measured apart, against that of the recording.
void compare_idle(const MeanPowerCheck& check, double passes, LayerProfile& profile) {
  if (!check.idle_apart || !check.total->idle_is_from_recording || !profile.idle_power) return;
  const double own = check.total->idle.value;
  const double apart = *check.idle_apart;
  const double error = std::hypot(check.total->idle.error, kIdleWanders * std::abs(own));
  if (std::abs(apart - own) <= kClearly * error) return;
  profile.notes.push_back(fmt::format(
      "Idle power measured apart is {}, that of the recording {}: they differ by more than drift "
      "and errors explain. Intervals hold both; measure idle power in the state of the run.",
      format_si(apart, "W"), format_si(own, "W")));
  widen(apart, *profile.idle_power);
  if (profile.pass_energy && passes > 0.0) {
    const double by = (own - apart) * check.total->busy_seconds / passes;
    widen(std::max(0.0, profile.pass_energy->value.value() + by), *profile.pass_energy);
  }
}

}  // namespace

void hide_layers(const std::string& reason, LayerProfile& profile) {
  for (LayerProfileRow& row : profile.rows) {
    row.power.reset();
    row.energy.reset();
    row.share.reset();
    row.repeat_power.reset();
    row.group = -1;
    row.shrunk = false;
    row.status = LayerStatus::kUnresolved;
    row.reason = reason;
  }
  profile.gap_power.reset();
}

void hold_to_mean_power(const MeanPowerCheck& check, LayerProfile& profile) {
  const bool is_whole = check.timeline->schedule == Schedule::kWhole;
  if (check.layers_hidden && !(check.total && is_whole)) {
    hide_layers(check.fit->hides_layers, profile);
    profile.pass_energy.reset();
  }
  if (!check.total || !is_whole) return;
  const double passes = passes_of(*check.load, profile);
  const double value = check.total->energy.value / passes;
  const double half = check.deviations * check.total->energy.error / passes;
  const auto by_mean = interval<Joules>(value, half);
  const auto idle =
      interval<Watts>(check.total->idle.value, check.deviations * check.total->idle.error);
  const bool told_no_layer = std::ranges::none_of(profile.rows, [](const LayerProfileRow& row) {
    return row.status != LayerStatus::kUnresolved;
  });
  const bool has_clock =
      !check.layers_hidden && (check.fit->is_slow || check.fit->hides_layers.empty());
  if (check.layers_hidden) hide_layers(check.fit->hides_layers, profile);
  if (!has_clock || !profile.pass_energy) {
    if (has_clock && !sees_whole_pass(*check.fit, *check.load)) return;
    profile.pass_energy = by_mean;
    profile.idle_power = idle;
    profile.gap_power.reset();
  } else if (sees_whole_pass(*check.fit, *check.load)) {
    const Estimate<Joules> solved = *profile.pass_energy;
    const double own_half =
        solved.low && solved.high ? 0.5 * (*solved.high - *solved.low).value() : 0.0;
    const double apart = std::abs(solved.value.value() - value);
    if (apart > std::hypot(half, own_half)) {
      const bool is_far = apart > std::max(kFarApart * value, 2.0 * std::hypot(half, own_half));
      // Of a declared sensor the solver knows more than mean power does: both are within the
      // interval, and its own is the value.
      const bool keeps_own = check.is_declared && !is_far;
      if (!keeps_own) profile.pass_energy = by_mean;
      if (is_far && !told_no_layer) {
        hide_layers("the layers add up to another energy than the mean power allows", profile);
        profile.notes.push_back(fmt::format(
            "The layers that explain the readings best add up to {} a pass, mean power over whole "
            "passes less idle power to {}: what explains them is not understood, so no layer is "
            "told.",
            format_si(solved.value.value(), "J"), in_words(by_mean)));
      } else {
        widen(keeps_own ? value : solved.value.value(), *profile.pass_energy);
      }
      if (is_far) profile.idle_power = idle;
    }
    // Two ways to one number, of a sensor that nobody declared: its interval is that of both.
    if (!check.is_declared) {
      widen(by_mean.low->value(), *profile.pass_energy);
      widen(by_mean.high->value(), *profile.pass_energy);
    }
    // Of a sensor that was found, an idle stretch says more of idle power than the solver may.
    const bool is_clearer = !check.is_declared && check.total->idle_is_from_recording &&
                            is_narrower(idle, profile.idle_power);
    if (is_clearer) profile.idle_power = idle;
  }
  compare_idle(check, passes, profile);
}

}  // namespace layerwatt
