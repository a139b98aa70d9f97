#include "experiment/campaign/power_mode.h"

#include <fmt/format.h>

#include <cctype>
#include <utility>
#include <vector>

#include "layerwatt/core/cancellation.h"
#include "layerwatt/core/file_text.h"
#include "layerwatt/core/numbers.h"

#include "experiment/campaign/child_command.h"

namespace layerwatt {
namespace {

/// The word behind "KEY=" in a line.
std::optional<std::string_view> word_after(std::string_view line, std::string_view key) {
  const std::size_t at = line.find(key);
  if (at == std::string_view::npos) return std::nullopt;
  line.remove_prefix(at + key.size());
  return line.substr(0, line.find_first_of(" \t>"));
}

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    lines.push_back(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return lines;
}

}  // namespace

std::optional<std::string> parse_nvpmodel_query(std::string_view text) {
  // The name's line, then the number's; warnings may stand around them.
  bool named = false;
  for (const std::string_view line : lines_of(text)) {
    if (line.find("Power Mode") != std::string_view::npos) {
      named = true;
    } else if (named && parse_int64(line)) {
      return std::string(line);
    }
  }
  return std::nullopt;
}

std::optional<std::string> find_power_mode(std::string_view config, std::string_view name,
                                           std::string& known) {
  std::optional<std::string> number;
  for (const std::string_view line : lines_of(config)) {
    if (line.starts_with('#') || line.find("POWER_MODEL") == std::string_view::npos) continue;
    const auto id = word_after(line, "ID=");
    const auto title = word_after(line, "NAME=");
    if (!id || !title || !parse_int64(*id)) continue;
    known += fmt::format("{}{} ({})", known.empty() ? "" : ", ", *title, *id);
    if (*title == name || *id == name) number = std::string(*id);
  }
  return number;
}

Result<std::string> PowerModes::present() const {
  Cancellation never;
  auto outcome = run_child({program_, "-q"}, never, [](std::string_view) {});
  if (!outcome) {
    return std::move(outcome).error().with_context(
        "power modes are set by nvpmodel, which Jetson boards have; leave 'power-mode' out on "
        "other machines");
  }
  auto number = parse_nvpmodel_query(outcome->tail);
  if (outcome->exit_code != 0 || !number) {
    return Error(ErrorCode::kUnsupported, fmt::format("'{} -q' tells no power mode: {}", program_,
                                                      last_line(outcome->tail)));
  }
  return *std::move(number);
}

Result<std::string> PowerModes::number_of(std::string_view mode) const {
  std::string known;
  if (auto config = read_file(config_)) {
    if (auto number = find_power_mode(*config, mode, known)) return *std::move(number);
  } else if (parse_int64(mode)) {
    return std::string(mode);
  }
  return Error(ErrorCode::kNotFound,
               fmt::format("there is no power mode '{}'; {}", mode,
                           known.empty() ? fmt::format("{} names none", config_.string())
                                         : "there are " + known));
}

Result<void> PowerModes::set(const std::string& number) const {
  Cancellation never;
  // Where a mode needs a restart it asks, and reads the end of the input for an answer: no.
  auto outcome = run_child({program_, "-m", number}, never, [](std::string_view) {});
  if (!outcome) return std::move(outcome).error();
  auto now = present();
  if (!now) return std::move(now).error();
  if (*now == number) return {};
  return Error(
      ErrorCode::kPermissionDenied,
      fmt::format("power mode {} was not set (it is still {}): {}; modes are set as root, and some "
                  "need a restart ('sudo nvpmodel -m {}' asks for it)",
                  number, *now, last_line(outcome->tail), number));
}

}  // namespace layerwatt
