#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <memory>

#include "layerwatt/core/cancellation.h"
#include "layerwatt/core/file_text.h"
#include "layerwatt/core/numbers.h"
#include "layerwatt/experiment/existing_result.h"
#include "layerwatt/recording/record_for_parent.h"
#include "layerwatt/recording/recorder.h"

#include "cli/command.h"
#include "cli/options/existing_options.h"
#include "cli/options/number_option.h"
#include "cli/options/sensor_options.h"

namespace layerwatt::cli {
namespace {

struct RecordArguments {
  RecorderOptions options;
  ExistingOptions existing;
  /// Descriptor of the line to the process that started this one.
  std::optional<int> control_fd;
};

void print_summary(std::ostream& out, const RecorderSummary& summary, const std::string& output) {
  if (summary.is_virtual) out << "The power is VIRTUAL: synthesised by a simulated board.\n";
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

/// Whether `file` is a recording that must not be lost: anything but one without a reading.
bool holds_readings(const std::filesystem::path& file) {
  std::error_code error;
  // Pipes and devices are written through.
  if (!std::filesystem::is_regular_file(file, error)) return false;
  const auto text = read_file(recorder_summary_path(file));
  const auto summary = text ? parse_recorder_summary(*text) : Result<RecorderSummary>(text.error());
  if (!summary || !summary->complete) return true;
  return std::ranges::any_of(summary->rails, [](const auto& rail) { return rail.readings > 0; });
}

Result<void> record_for_person(const RecordArguments& arguments, Terminal& terminal) {
  RecorderOptions options = arguments.options;
  auto place = place_of_result(options.output, holds_readings(options.output),
                               arguments.existing.choice(), "--output");
  if (!place) return std::move(place).error();
  options.output = *std::move(place);
  Cancellation stop;
  const SignalCancellation signals(stop);
  RecorderEvents events;
  events.ready = [&](const RecorderSummary& summary) {
    terminal.err << fmt::format("recording {} rail{} {} to {}; Ctrl-C ends it\n",
                                summary.rails.size(), summary.rails.size() == 1 ? "" : "s",
                                describe_pace(summary), options.output.string())
                 << std::flush;
  };
  auto summary = record(options, stop, events);
  if (!summary) return std::move(summary).error();
  for (const std::string& warning : summary->warnings) terminal.err << warning << '\n';
  print_summary(terminal.out, *summary, options.output.string());
  if (!summary->failure.empty()) return Error(ErrorCode::kIo, summary->failure);
  std::vector<std::string> rails;
  for (const RecordedRail& rail : summary->rails) rails.push_back(rail.name);
  const bool has_some = std::ranges::any_of(
      summary->rails, [](const RecordedRail& rail) { return rail.readings > 0; });
  // One rail of several may be switched off.
  if (!has_some) return Error(ErrorCode::kUnknowable, unread_rails(*summary, rails));
  return {};
}

}  // namespace

Action declare_record(App& app) {
  auto arguments = std::make_shared<RecordArguments>();
  arguments->options.output = "power.npy";
  declare_recorder(app, arguments->options, true);
  arguments->existing.declare(app, "<output>-2", "--force", "--output");
  app.add_option("--control-fd", arguments->control_fd, "")
      ->check(in_range(ranges::kDescriptor))
      ->hide();
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
