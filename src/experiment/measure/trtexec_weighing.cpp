#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "layerwatt/core/numbers.h"

#include "experiment/measure/trtexec_segments.h"

namespace layerwatt {
namespace {

/// What trtexec timed of these layers, in the whole network.
TrtexecLayers part_of(const TrtexecLayers& whole, std::span<const std::int32_t> layers) {
  TrtexecLayers part;
  for (const std::int32_t l : layers) {
    part.averages.push_back(whole.averages[static_cast<std::size_t>(l)]);
    part.sum += part.averages.back();
  }
  return part;
}

/// The records of a block of several layers, its passes counted from `first_pass` on.
std::vector<Execution> block_of_passes(std::span<const TrtexecPass> passes,
                                       const TrtexecLayers& whole,
                                       std::span<const std::int32_t> layers, Instant begin,
                                       std::int32_t block, std::int32_t first_pass) {
  std::vector<Execution> records;
  for (Execution e : place_trtexec_passes(passes, part_of(whole, layers), begin)) {
    if (e.segment == kWholePass) continue;
    e.segment = layers[static_cast<std::size_t>(e.segment)];
    e.pass += first_pass;
    e.block = block;
    records.push_back(e);
  }
  return records;
}

}  // namespace

Result<void> TrtexecSegments::weigh(const Setting& setting, const RunPlan& plan,
                                    const Blocks& blocks, RunObserver& observer,
                                    RunOutcome& outcome) const {
  const TrtexecLayers& whole = *blocks.layers;
  Timeline& timeline = outcome.timeline;
  // The whole network is the last of the engines.
  std::vector<Segment> engines;
  for (const Segment& segment : segments_) {
    const bool is_single = segment.file.layers.size() == 1;
    if (!is_single && (whole.overlap || part_of(whole, segment.file.layers).sum <= Duration(0))) {
      continue;
    }
    engines.push_back(segment);
  }
  if (!whole.overlap) {
    Segment network;
    network.engine = blocks.network;
    for (std::size_t l = 0; l < whole.averages.size(); ++l) {
      network.file.layers.push_back(static_cast<std::int32_t>(l));
    }
    network.file.inputs = network_inputs_;
    engines.push_back(std::move(network));
  }
  const std::int32_t sets = engine_block_sets(plan, blocks.lengths, engines.size());
  TrtexecTiming timing;
  timing.seconds = blocks.lengths.run / std::chrono::seconds(1);
  timing.hold = blocks.lengths.rest;
  timing.spinning = blocks.spinning;
  std::vector<std::vector<Duration>> alone(timeline.layers.size());
  std::size_t random_inputs = 0;
  Duration uncertainty{0};
  std::int32_t pass = 0;
  std::int32_t block = 0;
  const auto all = static_cast<std::int32_t>(engines.size()) * sets;
  observer.phase_began(RunPhase::kSegments, {all, false});
  const Instant begin = MonotonicClock::now();
  for (; block < all && !outcome.partial; ++block) {
    const auto count = static_cast<std::int32_t>(engines.size());
    const auto order = engine_block_order(engines.size(), plan.seed, block / count);
    const Segment& engine =
        engines[static_cast<std::size_t>(order[static_cast<std::size_t>(block % count)])];
    auto timed = time(setting, engine, timing);
    if (!timed) {
      // Blocks that ran before are kept.
      if (timed.error().code() != ErrorCode::kCancelled || block == 0) {
        return std::move(timed).error();
      }
      outcome.partial = true;
      break;
    }
    if (trtexec_inputs(engine.file).empty()) ++random_inputs;
    const TrtexecAnchor anchor =
        anchor_trtexec(timed->ready, timing.hold, timed->passes, timed->ended);
    uncertainty = std::max(uncertainty, anchor.uncertainty);
    std::vector<Execution> records;
    if (engine.file.layers.size() == 1) {
      TrtexecLayers one;
      one.overlap = true;  // no layers within a pass, which is one
      const std::int32_t layer = engine.file.layers.front();
      const auto placed = place_trtexec_passes(timed->passes, one, anchor.gpu_start);
      records = stay_of_passes(placed, layer, pass, plan);
      for (Execution& record : records) {
        record.block = block;
        auto& times = alone[static_cast<std::size_t>(layer)];
        times.insert(times.end(), static_cast<std::size_t>(record.runs), record.run_time());
      }
    } else {
      records =
          block_of_passes(timed->passes, whole, engine.file.layers, anchor.gpu_start, block, pass);
    }
    if (records.empty()) continue;
    pass = std::max(pass, records.back().pass) + 1;
    add_interlude(std::min(timed->ready, records.front().start), begin, timeline);
    timeline.executions.insert(timeline.executions.end(), records.begin(), records.end());
    observer.executed(records);
    observer.advanced(block + 1);
    if (setting.cancellation.requested() || observer.enough()) {
      outcome.partial = setting.cancellation.requested() && block + 1 < all;
      ++block;
      break;
    }
  }
  add_interlude(MonotonicClock::now(), begin, timeline);
  for (const auto& durations : alone) outcome.isolated.push_back(run_time_stats(durations));
  outcome.notes.push_back(fmt::format(
      "Layers were weighed in {} blocks of one engine each, in trtexec processes of their own: "
      "every layer alone, ranges of layers, and the whole network, in random order. Between two "
      "blocks the machine loaded an engine, and readings of that are left out. Where a block's "
      "passes lie on this machine's clock is known to within {}.",
      block, format_si(to_seconds(uncertainty), "s")));
  if (whole.overlap) {
    outcome.notes.emplace_back(
        "Layers of the whole engine run on several streams at once, and have no place in it: no "
        "block ran more than one layer, and what layers draw after one another is not known.");
  }
  add_notes(random_inputs, static_cast<std::size_t>(block), "blocks", outcome);
  return {};
}

}  // namespace layerwatt
