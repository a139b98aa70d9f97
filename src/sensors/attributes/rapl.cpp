#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "sensors/attributes/attribute_kind.h"
#include "sensors/attributes/rail_access.h"
#include "sensors/sensor_kinds.h"

namespace layerwatt {
namespace {

constexpr std::string_view kName = "rapl";
constexpr std::string_view kZones = "intel-rapl:";
constexpr std::string_view kMemoryMapped = "intel-rapl-mmio:";

std::string coverage_of(const std::string& zone, const std::string& parent) {
  if (zone.starts_with("package-")) return "processor package: cores, caches, memory controller";
  if (zone == "psys") return "platform; contains the processor packages";
  const std::string part =
      parent.empty() ? "" : fmt::format("; inside {}, not to be added", parent);
  if (zone == "core") return "processor cores" + part;
  if (zone == "uncore") return "integrated GPU, by most processors" + part;
  if (zone == "dram") return "memory" + part;
  return {};
}

/// "intel-rapl:0:1" is inside "intel-rapl:0"; zones at the top have no parent.
std::string parent_id(const std::string& id) {
  const std::size_t last = id.rfind(':');
  return last == id.find(':') ? std::string() : id.substr(0, last);
}

void add_zone(const AttributeFolder& folder, const std::string& name, const std::string& parent,
              FoundSensor& sensor) {
  AttributeRail found;
  Rail& rail = found.rail;
  rail.name = parent.empty() ? name : fmt::format("{}/{}", parent, name);
  rail.sensor = kName;
  rail.location = folder.name();
  rail.coverage = coverage_of(name, parent);
  rail.kind = RailKind::kEnergyCounter;
  rail.model.averaging = Averaging::kNone;
  rail.model.period = std::chrono::milliseconds(1);
  rail.model.provenance = Provenance::kDatasheet;
  rail.model.source = "energy counter, renewed about every millisecond";
  auto file = open_checked(folder, "energy_uj");
  if (!file) {
    UnusableRail entry = unusable(rail.name, rail.location, file.error());
    if (file.error().code() == ErrorCode::kPermissionDenied) {
      entry.reason +=
          "; energy counters are for root since CVE-2020-8694, or need the capability "
          "CAP_DAC_READ_SEARCH";
    }
    sensor.probed.unusable.push_back(std::move(entry));
    return;
  }
  const auto range = folder.number("max_energy_range_uj");
  if (range && *range > 0) {
    rail.counter_range = microjoules(static_cast<double>(*range));
  } else {
    rail.model.source +=
        "; max_energy_range_uj cannot be read, so the tick in which the counter "
        "wraps is lost";
  }
  found.energy = ScaledAttribute{*std::move(file)};
  sensor.rails.push_back(std::move(found));
}

std::vector<FoundSensor> look(const SystemRoot& root) {
  std::vector<FoundSensor> sensors;
  const AttributeFolder powercap(root, "sys/class/powercap");
  std::set<std::string> packages;
  for (const std::string_view prefix : {kZones, kMemoryMapped}) {
    // In natural order a zone stands before its sub-zones.
    for (const AttributeFolder& folder : powercap.folders(prefix)) {
      const std::string id = folder.name();
      const std::string name = folder.text("name").value_or(id);
      const std::string parent = parent_id(id);
      if (prefix == kMemoryMapped && (!parent.empty() || packages.count(name) != 0)) {
        FoundSensor repeated;
        repeated.place = id;
        repeated.probed.kind = kName;
        repeated.probed.id = id;
        repeated.probed.unusable.push_back(
            {name + "@" + id, id, "repeats the same zone of intel-rapl, reached through memory",
             ""});
        sensors.push_back(std::move(repeated));
        continue;
      }
      if (parent.empty()) {
        packages.insert(name);
        FoundSensor zone;
        zone.place = id;
        zone.probed.kind = kName;
        zone.probed.id = id;
        add_zone(folder, name, "", zone);
        sensors.push_back(std::move(zone));
        continue;
      }
      const std::string top = id.substr(0, id.find(':', id.find(':') + 1));
      const auto at = std::find_if(sensors.begin(), sensors.end(), [&](const FoundSensor& sensor) {
        return sensor.probed.id == top;
      });
      if (at == sensors.end()) continue;
      const AttributeFolder outer = powercap.sub(parent);
      add_zone(folder, name, outer.text("name").value_or(parent), *at);
    }
  }
  return sensors;
}

Result<std::vector<ProbedSensor>> probe(const SystemRoot& root) { return probe_found(look(root)); }

Result<std::unique_ptr<Sensor>> open(const SystemRoot& root, const ProbedSensor& sensor,
                                     const OpenOptions& options) {
  return open_found(look(root), sensor, options);
}

}  // namespace

const SensorKind kRapl{kName, "energy counters of x86 processors through powercap (RAPL)", probe,
                       open};

}  // namespace layerwatt
