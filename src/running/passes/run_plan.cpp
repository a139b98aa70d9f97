#include "layerwatt/running/run_plan.h"

#include <fmt/format.h>

#include <string>
#include <utility>

namespace layerwatt {

Result<void> check_plan(const RunPlan& plan) {
  const auto wrong = [](std::string message) {
    return Error(ErrorCode::kInvalidArgument, std::move(message));
  };
  if (plan.warmup < 0)
    return wrong(fmt::format("{} warm-up passes: must be 0 or more", plan.warmup));
  if (plan.runs < 1) return wrong(fmt::format("{} runs: at least 1 is needed", plan.runs));
  if (plan.profiled_runs && *plan.profiled_runs < 0) {
    return wrong(fmt::format("{} profiled runs: must be 0 or more", *plan.profiled_runs));
  }
  if (plan.duration && *plan.duration <= Duration(0)) {
    return wrong("the duration must be longer than 0 s");
  }
  if (plan.schedule == Schedule::kWeighing && plan.high_repeats < 2) {
    return wrong(fmt::format("{} repeats: weighing needs 2 or more", plan.high_repeats));
  }
  return {};
}

}  // namespace layerwatt
