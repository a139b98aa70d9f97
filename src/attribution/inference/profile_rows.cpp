#include "attribution/inference/profile_rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "attribution/inference/pass_totals.h"

namespace layerwatt {
namespace {

/// Value and interval, nothing below zero: a layer does not draw less than nothing.
template <class Q>
Estimate<Q> not_negative(double value, double half) {
  return {Q(std::max(0.0, value)), Q(std::max(0.0, value - half)), Q(std::max(0.0, value + half))};
}

double deviation(const GroupedSolution& solution, int column, double scale) {
  return std::sqrt(
      solution.variance_of(Eigen::VectorXd::Unit(solution.fit.value.size(), column), scale));
}

std::string why_unresolved(const Separation& s) {
  return s.collinear > 0
             ? "its share of each sample goes along with those of all other layers: only their sum "
               "can be told"
             : "its power is lost in the noise of the recording, and that of its neighbours with "
               "it";
}

/// Above idle, with its interval.
Estimate<Joules> energy_of(const PassTotal& pass, const GroupedSolution& solution,
                           double deviations, double scale) {
  Eigen::VectorXd fine = Eigen::VectorXd::Zero(solution.map.rows());
  fine.head(pass.seconds.size()) = pass.seconds;
  const Eigen::VectorXd weights = solution.map.transpose() * fine;
  return not_negative<Joules>(weights.dot(solution.fit.value),
                              deviations * std::sqrt(solution.variance_of(weights, scale)));
}

/// Nothing below zero in rows and a likeliest part in merged ones move their sum a little against
/// the pass, which was solved for apart: within its interval the pass is that sum.
void add_up(LayerProfile& profile) {
  double sum = 0.0;
  const std::vector<double> runs = runs_per_pass(profile);
  for (std::size_t i = 0; i < profile.rows.size(); ++i) {
    const LayerProfileRow& row = profile.rows[i];
    if (row.run_time.count > 0 && !row.energy) return;
    if (row.energy) sum += row.energy->value.value() * runs[i];
  }
  if (profile.gap_power) sum += (profile.gap_power->value * *profile.gap_time).value();
  Estimate<Joules>& pass = *profile.pass_energy;
  if (sum < pass.low->value() || sum > pass.high->value()) return;
  pass.value = Joules(sum);
}

/// Parts of what the layers of a pass cost together.
void set_shares(LayerProfile& profile) {
  const std::vector<double> runs = runs_per_pass(profile);
  double total = 0.0;
  for (std::size_t i = 0; i < runs.size(); ++i) {
    if (profile.rows[i].energy) total += profile.rows[i].energy->value.value() * runs[i];
  }
  if (total <= 0.0) return;
  for (std::size_t i = 0; i < runs.size(); ++i) {
    LayerProfileRow& row = profile.rows[i];
    if (row.energy) row.share = row.energy->value.value() * runs[i] / total;
  }
}

void set_repeat_power(const GroupedSolution& solution, std::size_t index, double deviations,
                      double scale, LayerProfileRow& row) {
  const int first = solution.group_column[index];
  const int difference = solution.repeat_column[index];
  if (difference < 0) return;
  Eigen::VectorXd weights = Eigen::VectorXd::Zero(solution.fit.value.size());
  weights[first] = weights[difference] = 1.0;
  row.repeat_power =
      not_negative<Watts>(solution.value(first) + solution.value(difference),
                          deviations * std::sqrt(solution.variance_of(weights, scale)));
}

}  // namespace

void fill_profile(const LoadPieces& load, const Timeline& timeline,
                  const std::vector<RunTimeStats>& times, const Separation& separation,
                  double deviations, LayerProfile& profile) {
  const GroupedSolution& solution = separation.solution;
  const double scale = separation.variance_scale;
  const bool nothing_told = separation.groups.size() == 1 &&
                            std::ranges::none_of(separation.told, [](bool told) { return told; });
  int next_shown = 0;
  std::vector<int> shown(separation.groups.size(), -1);
  int column_index = 0;
  for (std::size_t l = 0; l < timeline.layers.size(); ++l) {
    LayerProfileRow row;
    row.layer = timeline.layers[l];
    row.run_time = times[l];
    const int g = separation.group_of[l];
    const bool single = g >= 0 && separation.groups[static_cast<std::size_t>(g)].layers.size() == 1;
    const bool resolved = g >= 0 && (separation.told[l] || single);
    if (g < 0 || (nothing_told && !single)) {
      row.reason = g >= 0               ? why_unresolved(separation)
                   : times[l].count > 0 ? "all of its run times are 0: it runs nothing"
                                        : "it never ran";
      column_index += g >= 0 ? 1 : 0;
      profile.rows.push_back(std::move(row));
      continue;
    }
    const LayerGroup& group =
        resolved ? separation.alone[l] : separation.groups[static_cast<std::size_t>(g)];
    const double half = deviations * std::sqrt(group.variance);
    const Estimate<Watts> power = not_negative<Watts>(group.watts, half);
    const Duration time = row.run_time.mean;
    if (!resolved) {
      int& number = shown[static_cast<std::size_t>(g)];
      if (number < 0) number = next_shown++;
      row.status = LayerStatus::kMerged;
      row.group = number;
      // The interval is the group's, not the layer's: what differs within it is not known.
      const Watts likeliest(std::max(0.0, separation.likeliest[l]));
      row.power = Estimate<Watts>{likeliest, std::nullopt, std::nullopt};
      row.energy = Estimate<Joules>{likeliest * time, std::nullopt, std::nullopt};
      row.reason = fmt::format(
          "only the mean power of layers {} to {} could be told: {:.3g} W, between {:.3g} and "
          "{:.3g} W; its own is a guess",
          group.layers.front() + 1, group.layers.back() + 1, power.value.value(),
          power.low->value(), power.high->value());
    } else {
      row.status = LayerStatus::kResolved;
      row.power = power;
      row.energy = Estimate<Joules>{power.value * time, *power.low * time, *power.high * time};
      row.shrunk = separation.shrunk[l];
      if (row.shrunk) {
        row.reason = fmt::format(
            "weakly determined (±{:.2g} W on its own): drawn towards the other layers of its type",
            separation.half_width[l]);
      }
      set_repeat_power(solution, static_cast<std::size_t>(column_index), deviations, scale, row);
    }
    ++column_index;
    profile.rows.push_back(std::move(row));
  }
  set_shares(profile);
  const auto estimate_of = [&](int column) {
    return not_negative<Watts>(solution.value(column),
                               deviations * deviation(solution, column, scale));
  };
  if (solution.idle_column >= 0) profile.idle_power = estimate_of(solution.idle_column);
  if (solution.gap_column >= 0) profile.gap_power = estimate_of(solution.gap_column);
  const PassTotal pass = layered_pass(load, timeline.schedule, times);
  profile.gap_time = from_seconds(pass.gap_time);
  profile.pass_time = from_seconds(pass.time);
  profile.pass_energy = energy_of(pass, solution, deviations, scale);
  if (const auto plain = plain_pass(load); plain && timeline.schedule == Schedule::kWhole) {
    profile.plain_pass_time = from_seconds(plain->time);
    profile.plain_pass_energy = energy_of(*plain, solution, deviations, scale);
  }
  add_up(profile);
}

std::optional<double> sum_check(const FineFit& fit, const LoadPieces& load,
                                const GroupedSolution& solution, const PowerTrace& trace,
                                std::span<const Interlude> interludes) {
  const Eigen::VectorXd fine = solution.map * solution.fit.value;
  double energy = 0.0;
  double measured = 0.0;
  auto piece = load.pieces.begin();
  for (std::size_t first = 0; first < trace.size();) {
    const auto interlude = std::ranges::find_if(
        interludes, [&](const Interlude& i) { return i.start >= trace.when(first); });
    std::size_t last = first;
    while (last + 1 < trace.size() &&
           (interlude == interludes.end() || trace.when(last + 1) <= interlude->start)) {
      ++last;
    }
    const auto shown = integrate(trace, trace.when(first), trace.when(last));
    if (last > first && shown) {
      const double from = to_seconds(trace.when(first) - load.origin);
      const double to = to_seconds(trace.when(last) - load.origin);
      energy += fine[fit.layout.idle()] * (to - from);
      while (piece != load.pieces.end() && piece->end <= from) ++piece;
      for (auto on = piece; on != load.pieces.end() && on->begin < to; ++on) {
        energy += (std::min(on->end, to) - std::max(on->begin, from)) * fine[on->column];
      }
      // What the averaging filter still holds at the end, less what it held at the begin.
      const double held = fit.time_constant * (trace.power[last] - trace.power[first]).value();
      measured += shown->value() + held;
    }
    first = last + 1;
  }
  if (measured <= 0.0) return std::nullopt;
  return energy / measured - 1.0;
}

std::vector<double> lag_sensitivity(const FineFit& fit, const GroupedSolution& solution) {
  // The least that stamps of callbacks are off by (10 to 30 µs: docs/attribution.md).
  constexpr double kShift = 10e-6;
  const Eigen::Index unknowns = solution.fit.value.size();
  std::vector<double> sensitivity(solution.group_column.size(), 0.0);
  if (fit.eliminated == 0 || unknowns == 0) return sensitivity;
  Eigen::MatrixXd block = solution.products.topLeftCorner(unknowns, unknowns);
  for (Eigen::Index i = 0; i < unknowns; ++i) block(i, i) = block(i, i) * (1.0 + 1e-12) + 1e-300;
  const Eigen::VectorXd cross =
      solution.map.transpose() * fit.shift.head(fit.layout.unknowns()) * kShift;
  const Eigen::VectorXd change = -Eigen::LDLT<Eigen::MatrixXd>(block).solve(cross);
  for (std::size_t g = 0; g < sensitivity.size(); ++g) {
    sensitivity[g] = change[solution.group_column[g]];
  }
  return sensitivity;
}

}  // namespace layerwatt
