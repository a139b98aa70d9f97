#include "layerwatt/simulation/virtual_recording.h"

#include <fmt/format.h>

#include <algorithm>

#include "layerwatt/core/random.h"

#include "simulation/board/virtual_layer_power.h"

namespace layerwatt {
namespace {

using namespace std::chrono_literals;

/// Where in the board the rails that are read stand.
struct RailPlace {
  std::size_t chip;
  std::size_t channel;
};

/// One chip and how much of the load it has seen.
struct ChipRun {
  VirtualChip chip;
  std::size_t next_step = 0;

  void run_until(Instant t, std::span<const LoadStep> load) {
    const std::size_t first = next_step;
    while (next_step < load.size() && load[next_step].at <= t) ++next_step;
    chip.run_until(t, load.subspan(first, next_step - first));
  }
};

Result<std::vector<RailPlace>> places_of(const VirtualBoard& board,
                                         const std::vector<std::string>& names) {
  std::vector<RailPlace> places;
  if (names.empty()) {
    for (std::size_t c = 0; c < board.chips.size(); ++c) {
      for (std::size_t i = 0; i < board.chips[c].rails.size(); ++i) places.push_back({c, i});
    }
    return places;
  }
  for (const std::string& name : names) {
    const std::size_t before = places.size();
    for (std::size_t c = 0; c < board.chips.size(); ++c) {
      for (std::size_t i = 0; i < board.chips[c].rails.size(); ++i) {
        if (board.chips[c].rails[i].name == name) places.push_back({c, i});
      }
    }
    if (places.size() == before) {
      return Error(ErrorCode::kNotFound,
                   fmt::format("the virtual {} has no rail '{}'", board.title, name));
    }
  }
  return places;
}

/// What one read of a rail gives, the registers latched while the bus transaction of each runs:
/// current in the first half of the read, voltage in the second.
Reading read_rail(ChipRun& run, std::size_t channel, Instant before, Duration read_time,
                  Duration lag, std::span<const LoadStep> load, Random& random) {
  const double whole = static_cast<double>(read_time.count());
  const bool one_value = run.chip.setup().kind == PowerChipKind::kIna238;
  const double scale = one_value ? 1.0 : 0.5;
  const auto latch = [&](double fraction) {
    return before + Duration(static_cast<std::int64_t>(fraction * whole)) - lag;
  };
  Reading reading{.before = before, .after = before + read_time};
  run.run_until(latch(scale * random.uniform(0.6, 0.95)), load);
  const VirtualRegisters first = run.chip.registers(channel);
  if (one_value) {
    reading.power_uw = first.microwatts;
    return reading;
  }
  reading.current_ua = first.milliamperes * 1000;
  // The IIO driver reads both under one lock for its power attribute.
  const bool iio = run.chip.setup().kind == PowerChipKind::kIna3221Iio;
  if (!iio) run.run_until(latch(0.5 + 0.5 * random.uniform(0.6, 0.95)), load);
  const VirtualRegisters second = run.chip.registers(channel);
  reading.voltage_uv = second.millivolts * 1000;
  if (iio) reading.power_uw = second.microwatts;
  return reading;
}

/// Begin of each tick: at its deadline and a little, or as soon as the last one is done.
class Pacer {
 public:
  Pacer(const VirtualReader& reader, Instant begin, Random& random)
      : reader_(reader), deadline_(begin), random_(random) {}

  Instant next(Instant free_from, VirtualRecording& recording) {
    Instant start = std::max(deadline_, free_from) +
                    Duration(static_cast<std::int64_t>(random_.uniform(2'000.0, 20'000.0)));
    if (reader_.stall_share > 0.0 && random_.uniform() < reader_.stall_share) {
      start += Duration(static_cast<std::int64_t>(
          random_.uniform() * static_cast<double>(reader_.longest_stall.count())));
    }
    tick_ = next_tick_++;
    if (reader_.period <= Duration(0)) {
      deadline_ = start;
      return start;
    }
    const Duration behind = start - deadline_;
    if (behind > kLateFrom) ++recording.late_ticks;
    const std::int64_t missed = behind / reader_.period;
    recording.lost_ticks += missed;
    deadline_ += (1 + missed) * reader_.period;
    next_tick_ += static_cast<std::uint32_t>(missed);
    return start;
  }
  /// Number of the tick that began last.
  std::uint32_t tick() const { return tick_; }

