#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/statvfs.h>
#include <sys/timex.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "layerwatt/core/file_text.h"
#include "layerwatt/core/numbers.h"
#include "layerwatt/engines/trtexec_program.h"
#include "layerwatt/experiment/doctor.h"
#include "layerwatt/experiment/engine_table.h"
#include "layerwatt/recording/environment.h"
#include "layerwatt/sensors/detect_board.h"
#include "layerwatt/sensors/present_readings.h"

namespace layerwatt {
namespace {

/// A minute of one rail at 1 kHz is 3 MB; a campaign of an hour with its page wants some hundreds.
constexpr double kLittleDisk = 1e9;
constexpr double kNoDisk = 100e6;

Finding finding(std::string subject, Verdict verdict, std::string what, std::string remedy = {}) {
  return {std::move(subject), verdict, std::move(what), std::move(remedy)};
}

bool is_in_container(const SystemRoot& root) {
  std::error_code error;
  return std::filesystem::exists(root.path / ".dockerenv", error) ||
         std::filesystem::exists(root.path / "run/.containerenv", error);
}

Finding look_at_board(const SystemRoot& root, const Board& board) {
  std::string name = board.name.empty() ? std::string("a machine that names no model") : board.name;
  if (!board.module.empty()) name += fmt::format(", module {}", board.module);
  if (!board.jetpack.empty()) {
    name += fmt::format(", JetPack {} (L4T {})", board.jetpack, board.l4t);
  }
  if (board.is_virtual) name += ", VIRTUAL";
  if (board.is_known) return finding("board", Verdict::kGood, name);
  std::error_code error;
  const bool shows_sysfs = std::filesystem::exists(root.path / "sys/class", error);
  if (is_in_container(root) || !shows_sysfs) {
    return finding(
        "board", Verdict::kAttention,
        name + (shows_sysfs ? "; this is a container" : "; nothing of /sys is seen here"),
        "in a container mount what is read, and nothing more: -v /sys:/sys:ro "
        "-v /proc/device-tree:/proc/device-tree:ro");
  }
  return finding("board", Verdict::kAttention, name + "; not in the table of boards",
                 "fine where rails and total below are right; else describe it by --boards FILE "
                 "(docs/sensors/boards.md)");
}

Finding look_at_virtual_board(const VirtualBoard& board) {
  return finding("board", Verdict::kGood,
                 fmt::format("virtual {}; its power, of {}, is VIRTUAL", board.title,
                             fmt::join(board.total, " + ")));
}

std::vector<Finding> look_at_rails(const Board& board) {
  std::vector<Finding> found;
  std::vector<std::string_view> usable;
  for (const ProbedSensor& sensor : board.sensors) {
    for (const Rail& rail : sensor.rails) usable.push_back(rail.name);
  }
  if (usable.empty()) {
    found.push_back(finding("rails", Verdict::kFault, "no power rail can be read",
                            "power can come from a virtual board (--sensor virtual:orin-nano) or "
                            "another instrument's log (docs/power-logs.md)"));
  } else {
    found.push_back(finding("rails", Verdict::kGood, fmt::format("{}", fmt::join(usable, ", "))));
  }
  for (const ProbedSensor& sensor : board.sensors) {
    for (const UnusableRail& rail : sensor.unusable) {
      // What is switched off is so on purpose; what has a remedy somebody may want to have.
      found.push_back(finding("rail " + rail.name,
                              rail.remedy.empty()
                                  ? Verdict::kNotKnown
                                  : (usable.empty() ? Verdict::kFault : Verdict::kAttention),
                              fmt::format("{} ({})", rail.reason, rail.location), rail.remedy));
    }
  }
  return found;
}

Finding look_at_total(const Board& board) {
  if (!board.totals.empty()) {
    const Total& total = board.totals.front();
    return finding("total", Verdict::kGood,
                   fmt::format("{}: {}", fmt::join(total.rails, " + "), total.why));
  }
  return finding("total", Verdict::kFault,
                 board.no_total_reason.empty() ? "no total is known" : board.no_total_reason,
                 "choose rails by --rail, or describe the board by --boards FILE");
}

/// Settings of the rails of the total, each once.
std::vector<Finding> look_at_settings(const Board& board) {
  std::vector<Finding> found;
  if (board.totals.empty()) return found;
  const auto& names = board.totals.front().rails;
  std::vector<std::string> seen;
  for (const ProbedSensor& sensor : board.sensors) {
    for (const Rail& rail : sensor.rails) {
      if (std::ranges::find(names, rail.name) == names.end()) continue;
      const auto constant = effective_time_constant(rail.model);
      if (!constant) {
        found.push_back(finding("sensor of " + rail.name, Verdict::kNotKnown,
                                "its settings are not told, so that they are found from recordings",
                                "'layerwatt sensors --characterise' measures them"));
        continue;
      }
      if (std::ranges::find(seen, rail.model.source) != seen.end()) continue;
      seen.push_back(rail.model.source);
      const bool averages = rail.model.average_count.value_or(1) > 1;
      found.push_back(
          finding("sensor of " + rail.name, Verdict::kGood,
                  fmt::format("{}; it follows the load within {}",
                              rail.model.source.empty() ? "settings as of the datasheet"
                                                        : rail.model.source,
                              format_si(to_seconds(*constant), "s")),
                  averages ? "layers are told apart by --schedule weighing, or in less time by "
                             "--sensor-samples 1, which needs root"
                           : ""));
    }
  }
  return found;
}

std::vector<Finding> look_at_readings(const SystemRoot& root, const Board& board) {
  if (board.totals.empty()) return {};
  PresentReader reader = PresentReader::open(root, board);
  const std::vector<PresentReading> now = reader.read();
  const auto& names = board.totals.front().rails;
  for (const PresentReading& reading : now) {
    if (std::ranges::find(names, reading.rail) == names.end() || reading.power) continue;
    return {finding("reading", Verdict::kFault,
                    fmt::format("{}: {}", reading.rail, reading.problem),
                    "see docs/sensors/rights.md, or whether the kernel's log speaks of the chip")};
  }
  const auto power = power_of(board.totals.front(), now);
  if (!power) return {finding("reading", Verdict::kFault, "the total cannot be read now")};
  const std::string text = format_si(power->value(), "W");
  if (power->value() <= 0.0) {
    return {finding("reading", Verdict::kFault,
                    fmt::format("the total reads {}, and no running machine draws that", text),
                    "the chip may sleep, or a shunt be missing or the wrong way round")};
  }
  return {finding("reading", Verdict::kGood, fmt::format("{} now", text))};
}

Finding look_at_clocks(const SystemRoot& root, const Board& board) {
  const std::string state = read_clock_state(root);
  if (state.empty()) return finding("clocks", Verdict::kNotKnown, "nothing tells their range");
  if (state == "locked") return finding("clocks", Verdict::kGood, state);
  return finding("clocks", Verdict::kAttention, state,
                 board.l4t.empty()
                     ? "what a layer draws depends on what ran before it; a fixed frequency "
                       "(cpupower frequency-set) helps"
                     : "'sudo jetson_clocks --store', then 'sudo jetson_clocks'");
}

Finding look_at_power_mode(const std::map<std::string, std::string>& environment,
                           const Board& board) {
  const auto mode = environment.find("power_mode");
  if (mode != environment.end()) return finding("power mode", Verdict::kGood, mode->second);
  return finding("power mode", Verdict::kNotKnown,
                 board.l4t.empty() ? "only Jetson boards have one" : "nvpmodel kept no record",
                 board.l4t.empty() ? ""
                                   : "'sudo nvpmodel -q' says it; set one by -m before you "
                                     "compare runs");
}

Finding look_at_heat(const SystemRoot& root) {
  const MachineState state = read_machine_state(root);
  if (state.temperatures_celsius.empty()) {
    return finding("temperature", Verdict::kNotKnown, "no thermal zone answers");
  }
  const auto hottest = std::ranges::max_element(state.temperatures_celsius, {},
                                                [](const auto& zone) { return zone.second; });
  return finding(
      "temperature", Verdict::kGood,
      fmt::format("{} is the hottest, {} °C", hottest->first, format_fixed(hottest->second, 0)));
}

/// The first line of what an engine says of itself, or what it lacks.
Finding look_at_engine(const EngineRow& row) {
  const std::string subject = fmt::format("engine {}", row.name);
  const auto missing = [&](const Error& error) {
    const std::string text = error.message();
    return finding(subject, Verdict::kAttention, text.substr(0, text.find('\n')),
                   "only where it is wanted: docs/engines.md");
  };
  if (row.open == nullptr) {
    const auto program = find_trtexec(trtexec_places({}));
    if (!program) return missing(program.error());
    return finding(subject, Verdict::kGood, program->path.string());
  }
  EngineSettings settings;
  settings.type = row.type;
  const auto engine = row.open(settings);
  if (!engine) return missing(engine.error());
  return finding(subject, Verdict::kGood, fmt::format("{} {}", row.name, (*engine)->version()));
}

Finding look_at_disk(const std::filesystem::path& folder) {
  struct statvfs status {};
  if (::statvfs(folder.c_str(), &status) != 0) {
    return finding("disk", Verdict::kFault, fmt::format("{} cannot be looked at", folder.string()),
                   "name a folder that exists by --result-dir");
  }
  const double bytes = static_cast<double>(status.f_bavail) * static_cast<double>(status.f_frsize);
  const std::string what = fmt::format("{} free in {}", format_si(bytes, "B"), folder.string());
  if (::access(folder.c_str(), W_OK) != 0) {
    return finding("disk", Verdict::kFault, fmt::format("{} may not be written", folder.string()),
                   "choose another folder by --result-dir");
  }
  if (bytes < kNoDisk) {
    return finding("disk", Verdict::kFault, what, "make room, or choose another --result-dir");
  }
  if (bytes < kLittleDisk) {
    return finding("disk", Verdict::kAttention, what, "enough for short runs alone");
  }
  return finding("disk", Verdict::kGood, what);
}

/// The kernel's own view of its wall clock (adjtimex(2)); reading it needs no right.
Finding look_at_time(const SystemRoot& root) {
  if (root.path != "/") return finding("time", Verdict::kNotKnown, "another machine's files");
  timex clock{};
  const int state = ::adjtimex(&clock);
  if (state < 0) return finding("time", Verdict::kNotKnown, "the kernel does not tell");
  if ((clock.status & STA_UNSYNC) == 0) {
    return finding("time", Verdict::kGood, "the wall clock is kept by NTP or the like");
  }
  return finding("time", Verdict::kAttention,
                 "nothing keeps the wall clock; when it is set, stamps in text files jump "
                 "(layerwatt's own files have another clock)",
                 "'timedatectl set-ntp true' where there is a network");
}

}  // namespace

std::string_view to_string(Verdict verdict) {
  switch (verdict) {
    case Verdict::kGood:
      return "good";
    case Verdict::kAttention:
      return "attention";
    case Verdict::kFault:
      return "fault";
    case Verdict::kNotKnown:
      break;
  }
  return "not known";
}

Verdict worst(const std::vector<Finding>& findings) {
  Verdict found = Verdict::kNotKnown;
  for (const Finding& finding : findings) {
    if (finding.verdict == Verdict::kNotKnown) continue;
    found = found == Verdict::kNotKnown ? finding.verdict : std::max(found, finding.verdict);
  }
  return found;
}

std::vector<Finding> examine(const DoctorOptions& options) {
  std::vector<Finding> found;
  const auto add = [&](const std::vector<Finding>& more) {
    found.insert(found.end(), more.begin(), more.end());
  };
  const auto board = detect_board(options.root, options.sensor);
  if (options.virtual_board) {
    found.push_back(look_at_virtual_board(*options.virtual_board));
  } else if (board) {
    found.push_back(look_at_board(options.root, *board));
    add(look_at_rails(*board));
    found.push_back(look_at_total(*board));
    add(look_at_settings(*board));
    add(look_at_readings(options.root, *board));
    add(known_faults(*board));
  } else {
    found.push_back(finding("board", Verdict::kFault, board.error().message()));
  }
  if (board) {
    found.push_back(look_at_clocks(options.root, *board));
    found.push_back(look_at_power_mode(read_environment(options.root, *board), *board));
    found.push_back(look_at_heat(options.root));
  }
  for (const EngineRow& row : engine_table()) {
    if (row.takes_networks) found.push_back(look_at_engine(row));
  }
  found.push_back(look_at_disk(options.folder));
  found.push_back(look_at_time(options.root));
  return found;
}

}  // namespace layerwatt
