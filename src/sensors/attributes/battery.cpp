#include <fmt/format.h>

#include "sensors/attributes/attribute_kind.h"
#include "sensors/attributes/rail_access.h"
#include "sensors/sensor_kinds.h"

namespace layerwatt {
namespace {

constexpr std::string_view kName = "battery";
constexpr std::string_view kDischarging = "Discharging";

/// Opens what there is: power, else voltage and current. The sign differs between drivers
/// (documented since Linux 5.10, not followed by all), so the magnitude counts and `status` tells
/// the direction.
Result<AttributeRail> open_battery(const AttributeFolder& folder) {
  AttributeRail found;
  found.magnitude = true;
  auto status = open_checked(folder, "status");
  if (!status) return std::move(status).error();
  found.gate = *std::move(status);
  found.gate_open = kDischarging;
  if (folder.has("power_now")) {
    auto power = open_checked(folder, "power_now");
    if (!power) return std::move(power).error();
    found.rail.kind = RailKind::kPower;
    found.power = ScaledAttribute{*std::move(power)};
    return found;
  }
  auto voltage = open_checked(folder, "voltage_now");
  if (!voltage) return std::move(voltage).error();
  auto current = open_checked(folder, "current_now");
  if (!current) return std::move(current).error();
  found.rail.kind = RailKind::kVoltageCurrent;
  found.voltage = ScaledAttribute{*std::move(voltage)};
  found.current = ScaledAttribute{*std::move(current)};
  return found;
}

std::vector<FoundSensor> look(const SystemRoot& root) {
  std::vector<FoundSensor> batteries;
  for (const AttributeFolder& folder : AttributeFolder(root, "sys/class/power_supply").folders()) {
    const std::string name = folder.name();
    // USB-PD ports: their values are negotiated, not measured. Batteries of mice and pens have the
    // scope "Device" and feed nothing here.
    if (name.starts_with("ucsi-source-psy-") || folder.text("type") != "Battery" ||
        folder.text("scope") == "Device") {
      continue;
    }
    FoundSensor battery;
    battery.place = name;
    battery.probed.kind = kName;
    battery.probed.id = name;
    const std::string status = folder.text("status").value_or("unknown");
    auto found = open_battery(folder);
    if (!found) {
      battery.probed.unusable.push_back(unusable(name, name, found.error()));
    } else if (status != kDischarging) {
      battery.probed.unusable.push_back(
          {name, name,
           fmt::format("its status is '{}': only a battery that discharges tells what the machine "
                       "draws",
                       status),
           "unplug the charger"});
    } else {
      Rail& rail = found->rail;
      rail.name = name;
      rail.sensor = kName;
      rail.location = "power_supply/" + name;
      rail.coverage = "whole machine, while it runs on this battery";
      rail.model.provenance = Provenance::kDatasheet;
      rail.model.source = "fuel gauges renew their values every 1 to 30 s: measure it";
      battery.rails.push_back(*std::move(found));
    }
    batteries.push_back(std::move(battery));
  }
  return batteries;
}

Result<std::vector<ProbedSensor>> probe(const SystemRoot& root) { return probe_found(look(root)); }

Result<std::unique_ptr<Sensor>> open(const SystemRoot& root, const ProbedSensor& sensor,
                                     const OpenOptions& options) {
  return open_found(look(root), sensor, options);
}

}  // namespace

const SensorKind kBattery{kName, "batteries that discharge (power_supply)", probe, open};

}  // namespace layerwatt
