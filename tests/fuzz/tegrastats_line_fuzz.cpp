#include <cstddef>
#include <cstdint>
#include <string_view>

#include "layerwatt/sensors/tegrastats_line.h"
#include "layerwatt/sensors/tegrastats_sensor.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  layerwatt::TegrastatsLine line;
  if (!layerwatt::parse_tegrastats_line(text, line)) return 0;
  // Every name is a view into the text.
  const auto check = [&](std::string_view name) {
    if (name.empty() || name.data() < text.data() ||
        name.data() + name.size() > text.data() + text.size()) {
      __builtin_trap();
    }
  };
  for (const auto& power : line.power) check(power.name);
  for (const auto& engine : line.engines) check(engine.name);
  for (const auto& temperature : line.temperatures) check(temperature.name);
  for (const std::string_view name : line.unread) check(name);
  for (const auto& field : layerwatt::fields_of(line)) {
    if (field.name.empty() || field.unit.empty()) __builtin_trap();
  }
  return 0;
}
