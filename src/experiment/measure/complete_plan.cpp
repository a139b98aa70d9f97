#include "experiment/measure/complete_plan.h"

#include <fmt/format.h>

#include <algorithm>

#include "layerwatt/attribution/schedule.h"
#include "layerwatt/core/duration_text.h"
#include "layerwatt/core/numbers.h"

namespace layerwatt {
namespace {

/// As published (measure_inference_power.py).
constexpr std::int64_t kPublishedRuns = 30'000;
/// For the latency beside schedules that take the network apart.
constexpr std::int64_t kWholeRunsBeside = 100;
constexpr Duration kLongestSearch = std::chrono::minutes(10);

/// A sensor that forgets within this tells layers apart in whole passes too.
constexpr Duration kFastSensor = std::chrono::milliseconds(20);

Result<void> check_precision(const PlanOptions& options) {
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
  return {};
}

/// Whether whole passes of several layers leave nothing of any layer to be seen.
bool averages_over_passes(const PowerSource& source, std::size_t layers) {
  return layers > 1 && source.time_constant && *source.time_constant >= kFastSensor;
}

/// How long two balanced sets of the shortest blocks take.
Duration shortest_weighing(std::size_t layers, Duration time_constant) {
  const WeighingPlan plan = plan_weighing(layers, time_constant, Duration(0));
  return plan.block_length * static_cast<Duration::rep>(kWeighingSets * plan.set_size);
}

Duration usual_weighing(std::size_t layers, Duration time_constant) {
  const WeighingPlan plan = plan_weighing(layers, time_constant, std::nullopt);
  return plan.block_length * static_cast<Duration::rep>(kWeighingSets * plan.set_size);
}

/// The schedule where nobody chose one, and what a person is told of it.
Schedule choose_schedule(const PlanOptions& options, const PowerSource& source, std::size_t layers,
                         bool can_weigh, std::string& said) {
  // It says how well layers are to be known.
  if (options.may_weigh && options.precision) return Schedule::kWeighing;
  if (options.run.schedule != Schedule::kWhole || !averages_over_passes(source, layers)) {
    return options.run.schedule;
  }
  const Duration constant = *source.time_constant;
  const std::string averages =
      fmt::format("The sensor averages over about {}, many passes of the network",
                  format_si(to_seconds(constant), "s"));
  const Duration shortest = shortest_weighing(layers, constant);
  std::string why;
  if (!can_weigh) {
    why =
        "--schedule weighing tells them, with an engine that runs layers one by one (onnxruntime, "
        "tensorrt, or trtexec, which builds an engine for each first)";
  } else if (!options.may_weigh) {
    why = fmt::format("--schedule weighing tells them (about {})",
                      format_duration(options.duration.value_or(usual_weighing(layers, constant))));
  } else if (options.runs) {
    why = fmt::format(
        "--runs asks for whole passes; without it, or with --schedule weighing, they "
        "are told (about {})",
        format_duration(usual_weighing(layers, constant)));
  } else if (options.duration && *options.duration < shortest) {
    why = fmt::format("--duration {} or more, or --schedule weighing, tells them",
                      format_duration(shortest + std::chrono::milliseconds(500)));
  } else {
    said = fmt::format(
        "{}: whole passes would not tell its layers, so they are weighed "
        "(--schedule weighing, about {}; --schedule whole runs the network as it "
        "is).",
        averages, format_duration(options.duration.value_or(usual_weighing(layers, constant))));
    return Schedule::kWeighing;
  }
  said = fmt::format("{}: layers will not be told, whole passes alone; {}.", averages, why);
  return Schedule::kWhole;
}

}  // namespace

Result<RunPlan> complete_plan(const PlanOptions& given, const PowerSource& source,
                              std::size_t layers, bool can_weigh, std::string& said) {
  PlanOptions options = given;
  options.run.schedule = choose_schedule(options, source, layers, can_weigh, said);
  if (auto r = check_precision(options); !r) return std::move(r).error();
  RunPlan plan = options.run;
  plan.duration = options.duration;
  plan.settling = source.settling;
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
    plan.weighing_focus = needs.blocks->focus;
  }
  return plan;
}

}  // namespace layerwatt
