#include "monitor/board/machine_watch.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <system_error>
#include <utility>

#include "layerwatt/core/file_text.h"
#include "layerwatt/core/numbers.h"
#include "layerwatt/recording/environment.h"

namespace layerwatt {
namespace {

namespace fs = std::filesystem;

constexpr Duration kReadEvery = std::chrono::milliseconds(900);
constexpr Duration kModeEvery = std::chrono::seconds(10);
constexpr std::size_t kLargestAttribute = 4096;  // a page, as the kernel has it

std::string text_of(const fs::path& file) {
  const auto text = read_file(file, kLargestAttribute);
  if (!text) return {};
  const std::size_t end = text->find_last_not_of(" \n\t\0");
  return end == std::string::npos ? std::string() : text->substr(0, end + 1);
}

std::vector<fs::path> entries_of(const fs::path& folder) {
  std::vector<fs::path> paths;
  std::error_code error;
  for (auto at = fs::directory_iterator(folder, error); at != fs::directory_iterator();
       at.increment(error)) {
    paths.push_back(at->path());
    if (error) break;
  }
  std::ranges::sort(paths);
  return paths;
}

std::string unused(std::set<std::string>& taken, const std::string& name) {
  std::string free = name;
  for (int i = 2; !taken.insert(free).second; ++i) free = fmt::format("{} {}", name, i);
  return free;
}

}  // namespace

std::vector<CoolingDevice> read_cooling_devices(const SystemRoot& root) {
  std::vector<CoolingDevice> devices;
  std::set<std::string> names;
  for (const fs::path& folder : entries_of(root.path / "sys/class/thermal")) {
    const std::string id = folder.filename().string();
    if (!id.starts_with("cooling_device")) continue;
    const auto state = parse_leading_int64(text_of(folder / "cur_state"));
    const auto most = parse_leading_int64(text_of(folder / "max_state"));
    if (!state || !most) continue;
    const std::string type = text_of(folder / "type");
    devices.push_back({unused(names, type.empty() ? id : type), *state, *most});
  }
  return devices;
}

std::map<std::string, std::int64_t> read_over_current_events(const SystemRoot& root) {
  constexpr std::string_view kEnding = "_event_cnt";
  std::map<std::string, std::int64_t> events;
  for (const fs::path& chip : entries_of(root.path / "sys/class/hwmon")) {
    if (text_of(chip / "name") != "soctherm_oc") continue;
    for (const fs::path& file : entries_of(chip)) {
      const std::string name = file.filename().string();
      if (!name.starts_with("oc") || !name.ends_with(kEnding)) continue;
      const auto count = parse_leading_int64(text_of(file));
      if (count && *count >= 0) events[name.substr(0, name.size() - kEnding.size())] = *count;
    }
  }
  return events;
}

std::optional<Watts> budget_of_mode(std::string_view mode) {
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  for (std::size_t w = mode.find('W'); w != std::string_view::npos; w = mode.find('W', w + 1)) {
    std::size_t begin = w;
    while (begin > 0 && is_digit(mode[begin - 1])) --begin;
    const auto watts = parse_int64(mode.substr(begin, w - begin));
    if (watts && *watts > 0) return Watts(static_cast<double>(*watts));
  }
  return std::nullopt;
}

MachineWatch::MachineWatch(SystemRoot root, Board board)
    : root_(std::move(root)), board_(std::move(board)) {}

const MachineReading& MachineWatch::read(Instant now) {
  if (read_at_ && now - *read_at_ < kReadEvery) return reading_;
  read_at_ = now;
  reading_.state = read_machine_state(root_);
  reading_.cooling = read_cooling_devices(root_);
  reading_.over_current = read_over_current_events(root_);
  if (mode_read_at_ && now - *mode_read_at_ < kModeEvery) return reading_;
  mode_read_at_ = now;
  const auto environment = read_environment(root_, board_);
  const auto mode = environment.find("power_mode");
  reading_.power_mode = mode == environment.end() ? std::string() : mode->second;
  const std::string clocks = read_clock_state(root_);
  reading_.clocks_locked.reset();
  if (!clocks.empty()) reading_.clocks_locked = clocks == "locked";
  return reading_;
}

}  // namespace layerwatt
