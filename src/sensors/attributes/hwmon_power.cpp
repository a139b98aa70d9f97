#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "sensors/attributes/attribute_kind.h"
#include "sensors/attributes/attribute_text.h"
#include "sensors/attributes/ina2xx_model.h"
#include "sensors/attributes/rail_access.h"
#include "sensors/sensor_kinds.h"

namespace layerwatt {
namespace {

constexpr std::string_view kName = "hwmon-power";

/// Chips with an adapter of their own.
constexpr std::array<std::string_view, 2> kClaimed{"ina3221", "ina238"};
/// Chips whose in1 is the bus voltage that belongs to curr1. Of others only labels tell.
constexpr std::array<std::string_view, 7> kFirstPair{"ina219", "ina220", "ina226", "ina230",
                                                     "ina231", "ina233", "ina260"};

bool contains(std::span<const std::string_view> names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// N of "power12_input" for prefix "power" and suffix "_input".
std::optional<int> index_of(std::string_view attribute, std::string_view prefix,
                            std::string_view suffix) {
  if (!attribute.starts_with(prefix) || !attribute.ends_with(suffix)) return std::nullopt;
  if (attribute.size() < prefix.size() + suffix.size()) return std::nullopt;
  attribute.remove_prefix(prefix.size());
  attribute.remove_suffix(suffix.size());
  int index = 0;
  const char* end = attribute.data() + attribute.size();
  const auto parsed = std::from_chars(attribute.data(), end, index);
  if (parsed.ec != std::errc() || parsed.ptr != end || index < 0) return std::nullopt;
  return index;
}

class ChipReader {
 public:
  ChipReader(const AttributeFolder& folder, std::string chip_name)
      : folder_(folder), chip_name_(std::move(chip_name)), entries_(folder.entries()) {
    sensor_.place = chip_name_ + "/" + folder.link_name("device").value_or(folder.name());
    sensor_.probed.kind = kName;
    sensor_.probed.id = folder.name();
  }

  FoundSensor read() {
    // A product of two reads is the last choice.
    add_values("power", "_input", RailKind::kPower);
    if (nothing()) add_values("power", "_average", RailKind::kPower);
    if (nothing()) add_values("energy", "_input", RailKind::kEnergyCounter);
    if (nothing()) add_pairs();
    return std::move(sensor_);
  }

 private:
  bool nothing() const { return sensor_.rails.empty() && sensor_.probed.unusable.empty(); }

  Rail describe(const std::string& attribute, const std::string& label, RailKind kind) const {
    Rail rail;
    rail.name = label.empty() ? fmt::format("{}:{}", chip_name_, attribute) : label;
    rail.sensor = kName;
    rail.location = fmt::format("{} {}", sensor_.place, attribute);
    rail.kind = kind;
    const Ina2xxSettings settings{folder_.number("update_interval"),
                                  folder_.number("shunt_resistor")};
    if (const auto model = ina2xx_model(chip_name_, settings)) {
      rail.model = *model;
      // The product of two readings has no step of its own.
      if (kind != RailKind::kPower) rail.model.lsb.reset();
      if (settings.shunt.value_or(0) > 0) {
        rail.shunt = ohms(1e-6 * static_cast<double>(*settings.shunt));
      }
      return rail;
    }
    rail.model.source = "the driver does not say how it samples: measure it";
    return rail;
  }

  void add_values(std::string_view prefix, std::string_view suffix, RailKind kind) {
    for (const std::string& entry : entries_) {
      const auto index = index_of(entry, prefix, suffix);
      if (!index) continue;
      const std::string label =
          folder_.text(fmt::format("{}{}_label", prefix, *index)).value_or("");
      AttributeRail found;
      found.rail = describe(fmt::format("{}{}", prefix, *index), label, kind);
      if (suffix == "_average") found.rail.model.source = "the driver's own running mean";
      auto file = open_checked(folder_, entry);
      if (!file) {
        reject(found.rail, file.error());
        continue;
      }
      // Power in µW, energy in µJ.
      (kind == RailKind::kPower ? found.power : found.energy) = ScaledAttribute{*std::move(file)};
      sensor_.rails.push_back(std::move(found));
    }
  }

  void add_pairs() {
    if (contains(kFirstPair, chip_name_)) return add_pair(1, 1);
    for (const std::string& entry : entries_) {
      const auto current = index_of(entry, "curr", "_input");
      if (!current) continue;
      const auto label = folder_.text(fmt::format("curr{}_label", *current));
      if (!label) continue;
      for (const std::string& other : entries_) {
        const auto voltage = index_of(other, "in", "_input");
        if (voltage && folder_.text(fmt::format("in{}_label", *voltage)) == label) {
          add_pair(*voltage, *current);
          break;
        }
      }
    }
  }

  void add_pair(int voltage, int current) {
    const std::string label =
        folder_.text(fmt::format("curr{}_label", current))
            .value_or(folder_.text(fmt::format("in{}_label", voltage)).value_or(""));
    AttributeRail found;
    found.rail =
        describe(fmt::format("in{}*curr{}", voltage, current), label, RailKind::kVoltageCurrent);
    auto volts_file = open_checked(folder_, fmt::format("in{}_input", voltage));
    if (!volts_file) return reject(found.rail, volts_file.error());
    auto amperes_file = open_checked(folder_, fmt::format("curr{}_input", current));
    if (!amperes_file) return reject(found.rail, amperes_file.error());
    found.voltage = ScaledAttribute{*std::move(volts_file), 1000};
    found.current = ScaledAttribute{*std::move(amperes_file), 1000};
    sensor_.rails.push_back(std::move(found));
  }

  void reject(const Rail& rail, const Error& error) {
    sensor_.probed.unusable.push_back(unusable(rail.name, rail.location, error));
  }

  const AttributeFolder& folder_;
  std::string chip_name_;
  std::vector<std::string> entries_;
  FoundSensor sensor_;
};

std::vector<FoundSensor> look(const SystemRoot& root) {
  std::vector<FoundSensor> sensors;
  const AttributeFolder supplies(root, "sys/class/power_supply");
  for (const AttributeFolder& folder : AttributeFolder(root, "sys/class/hwmon").folders("hwmon")) {
    const auto name = folder.text("name");
    if (!name || contains(kClaimed, *name)) continue;
    // Batteries and USB-PD ports show their values here as well.
    const auto device = folder.link_name("device");
    if (supplies.has(*name) || (device && supplies.has(*device))) continue;
    sensors.push_back(ChipReader(folder, *name).read());
  }
  return sensors;
}

Result<std::vector<ProbedSensor>> probe(const SystemRoot& root) { return probe_found(look(root)); }

Result<std::unique_ptr<Sensor>> open(const SystemRoot& root, const ProbedSensor& sensor,
                                     const OpenOptions& options) {
  return open_found(look(root), sensor, options);
}

}  // namespace

const SensorKind kHwmonPower{kName,
                             "other chips with power, energy, or voltage and current "
                             "(hwmon)",
                             probe, open};

}  // namespace layerwatt
