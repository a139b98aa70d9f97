#include "accuracy/score.h"

#include <time.h>

#include <cmath>

#include "layerwatt/attribution/solve.h"
#include "layerwatt/attribution/window.h"

#include "accuracy/published.h"

namespace layerwatt::accuracy {
namespace {

/// Standard deviations in half of a 95 % interval.
constexpr double kNormal95 = 1.959963984540054;

/// Of this thread: what other recordings or programs do at the same time does not count.
double processor_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

struct LayerSums {
  double run_time = 0.0;
  double count = 0.0;
};

std::vector<double> mean_run_times(const Timeline& timeline) {
  std::vector<LayerSums> sums(timeline.layers.size());
  for (const Execution& e : timeline.executions) {
    if (e.segment == kWholePass) continue;
    LayerSums& sum = sums[static_cast<std::size_t>(e.segment)];
    sum.run_time += to_seconds(e.run_time());
    sum.count += 1.0;
  }
  std::vector<double> means;
  for (const LayerSums& sum : sums) means.push_back(sum.count > 0.0 ? sum.run_time / sum.count : 0);
  return means;
}

/// The published way, on what the published files hold: first executions of whole passes alone.
Result<LayerProfile> map_by_window(const Simulation& simulation) {
  const PowerTrace& total = simulation.run.total;
  std::vector<Instant> when;
  std::vector<double> microwatts;
  for (std::size_t i = 0; i < total.size(); ++i) {
    when.push_back(total.when(i));
    microwatts.push_back(in_microwatts(total.power[i]));
  }
  const std::size_t layers = simulation.timeline.layers.size();
  std::vector<std::vector<double>> milliseconds(layers);
  std::vector<std::vector<Instant>> ends(layers);
  const std::vector<bool> is_complete = complete_passes(simulation.timeline);
  for (const Execution& e : simulation.timeline.executions) {
    if (e.repeat > 0 || !is_complete[static_cast<std::size_t>(e.pass)]) continue;
    milliseconds[static_cast<std::size_t>(e.segment)].push_back(to_milliseconds(e.run_time()));
    ends[static_cast<std::size_t>(e.segment)].push_back(e.end);
  }
  std::vector<ExecutionColumns> columns;
  for (std::size_t l = 0; l < layers; ++l) columns.push_back({milliseconds[l], ends[l]});
  MappedProfile profile("window", simulation.timeline.layers,
                        in_microwatts(simulation.run.truth.idle));
  auto mapped = map_window({when, microwatts}, columns,
                           [&](const MappedExecution& execution) { profile.add(execution); });
  if (!mapped) return std::move(mapped).error();
  return std::move(profile).finish();
}

/// Energies of the rows; a missing one is 0.
std::vector<double> energies_of(const LayerProfile& profile) {
  std::vector<double> energies;
  for (const LayerProfileRow& row : profile.rows) {
    energies.push_back(row.energy ? row.energy->value.value() : 0.0);
  }
  return energies;
}

double weighted_error(const std::vector<double>& estimated, const std::vector<double>& truth) {
  double error = 0.0;
  double sum = 0.0;
  for (std::size_t i = 0; i < truth.size(); ++i) {
    error += std::abs(estimated[i] - truth[i]);
    sum += truth[i];
  }
  return error / sum;
}

/// Of first executions, with what heat adds on average over the run: powers are told as they are
/// then, whenever a layer had its turn.
std::vector<double> true_powers(const Simulation& simulation) {
  const LayerPowers& powers = simulation.run.truth.powers;
  const auto& executions = simulation.true_timeline.executions;
  LayerSums all;
  for (const Execution& e : executions) {
    if (e.segment == kWholePass) continue;
    const double seconds = to_seconds(e.run_time());
    all.run_time += seconds;
    all.count += seconds * powers.heat_factor(e.start - executions.front().start);
  }
  const double factor = all.run_time > 0.0 ? all.count / all.run_time : 1.0;
  std::vector<double> watts;
  for (const Watts p : powers.first) watts.push_back(p.value() * factor);
  return watts;
}

void score_intervals(const LayerProfile& profile, const Simulation& simulation, Score& score) {
  const std::vector<double> powers = true_powers(simulation);
  for (std::size_t i = 0; i < profile.rows.size(); ++i) {
    const LayerProfileRow& row = profile.rows[i];
    if (!row.power || !row.power->low || !row.power->high) continue;
    ++score.intervals;
    const Watts truth(powers[i]);
    if (*row.power->low <= truth && truth <= *row.power->high) ++score.covered;
    const auto& bound = profile.identifiability;
    if (row.status != LayerStatus::kResolved || !bound ||
        bound->cramer_rao_half_width.size() != profile.rows.size() ||
        bound->cramer_rao_half_width[i] <= 0.0) {
      continue;
    }
    const double sd = bound->cramer_rao_half_width[i] / kNormal95;
    const double ratio = (row.power->value.value() - powers[i]) / sd;
    score.squared_ratio += ratio * ratio;
    ++score.ratios;
  }
}

void score_profile(const LayerProfile& profile, const Simulation& simulation,
                   const std::vector<double>& truth, Score& score) {
  for (const LayerProfileRow& row : profile.rows) {
    score.resolved += row.status == LayerStatus::kResolved ? 1 : 0;
    score.merged += row.status == LayerStatus::kMerged ? 1 : 0;
    score.unresolved += row.status == LayerStatus::kUnresolved ? 1 : 0;
  }
  if (score.resolved > 0) score.solve_error = weighted_error(energies_of(profile), truth);
  if (profile.pass_energy && simulation.true_timeline.schedule == Schedule::kWhole) {
    const auto load = load_of_timeline(simulation.true_timeline, simulation.run.truth.powers);
    if (load) {
      const double energy = energy_of_load(*load, simulation.begin, simulation.end).value() /
                            pass_count(simulation.true_timeline);
      const Estimate<Joules>& total = *profile.pass_energy;
      score.total_error = std::abs(total.value.value() / energy - 1.0);
      if (total.low && total.high) {
        score.total_half_width = 0.5 * (*total.high - *total.low).value() / energy;
        score.total_covered = total.low->value() <= energy && energy <= total.high->value();
      }
    }
  }
  score_intervals(profile, simulation, score);
  score.notes = profile.notes;
}

/// By its averages and, within a tenth, its time constant or period.
bool is_found(const LayerProfile& profile, const VirtualTruth& truth) {
  if (!profile.sensor || !profile.sensor->period) return false;
  const double off = to_seconds(*profile.sensor->period) / to_seconds(truth.cycle) - 1.0;
  return profile.sensor->average_count.value_or(1) == truth.average_count && std::abs(off) < 0.1;
}

Result<LayerProfile> solved(const Row& row, const Simulation& simulation) {
  if (row.given == Given::kPublished) return solve_published(simulation);
  if (row.given == Given::kDeclared) return solve(simulation.run.total, simulation.timeline);
  PowerTrace undeclared = simulation.run.total;
  undeclared.rail.model = SensorModel{};
  return solve(undeclared, simulation.timeline);
}

}  // namespace

std::vector<double> true_energies(const Simulation& simulation) {
  std::vector<double> energies = mean_run_times(simulation.true_timeline);
  const std::vector<double> powers = true_powers(simulation);
  for (std::size_t i = 0; i < energies.size(); ++i) energies[i] *= powers[i];
  return energies;
}

Score score(const Row& row, const Simulation& simulation) {
  Score result;
  const std::vector<double> truth = true_energies(simulation);
  if (const auto window = map_by_window(simulation)) {
    result.window_error = weighted_error(energies_of(*window), truth);
  }
  const double begin = processor_seconds();
  const auto profile = solved(row, simulation);
  result.seconds = processor_seconds() - begin;
  if (!profile) {
    result.failure = profile.error().to_string();
    return result;
  }
  score_profile(*profile, simulation, truth, result);
  if (row.given != Given::kDeclared) {
    result.sensor_found = is_found(*profile, simulation.run.truth);
  }
  return result;
}

}  // namespace layerwatt::accuracy
