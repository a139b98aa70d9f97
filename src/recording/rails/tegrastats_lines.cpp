#include "layerwatt/recording/tegrastats_lines.h"

#include <fmt/format.h>

#include <cerrno>
#include <fstream>
#include <optional>

#include "layerwatt/core/numbers.h"
#include "layerwatt/sensors/tegrastats_line.h"
#include "layerwatt/sensors/tegrastats_sensor.h"

namespace layerwatt {
namespace {

constexpr double kKilobytesPerMegabyte = 1024.0;
/// What a temperature sensor shows that is switched off.
constexpr std::int32_t kOffMilliCelsius = -100'000;

void add_clock(const std::string& name, std::optional<int> megahertz, MachineState& state) {
  if (megahertz && *megahertz > 0) state.clocks_hertz.try_emplace(name, *megahertz * 1e6);
}

void tell_state(const TegrastatsLine& line, std::optional<MachineState>& state) {
  if (!state) state.emplace();
  for (const TegrastatsLine::Temperature& t : line.temperatures) {
    if (t.milli_celsius <= kOffMilliCelsius) continue;
    state->temperatures_celsius.try_emplace(std::string(t.name), t.milli_celsius / 1000.0);
  }
  for (std::size_t i = 0; i < line.cpu.size(); ++i) {
    const auto clock = line.cpu[i].load_percent && !line.cpu[i].clock_mhz ? line.cpu_clock_mhz
                                                                          : line.cpu[i].clock_mhz;
    add_clock(fmt::format("cpu{}", i), clock, *state);
  }
  for (const TegrastatsLine::Engine& engine : line.engines) {
    if (engine.clock_count > 0) add_clock(std::string(engine.name), engine.clocks_mhz[0], *state);
  }
}

std::string memory_of(const TegrastatsLine& line) {
  if (!line.ram) return {};
  return fmt::format("{:.0f} of {:.0f} MB",
                     static_cast<double>(line.ram->used_kb) / kKilobytesPerMegabyte,
                     static_cast<double>(line.ram->total_kb) / kKilobytesPerMegabyte);
}

}  // namespace

Result<std::vector<FieldTrace>> read_field_traces(const std::filesystem::path& lines,
                                                  const std::vector<std::string>& names) {
  std::ifstream in(lines, std::ios::binary);
  if (!in) return error_from_errno(errno, "open the lines of tegrastats").at(lines);
  std::vector<FieldTrace> traces;
  for (const std::string& name : names) traces.push_back({name, {}, {}, {}});
  TegrastatsLine line;
  for (std::string text; std::getline(in, text);) {
    if (!parse_tegrastats_line(text, line) || !line.prefix_seconds) continue;
    const std::vector<TegrastatsField> fields = fields_of(line);
    for (FieldTrace& trace : traces) {
      for (const TegrastatsField& field : fields) {
        if (field.name != trace.name) continue;
        trace.unit = field.unit;
        trace.when.emplace_back(from_seconds(*line.prefix_seconds));
        trace.values.push_back(field.value);
      }
    }
  }
  for (const FieldTrace& trace : traces) {
    if (!trace.values.empty()) continue;
    return Error(ErrorCode::kNotFound, fmt::format("no line has the field '{}'", trace.name))
        .at(lines);
  }
  return traces;
}

void tell_tegrastats_state(const std::filesystem::path& lines, RunFile& run) {
  std::ifstream in(lines, std::ios::binary);
  TegrastatsLine line;
  std::string first;
  std::string last;
  for (std::string text; std::getline(in, text);) {
    if (!parse_tegrastats_line(text, line)) continue;
    if (first.empty()) first = text;
    last.swap(text);
  }
  if (first.empty()) return;
  parse_tegrastats_line(first, line);
  tell_state(line, run.state_before);
  const std::string before = memory_of(line);
  parse_tegrastats_line(last, line);
  tell_state(line, run.state_after);
  run.environment["ram_used"] = fmt::format("{} before, {} after", before, memory_of(line));
}

}  // namespace layerwatt
