#include "monitor/watch/watch_frame.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "monitor/exposition/board_metrics.h"

namespace layerwatt {
namespace {

void remember(PowerHistory& history, std::optional<Watts> power, std::size_t most) {
  history.push_back(power ? std::optional<double>(power->value()) : std::nullopt);
  if (history.size() > most) history.pop_front();
}

std::vector<Joules> energies_of(const BoardReading& reading) {
  std::vector<Joules> energies;
  for (const RailReading& rail : reading.rails) energies.push_back(rail.energy);
  return energies;
}

}  // namespace

FrameMaker::FrameMaker(const BoardMonitor& monitor, SystemRoot root,
                       std::vector<std::filesystem::path> run_folders, Duration interval)
    : monitor_(monitor), machine_(std::move(root), monitor.board()), runs_(std::move(run_folders)) {
  frame_.board = monitor.board().name.empty() ? "this machine" : monitor.board().name;
  frame_.is_virtual = monitor.is_virtual();
  frame_.interval = interval;
  frame_.no_total_reason = monitor.total_reason();
  std::vector<std::string> names;
  for (std::size_t i = 0; i < monitor.rails().size(); ++i) {
    WatchedPower rail;
    rail.name = monitor.rails()[i].name;
    rail.in_total = std::ranges::find(monitor.total(), i) != monitor.total().end();
    if (rail.in_total) names.push_back(rail.name);
    frame_.rails.push_back(std::move(rail));
  }
  if (!names.empty()) {
    frame_.total.emplace();
    frame_.total->name = fmt::format("{}", fmt::join(names, " + "));
    frame_.total->in_total = true;
  }
  set_back();
}

void FrameMaker::set_back() {
  const BoardReading reading = monitor_.read();
  begin_ = {reading.when, energies_of(reading)};
}

void FrameMaker::take_rail(std::size_t rail, const BoardReading& reading) {
  const RailReading& now = reading.rails[rail];
  WatchedPower& shown = frame_.rails[rail];
  shown.power = now.power;
  // The mean since the last tick, unless nothing was read in it.
  if (now.power && last_ && reading.when > last_->when && now.energy > last_->energies[rail]) {
    shown.power = (now.energy - last_->energies[rail]) / (reading.when - last_->when);
  }
  shown.voltage = now.voltage;
  shown.current = now.current;
  shown.energy = now.energy - begin_.energies[rail];
  shown.unmeasured = now.unmeasured;
  remember(shown.history, shown.power, kRemembered);
}

void FrameMaker::take_total(const BoardReading& reading) {
  WatchedPower& total = *frame_.total;
  total.energy = Joules(0.0);
  total.unmeasured = Duration(0);
  Watts power;
  for (const std::size_t i : monitor_.total()) {
    const WatchedPower& rail = frame_.rails[i];
    total.energy += rail.energy;
    total.unmeasured = std::max(total.unmeasured, rail.unmeasured);
    if (rail.power) power += *rail.power;
  }
  total.power = reading.power ? std::optional<Watts>(power) : std::nullopt;
  remember(total.history, total.power, kRemembered);
}

const WatchFrame& FrameMaker::tick() {
  const BoardReading reading = monitor_.read();
  for (std::size_t i = 0; i < reading.rails.size(); ++i) take_rail(i, reading);
  if (frame_.total) take_total(reading);
  last_ = Before{reading.when, energies_of(reading)};
  frame_.unix_seconds = WallClock().unix_seconds(reading.when);
  frame_.elapsed = reading.when - begin_.when;
  frame_.machine = machine_.read(reading.when);
  runs_.look(reading.when, reading.energy);
  frame_.measurement = runs_.running();
  frame_.sampler = reading.sampler;
  return frame_;
}

}  // namespace layerwatt
