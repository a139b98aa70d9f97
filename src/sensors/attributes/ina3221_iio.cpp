#include <fmt/format.h>

#include "layerwatt/core/power_chips.h"
#include "layerwatt/sensors/board_table.h"

#include "sensors/attributes/attribute_kind.h"
#include "sensors/attributes/attribute_text.h"
#include "sensors/attributes/ina3221_timing.h"
#include "sensors/attributes/rail_access.h"
#include "sensors/boards/board_identity.h"
#include "sensors/boards/own_boards.h"
#include "sensors/sensor_kinds.h"

namespace layerwatt {
namespace {

// JetPack 4: drivers/staging/iio/meter/ina3221.c of L4T's kernel 4.9. Channels count from 0.

constexpr std::string_view kName = "ina3221-iio";
using ina3221::kChannels;

/// The driver's defaults: CONFIG 0x7727 in continuous mode, 0x7003 in triggered mode. The device
/// tree may set others, and the driver does not show which.
SensorModel default_model(std::optional<std::int64_t> running_mode) {
  const bool triggered = running_mode == 0;
  SensorModel model;
  model.conversion_window = std::chrono::microseconds(triggered ? 140 : 1100);
  model.period = *model.conversion_window * 2 * kChannels;
  model.average_count = triggered ? 1 : 64;
  model.averaging = triggered ? Averaging::kNone : Averaging::kExponential;
  model.provenance = Provenance::kDatasheet;
  model.source = triggered ? "the driver's default for triggered mode (1 sample, 140 µs)"
                           : "the driver's default for continuous mode (64 samples, 1.1 ms)";
  model.source += "; the device tree may set others, which the driver does not show: measure it";
  return model;
}

void add_channel(const AttributeFolder& folder, const std::string& place, int number,
                 const KnownBoard* board, const SensorModel& model, FoundSensor& chip) {
  const std::string voltage = fmt::format("in_voltage{}_input", number);
  const std::string current = fmt::format("in_current{}_input", number);
  const std::string power = fmt::format("in_power{}_input", number);
  if (!folder.has(voltage) && !folder.has(power)) return;

  AttributeRail found;
  Rail& rail = found.rail;
  const std::string label = folder.text(fmt::format("rail_name_{}", number)).value_or("");
  rail.name = parse_rail_name(label).value_or(fmt::format("{}:{}", place, number));
  rail.sensor = kName;
  rail.location = fmt::format("{} channel {}", place, number);
  rail.model = model;
  const auto reject = [&](const Error& error) {
    chip.probed.unusable.push_back(unusable(rail.name, rail.location, error));
  };
  if (const KnownRail* known = find_known_rail(board, rail.name)) {
    rail.coverage = known->coverage;
    if (known->milliohms > 0.0) rail.shunt = ohms(known->milliohms * 1e-3);
  }
  const auto bus = folder.number(voltage);
  if (bus && rail.shunt) {
    rail.model.lsb = millivolts(static_cast<double>(*bus)) *
                     amperes(ina3221::kShuntStep.value() / rail.shunt->value());
  }
  // One read gives voltage times current of one moment, under the driver's lock.
  if (folder.has(power)) {
    auto file = open_checked(folder, power);
    if (!file) return reject(file.error());
    rail.kind = RailKind::kPower;
    found.power = ScaledAttribute{*std::move(file), 1000};
  } else {
    auto volts_file = open_milli(folder, voltage);
    if (!volts_file) return reject(volts_file.error());
    auto amperes_file = open_milli(folder, current);
    if (!amperes_file) return reject(amperes_file.error());
    rail.kind = RailKind::kVoltageCurrent;
    found.voltage = ScaledAttribute{*std::move(volts_file), 1000};
    found.current = ScaledAttribute{*std::move(amperes_file), 1000};
  }
  chip.rails.push_back(std::move(found));
}

std::vector<FoundSensor> look(const SystemRoot& root) {
  std::vector<FoundSensor> chips;
  const BoardIdentity identity = read_board_identity(root);
  const KnownBoard* board = known_board_of(root, identity);
  for (const AttributeFolder& device :
       AttributeFolder(root, "sys/bus/i2c/drivers/ina3221x").folders()) {
    // "iio:device3"; "iio_device" in older releases.
    for (const AttributeFolder& folder : device.folders("iio")) {
      FoundSensor chip;
      chip.place = device.name();
      chip.probed.kind = kName;
      chip.probed.id = fmt::format("{}/{}", device.name(), folder.name());
      const SensorModel model = default_model(folder.number("running_mode"));
      for (int n = 0; n < kChannels; ++n) add_channel(folder, chip.place, n, board, model, chip);
      chips.push_back(std::move(chip));
    }
  }
  return chips;
}

Result<std::vector<ProbedSensor>> probe(const SystemRoot& root) { return probe_found(look(root)); }

Result<std::unique_ptr<Sensor>> open(const SystemRoot& root, const ProbedSensor& sensor,
                                     const OpenOptions& options) {
  return open_found(look(root), sensor, options);
}

}  // namespace

const SensorKind kIna3221Iio{kName, "INA3221 power monitors through IIO: JetPack 4", probe, open};

}  // namespace layerwatt
