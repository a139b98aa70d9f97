#include "attribution/model/callback_stamps.h"

#include <algorithm>
#include <cstddef>
#include <limits>
#include <vector>

namespace layerwatt {
namespace {

/// Distances between ends that are less than this part of what the run times make of them.
constexpr double kFollows = 0.5;
/// Passes that are looked at.
constexpr std::size_t kMostPasses = 200;

/// Executions of layers by pass, in the order of their ends, of the first `most` passes.
std::vector<std::vector<Execution>> by_pass(
    const Timeline& timeline, std::size_t most = std::numeric_limits<std::size_t>::max()) {
  std::vector<std::vector<Execution>> passes(
      std::min(most, static_cast<std::size_t>(pass_count(timeline))));
  for (const Execution& e : timeline.executions) {
    const auto pass = static_cast<std::size_t>(e.pass);
    if (e.segment != kWholePass && pass < passes.size()) passes[pass].push_back(e);
  }
  for (auto& pass : passes) std::ranges::stable_sort(pass, {}, &Execution::end);
  return passes;
}

}  // namespace

bool are_callback_stamps(const Timeline& timeline) {
  if (timeline.stamps == StampSource::kCallback) return true;
  if (timeline.stamps != StampSource::kUnknown) return false;
  const auto passes = by_pass(timeline, kMostPasses);
  // Slope of the distance between ends over the run time that lies between them: 1 for true ends.
  double count = 0.0;
  double time = 0.0;
  double distance = 0.0;
  double squares = 0.0;
  double products = 0.0;
  for (const auto& pass : passes) {
    for (std::size_t i = 1; i < pass.size(); ++i) {
      const double t = to_seconds(pass[i].run_time());
      const double d = to_seconds(pass[i].end - pass[i - 1].end);
      count += 1.0;
      time += t;
      distance += d;
      squares += t * t;
      products += t * d;
    }
  }
  if (count < 2.0 || time <= 0.0) return false;
  const double spread = squares - time * time / count;
  // Layers that all take the same time say nothing by their slope: then by their sum.
  if (spread < 1e-4 * squares) return distance < kFollows * time;
  return products - time * distance / count < kFollows * spread;
}

Timeline laid_by_callbacks(const Timeline& timeline, Duration gap) {
  Timeline laid;
  laid.layers = timeline.layers;
  laid.schedule = timeline.schedule;
  laid.stamps = StampSource::kPlacedByDuration;
  laid.executions.reserve(timeline.executions.size());
  for (const auto& pass : by_pass(timeline)) {
    if (pass.empty()) continue;
    Duration length{0};
    for (const Execution& e : pass) length += e.run_time() + gap;
    Instant now = pass.front().end - length + gap;
    for (Execution e : pass) {
      const Duration run_time = e.run_time();
      e.start = now;
      e.end = now + run_time;
      now = e.end + gap;
      laid.executions.push_back(e);
    }
  }
  std::ranges::stable_sort(laid.executions, {}, &Execution::start);
  return laid;
}

}  // namespace layerwatt
