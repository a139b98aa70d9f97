#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <cerrno>
#include <ctime>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "layerwatt/core/reading.h"
#include "layerwatt/recording/rail_selection.h"
#include "layerwatt/sensors/detect_board.h"
#include "layerwatt/sensors/own_boards.h"
#include "layerwatt/sensors/sensor.h"

#include "bindings.h"

namespace layerwatt::python {
namespace {

struct Machine {
  SystemRoot root;
  Board board;
};

Machine look(const std::string& sysfs_root, const std::string& sensor) {
  Machine machine;
  machine.root.path = sysfs_root;
  machine.board = or_raise(detect_board(machine.root, sensor));
  return machine;
}

Dict board_of(const std::string& sysfs_root, const std::string& sensor) {
  const Machine machine = look(sysfs_root, sensor);
  nb::dict out;
  out["name"] = machine.board.name;
  out["module"] = machine.board.module;
  out["virtual"] = machine.board.is_virtual;
  nb::list rails;
  for (const ProbedSensor& probed : machine.board.sensors) {
    for (const Rail& rail : probed.rails) {
      nb::dict one;
      one["name"] = rail.name;
      one["kind"] = probed.kind;
      one["location"] = rail.location;
      one["coverage"] = rail.coverage;
      one["virtual"] = rail.is_virtual || machine.board.is_virtual;
      rails.append(one);
    }
  }
  out["rails"] = rails;
  out["total"] = nb::make_tuple();
  out["why_total"] = machine.board.no_total_reason;
  if (!machine.board.totals.empty()) {
    out["total"] = nb::tuple(nb::cast(machine.board.totals.front().rails));
    out["why_total"] = machine.board.totals.front().why;
  }
  return out;
}

/// Reads rails at a pace, in the caller's thread. Recordings are made by a process of their own.
class Reader {
 public:
  Reader(const std::string& sysfs_root, const std::string& sensor,
         const std::vector<std::string>& rails, double hertz)
      : machine_(look(sysfs_root, sensor)) {
    if (!(hertz > 0.0) || hertz > 1e6) {
      raise(Error(ErrorCode::kInvalidArgument, "hertz is to be above 0 and at most 1,000,000"));
    }
    period_ = from_seconds(1.0 / hertz);
    selection_ = or_raise(select_rails(machine_.board, rails, sensor));
    sensors_ = or_raise(open_rails(machine_.root, machine_.board, selection_));
    readings_.resize(selection_.rails.size());
    next_ = MonotonicClock::now();
  }

  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  std::vector<std::string> names() const {
    std::vector<std::string> names;
    for (const Rail& rail : selection_.rails) names.push_back(rail.name);
    return names;
  }

  /// (rail, before_ns, after_ns, watts, volts, amperes, joules) of each rail; None where there is
  /// no such value.
  nb::typed<nb::list, nb::typed<nb::tuple, nb::any, nb::ellipsis>> read() {
    {
      const nb::gil_scoped_release others;
      wait();
      std::size_t from = 0;
      for (const auto& sensor : sensors_) {
        const std::size_t count = sensor->rails().size();
        sensor->read(std::span(readings_).subspan(from, count));
        from += count;
      }
    }
    if (PyErr_CheckSignals() != 0) throw nb::python_error();
    nb::list out;
    for (std::size_t i = 0; i < readings_.size(); ++i) out.append(tuple_of(i));
    return out;
  }

 private:
  void wait() {
    const std::int64_t deadline = to_ns(next_);
    const timespec time{static_cast<time_t>(deadline / 1'000'000'000), deadline % 1'000'000'000};
    ::clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, nullptr);
    const Instant now = MonotonicClock::now();
    next_ += period_;
    // What was missed is not made up for.
    if (next_ < now) next_ = now;
  }

  nb::tuple tuple_of(std::size_t i) const {
    const Reading& reading = readings_[i];
    const Rail& rail = selection_.rails[i];
    if (reading.status == ReadStatus::kGone) {
      raise(Error(ErrorCode::kGone, "the sensor of " + rail.name + " has vanished"));
    }
    const auto watts = power_of(reading);
    const auto scaled = [](std::int64_t value, std::int64_t none) -> nb::object {
      return value == none ? nb::none() : nb::cast(1e-6 * static_cast<double>(value));
    };
    const bool is_ok = reading.status == ReadStatus::kOk;
    return nb::make_tuple(rail.name, to_ns(reading.before), to_ns(reading.after),
                          is_ok && watts ? nb::cast(watts->value()) : nb::none(),
                          scaled(is_ok ? reading.voltage_uv : kNoValue32, kNoValue32),
                          scaled(is_ok ? reading.current_ua : kNoValue32, kNoValue32),
                          scaled(is_ok ? reading.energy_uj : kNoValue64, kNoValue64));
  }

  Machine machine_;
  RailSelection selection_;
  std::vector<std::unique_ptr<Sensor>> sensors_;
  std::vector<Reading> readings_;
  Duration period_{0};
  Instant next_;
};

}  // namespace

void bind_sensors(nb::module_& m) {
  m.def("board", &board_of, nb::arg("sysfs_root") = "/", nb::arg("sensor") = "");
  nb::class_<Reader>(m, "Reader", "Reads rails at a pace.")
      .def(nb::init<const std::string&, const std::string&, const std::vector<std::string>&,
                    double>(),
           nb::arg("sysfs_root"), nb::arg("sensor"), nb::arg("rails"), nb::arg("hertz"))
      .def_prop_ro("names", &Reader::names)
      .def("read", &Reader::read);
}

}  // namespace layerwatt::python
