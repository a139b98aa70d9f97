#include "layerwatt/recording/environment.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/utsname.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <set>
#include <string_view>
#include <vector>

#include "layerwatt/core/file_text.h"
#include "layerwatt/core/numbers.h"
#include "layerwatt/core/plausible.h"
#include "layerwatt/core/version.h"

namespace layerwatt {
namespace {

using std::filesystem::path;

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlank{" \t\n\r\0", 5};
  const std::size_t first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

/// The text of a small system file without blanks around it; empty where it cannot be read.
std::string text_of(const path& file) {
  const auto text = read_file(file, 1 << 20);
  return text ? std::string(trimmed(*text)) : std::string();
}

/// Folders below `folder`, in the order of their names.
std::vector<path> folders_in(const path& folder) {
  std::vector<path> folders;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    folders.push_back(entry.path());
  }
  std::sort(folders.begin(), folders.end());
  return folders;
}

/// The value of the first line "key : value" of /proc/cpuinfo.
std::string cpu_name(const SystemRoot& root) {
  const std::string text = text_of(root.path / "proc/cpuinfo");
  for (const std::string_view key : {"model name", "Model", "Hardware"}) {
    const std::size_t at = text.find(key);
    if (at == std::string::npos) continue;
    const std::size_t colon = text.find(':', at);
    const std::size_t end = text.find('\n', at);
    if (colon == std::string::npos || colon > end) continue;
    return std::string(trimmed(std::string_view(text).substr(colon + 1, end - colon - 1)));
  }
  return {};
}

/// Governors in use, each once ("schedutil", or "performance, powersave" where CPUs differ).
std::string governors(const SystemRoot& root) {
  std::set<std::string> names;
  for (const path& cpu : folders_in(root.path / "sys/devices/system/cpu")) {
    std::string name = text_of(cpu / "cpufreq/scaling_governor");
    if (!name.empty()) names.insert(std::move(name));
  }
  return fmt::format("{}", fmt::join(names, ", "));
}

/// nvpmodel's own record of the mode: "pmode:0002" in its status file, named in its settings as
/// "< POWER_MODEL ID=2 NAME=15W >".
std::string power_mode(const SystemRoot& root) {
  const std::string status = text_of(root.path / "var/lib/nvpmodel/status");
  const std::size_t at = status.find("pmode:");
  if (at == std::string::npos) return {};
  const auto id = parse_leading_int64(std::string_view(status).substr(at + 6));
  if (!id) return {};
  const std::string settings = text_of(root.path / "etc/nvpmodel.conf");
  const std::string key = fmt::format("POWER_MODEL ID={} NAME=", *id);
  const std::size_t name = settings.find(key);
  if (name == std::string::npos) return fmt::format("{}", *id);
  const std::size_t begin = name + key.size();
  const std::size_t end = settings.find_first_of(" >\n", begin);
  return fmt::format("{} ({})", *id, settings.substr(begin, end - begin));
}

std::optional<double> number_in(const path& file) {
  const auto number = parse_leading_int64(text_of(file));
  if (!number) return std::nullopt;
  return static_cast<double>(*number);
}

/// "cpu0 (729.6 to 1510.4 MHz)" where a clock may move between two frequencies, given in hertz
/// times `unit`.
void add_if_free(const std::string& name, std::optional<double> low, std::optional<double> high,
                 double unit, std::vector<std::string>& free, bool& known) {
  if (!low || !high) return;
  known = true;
  if (*low >= *high) return;
  const auto megahertz = [&](double value) { return format_fixed(value * unit * 1e-6, 1); };
  free.push_back(fmt::format("{} ({} to {} MHz)", name, megahertz(*low), megahertz(*high)));
}

/// `name`, or "name 2" … where a name is there already (boards have zones of equal names).
std::string unused_name(const std::map<std::string, double>& taken, const std::string& name) {
  std::string unused = name;
  for (int i = 2; taken.count(unused) > 0; ++i) unused = fmt::format("{} {}", name, i);
  return unused;
}

}  // namespace

std::map<std::string, std::string> read_environment(const SystemRoot& root, const Board& board) {
  std::map<std::string, std::string> found{
      {"board", board.name},
      {"module", board.module},
      {"soc", board.soc},
      {"l4t", board.l4t},
      {"jetpack", board.jetpack},
      {"cpu", cpu_name(root)},
      {"cpu_governor", governors(root)},
      {"power_mode", power_mode(root)},
      {"clocks", read_clock_state(root)},
      {"layerwatt", std::string(kVersion)},
  };
  utsname system{};
  if (::uname(&system) == 0) {
    found["kernel"] = fmt::format("{} {} {}", system.sysname, system.release, system.machine);
  }
  std::erase_if(found, [](const auto& item) { return item.second.empty(); });
  return found;
}

std::string read_clock_state(const SystemRoot& root) {
  std::vector<std::string> free;
  bool known = false;
  for (const path& cpu : folders_in(root.path / "sys/devices/system/cpu")) {
    add_if_free(cpu.filename().string(), number_in(cpu / "cpufreq/scaling_min_freq"),
                number_in(cpu / "cpufreq/scaling_max_freq"), 1e3, free, known);
  }
  for (const path& device : folders_in(root.path / "sys/class/devfreq")) {
    add_if_free(device.filename().string(), number_in(device / "min_freq"),
                number_in(device / "max_freq"), 1.0, free, known);
  }
  if (!known) return {};
  if (free.empty()) return "locked";
  return fmt::format("not locked: {}", fmt::join(free, ", "));
}

std::optional<std::string> clock_warning(const SystemRoot& root, const Board& board) {
  if (board.l4t.empty() || board.is_virtual) return std::nullopt;
  const std::string state = read_clock_state(root);
  if (state.empty() || state == "locked") return std::nullopt;
  return fmt::format(
      "Clocks are {}. What a layer draws then depends on what ran before it: 'sudo jetson_clocks' "
      "locks them, after 'sudo jetson_clocks --store'.",
      state);
}

MachineState read_machine_state(const SystemRoot& root) {
  MachineState state;
  for (const path& zone : folders_in(root.path / "sys/class/thermal")) {
    if (!zone.filename().string().starts_with("thermal_zone")) continue;
    // Zones of parts that are switched off answer EAGAIN, others show −256 °C.
    const auto shown = number_in(zone / "temp");
    const double celsius = shown ? plausible::celsius_of_zone(*shown) : std::nan("");
    if (!(celsius > -100.0)) continue;
    std::string type = text_of(zone / "type");
    if (type.empty()) type = zone.filename().string();
    state.temperatures_celsius[unused_name(state.temperatures_celsius, type)] = celsius;
  }
  for (const path& cpu : folders_in(root.path / "sys/devices/system/cpu")) {
    if (const auto kilohertz = number_in(cpu / "cpufreq/scaling_cur_freq")) {
      state.clocks_hertz[cpu.filename().string()] = *kilohertz * 1000;
    }
  }
  for (const path& device : folders_in(root.path / "sys/class/devfreq")) {
    if (const auto hertz = number_in(device / "cur_freq")) {
      state.clocks_hertz[device.filename().string()] = *hertz;
    }
  }
  return state;
}

}  // namespace layerwatt
