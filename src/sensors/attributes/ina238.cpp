#include "layerwatt/core/power_chips.h"
#include "layerwatt/sensors/board_table.h"

#include "sensors/attributes/attribute_kind.h"
#include "sensors/attributes/rail_access.h"
#include "sensors/boards/board_identity.h"
#include "sensors/boards/own_boards.h"
#include "sensors/sensor_kinds.h"

namespace layerwatt {
namespace {

constexpr std::string_view kName = "ina238";

/// Mainline's setting. The registers change when all averages are done (SLYS026A).
SensorModel default_model() {
  SensorModel model;
  model.conversion_window = ina238::kUsualConversionTime;
  model.period = *model.conversion_window * ina238::kConversionsPerCycle;
  model.averaging = Averaging::kBlock;
  model.average_count = ina238::kUsualAverages;
  model.provenance = Provenance::kDatasheet;
  model.source =
      "mainline driver's setting (means of 16 conversions of 1052 µs); NVIDIA's kernel "
      "may differ: measure it";
  return model;
}

/// Of the shunt, as drivers set it.
std::optional<Watts> power_step(const AttributeFolder& folder, std::optional<Ohms> shunt) {
  const auto bus = folder.number("in1_input");
  if (!bus || !shunt) return std::nullopt;
  return millivolts(static_cast<double>(*bus)) *
         amperes(ina238::kShuntStep.value() / shunt->value());
}

std::vector<FoundSensor> look(const SystemRoot& root) {
  std::vector<FoundSensor> chips;
  const KnownBoard* board = known_board_of(root, read_board_identity(root));
  for (const AttributeFolder& folder : AttributeFolder(root, "sys/class/hwmon").folders("hwmon")) {
    if (folder.text("name") != kName) continue;
    FoundSensor chip;
    chip.place = folder.link_name("device").value_or(folder.name());
    chip.probed.kind = kName;
    chip.probed.id = folder.name();
    AttributeRail found;
    Rail& rail = found.rail;
    // Mainline has no label. Thor's one chip of this kind measures VIN.
    const bool is_thor = board != nullptr && board->title == "Jetson AGX Thor";
    auto label = folder.text("in1_label");
    if (!label) label = folder.text("label");
    rail.name = label.value_or(is_thor ? "VIN" : chip.place);
    rail.sensor = kName;
    rail.location = chip.place;
    rail.kind = RailKind::kPower;
    if (const KnownRail* known = find_known_rail(board, rail.name)) rail.coverage = known->coverage;
    const auto microohms = folder.number("shunt_resistor");
    if (microohms && *microohms > 0) rail.shunt = ohms(1e-6 * static_cast<double>(*microohms));
    rail.model = default_model();
    rail.model.lsb = power_step(folder, rail.shunt);
    auto file = open_checked(folder, "power1_input");
    if (file) {
      found.power = ScaledAttribute{*std::move(file)};
      chip.rails.push_back(std::move(found));
    } else {
      chip.probed.unusable.push_back(unusable(rail.name, rail.location, file.error()));
    }
    chips.push_back(std::move(chip));
  }
  return chips;
}

Result<std::vector<ProbedSensor>> probe(const SystemRoot& root) { return probe_found(look(root)); }

Result<std::unique_ptr<Sensor>> open(const SystemRoot& root, const ProbedSensor& sensor,
                                     const OpenOptions& options) {
  return open_found(look(root), sensor, options);
}

}  // namespace

const SensorKind kIna238{kName, "INA238 power monitors through hwmon: Jetson AGX Thor", probe,
                         open};

}  // namespace layerwatt
