#include "attribution/inference/pass_totals.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "layerwatt/core/numbers.h"

namespace layerwatt {
namespace {

/// Differences of mean run times that are worth a word: this part, and so many standard errors.
constexpr double kWorthAWord = 0.01;
constexpr double kStandardErrors = 3.0;

/// Passes and the gaps behind them, with and without layers.
struct PassKinds {
  double layered = 0.0;
  double plain = 0.0;
  double gap_layered = 0.0;
  double gap_plain = 0.0;
};

PassKinds kinds_of(const LoadPieces& load) {
  PassKinds kinds;
  bool is_plain = false;
  for (const LoadPiece& piece : load.pieces) {
    if (piece.column == load.gap_column()) {
      (is_plain ? kinds.gap_plain : kinds.gap_layered) += piece.end - piece.begin;
      continue;
    }
    is_plain = piece.column == load.pass_column();
    if (is_plain) kinds.plain += 1.0;
  }
  kinds.layered = std::max(0.0, static_cast<double>(load.pass_begins.size()) - kinds.plain);
  return kinds;
}

/// Mean of run times, and its standard error.
struct MeanTime {
  double mean = 0.0;
  double error = 0.0;
  std::size_t count = 0;
};

MeanTime mean_of(const std::vector<double>& seconds) {
  MeanTime out;
  out.count = seconds.size();
  if (seconds.empty()) return out;
  const auto n = static_cast<double>(seconds.size());
  for (const double s : seconds) out.mean += s / n;
  double squares = 0.0;
  for (const double s : seconds) squares += (s - out.mean) * (s - out.mean);
  if (n > 1.0) out.error = std::sqrt(squares / (n - 1.0) / n);
  return out;
}

}  // namespace

PassTotal layered_pass(const LoadPieces& load, Schedule schedule,
                       const std::vector<RunTimeStats>& times) {
  PassTotal pass;
  pass.seconds = Eigen::VectorXd::Zero(load.columns());
  const auto on = [&](int c) { return load.on_time[static_cast<std::size_t>(c)]; };
  const auto layer_column = [](std::size_t l) { return static_cast<Eigen::Index>(l); };
  if (schedule == Schedule::kWhole) {
    const PassKinds kinds = kinds_of(load);
    if (kinds.layered < 1.0) {
      const double passes = std::max(1.0, kinds.plain);
      for (int c = 0; c < load.columns(); ++c) pass.seconds[c] = on(c) / passes;
    } else {
      // As the rows have it: mean run time, times how often a pass runs the layer.
      const std::int64_t passes = std::ranges::max(times, {}, &RunTimeStats::count).count;
      for (std::size_t l = 0; l < times.size(); ++l) {
        const double runs = static_cast<double>(times[l].count) /
                            static_cast<double>(std::max<std::int64_t>(1, passes));
        pass.seconds[layer_column(l)] = to_seconds(times[l].mean) * runs;
      }
      // Of the regions of a program a pass is one round of their loop.
      pass.seconds[load.gap_column()] =
          kinds.gap_layered / std::max(kinds.layered, static_cast<double>(passes));
    }
  } else {
    double executions = 0.0;
    double layers = 0.0;
    for (std::size_t l = 0; l < times.size(); ++l) {
      pass.seconds[layer_column(l)] = to_seconds(times[l].mean);
      executions += static_cast<double>(times[l].count);
      layers += times[l].count > 0 ? 1.0 : 0.0;
    }
    if (executions > 0.0) {
      pass.seconds[load.gap_column()] = on(load.gap_column()) / executions * layers;
    }
  }
  pass.gap_time = pass.seconds[load.gap_column()];
  pass.time = pass.seconds.sum();
  return pass;
}

std::optional<PassTotal> plain_pass(const LoadPieces& load) {
  const PassKinds kinds = kinds_of(load);
  if (kinds.plain < 1.0 || kinds.layered < 1.0) return std::nullopt;
  PassTotal pass;
  pass.seconds = Eigen::VectorXd::Zero(load.columns());
  pass.seconds[load.pass_column()] =
      load.on_time[static_cast<std::size_t>(load.pass_column())] / kinds.plain;
  pass.gap_time = kinds.gap_plain / kinds.plain;
  pass.seconds[load.gap_column()] = pass.gap_time;
  pass.time = pass.seconds.sum();
  return pass;
}

void ProfilerEffect::add(const Execution& e) {
  if (!is_whole_ || e.segment != kWholePass) return;
  (look_.has_layers[static_cast<std::size_t>(e.pass)] ? with_ : without_)
      .push_back(to_seconds(e.run_time()));
}

std::string ProfilerEffect::in_words() const {
  const MeanTime profiled = mean_of(with_);
  const MeanTime plain = mean_of(without_);
  if (profiled.count < 2 || plain.count < 2 || plain.mean <= 0.0) return {};
  const double difference = profiled.mean / plain.mean - 1.0;
  const double error = std::hypot(profiled.error, plain.error) / plain.mean;
  if (std::abs(difference) <= std::max(kWorthAWord, kStandardErrors * error)) return {};
  return fmt::format(
      "Passes under the engine's profiler took {} on average, {:.1f} % {} than the {} of those "
      "without it (by more than passes scatter: ±{:.1f} %). Layers, and the pass that they add up "
      "to, are those under the profiler.",
      format_si(profiled.mean, "s"), 100.0 * std::abs(difference),
      difference > 0.0 ? "more" : "less", format_si(plain.mean, "s"),
      100.0 * std::max(error * 1.96, 0.0));
}

}  // namespace layerwatt
