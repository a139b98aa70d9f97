#include "layerwatt/recording/recorder_arguments.h"

#include <fmt/format.h>

#include <array>
#include <cstdint>
#include <filesystem>
#include <system_error>

#include "layerwatt/core/duration_text.h"
#include "layerwatt/core/number_range.h"
#include "layerwatt/core/numbers.h"
#include "layerwatt/sensors/own_boards.h"

#include "recording/rails/recorded_power.h"

namespace layerwatt {
namespace {

using Texts = std::vector<std::string>;

constexpr std::string_view kAnySensor = "auto";

/// A row's check: of the range of its number.
template <const NumberRange& range>
std::string refuse_but(std::string_view text) {
  return refuse_number(text, range);
}

template <const NumberRange& range>
std::string refuse_time_but(std::string_view text) {
  return refuse_duration(text, range);
}

std::string refuse_empty(std::string_view text) {
  return text.empty() ? "the name is empty (a variable that is not set?)" : "";
}

std::string refuse_folder(std::string_view text) {
  std::error_code ignored;
  if (std::filesystem::is_directory(text, ignored)) return "";
  return fmt::format("Directory does not exist: {}", text);
}

std::string refuse_missing_file(std::string_view text) {
  std::error_code ignored;
  if (std::filesystem::is_regular_file(text, ignored)) return "";
  return fmt::format("File does not exist: {}", text);
}

/// "KIND" or "KIND:ARGUMENT", which goes to the sensor's options.
void take_sensor(std::string_view text, RecorderOptions& options) {
  options.sensor.clear();
  if (text == kAnySensor) return;
  for (const SensorKind& kind : sensor_table()) {
    const std::string begin = fmt::format("{}:", kind.name);
    if (kind.argument.empty() || !text.starts_with(begin)) continue;
    options.root.options[std::string(kind.name)] = text.substr(begin.size());
    options.root.read_recording = read_recorded_power;
    options.sensor = kind.name;
    return;
  }
  options.sensor = text;
}

Texts tell_sensor(const RecorderOptions& options) {
  if (options.sensor.empty()) return {};
  const auto argument = options.root.options.find(options.sensor);
  for (const SensorKind& kind : sensor_table()) {
    if (kind.name != options.sensor || kind.argument.empty()) continue;
    if (argument == options.root.options.end()) break;
    return {fmt::format("{}:{}", kind.name, argument->second)};
  }
  return {options.sensor};
}

Texts tell_duration(const std::optional<Duration>& duration) {
  return duration ? Texts{fmt::format("{}ns", duration->count())} : Texts{};
}

int whole(std::string_view text) { return static_cast<int>(parse_int64(text).value_or(0)); }

constexpr std::array kOptions = {
    RecorderOption{
        .row = {.name = "output",
                .help = "File to write: a NumPy structured array",
                .value = "TEXT",
                .otherwise = "power.npy",
                .refuse = refuse_empty},
        .of_record_alone = true,
        .take = [](std::string_view text, RecorderOptions& options) { options.output = text; },
        .tell = [](const RecorderOptions& options) { return Texts{options.output.string()}; }},
    RecorderOption{.row = {.name = "sensor",
                           .help = "auto, a kind of sensor ('layerwatt sensors' lists them), or "
                                   "replay:RUN for the power of a run that was recorded",
                           .value = "TEXT",
                           .otherwise = kAnySensor},
                   .take = take_sensor,
                   .tell = tell_sensor},
    RecorderOption{.row = {.name = "rail",
                           .help = "Rail to read, repeatable; the board's total if absent",
                           .value = "TEXT"},
                   .repeats = true,
                   .take = [](std::string_view text,
                              RecorderOptions& options) { options.rails.emplace_back(text); },
                   .tell = [](const RecorderOptions& options) { return options.rails; }},
    RecorderOption{
        .row = {.name = kBoardsOption,
                .help =
                    "Table of boards of your own, looked at before layerwatt's: rails, and which "
                    "of them make up the total (docs/sensors/own-board.md)",
                .value = "FILE",
                .refuse = refuse_missing_file},
        .take =
            [](std::string_view text, RecorderOptions& options) {
              options.root.options[std::string(kBoardsOption)] = text;
            },
        .tell =
            [](const RecorderOptions& options) {
              const auto file = options.root.options.find(kBoardsOption);
              return file == options.root.options.end() ? Texts{} : Texts{file->second};
            }},
    RecorderOption{
        .row = {.name = "period",
                .help = "Time from sample to sample; 0 reads as fast as the bus allows. 1 ms if "
                        "absent, or what the bus needs",
                .value = "TIME",
                .refuse = refuse_time_but<ranges::kPeriod>},
        .take = [](std::string_view text,
                   RecorderOptions& options) { options.period = parse_duration(text); },
        .tell = [](const RecorderOptions& options) { return tell_duration(options.period); }},
    RecorderOption{
        .row = {.name = "duration",
                .help = "How long to record; until stopped if absent",
                .value = "TIME",
                .refuse = refuse_time_but<ranges::kDuration>},
        .of_record_alone = true,
        .take = [](std::string_view text,
                   RecorderOptions& options) { options.duration = parse_duration(text); },
        .tell = [](const RecorderOptions& options) { return tell_duration(options.duration); }},
    RecorderOption{
        .row = {.name = "pin",
                .help = "CPU for the recorder to stay on",
                .value = "CPU",
                .refuse = refuse_but<ranges::kCpu>},
        .take = [](std::string_view text, RecorderOptions& options) { options.pin = whole(text); },
        .tell =
            [](const RecorderOptions& options) {
              return options.pin ? Texts{fmt::format("{}", *options.pin)} : Texts{};
            }},
    RecorderOption{
        .row = {.name = "realtime",
                .help = "Real-time priority of the recorder (SCHED_FIFO), 1 to 99; needs rights, "
                        "else a warning",
                .value = "PRIORITY:1 to 99",
                .refuse = refuse_but<ranges::kPriority>},
        .take = [](std::string_view text,
                   RecorderOptions& options) { options.realtime_priority = whole(text); },
        .tell =
            [](const RecorderOptions& options) {
              return options.realtime_priority
                         ? Texts{fmt::format("{}", *options.realtime_priority)}
                         : Texts{};
            }},
    RecorderOption{
        .row = {.name = "sysfs-root",
                .help = "Look at sensors below this folder",
                .value = "DIR:DIR",
                .otherwise = "/",
                .refuse = refuse_folder},
        .take = [](std::string_view text, RecorderOptions& options) { options.root.path = text; },
        .tell = [](const RecorderOptions& options) { return Texts{options.root.path.string()}; }},
};

}  // namespace

std::span<const RecorderOption> recorder_options() { return kOptions; }

std::vector<std::string> recorder_arguments(const RecorderOptions& options) {
  Texts arguments;
  const auto add = [&](std::string_view name, const std::string& value) {
    arguments.push_back(fmt::format("--{}", name));
    arguments.push_back(value);
  };
  for (const RecorderOption& option : kOptions) {
    for (const std::string& text : option.tell(options)) add(option.row.name, text);
  }
  for (const SensorKind& kind : sensor_table()) {
    for (const OptionRow& row : kind.options) {
      const auto typed = options.root.options.find(row.name);
      if (typed != options.root.options.end()) add(row.name, typed->second);
    }
  }
  return arguments;
}

}  // namespace layerwatt
