#include <fmt/format.h>

#include <memory>
#include <sstream>

#include "layerwatt/core/cancellation.h"
#include "layerwatt/core/numbers.h"
#include "layerwatt/experiment/idle.h"
#include "layerwatt/report/progress.h"

#include "cli/command.h"
#include "cli/options/duration_option.h"
#include "cli/options/existing_options.h"
#include "cli/options/number_option.h"
#include "cli/options/sensor_options.h"
#include "core/json_writer.h"

namespace layerwatt::cli {

Action declare_idle(App& app);

namespace {

struct IdleArguments {
  SensorOptions sensors;
  std::optional<Duration> duration;
  std::string result_dir = "raw_data";
  ExistingOptions existing;
  bool as_published = false;
  bool json = false;
};

void print_json(std::ostream& out, const IdleMeasurement& idle) {
  JsonWriter json(out);
  json.begin_object();
  json.member("idle_power_watts", idle.mean.value());
  json.member("deviation_watts",
              idle.deviation ? std::optional(idle.deviation->value()) : std::nullopt);
  json.member("samples", idle.samples);
  json.member("duration_seconds", to_seconds(idle.duration));
  json.member("rail", idle.rail);
  json.member("virtual", idle.is_virtual);
  json.member("partial", !idle.partial_reason.empty());
  json.member("file", idle.file.string());
  json.end_object();
  out << '\n';
}

void print_idle(std::ostream& out, const IdleMeasurement& idle) {
  if (idle.is_virtual) {
    out << "This power is VIRTUAL: synthesised as that board's sensor would have shown it.\n";
  }
  out << fmt::format("Idle power of {}: {}", idle.rail, format_si(idle.mean.value(), "W"));
  if (idle.deviation) {
    out << fmt::format(" (standard deviation of a sample {})",
                       format_si(idle.deviation->value(), "W"));
  }
  out << fmt::format(", {} samples in {:.1f} s\nWritten to {}\n", format_grouped(idle.samples),
                     to_seconds(idle.duration), idle.file.string());
  if (!idle.log.empty()) out << "The readings: " << idle.log.string() << '\n';
}

Result<void> run_idle(IdleArguments& arguments, Terminal& terminal) {
  auto virtual_board = arguments.sensors.resolve();
  if (!virtual_board) return std::move(virtual_board).error();
  IdleOptions options;
  options.duration = arguments.duration.value_or(options.duration);
  if (options.duration < std::chrono::milliseconds(100)) {
    return Error(ErrorCode::kInvalidArgument, "idle power needs a --duration of 0.1 s or more");
  }
  options.result_dir = arguments.result_dir;
  options.existing = arguments.existing.choice();
  options.recorder = arguments.sensors.recorder;
  options.virtual_board = *virtual_board;
  options.as_published = arguments.as_published;

  Cancellation stop;
  const SignalCancellation signals(stop);
  Progress progress(terminal.err, "Measuring idle power", options.duration.count() / 1'000'000,
                    {terminal.err_is_tty, terminal.err_width, true});
  auto idle = measure_idle(options, stop, [&](Duration passed) {
    progress.update(std::min(passed, options.duration).count() / 1'000'000);
  });
  progress.wipe();
  if (!idle) return std::move(idle).error();
  for (const std::string& warning : idle->warnings) terminal.err << warning << '\n';
  if (arguments.json) {
    print_json(terminal.out, *idle);
  } else {
    print_idle(terminal.out, *idle);
  }
  if (!idle->partial_reason.empty()) {
    return Error(ErrorCode::kCancelled,
                 fmt::format("partial: {}; the mean is of the {:.1f} s before",
                             idle->partial_reason, to_seconds(idle->duration)));
  }
  return {};
}

}  // namespace

Action declare_idle(App& app) {
  auto arguments = std::make_shared<IdleArguments>();
  add_duration(app, "--duration,--idle-duration", arguments->duration,
               "How long to measure, after the sensor has settled; 120 s if absent");
  app.add_option("--result-dir", arguments->result_dir, "Folder for idling_power.json")
      ->check(named())
      ->capture_default_str();
  arguments->existing.declare(app, "idling_power-2.json");
  arguments->sensors.declare(app);
  app.add_flag("--as-published", arguments->as_published,
               "Also write the readings, as an earlier published version did: "
               "<n>_seconds_idling_power_log_<timestamp>.log");
  app.add_flag("--json", arguments->json, "Print JSON instead of text");
  app.footer(
      "Leave the machine alone meanwhile: no desktop, no browser, fans and clocks as they will be "
      "in the\nmeasurement.\n\nExample: layerwatt idle --duration 120 --result-dir raw_data");
  return [arguments](Terminal& terminal) { return run_idle(*arguments, terminal); };
}

}  // namespace layerwatt::cli
