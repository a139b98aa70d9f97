#include "monitor/board/board_monitor.h"

#include <algorithm>
#include <thread>
#include <utility>

#include "layerwatt/core/cancellation.h"
#include "layerwatt/core/sensor_model.h"
#include "layerwatt/recording/sampler.h"
#include "layerwatt/recording/scheduling.h"

#include "monitor/board/live_sink.h"

namespace layerwatt {
namespace {

constexpr Duration kUsualPeriod = std::chrono::milliseconds(50);
constexpr Duration kShortestPeriod = std::chrono::milliseconds(1);
constexpr Duration kLongMemory = std::chrono::milliseconds(100);

Duration period_for(const Rail& rail) {
  if (rail.kind == RailKind::kEnergyCounter) return kUsualPeriod;
  const auto constant = effective_time_constant(rail.model);
  if (!constant || *constant >= kLongMemory) return kUsualPeriod;
  const int averaged =
      rail.model.averaging == Averaging::kNone ? 1 : rail.model.average_count.value_or(1);
  // A filter's readings follow one another smoothly: a fifth of its memory between two of them.
  const Duration wanted = rail.model.averaging == Averaging::kExponential
                              ? *constant / 5
                              : rail.model.period.value_or(kUsualPeriod) * averaged;
  return std::clamp(wanted, kShortestPeriod, kUsualPeriod);
}

std::vector<Rail> rails_of(const std::vector<std::unique_ptr<Sensor>>& sensors) {
  std::vector<Rail> rails;
  for (const auto& sensor : sensors) {
    for (const Rail& rail : sensor->rails()) rails.push_back(rail);
  }
  return rails;
}

bool paces_itself(const std::vector<std::unique_ptr<Sensor>>& sensors) {
  return std::ranges::any_of(sensors, [](const auto& sensor) { return sensor->paces_itself(); });
}

}  // namespace

Duration choose_monitor_period(std::span<const Rail> rails) {
  Duration shortest = kUsualPeriod;
  for (const Rail& rail : rails) shortest = std::min(shortest, period_for(rail));
  return shortest;
}

struct BoardMonitor::State {
  OpenSource open;
  BoardMonitorOptions options;
  Board board;
  std::vector<Rail> rails;
  std::vector<std::size_t> total;
  std::string why;
  Duration period{0};
  Instant begin;
  std::optional<LiveSink> sink;
  Cancellation stop;
  std::thread thread;

