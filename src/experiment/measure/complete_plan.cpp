#include "experiment/measure/complete_plan.h"

#include <algorithm>

#include "layerwatt/attribution/schedule.h"

namespace layerwatt {
namespace {

/// As published (measure_inference_power.py).
constexpr std::int64_t kPublishedRuns = 30'000;
/// For the latency beside schedules that take the network apart.
constexpr std::int64_t kWholeRunsBeside = 100;
constexpr Duration kLongestSearch = std::chrono::minutes(10);

Result<void> check_precision(const PlanOptions& options, const PowerSource& source) {
  const auto wrong = [](std::string message) {
    return Error(ErrorCode::kInvalidArgument, std::move(message));
  };
  if (!options.precision) return {};
  if (*options.precision <= 0.0 || *options.precision >= 1.0) {
    return wrong("--precision must be above 0 % and below 100 %");
  }
  if (options.run.schedule != Schedule::kWeighing) {
    return wrong(
        "--precision needs --schedule weighing, whose blocks tell how well layers are known");
  }
  if (source.virtual_board) {
    return wrong(
        "--precision needs a sensor that is read while the network runs; the power of "
        "--sensor virtual:… is made afterwards, so give --duration");
  }
  return {};
}

}  // namespace

Result<RunPlan> complete_plan(const PlanOptions& options, const PowerSource& source,
                              std::size_t layers) {
  if (auto r = check_precision(options, source); !r) return std::move(r).error();
  RunPlan plan = options.run;
  plan.duration = options.duration;
  const std::int64_t usual_runs = plan.schedule != Schedule::kWhole ? kWholeRunsBeside
                                  : options.duration                ? 1
                                                                    : kPublishedRuns;
  plan.runs = options.runs.value_or(usual_runs);
  if (options.precision && !plan.duration) plan.duration = kLongestSearch;
  const ScheduleNeeds needs =
      needs_of(plan.schedule, layers, source.time_constant, source.settling, plan.duration);
  if (!options.runs && !plan.duration) plan.duration = needs.duration;
  if (needs.blocks) {
    plan.block_length = needs.blocks->block_length;
    plan.high_repeats = needs.blocks->high_repeats;
  }
  return plan;
}

}  // namespace layerwatt
