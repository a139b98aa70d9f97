#include "accuracy/bent.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <ostream>
#include <string>

#include "layerwatt/attribution/solve.h"
#include "layerwatt/core/random.h"
#include "layerwatt/simulation/simulated_recording.h"

namespace layerwatt::accuracy {
namespace {

using namespace std::chrono_literals;

struct Setting {
  int samples;
  Duration conversion_time;
};

/// As often as they stand here.
constexpr std::array<Setting, 8> kSettings = {
    Setting{512, 140us}, Setting{512, 140us}, Setting{512, 140us}, Setting{1, 140us},
    Setting{1, 1100us},  Setting{64, 1100us}, Setting{16, 140us},  Setting{128, 588us}};
constexpr std::array<std::string_view, 3> kNetworks = {"alexnet-like", "mobilenet-like",
                                                       "lenet-like"};

SensorModel model_of(const Setting& setting) {
  SensorModel model;
  model.period = 6 * setting.conversion_time;
  model.conversion_window = setting.conversion_time;
  model.average_count = setting.samples;
  model.averaging = setting.samples > 1 ? Averaging::kExponential : Averaging::kNone;
  model.provenance = Provenance::kDeclared;
  return model;
}

/// As a published log has it: one instant a reading, whole microseconds.
void publish(PowerTrace& trace) {
  trace.rail.model = SensorModel{};
  for (std::size_t k = 0; k < trace.size(); ++k) {
    const auto when = std::chrono::floor<std::chrono::microseconds>(trace.when(k));
    trace.before[k] = trace.after[k] = when;
  }
}

void compare(const LayerProfile& profile, const Simulation& simulation, BentScore& score) {
  const auto load = load_of_timeline(simulation.true_timeline, simulation.run.truth.powers);
  if (!load) return;
  const double truth = energy_of_load(*load, simulation.begin, simulation.end).value() /
                       pass_count(simulation.true_timeline);
  if (profile.pass_energy) {
    const Estimate<Joules>& pass = *profile.pass_energy;
    score.told = true;
    score.error = std::abs(pass.value.value() / truth - 1.0);
    score.covered =
        pass.low && pass.high && pass.low->value() <= truth && truth <= pass.high->value();
  }
  const auto& powers = simulation.run.truth.powers.first;
  for (std::size_t i = 0; i < profile.rows.size(); ++i) {
    const auto& power = profile.rows[i].power;
    if (!power || !power->low || !power->high) continue;
    ++score.intervals;
    if (*power->low <= powers[i] && powers[i] <= *power->high) ++score.held;
  }
}

}  // namespace

BentScore score_bent(std::int64_t number, std::uint64_t seed) {
  Random random(seed, fmt::format("bent {}", number));
  BentScore score;
  score.bend = static_cast<Bend>(random.below(kBends));
  const Setting& setting = kSettings[random.below(kSettings.size())];
  const auto network = built_in_simulated_network(kNetworks[random.below(kNetworks.size())]);
  auto board = find_virtual_board("orin-nano");
  if (!network || !board) return score;
  board = with_sensor_settings(*std::move(board), setting.samples, setting.conversion_time);
  SimulationSpec spec;
  spec.seed = random.bits();
  spec.duration = from_seconds(random.uniform(6.0, 20.0));
  spec.shuffle_powers = true;
  spec.oscillator_error = random.uniform(-0.06, 0.06);
  const double read_time = random.uniform(0.65e-3, 1.35e-3);
  spec.reader.shortest_read = from_seconds(read_time - 0.05e-3);
  spec.reader.longest_read = from_seconds(read_time + 0.05e-3);
  spec.reader.stall_share = 0.01;
  const auto simulation = simulate(*network, *board, spec);
  if (!simulation) return score;
  PowerTrace trace = simulation->run.total;
  publish(trace);
  trace = bend_readings(std::move(trace), score.bend, random);
  SolveOptions options;
  if (random.uniform() < 0.7) {
    options.idle_power = simulation->run.truth.idle * random.uniform(0.99, 1.01);
  }
  score.wrongly_declared = random.uniform() < 0.5;
  if (score.wrongly_declared) {
    options.sensor = model_of(kSettings[random.below(kSettings.size())]);
  }
  const auto profile = solve(trace, simulation->timeline, options);
  if (profile) compare(*profile, *simulation, score);
  return score;
}

void print_bent(const std::vector<BentScore>& scores, std::ostream& out) {
  const auto line = [&](std::string_view name, const auto& is_one) {
    std::int64_t all = 0;
    std::int64_t told = 0;
    std::int64_t covered = 0;
    std::int64_t far = 0;
    std::int64_t intervals = 0;
    std::int64_t held = 0;
    double most = 0.0;
    for (const BentScore& score : scores) {
      if (!is_one(score)) continue;
      ++all;
      told += score.told ? 1 : 0;
      covered += score.covered ? 1 : 0;
      far += score.told && score.error > 0.2 ? 1 : 0;
      most = std::max(most, score.error);
      intervals += score.intervals;
      held += score.held;
    }
    if (all == 0) return;
    out << fmt::format("{:<30} {:>6} {:>6} {:>9} {:>10} {:>12} {:>14}\n", name, all, told,
                       fmt::format("{}/{}", covered, told), fmt::format("{:.1f} %", 100.0 * most),
                       far, fmt::format("{}/{}", held, intervals));
  };
  out << fmt::format("{:<30} {:>6} {:>6} {:>9} {:>10} {:>12} {:>14}\n", "bent recordings", "n",
                     "told", "within", "greatest", "off by 20 %", "layers within");
  for (int bend = 0; bend < kBends; ++bend) {
    const auto kind = static_cast<Bend>(bend);
    line(to_string(kind), [&](const BentScore& s) { return s.bend == kind; });
  }
  line("another sensor declared", [](const BentScore& s) { return s.wrongly_declared; });
  line("all", [](const BentScore&) { return true; });
}

}  // namespace layerwatt::accuracy
