#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "layerwatt/core/cancellation.h"
#include "layerwatt/core/numbers.h"
#include "layerwatt/recording/record_for_parent.h"
#include "layerwatt/recording/recorder.h"

#include "cli/command.h"
#include "cli/options/duration_option.h"
#include "cli/options/sensor_options.h"

namespace layerwatt::cli {
namespace {

struct RecordArguments {
  RecorderOptions options;
  /// Descriptor of the line to the process that started this one.
  std::optional<int> control_fd;
};

void print_summary(std::ostream& out, const RecorderSummary& summary, const std::string& output) {
  out << fmt::format("{} ticks in {:.1f} s {}: {} late, {} lost; {}\n", summary.ticks,
                     to_seconds(summary.finish.monotonic - summary.begin.monotonic),
                     describe_pace(summary), summary.late_ticks, summary.lost_ticks, summary.end);
  for (const RecordedRail& rail : summary.rails) {
    out << fmt::format("  {}: {} readings", rail.name, rail.readings);
    if (rail.try_again > 0) out << fmt::format(", {} busy", rail.try_again);
    if (rail.disabled > 0) out << fmt::format(", {} switched off", rail.disabled);
    if (rail.garbage > 0) out << fmt::format(", {} no number", rail.garbage);
    if (rail.gone) out << ", then vanished";
    out << '\n';
  }
  out << fmt::format("lateness p50 {} p99 {} max {}; a read p50 {} p99 {}; {:.2f} % of a core\n",
                     format_si(to_seconds(summary.lateness.median), "s"),
                     format_si(to_seconds(summary.lateness.p99), "s"),
                     format_si(to_seconds(summary.lateness.max), "s"),
                     format_si(to_seconds(summary.read_time.median), "s"),
                     format_si(to_seconds(summary.read_time.p99), "s"), summary.cpu_share * 100);
  out << fmt::format("Written to {} and {}\n", output, recorder_summary_path(output).string());
}

Result<void> record_for_person(const RecordArguments& arguments, Terminal& terminal) {
  Cancellation stop;
  const SignalCancellation signals(stop);
  RecorderEvents events;
  events.ready = [&](const RecorderSummary& summary) {
    terminal.err << fmt::format("recording {} rail{} {} to {}; Ctrl-C ends it\n",
                                summary.rails.size(), summary.rails.size() == 1 ? "" : "s",
                                describe_pace(summary), arguments.options.output.string())
                 << std::flush;
  };
  auto summary = record(arguments.options, stop, events);
  if (!summary) return std::move(summary).error();
  for (const std::string& warning : summary->warnings) terminal.err << warning << '\n';
  print_summary(terminal.out, *summary, arguments.options.output.string());
  if (!summary->failure.empty()) return Error(ErrorCode::kIo, summary->failure);
  return {};
}

}  // namespace

Action declare_record(CLI::App& app) {
  auto arguments = std::make_shared<RecordArguments>();
  arguments->options.output = "power.npy";
  declare_recorder(app, arguments->options, true);
  app.add_option("--control-fd", arguments->control_fd)->group("");
  app.footer(
      "Reads power sensors at fixed deadlines into a file that is readable at any moment: after\n"
      "kill -9 all but the last second is there. Ctrl-C or SIGTERM ends it with a summary beside\n"
      "the file (power.recorder.json).\n\n"
      "Example: layerwatt record --rail VDD_IN --period 1ms --duration 10 --output power.npy");
  return [arguments](Terminal& terminal) {
    if (!arguments->control_fd) return record_for_person(*arguments, terminal);
    record_for_parent(arguments->options, *arguments->control_fd);
    return Result<void>();
  };
}

}  // namespace layerwatt::cli