  void run(std::vector<std::unique_ptr<Sensor>> sensors);
  std::vector<std::size_t> places_of(const std::vector<std::unique_ptr<Sensor>>& sensors) const;
  std::vector<std::unique_ptr<Sensor>> open_again();
  void wait(Duration time) const;
  void resume();
};

std::vector<std::size_t> BoardMonitor::State::places_of(
    const std::vector<std::unique_ptr<Sensor>>& sensors) const {
  std::vector<std::size_t> places;
  for (const Rail& rail : rails_of(sensors)) {
    const auto at = std::ranges::find_if(rails, [&](const Rail& known) {
      return known.name == rail.name && known.sensor == rail.sensor;
    });
    places.push_back(static_cast<std::size_t>(at - rails.begin()));
  }
  return places;
}

/// Sensors with the rails that this monitor knows; empty where there are none.
std::vector<std::unique_ptr<Sensor>> BoardMonitor::State::open_again() {
  auto source = open();
  if (!source) return {};
  std::erase_if(source->sensors, [&](const std::unique_ptr<Sensor>& sensor) {
    return std::ranges::any_of(sensor->rails(), [&](const Rail& rail) {
      return std::ranges::none_of(rails, [&](const Rail& known) {
        return known.name == rail.name && known.sensor == rail.sensor;
      });
    });
  });
  return std::move(source->sensors);
}

void BoardMonitor::State::resume() {
  if (!options.resume) return;
  const auto boot = read_boot_time();
  const Duration away = boot ? boot->since_boot - options.resume->since_boot : Duration(0);
  sink->resume(options.resume->sampler);
  for (std::size_t i = 0; i < rails.size(); ++i) {
    for (const CounterState::CountedRail& counted : options.resume->rails) {
      if (counted.name != rails[i].name || counted.sensor != rails[i].sensor) continue;
      RailReading reading = counted.reading;
      reading.unmeasured += std::max(away, Duration(0));
      sink->resume(i, reading);
    }
  }
}

void BoardMonitor::State::wait(Duration time) const {
  constexpr Duration kStep = std::chrono::milliseconds(50);
  const Instant end = MonotonicClock::now() + time;
  SystemSamplerClock clock;
  while (!stop.requested() && clock.now() < end) clock.sleep_until(clock.now() + kStep);
}

void BoardMonitor::State::run(std::vector<std::unique_ptr<Sensor>> sensors) {
  ask_for_exact_wakeups();
  SystemSamplerClock clock;
  while (!stop.requested()) {
    const std::vector<std::size_t> places = places_of(sensors);
    sink->expect(places);
    const Instant next_look = clock.now() + options.reopen_every;
    std::vector<std::int64_t> gone_before;
    for (const std::size_t place : places) gone_before.push_back(sink->reading(place).gone);
    SamplerOptions sampling;
    sampling.period = paces_itself(sensors) ? Duration(0) : period;
    sampling.still_wanted = [&] {
      if (clock.now() < next_look) return true;
      if (places.size() < rails.size()) return false;
      for (std::size_t i = 0; i < places.size(); ++i) {
        if (sink->reading(places[i]).gone > gone_before[i]) return false;
      }
      return true;
    };
    if (!sensors.empty()) sample(sensors, clock, *sink, sampling, stop);
    if (clock.now() < next_look) wait(next_look - clock.now());
    if (stop.requested()) return;
    sensors.clear();  // some devices are opened by one reader alone
    sensors = open_again();
    for (const std::size_t place : places_of(sensors)) sink->reopened(place);
  }
}

BoardMonitor::BoardMonitor(std::unique_ptr<State> state) : state_(std::move(state)) {}

BoardMonitor::~BoardMonitor() {
  if (!state_) return;
  state_->stop.request();
  if (state_->thread.joinable()) state_->thread.join();
}

Result<std::unique_ptr<BoardMonitor>> BoardMonitor::start(OpenSource open,
                                                          const BoardMonitorOptions& options) {
  auto source = open();
  if (!source) return std::move(source).error();
  auto state = std::make_unique<State>();
  state->open = std::move(open);
  state->options = options;
  state->board = std::move(source->board);
  state->rails = rails_of(source->sensors);
  state->why = std::move(source->why);
  for (std::size_t i = 0; i < state->rails.size(); ++i) {
    if (std::ranges::find(source->total, state->rails[i].name) != source->total.end()) {
      state->total.push_back(i);
    }
  }
  state->period = options.period.value_or(choose_monitor_period(state->rails));
  if (paces_itself(source->sensors)) state->period = Duration(0);
  state->begin = MonotonicClock::now();
  state->sink.emplace(state->rails, state->period, state->begin, time_asleep);
  state->resume();
  State& shared = *state;
  auto monitor = std::unique_ptr<BoardMonitor>(new BoardMonitor(std::move(state)));
  shared.thread = std::thread([&shared, sensors = std::move(source->sensors)]() mutable {
    shared.run(std::move(sensors));
  });
  return monitor;
}

const Board& BoardMonitor::board() const { return state_->board; }
std::span<const Rail> BoardMonitor::rails() const { return state_->rails; }
std::span<const std::size_t> BoardMonitor::total() const { return state_->total; }
const std::string& BoardMonitor::total_reason() const { return state_->why; }
Duration BoardMonitor::period() const { return state_->period; }

bool BoardMonitor::is_virtual() const {
  return state_->board.is_virtual ||
         std::ranges::any_of(state_->rails, [](const Rail& rail) { return rail.is_virtual; });
}

BoardReading BoardMonitor::read() const {
  BoardReading board;
  for (std::size_t i = 0; i < state_->rails.size(); ++i) {
    board.rails.push_back(state_->sink->reading(i));
  }
  board.sampler = state_->sink->tally();
  board.when = MonotonicClock::now();
  for (std::size_t i = 0; i < board.rails.size(); ++i) {
    RailReading& rail = board.rails[i];
    const Duration since = board.when - rail.last.value_or(state_->begin);
    if (since <= longest_gap_of(state_->rails[i], state_->period)) continue;
    // A counter goes on counting unread.
    if (state_->rails[i].kind != RailKind::kEnergyCounter) rail.unmeasured += since;
    rail.power.reset();
    rail.voltage.reset();
    rail.current.reset();
  }
  if (state_->total.empty()) return board;
  board.energy = Joules(0.0);
  board.power = Watts(0.0);
  for (const std::size_t i : state_->total) {
    *board.energy += board.rails[i].energy;
    if (!board.rails[i].power) board.power.reset();
    if (board.power) *board.power += *board.rails[i].power;
  }
  return board;
}

}  // namespace layerwatt
