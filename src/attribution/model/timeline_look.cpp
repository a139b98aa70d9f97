#include "attribution/model/timeline_look.h"

#include <algorithm>
#include <utility>

namespace layerwatt {

void TimelineLooker::add(const Execution& e) {
  const auto pass = static_cast<std::size_t>(e.pass);
  if (pass >= spans_.size()) {
    spans_.resize(pass + 1);
    look_.has_layers.resize(pass + 1, false);
    look_.passes = e.pass + 1;
  }
  Span& span = spans_[pass];
  span.begin = std::min(span.begin, e.start);
  span.end = std::max(span.end, e.end);
  if (look_.executions++ == 0) {
    look_.first = e.start;
    look_.last = e.end;
  }
  look_.last = std::max(look_.last, e.end);
  if (e.segment == kWholePass) return;
  look_.has_layers[pass] = true;
  look_.runs[static_cast<std::size_t>(e.segment)] += e.runs;
}

TimelineLook TimelineLooker::take() {
  std::erase_if(spans_, [](const Span& s) { return s.end <= s.begin; });
  std::ranges::sort(spans_, {}, &Span::begin);
  Instant until = Instant::min();
  for (const Span& span : spans_) {
    look_.pass_times.all += to_seconds(span.end - span.begin);
    if (span.begin < until) {
      look_.pass_times.shared += to_seconds(std::min(until, span.end) - span.begin);
    }
    until = std::max(until, span.end);
  }
  return std::move(look_);
}

Result<TimelineLook> look_over(const Timeline& timeline, const ExecutionSource& executions) {
  TimelineLooker looker(timeline.layers.size());
  ExecutionCheck check(timeline.layers.size(), executions.count());
  auto visited = executions.visit([&](std::span<const Execution> some) -> Result<void> {
    for (const Execution& e : some) {
      if (auto ok = check.add(e); !ok) return ok;
      looker.add(e);
    }
    return {};
  });
  if (!visited) return std::move(visited).error();
  if (auto ok = validate(timeline.interludes); !ok) return std::move(ok).error();
  return looker.take();
}

TimelineLook look_over(const Timeline& timeline) {
  TimelineLooker looker(timeline.layers.size());
  for (const Execution& e : timeline.executions) looker.add(e);
  return looker.take();
}

}  // namespace layerwatt
