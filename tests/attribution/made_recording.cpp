#include "attribution/made_recording.h"

#include <cmath>
#include <cstdlib>
#include <iostream>

#include "layerwatt/core/random.h"

#include "simulation/board/virtual_layer_power.h"

namespace layerwatt::testing {
namespace {

template <class T>
T need(Result<T> result) {
  if (!result) {
    std::cerr << result.error().to_string() << '\n';
    std::abort();
  }
  return *std::move(result);
}

/// The chip that measures the rail.
const VirtualChipSetup& chip_of(const VirtualBoard& board, const std::string& rail) {
  for (const VirtualChipSetup& chip : board.chips) {
    for (const VirtualRail& r : chip.rails) {
      if (r.name == rail) return chip;
    }
  }
  std::cerr << "no rail " << rail << '\n';
  std::abort();
}

Timeline make_timeline(const MadeRecordingPlan& plan, Instant start, double cycle) {
  Random random(plan.seed, "timeline");
  Timeline timeline;
  timeline.schedule = plan.schedule;
  timeline.stamps = StampSource::kMeasured;
  std::vector<double> length;
  for (int i = 0; i < plan.layers; ++i) {
    Layer layer;
    layer.name = "layer" + std::to_string(i);
    layer.type = i % 3 == 0 ? "Conv" : i % 3 == 1 ? "Pool" : "Gemm";
    timeline.layers.push_back(layer);
    length.push_back(plan.shortest_layer *
                     std::pow(plan.longest_layer / plan.shortest_layer, random.uniform()));
  }
  double t = plan.lead_in;
  const double end = plan.lead_in + plan.seconds;
  std::vector<int> times(timeline.layers.size(), 1);
  double block_end = t;
  int block = -1;
  for (int pass = 0; t < end; ++pass) {
    if (t >= block_end) {
      ++block;
      block_end = t + plan.block_seconds;
      for (int& n : times) {
        n = plan.schedule == Schedule::kWeighing && random.uniform() < 0.5 ? plan.repeats : 1;
      }
    }
    for (std::size_t l = 0; l < timeline.layers.size(); ++l) {
      for (int r = 0; r < times[l]; ++r) {
        const double d = length[l] * (1.0 + 0.02 * random.gaussian());
        Execution e;
        e.segment = static_cast<std::int32_t>(l);
        e.pass = pass;
        e.repeat = r;
        e.block = block;
        e.start = start + from_seconds(t);
        e.end = start + from_seconds(t + d);
        timeline.executions.push_back(e);
        t += d + plan.layer_gap;
      }
    }
    t += plan.longest_pause * random.uniform();
    if (plan.locked) t = std::ceil(t / cycle) * cycle;
  }
  return timeline;
}

}  // namespace

MadeRecording make_recording(const MadeRecordingPlan& plan) {
  const Instant start = instant_from_ns(1'000'000'000'000);
  MadeRecording made;
  VirtualBoard board = need(find_virtual_board(plan.board));
  board = need(with_sensor_settings(board, plan.samples, plan.conversion_time));
  for (VirtualChipSetup& chip : board.chips) {
    if (chip.kind != PowerChipKind::kIna238) continue;
    chip.average_count = plan.block_count.value_or(chip.average_count);
    chip.conversion_time = plan.block_conversion_time.value_or(chip.conversion_time);
  }
  VirtualSpecimen specimen = draw_specimen(board, plan.seed);
  Random random(plan.seed, "made");
  specimen.board_low_pass = from_seconds(300e-6 * random.uniform());
  if (plan.oscillator_error) specimen.oscillator_error = *plan.oscillator_error;
  if (!plan.drift) specimen.drift = {};
  if (plan.locked) specimen.oscillator_drift_per_second = specimen.oscillator_walk = 0.0;
  const double cycle =
      to_seconds(conversion_cycle(chip_of(board, plan.rail))) * (1.0 + specimen.oscillator_error);
  made.timeline = make_timeline(plan, start, cycle);
  LayerPowers powers = virtual_layer_powers(made.timeline.layers, board, plan.seed);
  if (!plan.repeats_differ) powers.repeated = powers.first;
  const auto load = need(load_of_timeline(made.timeline, powers));
  VirtualReader reader;
  reader.period = from_seconds(plan.read_period);
  reader.shortest_read = from_seconds(plan.shortest_read);
  reader.longest_read = from_seconds(plan.longest_read);
  reader.stall_share = plan.stall_share;
  reader.rails = {plan.rail};
  const Instant end = made.timeline.executions.back().end + from_seconds(plan.lead_out);
  const auto recording = need(record_load(board, specimen, reader, load, start, end, plan.seed));
  made.trace = trace_of(recording.rails[0], recording.readings[0]);
  made.truth.powers = powers;
  made.truth.specimen = specimen;
  // Half way through: the oscillator drifts.
  const double length = to_seconds(end - start);
  made.cycle_seconds = cycle * (1.0 + 0.5 * specimen.oscillator_drift_per_second * length);
  made.truth.idle = idle_power(board);
  for (const Watts p : powers.first) made.watts.push_back(p.value());
  made.mean_seconds.assign(made.watts.size(), 0.0);
  std::vector<double> count(made.watts.size(), 0.0);
  for (const Execution& e : made.timeline.executions) {
    const auto i = static_cast<std::size_t>(e.segment);
    made.mean_seconds[i] += to_seconds(e.run_time());
    count[i] += 1.0;
  }
  for (std::size_t i = 0; i < count.size(); ++i) made.mean_seconds[i] /= count[i];
  return made;
}

}  // namespace layerwatt::testing
