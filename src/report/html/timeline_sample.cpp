#include "report/html/timeline_sample.h"

#include <fmt/format.h>

#include <algorithm>

#include "layerwatt/core/numbers.h"

namespace layerwatt {
namespace {

/// One pass: its extent, and its layers in the timeline.
struct Pass {
  Instant start = Instant::max();
  Instant end = Instant::min();
  std::vector<std::uint32_t> executions;
};

std::vector<Pass> passes_of(const Timeline& timeline) {
  std::vector<Pass> passes(static_cast<std::size_t>(pass_count(timeline)));
  for (std::size_t i = 0; i < timeline.executions.size(); ++i) {
    const Execution& e = timeline.executions[i];
    Pass& pass = passes[static_cast<std::size_t>(e.pass)];
    pass.start = std::min(pass.start, e.start);
    pass.end = std::max(pass.end, e.end);
    if (e.segment != kWholePass) pass.executions.push_back(static_cast<std::uint32_t>(i));
  }
  std::erase_if(passes, [](const Pass& pass) { return pass.end < pass.start; });
  std::stable_sort(passes.begin(), passes.end(),
                   [](const Pass& a, const Pass& b) { return a.start < b.start; });
  return passes;
}

/// Marks passes to keep until their layers are `budget`: the middle's neighbourhood takes most of
/// it.
class Keeper {
 public:
  Keeper(const std::vector<const Pass*>& passes, std::size_t budget)
      : passes_(passes), kept_(passes.size(), false), budget_(budget) {}

  bool keep(std::size_t i) {
    if (kept_[i]) return true;
    const std::size_t cost = passes_[i]->executions.size();
    if (cost > budget_) return false;
    kept_[i] = true;
    budget_ -= cost;
    return true;
  }
  bool kept(std::size_t i) const { return kept_[i]; }

 private:
  const std::vector<const Pass*>& passes_;
  std::vector<bool> kept_;
  std::size_t budget_;
};

}  // namespace

TimelineSample sample_timeline(const Timeline& timeline, std::size_t max_passes,
                               std::size_t max_executions) {
  TimelineSample sample;
  const std::vector<Pass> passes = passes_of(timeline);
  const std::size_t stride =
      std::max<std::size_t>(1, (passes.size() + max_passes - 1) / max_passes);
  std::vector<const Pass*> layered;
  for (std::size_t i = 0; i < passes.size(); ++i) {
    if (!passes[i].executions.empty()) layered.push_back(&passes[i]);
    if (i % stride != 0) continue;
    sample.pass_start.push_back(passes[i].start);
    sample.pass_end.push_back(passes[i].end);
  }
  if (layered.empty()) return sample;

  Keeper keeper(layered, max_executions);
  const std::size_t middle = layered.size() / 2;
  constexpr std::size_t kEnds = 3;
  constexpr std::size_t kSpread = 40;
  keeper.keep(middle);
  for (std::size_t i = 0; i < std::min(kEnds, layered.size()); ++i) {
    keeper.keep(i);
    keeper.keep(layered.size() - 1 - i);
  }
  for (std::size_t i = 0; i < kSpread; ++i) keeper.keep(i * layered.size() / kSpread);
  std::size_t low = middle;
  std::size_t high = middle;
  for (bool grows = true; grows;) {
    grows = false;
    if (high + 1 < layered.size() && keeper.keep(high + 1)) ++high, grows = true;
    if (low > 0 && keeper.keep(low - 1)) --low, grows = true;
  }
  sample.middle_start = layered[low]->start;
  sample.middle_end = layered[high]->end;

  std::size_t kept = 0;
  for (std::size_t i = 0; i < layered.size(); ++i) {
    if (!keeper.kept(i)) continue;
    ++kept;
    for (const std::uint32_t index : layered[i]->executions) {
      sample.executions.push_back(timeline.executions[index]);
    }
  }
  std::stable_sort(sample.executions.begin(), sample.executions.end(),
                   [](const Execution& a, const Execution& b) { return a.start < b.start; });
  if (kept < layered.size()) {
    sample.thinned = fmt::format("The layers of {} of {} passes are kept here.",
                                 format_grouped(static_cast<std::int64_t>(kept)),
                                 format_grouped(static_cast<std::int64_t>(layered.size())));
  }
  if (stride > 1) {
    sample.thinned += fmt::format("{}Every {}th pass can be stepped to.",
                                  sample.thinned.empty() ? "" : " ", stride);
  }
  return sample;
}

}  // namespace layerwatt
