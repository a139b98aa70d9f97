#include <fmt/format.h>

#include <memory>
#include <sstream>

#include "layerwatt/core/cancellation.h"
#include "layerwatt/core/duration_text.h"
#include "layerwatt/core/file_text.h"
#include "layerwatt/experiment/doctor.h"
#include "layerwatt/recording/environment.h"
#include "layerwatt/report/doctor_report.h"
#include "layerwatt/sensors/detect_board.h"
#include "layerwatt/simulation/virtual_board.h"

#include "cli/command.h"
#include "cli/options/duration_option.h"
#include "cli/options/sensor_options.h"

namespace layerwatt::cli {

Action declare_doctor(App& app);

namespace {

/// What the three blocks of two passes and idle around them take behind a stock INA3221.
constexpr Duration kShortestTest = std::chrono::seconds(10);

struct Options {
  SensorOptions sensor;
  std::string folder = ".";
  std::optional<Duration> duration;
  std::optional<std::string> activity;
  std::optional<std::string> report;
  bool no_self_test = false;
  bool json = false;
};

/// Nullopt where there is nothing to test, which the findings say.
Result<std::optional<SelfTest>> self_test(const Options& options,
                                          const std::optional<VirtualBoard>& virtual_board,
                                          const Result<Board>& board, Terminal& terminal) {
  SelfTestOptions how;
  if (options.duration) how.length = *options.duration;
  if (how.length < kShortestTest) {
    return Error(
        ErrorCode::kInvalidArgument,
        fmt::format("a self-test takes {} at least (--duration)", format_duration(kShortestTest)));
  }
  if (virtual_board) {
    auto test = run_virtual_self_test(*virtual_board, how);
    if (!test) return std::move(test).error();
    return std::optional<SelfTest>(*std::move(test));
  }
  if (!board || board->totals.empty()) return std::optional<SelfTest>();
  auto load = make_load(*board, options.activity);
  if (!load) return std::move(load).error();
  terminal.err << fmt::format(
      "Self-test: {}. A load is switched on and off meanwhile; leave the machine alone.\n",
      format_duration(how.length));
  Cancellation stop;
  const SignalCancellation signals(stop);
  auto test = run_self_test(options.sensor.recorder.root, *board, options.sensor.recorder.sensor,
                            **load, how, stop);
  if (!test) return std::move(test).error();
  return std::optional<SelfTest>(*std::move(test));
}

Result<void> run_doctor(Options& options, Terminal& terminal) {
  const auto virtual_name = options.sensor.resolve();
  if (!virtual_name) return virtual_name.error();
  const RecorderOptions& recorder = options.sensor.recorder;
  DoctorOptions looked{recorder.root, recorder.sensor, options.folder};
  if (!virtual_name->empty()) {
    auto found = find_virtual_board(*virtual_name);
    if (!found) return std::move(found).error();
    looked.virtual_board = *std::move(found);
  }
  const auto board = detect_board(recorder.root, recorder.sensor);
  const std::vector<Finding> findings = examine(looked);
  std::optional<SelfTest> test;
  const TableStyle style{terminal.width, terminal.color};
  if (!options.json) print_findings(terminal.out, findings, style);
  terminal.out.flush();
  if (!options.no_self_test) {
    auto tested = self_test(options, looked.virtual_board, board, terminal);
    if (!tested) return std::move(tested).error();
    test = *std::move(tested);
    if (test && !options.json) print_self_test(terminal.out, *test, style);
    if (!test) terminal.err << "No self-test: there is no total to be read.\n";
  }
  std::ostringstream json;
  write_doctor_json(
      json, findings, test,
      board ? read_environment(recorder.root, *board) : std::map<std::string, std::string>());
  if (options.json) terminal.out << json.str();
  if (options.report) {
    if (auto written = write_file_atomically(*options.report, json.str()); !written) return written;
    terminal.err << fmt::format("{} holds all of this, and nothing that names you or your files\n",
                                *options.report);
  }
  const bool is_bad =
      test ? worst(test->findings) == Verdict::kFault : worst(findings) == Verdict::kFault;
  if (!is_bad) return {};
  return Error(ErrorCode::kUnsupported,
               "this machine's power cannot be trusted as it is; the remedies stand above");
}

}  // namespace

Action declare_doctor(App& app) {
  const auto options = std::make_shared<Options>();
  declare_sensor_choice(app, options->sensor.recorder,
                        "auto, a kind of sensor ('layerwatt sensors' lists them), or virtual:BOARD "
                        "to see what a sound board looks like");
  app.add_option("--result-dir", options->folder, "Where results would go: is there room?")
      ->capture_default_str();
  app.add_flag("--no-self-test", options->no_self_test, "Look only, in a moment");
  add_duration(app, "--duration", options->duration, "Of the self-test; 2 min if absent");
  app.add_option("--activity", options->activity,
                 "Of a virtual board that is served: the file that tells it what runs")
      ->type_name("FILE");
  app.add_option("--report", options->report,
                 "Write what was found to this file, to send along with a question")
      ->type_name("FILE");
  app.add_flag("--json", options->json, "Print JSON");
  app.footer(
      "Looks at the board, rails and rights, sensor settings, clocks, power mode, engines, disk\n"
      "and time, and at faults that the board's release is known for, each with a remedy. Then "
      "one\n"
      "load is run under three names for two minutes: does the sensor see it, with which time\n"
      "constant, and do the intervals of the three hold? Exit code 1 where results cannot be "
      "trusted.\n"
      "Examples: layerwatt doctor\n"
      "          layerwatt doctor --no-self-test\n"
      "          layerwatt doctor --report doctor.json\n"
      "          layerwatt doctor --sensor virtual:orin-nano");
  return [options](Terminal& terminal) { return run_doctor(*options, terminal); };
}

}  // namespace layerwatt::cli
