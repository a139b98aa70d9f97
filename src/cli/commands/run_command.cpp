#include <fmt/format.h>

#include <filesystem>
#include <memory>
#include <sstream>

#include "layerwatt/core/atomic_file.h"
#include "layerwatt/core/cancellation.h"
#include "layerwatt/experiment/measure_program.h"
#include "layerwatt/report/program_summary.h"

#include "cli/command.h"
#include "cli/options/duration_option.h"
#include "cli/options/existing_options.h"
#include "cli/options/number_option.h"
#include "cli/options/sensor_options.h"

namespace layerwatt::cli {

Action declare_run(App& app);

namespace {

struct RunArguments {
  ProgramOptions options;
  SensorOptions sensors;
  std::vector<std::string> command;
  std::string other;
  std::string name;
  std::string result_dir = "raw_data";
  ExistingOptions existing;
  std::string output;
  bool json = false;
};

/// Notes go to standard error, where the program's own output is not.
class RunObserver final : public MeasureObserver {
 public:
  explicit RunObserver(std::ostream& err) : err_(err) {}
  void said(std::string_view what) override { err_ << "layerwatt: " << what << '\n'; }

 private:
  std::ostream& err_;
};

/// Folders and tables are named after the program's file.
std::string name_of(const std::string& word) {
  const std::string name = std::filesystem::path(word).filename().string();
  return name.empty() ? "program" : name;
}

Result<void> gather(RunArguments& arguments) {
  ProgramOptions& options = arguments.options;
  if (arguments.command.empty()) {
    return Error(ErrorCode::kInvalidArgument,
                 "name a program to run, behind --: layerwatt run -- ./my_program --its-option");
  }
  const std::string name =
      arguments.name.empty() ? name_of(arguments.command.front()) : arguments.name;
  options.programs = {{name, arguments.command}};
  if (!arguments.other.empty()) {
    options.programs.front().name = "A";
    options.programs.push_back({"B", {"sh", "-c", "exec " + arguments.other}});
  }
  auto virtual_board = arguments.sensors.resolve();
  if (!virtual_board) return std::move(virtual_board).error();
  options.measure.power.virtual_board = *virtual_board;
  options.measure.power.recorder = arguments.sensors.recorder;
  options.measure.output.result_dir = arguments.result_dir;
  options.measure.output.existing = arguments.existing.choice();
  return {};
}

/// To the file that was asked for, else to standard error: standard output is the program's.
Result<void> print_result(const RunArguments& arguments, const ProgramMeasurement& run,
                          Terminal& terminal) {
  std::ostringstream text;
  if (arguments.json) {
    write_program_json(text, run);
  } else {
    const bool to_file = !arguments.output.empty();
    print_program_summary(text, run, {terminal.err_width, terminal.color && !to_file});
    for (const std::string& note : run.measurement.notes) text << "Note: " << note << '\n';
    text << fmt::format("The run is in {}: 'layerwatt report' and 'compare' take it.\n",
                        run.measurement.folder.string());
  }
  if (arguments.output.empty()) {
    terminal.err << text.str();
    return {};
  }
  auto file = AtomicFile::create(arguments.output);
  if (!file) return std::move(file).error();
  file->write(text.str());
  return file->commit();
}

Result<void> run_program_command(RunArguments& arguments, Terminal& terminal) {
  if (auto gathered = gather(arguments); !gathered) return gathered;
  Cancellation stop;
  const SignalCancellation signals(stop);
  RunObserver observer(terminal.err);
  auto run = measure_program(arguments.options, stop, observer);
  if (!run) return std::move(run).error();
  terminal.exit_code = run->exit_code;
  if (run->programs.empty()) {
    terminal.err << fmt::format("layerwatt run: the program ended with exit code {}: {}\n",
                                run->exit_code, run->measurement.partial_reason);
    return {};
  }
  if (auto printed = print_result(arguments, *run, terminal); !printed) return printed;
  if (run->exit_code == 0 && !run->measurement.partial_reason.empty()) {
    return Error(ErrorCode::kCancelled,
                 fmt::format("partial: {}; what was recorded is kept in {}",
                             run->measurement.partial_reason, run->measurement.folder.string()));
  }
  return {};
}

}  // namespace

Action declare_run(App& app) {
  auto arguments = std::make_shared<RunArguments>();
  app.add_option("COMMAND", arguments->command, "Program to run, and its arguments, behind --");
  app.add_option("-r,--repeats", arguments->options.repeats, "Runs that are measured")
      ->check(in_range(ranges::kCount))
      ->capture_default_str();
  app.add_option("--warmup", arguments->options.warmup, "Runs before that, not measured")
      ->check(in_range(ranges::kCountOrNone))
      ->capture_default_str();
  add_duration(app, "--idle-lead", arguments->options.measure.power.idle_lead,
               "Idle time recorded before and after; five time constants of the sensor if absent");
  app.add_option("--vs", arguments->other,
                 "A second command, for the shell: the two run in turn and are compared")
      ->type_name("COMMAND");
  app.add_option("--mark", arguments->options.mark,
                 "Lines that the program prints begin and end regions: named groups of this "
                 "regular expression name them")
      ->type_name("REGEX");
  app.add_flag("--markers", arguments->options.markers,
               "The program marks its regions by layerwatt/markers.h or the Python package");
  app.add_option("--name", arguments->name,
                 "Of the folder of results; the program's file name if absent")
      ->check(named());
  arguments->sensors.declare(app);
  app.add_option("--activity", arguments->options.measure.power.activity,
                 "Tell a live virtual board through this file what runs")
      ->check(named())
      ->type_name("FILE");
  app.add_option("--result-dir", arguments->result_dir, "Raw dataset to write")
      ->check(named())
      ->capture_default_str();
  arguments->existing.declare(app, "<program>-2");
  app.add_option("-o,--output", arguments->output,
                 "Write the summary to this file instead of standard error")
      ->check(named());
  app.add_flag("--json", arguments->json, "As JSON");
  app.footer(
      "Measures any program: its energy with and without idle power, its time, rail by rail and "
      "run\n"
      "by run. Its input and output are untouched; what layerwatt says goes to standard error. "
      "The\n"
      "exit status is the program's.\n"
      "\n"
      "Example: layerwatt run -r 10 --warmup 2 -- ./detect --image cat.jpg\n"
      "         layerwatt run -r 10 --vs './detect --int8' -- ./detect\n"
      "         layerwatt run --mark '(?<load>^Loading)|(?<infer>^Running)' -- ./detect\n"
      "Without a sensor: layerwatt run --sensor virtual:orin-nano -- sleep 2");
  return [arguments](Terminal& terminal) { return run_program_command(*arguments, terminal); };
}

}  // namespace layerwatt::cli
