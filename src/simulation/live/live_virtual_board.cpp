#include "layerwatt/simulation/live_virtual_board.h"

#include <fmt/format.h>
#include <sys/prctl.h>
#include <time.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "layerwatt/core/atomic_file.h"
#include "layerwatt/core/random.h"
#include "layerwatt/simulation/virtual_chip.h"
#include "layerwatt/simulation/virtual_recording.h"

#include "simulation/board/virtual_layer_power.h"
#include "simulation/live/virtual_sysfs.h"

namespace layerwatt {
namespace {

using namespace std::chrono_literals;

/// After the end of a conversion, before its value is made: time for the measuring process to have
/// told of what it did (it takes the time first and writes the event then).
constexpr Duration kMargin = 40us;
constexpr std::size_t kEventsAtOnce = 4096;

void sleep_until(Instant t) {
  const std::int64_t ns = to_ns(t);
  const timespec at{static_cast<time_t>(ns / 1'000'000'000), static_cast<long>(ns % 1'000'000'000)};
  // EINTR ends the sleep early: the caller looks whether it is to stop.
  ::clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, nullptr);
}

double cpu_seconds() {
  timespec used{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  return static_cast<double>(used.tv_sec) + 1e-9 * static_cast<double>(used.tv_nsec);
}

struct RailPlace {
  std::size_t chip = 0;
  std::size_t rail = 0;
};

RailPlace place_of_total(const VirtualBoard& board) {
  for (std::size_t c = 0; c < board.chips.size(); ++c) {
    for (std::size_t r = 0; r < board.chips[c].rails.size(); ++r) {
      if (board.chips[c].rails[r].name == board.total.front()) return {c, r};
    }
  }
  return {};
}

Result<void> write_truth(const LiveBoardOptions& options, const VirtualSpecimen& specimen) {
  VirtualTruth truth;
  truth.board = options.board.name;
  truth.seed = options.seed;
  truth.idle = idle_power(options.board);
  for (std::size_t i = 0; i < options.powers.first.size(); ++i) {
    truth.layers.push_back(fmt::format("segment {}", i));
  }
  truth.powers = options.powers;
  truth.specimen = specimen;
  const VirtualChipSetup& chip = options.board.chips[place_of_total(options.board).chip];
  truth.cycle =
      from_seconds(to_seconds(conversion_cycle(chip)) * (1.0 + specimen.oscillator_error));
  truth.average_count = chip.average_count;
  truth.conversion_time = chip.conversion_time;
  auto file = AtomicFile::create(options.sysfs / kVirtualTruthFile);
  if (!file) return std::move(file).error();
  write_virtual_truth(truth, file->stream());
  return file->commit();
}

/// The chips of the board, fed with one load, and the files that show them.
class LiveChips {
 public:
  LiveChips(const LiveBoardOptions& options, const VirtualSpecimen& specimen, VirtualSysfs files,
            Instant start)
      : files_(std::move(files)), place_(place_of_total(options.board)) {
    for (std::size_t c = 0; c < options.board.chips.size(); ++c) {
      const std::uint64_t seed = Random(options.seed, fmt::format("chip {}", c)).bits();
      chips_.emplace_back(options.board.chips[c], specimen, seed, start);
    }
  }

  void run_until(Instant t, std::span<const LoadStep> steps) {
    for (std::size_t c = 0; c < chips_.size(); ++c) {
      chips_[c].run_until(t, steps);
      for (std::size_t r = 0; r < chips_[c].setup().rails.size(); ++r) {
        files_.show(c, r, chips_[c].registers(r));
      }
      if (chips_[c].setup().summed_rails > 0) files_.show_sum(c, chips_[c].sum());
    }
  }
  Instant next_conversion() const { return chips_[place_.chip].next_shunt_end(place_.rail); }
  Duration cycle() const {
    return Duration(static_cast<std::int64_t>(chips_[place_.chip].cycle_ns()));
  }
  std::int64_t cycles() const { return chips_[place_.chip].cycles(); }

 private:
  VirtualSysfs files_;
  RailPlace place_;
  std::vector<VirtualChip> chips_;
};

}  // namespace

LoadStep ActivityLoad::step(const ActivityEvent& event) {
  gap_since_.reset();
  if (event.segment == kActivityIdle) return {event.at, 0.0};
  const auto index = static_cast<std::size_t>(event.segment);
  if (event.segment < 0 || index >= powers_.first.size()) {
    if (event.segment == kActivityGap) gap_since_ = event.at;
    return {event.at, powers_.gap.value()};
  }
  const Watts power = event.repeat > 0 ? powers_.repeated[index] : powers_.first[index];
  return {event.at, power.value()};
}

std::optional<LoadStep> ActivityLoad::end_of_long_gap(Instant now) {
  if (!gap_since_ || now <= *gap_since_ + kLongestGap) return std::nullopt;
  const LoadStep step{*gap_since_ + kLongestGap, 0.0};
  gap_since_.reset();
  return step;
}

Result<LiveBoardSummary> serve_virtual_board(const LiveBoardOptions& options,
                                             const Cancellation& cancellation,
                                             const std::function<void()>& ready) {
  auto files = VirtualSysfs::create(options.board, options.sysfs);
  if (!files) return std::move(files).error();
  auto ring = ActivityReader::open(options.activity);
  if (!ring) return std::move(ring).error();
  const VirtualSpecimen specimen = draw_specimen(options.board, options.seed);
  if (auto ok = write_truth(options, specimen); !ok) return std::move(ok).error();
  // The default slack of 50 µs would show values that much later.
  ::prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL);

  const Instant begin = MonotonicClock::now();
  const double cpu_begin = cpu_seconds();
  LiveChips chips(options, specimen, *std::move(files), begin);
  ActivityLoad load(options.powers);
  std::vector<ActivityEvent> events(kEventsAtOnce);
  std::vector<LoadStep> steps;
  LiveBoardSummary summary;
  chips.run_until(begin, {});
  ready();
  while (!cancellation.requested()) {
    const Instant due = chips.next_conversion() + kMargin;
    if (options.duration && due > begin + *options.duration) break;
    sleep_until(due);
    const Instant now = MonotonicClock::now();
    if (now < due) continue;
    if (now > due + chips.cycle()) ++summary.late_cycles;
    while (const std::size_t count = ring->read(events)) {
      summary.events += count;
      for (std::size_t i = 0; i < count; ++i) steps.push_back(load.step(events[i]));
    }
    const Instant horizon = now - kMargin;
    if (const auto idle = load.end_of_long_gap(horizon)) steps.push_back(*idle);
    const auto later =
        std::ranges::find_if(steps, [&](const LoadStep& step) { return step.at > horizon; });
    chips.run_until(horizon, std::span(steps.begin(), later));
    steps.erase(steps.begin(), later);
  }
  summary.cycles = chips.cycles();
  summary.lost_events = ring->lost();
  const double seconds = to_seconds(MonotonicClock::now() - begin);
  summary.cpu_share = seconds > 0.0 ? (cpu_seconds() - cpu_begin) / seconds : 0.0;
  return summary;
}

LayerPowers random_segment_powers(std::size_t segments, const VirtualBoard& board,
                                  std::uint64_t seed) {
  Random random(seed, "segments");
  LayerPowers powers;
  for (std::size_t i = 0; i < segments; ++i) {
    powers.first.emplace_back(
        random.uniform(board.least_layer_power.value(), board.greatest_layer_power.value()));
  }
  powers.repeated = powers.first;
  powers.gap = board.least_layer_power * random.uniform(0.3, 0.8);
  return powers;
}

}  // namespace layerwatt
