#include <algorithm>

#include "layerwatt/sensors/tegrastats_sensor.h"

namespace layerwatt {
namespace {

constexpr double kKilobytesPerMegabyte = 1024.0;

void add_memory(std::string_view name, const std::optional<TegrastatsLine::Memory>& memory,
                std::vector<TegrastatsField>& fields) {
  if (!memory) return;
  fields.push_back({name, "MB", static_cast<double>(memory->used_kb) / kKilobytesPerMegabyte});
}

void add_cores(const std::vector<TegrastatsLine::Core>& cores,
               std::vector<TegrastatsField>& fields) {
  double sum = 0.0;
  int count = 0;
  for (const TegrastatsLine::Core& core : cores) {
    if (!core.load_percent) continue;
    sum += *core.load_percent;
    ++count;
  }
  if (count > 0) fields.push_back({"CPU", "%", sum / count});
}

}  // namespace

std::vector<TegrastatsField> fields_of(const TegrastatsLine& line) {
  std::vector<TegrastatsField> fields;
  add_memory("RAM", line.ram, fields);
  add_memory("SWAP", line.swap, fields);
  add_memory("IRAM", line.iram, fields);
  add_cores(line.cpu, fields);
  for (const TegrastatsLine::Engine& engine : line.engines) {
    if (engine.load_percent) {
      fields.push_back({engine.name, "%", static_cast<double>(*engine.load_percent)});
    } else if (engine.clock_count > 0) {
      fields.push_back({engine.name, "MHz", static_cast<double>(engine.clocks_mhz[0])});
    }
  }
  for (const TegrastatsLine::Temperature& t : line.temperatures) {
    fields.push_back({t.name, "°C", t.milli_celsius / 1000.0});
  }
  // The first of a name: CPU is a load and a temperature on most boards.
  std::vector<TegrastatsField> once;
  for (const TegrastatsField& field : fields) {
    const bool is_new = std::none_of(once.begin(), once.end(), [&](const TegrastatsField& known) {
      return known.name == field.name;
    });
    if (is_new) once.push_back(field);
  }
  return once;
}

}  // namespace layerwatt
