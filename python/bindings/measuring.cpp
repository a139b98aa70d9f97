#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "layerwatt/experiment/measure_program.h"
#include "layerwatt/experiment/region_session.h"
#include "layerwatt/experiment/weigh.h"
#include "layerwatt/recording/recorder_arguments.h"
#include "layerwatt/report/program_summary.h"
#include "layerwatt/sensors/sensor.h"
#include "layerwatt/simulation/virtual_board.h"

#include "bindings.h"

namespace layerwatt::python {
namespace {

struct Choices {
  std::string name;
  std::string sensor;
  std::string sysfs_root;
  std::vector<std::string> rails;
  std::string result_dir;
  std::string existing;
  std::optional<double> idle_lead_second;
  std::string activity;
  std::string recorder;
};

Result<MeasureOptions> options_of(const Choices& choices) {
  constexpr std::string_view kVirtual = "virtual:";
  MeasureOptions options;
  options.power.recorder.root.path = choices.sysfs_root;
  options.power.recorder.rails = choices.rails;
  options.power.recorder_command = choices.recorder;
  options.power.activity = choices.activity;
  if (choices.sensor.starts_with(kVirtual)) {
    auto board = find_virtual_board(std::string_view(choices.sensor).substr(kVirtual.size()));
    if (!board) return Error(ErrorCode::kInvalidArgument, board.error().message());
    options.power.virtual_board = std::string(board->name);
  } else {
    for (const RecorderOption& option : recorder_options()) {
      if (option.row.name == "sensor") option.take(choices.sensor, options.power.recorder);
    }
    const std::string& wanted = options.power.recorder.sensor;
    const bool is_known =
        wanted.empty() || std::ranges::any_of(sensor_table(), [&](const SensorKind& kind) {
          return kind.name == wanted;
        });
    if (!is_known) {
      return Error(ErrorCode::kInvalidArgument,
                   "there is no sensor '" + wanted +
                       "'; write 'auto', 'virtual:BOARD', 'replay:RUN' or a kind that "
                       "layerwatt.sensors() names");
    }
  }
  if (choices.idle_lead_second) {
    if (!(*choices.idle_lead_second >= 0.0) || *choices.idle_lead_second > 86400.0) {
      return Error(ErrorCode::kInvalidArgument, "idle_lead is to be 0 to 86400 seconds");
    }
    options.power.idle_lead = from_seconds(*choices.idle_lead_second);
  }
  options.output.result_dir = choices.result_dir;
  options.output.existing = choices.existing == "replace"  ? ExistingResult::kReplace
                            : choices.existing == "number" ? ExistingResult::kNumber
                                                           : ExistingResult::kRefuse;
  return options;
}

nb::dict dict_of(const Measurement& measurement) {
  nb::dict out;
  out["folder"] = measurement.folder.string();
  out["virtual"] = measurement.profile.is_virtual;
  out["partial_reason"] = measurement.partial_reason;
  std::vector<std::string> notes = measurement.notes;
  notes.insert(notes.end(), measurement.outcome.notes.begin(), measurement.outcome.notes.end());
  out["notes"] = notes;
  out["profile"] = nb::cast(measurement.profile);
  return out;
}

/// RegionSession, with everything that waits waiting without the interpreter's lock.
class Session {
 public:
  Session(const Choices& choices, const std::string& ring) {
    RegionSessionOptions options;
    options.name = choices.name;
    options.ring = ring;
    options.measure = or_raise(options_of(choices));
    auto session = [&] {
      const nb::gil_scoped_release others;
      return RegionSession::start(options);
    }();
    session_ = or_raise(std::move(session));
  }

  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  std::vector<std::string> said() const { return session_->said(); }

  Dict finish(bool is_whole) {
    auto measured = [&] {
      const nb::gil_scoped_release others;
      return session_->finish(is_whole);
    }();
    const RegionMeasurement measurement = or_raise(std::move(measured));
    nb::dict out = dict_of(measurement.measurement);
    nb::list regions;
    for (const RegionResult& region : measurement.regions) regions.append(region_of(region));
    out["regions"] = regions;
    out["time_second"] = to_seconds(measurement.time);
    out["energy_joule"] = measurement.energy ? nb::cast(measurement.energy->value()) : nb::none();
    return out;
  }

 private:
  std::unique_ptr<RegionSession> session_;
};

/// Calls of Python from the run, which goes on without the interpreter's lock in between.
class PythonCall {
 public:
  PythonCall(nb::handle function, std::optional<nb::python_error>& raised)
      : function_(function), raised_(&raised) {}

  Result<void> operator()() const {
    const nb::gil_scoped_acquire interpreter;
    try {
      function_();
      return {};
    } catch (nb::python_error& error) {
      raised_->emplace(std::move(error));
    }
    return Error(ErrorCode::kInternal, "a function raised an exception");
  }

