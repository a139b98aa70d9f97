#include "experiment/measure/virtual_precision.h"

#include <algorithm>
#include <utility>

#include "layerwatt/attribution/solve.h"
#include "layerwatt/simulation/virtual_recording.h"

#include "experiment/measure/table_precision.h"

namespace layerwatt {
namespace {

/// From look to look the run goes on for this part of what it has taken so far.
constexpr double kGoOn = 0.2;
constexpr Duration kLeastBetween = std::chrono::seconds(2);
/// The table has the layers' run times in place, which differ a little from those here.
constexpr double kMargin = 0.9;

}  // namespace

VirtualPrecision::VirtualPrecision(Settings settings) : settings_(std::move(settings)) {
  timeline_.layers = settings_.layers;
  timeline_.schedule = Schedule::kWeighing;
  timeline_.stamps = StampSource::kMeasured;
}

void VirtualPrecision::add_block(std::span<const Execution> executions) {
  timeline_.executions.insert(timeline_.executions.end(), executions.begin(), executions.end());
  if (++blocks_ == 1) next_look_ = executions.back().end + kLeastBetween;
}

std::optional<double> VirtualPrecision::estimate() const {
  const auto& executions = timeline_.executions;
  const auto run =
      record_virtual_run(timeline_, settings_.board, settings_.seed,
                         executions.front().start - settings_.lead, executions.back().end);
  if (!run) return std::nullopt;
  SolveOptions options;
  options.sensor = run->total.rail.model;
  const auto profile = solve(run->total, timeline_, options);
  return profile ? table_precision(*profile) : std::nullopt;
}

bool VirtualPrecision::reached() {
  // Fewer blocks than layers tell nothing.
  if (blocks_ <= settings_.layers.size()) return false;
  const Instant now = timeline_.executions.back().end;
  if (now >= next_look_) {
    estimate_ = estimate();
    const auto so_far = static_cast<double>((now - timeline_.executions.front().start).count());
    next_look_ =
        now + std::max(kLeastBetween, Duration(static_cast<Duration::rep>(kGoOn * so_far)));
  }
  return estimate_ && *estimate_ <= kMargin * settings_.target;
}

}  // namespace layerwatt