 private:
  static constexpr Duration kLateFrom = 100us;
  const VirtualReader& reader_;
  Instant deadline_;
  Random& random_;
  std::uint32_t tick_ = 0;
  std::uint32_t next_tick_ = 0;
};

}  // namespace

Rail virtual_rail(const VirtualBoard& board, const VirtualChipSetup& chip, std::size_t channel) {
  const VirtualRail& source = chip.rails[channel];
  Rail rail;
  rail.name = source.name;
  rail.sensor = "virtual";
  rail.location = fmt::format("virtual {}, {} channel {}", board.title, chip.location,
                              static_cast<std::size_t>(chip.first_channel) + channel);
  rail.coverage = source.coverage;
  rail.kind = chip.kind == PowerChipKind::kIna238 ? RailKind::kPower : RailKind::kVoltageCurrent;
  rail.shunt = source.shunt;
  rail.model = declared_model(chip, source);
  rail.is_virtual = true;
  return rail;
}

Result<VirtualRecording> record_load(const VirtualBoard& board, const VirtualSpecimen& specimen,
                                     const VirtualReader& reader, std::span<const LoadStep> load,
                                     Instant begin, Instant end, std::uint64_t seed) {
  if (end < begin) return Error(ErrorCode::kInvalidArgument, "the recording ends before it begins");
  auto places = places_of(board, reader.rails);
  if (!places) return std::move(places).error();
  Duration shortest = reader.shortest_read;
  Duration longest = reader.longest_read;
  if (longest <= Duration(0)) {
    shortest = board.read_time * 85 / 100;
    longest = board.read_time * 115 / 100;
  }
  const Instant start = load.empty() ? begin : std::min(begin, load.front().at);
  std::vector<ChipRun> chips;
  for (std::size_t c = 0; c < board.chips.size(); ++c) {
    const std::uint64_t chip_seed = Random(seed, fmt::format("chip {}", c)).bits();
    chips.push_back({VirtualChip(board.chips[c], specimen, chip_seed, start)});
  }
  VirtualRecording recording;
  recording.readings.resize(places->size());
  for (const RailPlace& place : *places) {
    recording.rails.push_back(virtual_rail(board, board.chips[place.chip], place.channel));
  }
  for (auto& readings : recording.readings) {
    readings.reserve(static_cast<std::size_t>(
        (end - begin) /
        std::max(reader.period, shortest * static_cast<int>(places->size()) + 1us)));
  }
  Random random(seed, "reader");
  Pacer pacer(reader, begin, random);
  Instant free_from = begin;
  const auto spread = static_cast<double>((longest - shortest).count());
  for (;;) {
    Instant t = pacer.next(free_from, recording);
    if (t >= end) break;
    recording.ticks.push_back(pacer.tick());
    for (std::size_t r = 0; r < places->size(); ++r) {
      const RailPlace& place = (*places)[r];
      const Duration read_time =
          shortest + Duration(static_cast<std::int64_t>(random.uniform() * spread));
      recording.readings[r].push_back(
          read_rail(chips[place.chip], place.channel, t, read_time, specimen.lag, load, random));
      t += read_time;
    }
    free_from = t;
  }
  for (ChipRun& run : chips) {
    run.run_until(end, load);
    const std::int64_t cycles = run.chip.cycles();
    const double length = static_cast<double>((run.chip.cycle_start() - start).count());
    recording.true_cycle_ns.push_back(cycles > 1 ? length / static_cast<double>(cycles)
                                                 : run.chip.cycle_ns());
  }
  return recording;
}

Result<PowerTrace> total_of(const VirtualBoard& board, const std::vector<PowerTrace>& traces) {
  std::vector<PowerTrace> parts;
  for (const std::string_view name : board.total) {
    const auto found = std::ranges::find_if(
        traces, [&](const PowerTrace& trace) { return trace.rail.name == name; });
    if (found == traces.end()) {
      return Error(ErrorCode::kNotFound,
                   fmt::format("rail {} of the total was not recorded", name));
    }
    parts.push_back(*found);
  }
  if (parts.size() == 1) return std::move(parts.front());
  Rail rail = parts.front().rail;
  rail.name = "total";
  rail.location = fmt::format("virtual {}, sum of {} rails", board.title, parts.size());
  rail.coverage = "whole module";
  rail.shunt.reset();
  return sum_rails(parts, std::move(rail));
}

Result<VirtualRun> record_virtual_run(const Timeline& timeline, const VirtualBoard& board,
                                      std::uint64_t seed, Instant begin, Instant end,
                                      const VirtualReader& reader) {
  return record_virtual_run(timeline, board, draw_specimen(board, seed),
                            virtual_layer_powers(timeline.layers, board, seed), seed, begin, end,
                            reader);
}

Result<VirtualRun> record_virtual_run(const Timeline& timeline, const VirtualBoard& board,
                                      const VirtualSpecimen& specimen, const LayerPowers& powers,
                                      std::uint64_t seed, Instant begin, Instant end,
                                      const VirtualReader& reader) {
  auto load = load_of_timeline(timeline, powers);
  if (!load) return std::move(load).error();
  auto recording = record_load(board, specimen, reader, *load, begin, end, seed);
  if (!recording) return std::move(recording).error();
  VirtualRun run;
  for (std::size_t r = 0; r < recording->rails.size(); ++r) {
    run.traces.push_back(trace_of(recording->rails[r], recording->readings[r]));
  }
  auto total = total_of(board, run.traces);
  if (!total) return std::move(total).error();
  run.total = *std::move(total);
  run.truth.board = board.name;
  run.truth.seed = seed;
  run.truth.idle = idle_power(board);
  for (const Layer& layer : timeline.layers) run.truth.layers.push_back(layer.name);
  run.truth.powers = powers;
  run.truth.specimen = specimen;
  for (std::size_t c = 0; c < board.chips.size(); ++c) {
    for (const VirtualRail& rail : board.chips[c].rails) {
      if (rail.name != board.total.front()) continue;
      run.truth.cycle = Duration(static_cast<std::int64_t>(recording->true_cycle_ns[c] + 0.5));
      run.truth.average_count = board.chips[c].average_count;
      run.truth.conversion_time = board.chips[c].conversion_time;
    }
  }
  run.recording = *std::move(recording);
  return run;
}

}  // namespace layerwatt