 private:
  nb::handle function_;
  std::optional<nb::python_error>* raised_;
};

Dict weigh(const Choices& choices, const std::vector<std::string>& names,
           const nb::typed<nb::list, nb::any>& calls, const std::vector<std::string>& types,
           const std::string& schedule, std::optional<double> duration_second, std::int64_t warmup,
           std::uint64_t seed) {
  WeighOptions options;
  options.name = choices.name;
  options.schedule = schedule == "isolated" ? Schedule::kIsolated : Schedule::kWeighing;
  if (duration_second) options.duration = from_seconds(*duration_second);
  options.warmup = warmup;
  options.seed = seed;
  options.measure = or_raise(options_of(choices));
  std::optional<nb::python_error> raised;
  std::vector<RunnableFunction> functions;
  if (calls.size() != names.size() || types.size() != names.size()) {
    raise(Error(ErrorCode::kInvalidArgument, "a name and a type for each function"));
  }
  for (std::size_t i = 0; i < names.size(); ++i) {
    functions.push_back({names[i], PythonCall(calls[i], raised), types[i]});
  }
  Cancellation cancellation;
  MeasureObserver observer;
  auto measured = [&] {
    const nb::gil_scoped_release others;
    return weigh_functions(functions, options, cancellation, observer);
  }();
  if (raised) throw *std::move(raised);
  return dict_of(or_raise(std::move(measured)));
}

/// "./detect" is called "detect"; two programs are A and B, as the command has it.
std::vector<UserProgram> programs_of(const std::string& name,
                                     const std::vector<std::string>& command,
                                     const std::string& other) {
  const std::string file = std::filesystem::path(command.front()).filename().string();
  std::vector<UserProgram> programs{{!name.empty()  ? name
                                     : file.empty() ? "program"
                                                    : file,
                                     command}};
  if (!other.empty()) {
    programs.front().name = "A";
    programs.push_back({"B", {"sh", "-c", "exec " + other}});
  }
  return programs;
}

/// What `layerwatt run --json` prints. Nothing measured: an error, and the program's exit code.
nb::typed<nb::tuple, nb::any, int, nb::any> run_program(const Choices& choices,
                                                        const std::vector<std::string>& command,
                                                        const std::string& other, int repeats,
                                                        int warmup, const std::string& mark,
                                                        bool markers) {
  ProgramOptions options;
  options.programs = programs_of(choices.name, command, other);
  options.repeats = repeats;
  options.warmup = warmup;
  options.mark = mark;
  options.markers = markers;
  options.measure = or_raise(options_of(choices));
  Cancellation cancellation;
  MeasureObserver observer;
  auto measured = [&] {
    const nb::gil_scoped_release others;
    return measure_program(options, cancellation, observer);
  }();
  // Ctrl-C, which the program heard too.
  if (PyErr_CheckSignals() != 0) throw nb::python_error();
  const ProgramMeasurement run = or_raise(std::move(measured));
  if (run.programs.empty()) {
    return nb::make_tuple(nb::none(), run.exit_code, run.measurement.partial_reason);
  }
  std::ostringstream json;
  write_program_json(json, run);
  return nb::make_tuple(json.str(), run.exit_code, run.measurement.notes);
}

}  // namespace

nb::object estimate_of(const std::optional<Estimate<Joules>>& energy) {
  if (!energy) return nb::none();
  const auto bound = [](const std::optional<Joules>& joules) -> nb::object {
    return joules ? nb::cast(joules->value()) : nb::none();
  };
  return nb::make_tuple(energy->value.value(), bound(energy->low), bound(energy->high));
}

nb::dict region_of(const RegionResult& region) {
  nb::dict out;
  out["name"] = region.name;
  out["count"] = region.count;
  out["time_second"] = to_seconds(region.time);
  out["holds_others"] = region.holds_others;
  out["status"] = std::string(to_string(region.status));
  out["reason"] = region.reason;
  out["energy_joule"] = estimate_of(region.energy);
  return out;
}

void bind_measuring(nb::module_& m) {
  nb::class_<Choices>(m, "Choices", "Which sensor is read, and where the run goes.")
      .def(nb::init<>())
      .def_rw("name", &Choices::name)
      .def_rw("sensor", &Choices::sensor)
      .def_rw("sysfs_root", &Choices::sysfs_root)
      .def_rw("rails", &Choices::rails)
      .def_rw("result_dir", &Choices::result_dir)
      .def_rw("existing", &Choices::existing)
      .def_rw("idle_lead_second", &Choices::idle_lead_second)
      .def_rw("activity", &Choices::activity)
      .def_rw("recorder", &Choices::recorder);
  nb::class_<Session>(m, "Session", "Power is recorded while it lives.")
      .def(nb::init<const Choices&, const std::string&>(), nb::arg("choices"), nb::arg("ring"))
      .def("said", &Session::said)
      .def("finish", &Session::finish, nb::arg("is_whole"));
  m.def("run_program", &run_program, nb::arg("choices"), nb::arg("command"), nb::arg("other"),
        nb::arg("repeats"), nb::arg("warmup"), nb::arg("mark"), nb::arg("markers"));
  m.def("weigh", &weigh, nb::arg("choices"), nb::arg("names"), nb::arg("calls"), nb::arg("types"),
        nb::arg("schedule"), nb::arg("duration_second").none(), nb::arg("warmup"), nb::arg("seed"));
}

}  // namespace layerwatt::python
