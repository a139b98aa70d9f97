#include <fmt/format.h>

#include <cerrno>
#include <fstream>
#include <iostream>
#include <memory>

#include "layerwatt/core/local_time.h"
#include "layerwatt/experiment/power_log_of_tegrastats.h"
#include "layerwatt/report/tegrastats_summary.h"
#include "layerwatt/sensors/tegrastats_log.h"

#include "cli/command.h"
#include "cli/options/number_option.h"

namespace layerwatt::cli {

Action declare_tegrastats_log(App& app);

namespace {

struct TegrastatsArguments {
  std::string log;
  std::optional<std::int64_t> interval_ms;
  std::optional<std::string> output;
  std::string rail = "VDD_IN";
  std::optional<std::string> begin;
  bool json = false;
};

Result<TegrastatsLog> read_log(const TegrastatsArguments& arguments) {
  std::optional<std::chrono::milliseconds> interval;
  if (arguments.interval_ms) interval = std::chrono::milliseconds(*arguments.interval_ms);
  if (arguments.log == "-") return read_tegrastats_log(std::cin, interval);
  std::ifstream file(arguments.log, std::ios::binary);
  if (!file) return error_from_errno(errno, "open the log").at(arguments.log);
  auto log = read_tegrastats_log(file, interval);
  if (!log) return std::move(log).error().at(arguments.log);
  return log;
}

Result<void> show(const TegrastatsArguments& arguments, Terminal& terminal) {
  std::optional<LocalTime> begin;
  if (arguments.begin) {
    begin = parse_local_stamp(*arguments.begin);
    if (!begin) {
      return Error(
          ErrorCode::kInvalidArgument,
          fmt::format("--begin {}: expected YYYYMMDD-HH:MM:SS[.ffffff]", *arguments.begin));
    }
  }
  const auto log = read_log(arguments);
  if (!log) return log.error();
  if (arguments.output) {
    if (auto written =
            write_power_log_of_tegrastats(*arguments.output, *log, arguments.rail, begin);
        !written) {
      return written;
    }
    terminal.err << fmt::format("{} written to {}\n", arguments.rail, *arguments.output);
  }
  if (arguments.json) {
    write_tegrastats_summary_json(terminal.out, *log);
  } else {
    print_tegrastats_summary(terminal.out, *log, {terminal.width, terminal.color});
  }
  return {};
}

}  // namespace

Action declare_tegrastats_log(App& app) {
  auto arguments = std::make_shared<TegrastatsArguments>();
  app.add_option("LOG", arguments->log, "What tegrastats printed; - for standard input")
      ->required();
  app.add_option("--interval", arguments->interval_ms,
                 "Milliseconds from line to line, where the lines carry no time (JetPack 4)")
      ->check(in_range(ranges::kIntervalMilliseconds));
  app.add_option("--output", arguments->output, "Power log to write, as `layerwatt map` reads it")
      ->check(named());
  app.add_option("--rail", arguments->rail, "Rail to write")->capture_default_str();
  app.add_option("--begin", arguments->begin,
                 "When the first line was printed, where the lines do not tell")
      ->type_name("YYYYMMDD-HH:MM:SS");
  app.add_flag("--json", arguments->json, "Print JSON");
  app.footer(
      "Examples: layerwatt tegrastats board.log\n"
      "          layerwatt tegrastats board.log --output raw_data/alexnet/alexnet_power_log.log");
  return [arguments](Terminal& terminal) { return show(*arguments, terminal); };
}

}  // namespace layerwatt::cli
