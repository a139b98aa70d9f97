#include "layerwatt/core/timeline.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

namespace layerwatt {

std::string_view to_string(StampSource source) {
  switch (source) {
    case StampSource::kMeasured:
      return "measured";
    case StampSource::kProfiler:
      return "profiler";
    case StampSource::kPlacedByDuration:
      return "placed_by_duration";
    case StampSource::kCallback:
      return "callback";
    case StampSource::kUnknown:
      return "unknown";
  }
  std::abort();
}

std::int32_t pass_count(const Timeline& timeline) {
  std::int32_t last = -1;
  for (const Execution& e : timeline.executions) last = std::max(last, e.pass);
  return last + 1;
}

bool runs_engine_blocks(const Timeline& timeline) {
  return timeline.schedule != Schedule::kWhole && !timeline.interludes.empty();
}

std::vector<bool> complete_passes(const Timeline& timeline) {
  std::vector<bool> runs_at_all(timeline.layers.size(), false);
  std::vector<std::size_t> first_executions(static_cast<std::size_t>(pass_count(timeline)), 0);
  for (const Execution& e : timeline.executions) {
    if (e.segment == kWholePass) continue;
    runs_at_all[static_cast<std::size_t>(e.segment)] = true;
    if (e.repeat == 0) ++first_executions[static_cast<std::size_t>(e.pass)];
  }
  const auto layers = static_cast<std::size_t>(std::ranges::count(runs_at_all, true));
  std::vector<bool> complete;
  complete.reserve(first_executions.size());
  for (const std::size_t count : first_executions) complete.push_back(count >= layers);
  return complete;
}

void add_run_times(const Execution& execution, std::vector<std::vector<Duration>>& of_layer) {
  if (execution.segment == kWholePass) return;
  auto& times = of_layer[static_cast<std::size_t>(execution.segment)];
  times.insert(times.end(), static_cast<std::size_t>(execution.runs), execution.run_time());
}

std::vector<std::vector<Duration>> run_times_of_layers(const Timeline& timeline) {
  std::vector<std::vector<Duration>> times(timeline.layers.size());
  std::vector<std::size_t> counts(timeline.layers.size(), 0);
  for (const Execution& e : timeline.executions) {
    if (e.segment == kWholePass) continue;
    counts[static_cast<std::size_t>(e.segment)] += static_cast<std::size_t>(e.runs);
  }
  for (std::size_t i = 0; i < times.size(); ++i) times[i].reserve(counts[i]);
  for (const Execution& e : timeline.executions) add_run_times(e, times);
  return times;
}

ExecutionCheck::ExecutionCheck(std::size_t layers, std::int64_t executions)
    : layers_(static_cast<std::int64_t>(layers)), executions_(executions) {
  // Whatever goes through passes takes memory by their number: one damaged number must not.
  constexpr std::int64_t kLeast = 1'000'000;
  constexpr std::int64_t kPassesAnExecution = 1000;
  most_passes_ = kLeast + kPassesAnExecution * executions;
}

Result<void> ExecutionCheck::add(const Execution& e) {
  const std::int64_t i = index_++;
  if (e.segment < kWholePass || e.segment >= layers_) {
    return Error(
        ErrorCode::kParse,
        fmt::format("execution {}: segment {} is not one of the {} layers", i, e.segment, layers_));
  }
  if (e.pass < 0 || e.repeat < 0 || e.block < 0) {
    return Error(ErrorCode::kParse,
                 fmt::format("execution {}: pass {}, repeat {} and block {} must not be negative",
                             i, e.pass, e.repeat, e.block));
  }
  if (e.pass >= most_passes_) {
    return Error(ErrorCode::kParse,
                 fmt::format("execution {}: pass {} cannot be among {} executions; is the file "
                             "damaged?",
                             i, e.pass, executions_));
  }
  if (e.runs < 1) {
    return Error(ErrorCode::kParse,
                 fmt::format("execution {}: {} runs must be at least 1", i, e.runs));
  }
  if (e.end < e.start) {
    return Error(ErrorCode::kParse, fmt::format("execution {}: it ends {} ns before it starts", i,
                                                (e.start - e.end).count()));
  }
  if (i > 0 && e.start < last_start_) {
    return Error(ErrorCode::kParse,
                 fmt::format("execution {}: it starts {} ns before the one that precedes it", i,
                             (last_start_ - e.start).count()));
  }
  last_start_ = e.start;
  return {};
}

Result<void> validate(const std::vector<Interlude>& interludes) {
  for (std::size_t i = 0; i < interludes.size(); ++i) {
    const Interlude& interlude = interludes[i];
    if (interlude.end < interlude.start || (i > 0 && interlude.start < interludes[i - 1].end)) {
      return Error(ErrorCode::kParse,
                   fmt::format("interlude {}: it ends before it starts, or starts before the one "
                               "that precedes it has ended",
                               i));
    }
  }
  return {};
}

Result<void> validate(const Timeline& timeline) {
  ExecutionCheck check(timeline.layers.size(),
                       static_cast<std::int64_t>(timeline.executions.size()));
  for (const Execution& e : timeline.executions) {
    if (auto ok = check.add(e); !ok) return ok;
  }
  return validate(timeline.interludes);
}

}  // namespace layerwatt
