#include "experiment/measure/complete_plan.h"

#include <algorithm>

#include "layerwatt/attribution/schedule.h"

namespace layerwatt {
namespace {

/// As published (measure_inference_power.py).
constexpr std::int64_t kPublishedRuns = 30'000;
/// For the latency beside `isolated` and `weighing`.
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
  switch (plan.schedule) {
    case Schedule::kWhole:
      // With a duration alone it is the time that counts.
      plan.runs = options.runs.value_or(options.duration ? 1 : kPublishedRuns);
      return plan;
    case Schedule::kIsolated:
      plan.runs = options.runs.value_or(kWholeRunsBeside);
      if (!options.runs && !options.duration) {
        plan.duration = source.settling * static_cast<Duration::rep>(layers);
      }
      return plan;
    case Schedule::kWeighing:
      break;
  }
  plan.runs = options.runs.value_or(kWholeRunsBeside);
  if (options.precision && !plan.duration) plan.duration = kLongestSearch;
  const WeighingPlan weighing = plan_weighing(layers, source.time_constant, plan.duration);
  plan.block_length = weighing.block_length;
  plan.high_repeats = weighing.high_repeats;
  return plan;
}

}  // namespace layerwatt
