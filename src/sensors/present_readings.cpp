#include "layerwatt/sensors/present_readings.h"

#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>

namespace layerwatt {
namespace {

constexpr Duration kCounterWait = std::chrono::milliseconds(100);

std::string problem_of(ReadStatus status, std::string_view why_gone) {
  switch (status) {
    case ReadStatus::kOk:
      return {};
    case ReadStatus::kTryAgain:
      return "no answer in time";
    case ReadStatus::kDisabled:
      return "the channel is switched off";
    case ReadStatus::kGone:
      return why_gone.empty() ? "the device does not answer" : std::string(why_gone);
    case ReadStatus::kGarbage:
      return "it shows no number";
  }
  return "not known";
}

struct Opened {
  std::unique_ptr<Sensor> sensor;
  std::vector<Reading> now;
  std::vector<Reading> before;
  /// Of a sensor that could not be opened.
  std::vector<std::string> names;
  std::string problem;
};

PresentReading reading_of(const Rail& rail, const Reading& now, const Reading& before,
                          std::string_view why_gone) {
  PresentReading reading;
  reading.rail = rail.name;
  reading.problem = problem_of(now.status, why_gone);
  if (now.status != ReadStatus::kOk) return reading;
  if (now.voltage_uv != kNoValue32) reading.voltage = microvolts(now.voltage_uv);
  if (now.current_ua != kNoValue32) reading.current = microamperes(now.current_ua);
  if (now.power_uw != kNoValue64) {
    reading.power = microwatts(static_cast<double>(now.power_uw));
  } else if (reading.voltage && reading.current) {
    reading.power = *reading.voltage * *reading.current;
  } else if (now.energy_uj != kNoValue64 && before.status == ReadStatus::kOk &&
             now.after > before.after) {
    reading.power = microjoules(static_cast<double>(now.energy_uj - before.energy_uj)) /
                    (now.after - before.after);
  }
  return reading;
}

}  // namespace

struct PresentReader::State {
  std::vector<Opened> opened;
  bool has_counter = false;
  bool is_first = true;

  void read_once() {
    for (Opened& o : opened) {
      if (o.sensor == nullptr) continue;
      o.before = o.now;
      o.sensor->read(o.now);
    }
  }
};

PresentReader::PresentReader(std::unique_ptr<State> state) : state_(std::move(state)) {}
PresentReader::PresentReader(PresentReader&&) noexcept = default;
PresentReader& PresentReader::operator=(PresentReader&&) noexcept = default;
PresentReader::~PresentReader() = default;

PresentReader PresentReader::open(const SystemRoot& root, const Board& board) {
  auto state = std::make_unique<State>();
  OpenOptions options;
  options.voltage_max_age = Duration(0);
  for (const ProbedSensor& probed : board.sensors) {
    if (probed.rails.empty()) continue;
    Opened opened;
    auto sensor = open_sensor(root, probed, options);
    if (sensor) {
      opened.sensor = *std::move(sensor);
      Reading nothing;
      nothing.status = ReadStatus::kTryAgain;
      opened.now.assign(opened.sensor->rails().size(), nothing);
    } else {
      opened.problem = sensor.error().message();
      for (const Rail& rail : probed.rails) opened.names.push_back(rail.name);
    }
    state->has_counter =
        state->has_counter || std::ranges::any_of(probed.rails, [](const Rail& rail) {
          return rail.kind == RailKind::kEnergyCounter;
        });
    state->opened.push_back(std::move(opened));
  }
  return PresentReader(std::move(state));
}

std::vector<PresentReading> PresentReader::read() {
  State& s = *state_;
  s.read_once();
  if (std::exchange(s.is_first, false) && s.has_counter) {
    std::this_thread::sleep_for(kCounterWait);
    s.read_once();
  }
  std::vector<PresentReading> readings;
  for (const Opened& o : s.opened) {
    for (const std::string& name : o.names) readings.push_back({name, {}, {}, {}, o.problem});
    if (o.sensor == nullptr) continue;
    const auto rails = o.sensor->rails();
    for (std::size_t i = 0; i < rails.size(); ++i) {
      readings.push_back(reading_of(rails[i], o.now[i], o.before[i], o.sensor->why_gone()));
    }
  }
  return readings;
}

std::optional<Watts> power_of(const Total& total, const std::vector<PresentReading>& readings) {
  Watts sum(0.0);
  for (const std::string& name : total.rails) {
    const auto at = std::ranges::find(readings, name, &PresentReading::rail);
    if (at == readings.end() || !at->power) return std::nullopt;
    sum += *at->power;
  }
  return sum;
}

}  // namespace layerwatt
