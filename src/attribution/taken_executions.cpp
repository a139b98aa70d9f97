#include "attribution/taken_executions.h"

#include <utility>

#include "attribution/inference/pass_totals.h"
#include "attribution/inference/run_times.h"

namespace layerwatt {

Result<TakenExecutions> take_executions(const Timeline& timeline, const ExecutionSource& executions,
                                        const TimelineLook& look, Instant origin,
                                        std::optional<Duration> idle_gap,
                                        std::optional<LoadPieces> laid, WindowMeans& window) {
  std::optional<LoadBuilder> builder;
  if (!laid) builder.emplace(timeline.layers.size(), look, origin, idle_gap);
  RunTimes run_times(look.runs);
  ProfilerEffect effect(timeline.schedule, look);
  auto visited = executions.visit([&](std::span<const Execution> some) -> Result<void> {
    for (const Execution& e : some) {
      if (builder) builder->add(e);
      run_times.add(e);
      effect.add(e);
      window.add(e);
    }
    return {};
  });
  if (!visited) return std::move(visited).error();
  window.forget_readings();
  return TakenExecutions{laid ? *std::move(laid) : builder->take(), run_times.stats(),
                         effect.in_words()};
}

}  // namespace layerwatt
