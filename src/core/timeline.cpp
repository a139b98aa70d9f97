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
  for (const std::size_t count : first_executions) complete.push_back(count >= layers);
  return complete;
}

std::vector<std::vector<Duration>> run_times_of_layers(const Timeline& timeline) {
  std::vector<std::vector<Duration>> times(timeline.layers.size());
  std::vector<std::size_t> counts(timeline.layers.size(), 0);
  for (const Execution& e : timeline.executions) {
    if (e.segment == kWholePass) continue;
    counts[static_cast<std::size_t>(e.segment)] += static_cast<std::size_t>(e.runs);
  }
  for (std::size_t i = 0; i < times.size(); ++i) times[i].reserve(counts[i]);
  for (const Execution& e : timeline.executions) {
    if (e.segment == kWholePass) continue;
    auto& of_layer = times[static_cast<std::size_t>(e.segment)];
    of_layer.insert(of_layer.end(), static_cast<std::size_t>(e.runs), e.run_time());
  }
  return times;
}

Result<void> validate(const Timeline& timeline) {
  // Whatever goes through passes takes memory by their number: one damaged number must not.
  constexpr std::int64_t kLeast = 1'000'000;
  constexpr std::int64_t kPassesAnExecution = 1000;
  const std::int64_t most_passes =
      kLeast + kPassesAnExecution * static_cast<std::int64_t>(timeline.executions.size());
  const auto layer_count = static_cast<std::int64_t>(timeline.layers.size());
  for (std::size_t i = 0; i < timeline.executions.size(); ++i) {
    const Execution& e = timeline.executions[i];
    if (e.segment < kWholePass || e.segment >= layer_count) {
      return Error(ErrorCode::kParse,
                   fmt::format("execution {}: segment {} is not one of the {} layers", i, e.segment,
                               layer_count));
    }
    if (e.pass < 0 || e.repeat < 0 || e.block < 0) {
      return Error(ErrorCode::kParse,
                   fmt::format("execution {}: pass {}, repeat {} and block {} must not be negative",
                               i, e.pass, e.repeat, e.block));
    }
    if (e.pass >= most_passes) {
      return Error(ErrorCode::kParse,
                   fmt::format("execution {}: pass {} cannot be among {} executions; is the file "
                               "damaged?",
                               i, e.pass, timeline.executions.size()));
    }
    if (e.runs < 1) {
      return Error(ErrorCode::kParse,
                   fmt::format("execution {}: {} runs must be at least 1", i, e.runs));
    }
    if (e.end < e.start) {
      return Error(ErrorCode::kParse, fmt::format("execution {}: it ends {} ns before it starts", i,
                                                  (e.start - e.end).count()));
    }
    if (i > 0 && e.start < timeline.executions[i - 1].start) {
      return Error(ErrorCode::kParse,
                   fmt::format("execution {}: it starts {} ns before the one that precedes it", i,
                               (timeline.executions[i - 1].start - e.start).count()));
    }
  }
  for (std::size_t i = 0; i < timeline.interludes.size(); ++i) {
    const Interlude& interlude = timeline.interludes[i];
    if (interlude.end < interlude.start ||
        (i > 0 && interlude.start < timeline.interludes[i - 1].end)) {
      return Error(ErrorCode::kParse,
                   fmt::format("interlude {}: it ends before it starts, or starts before the one "
                               "that precedes it has ended",
                               i));
    }
  }
  return {};
}

}  // namespace layerwatt
