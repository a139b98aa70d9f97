#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "layerwatt/core/option_row.h"
#include "layerwatt/core/power_trace.h"
#include "layerwatt/core/reading.h"
#include "layerwatt/core/result.h"
#include "layerwatt/core/time.h"

namespace layerwatt {

/// An opened source of readings: one chip, counter or recording, with one or more rails. Opened
/// once, its descriptors stay open. Not thread-safe.
class Sensor {
 public:
  virtual ~Sensor() = default;

  /// Constant while the sensor lives; settings were read when it was opened.
  virtual std::span<const Rail> rails() const = 0;

  /// Reads every rail once, in the order of rails(), each with the instants just before and after.
  /// Precondition: out.size() == rails().size(). Neither allocates nor throws nor logs: it runs in
  /// the recorder's loop.
  virtual void read(std::span<Reading> out) noexcept = 0;

  /// Whether read() waits until there is something new, so that it need not and must not be paced.
  virtual bool paces_itself() const { return false; }

  /// After kGone: what became of it, for people ("tegrastats ended"); empty where nothing is known.
  virtual std::string_view why_gone() const { return {}; }
};

class FileCalls;

/// Power that was recorded before.
struct RecordedPower {
  std::vector<PowerTrace> traces;
  /// Names of those that add up to the board's total, and why; empty: it is not known.
  std::vector<std::string> total;
  std::string why_total;
};

/// Which parts of the file system a sensor looks at; "/" on a machine, a folder in tests and with
/// --sysfs-root. Paths below it are the machine's own ("sys/class/hwmon").
struct SystemRoot {
  std::filesystem::path path = "/";
  /// How attributes are opened and read; nullptr for the system's own calls. Tests put in one that
  /// answers EIO, ENODATA or EACCES. It outlives every sensor opened with it.
  const FileCalls* calls = nullptr;
  /// What was typed for the options that rows of the sensor table bring along, and, by the row's
  /// name, what stood behind it ("replay:RUN").
  OptionTexts options = {};
  /// Where a sensor, once opened, keeps what it read beside its rails (the lines of tegrastats);
  /// empty: nowhere.
  std::filesystem::path log = {};
  /// Reads a run for the sensor `replay`, which knows no files; nullptr: it cannot replay any.
  Result<RecordedPower> (*read_recording)(const std::filesystem::path& run) = nullptr;
};

/// A rail that exists but cannot be used now, and what would make it usable.
struct UnusableRail {
  std::string name;
  std::string location;
  /// "disabled", "permission denied on …/in1_input", …
  std::string reason;
  /// What to do: a group to join, a udev rule, "sudo". Empty where nothing helps.
  std::string remedy;
};

/// What a look at the system found for one row of the sensor table.
struct ProbedSensor {
  /// SensorKind::name of the row.
  std::string kind;
  /// Identifies the sensor within its kind for open ("hwmon3", "intel-rapl:0").
  std::string id;
  std::vector<Rail> rails;
  std::vector<UnusableRail> unusable;
  /// Where the source itself says which of its rails add up to the board's total, and why.
  std::vector<std::string> total = {};
  std::string why_total = {};
};

/// How a sensor is opened.
struct OpenOptions {
  OpenOptions(std::vector<std::string> names = {}) : rails(std::move(names)) {}  // NOLINT: implicit

  /// Rails by name; empty for all that are usable.
  std::vector<std::string> rails;
  /// Rails with voltage and current are two reads. The voltage changes little, so it is read again
  /// only when its last reading is older than this; 0 reads it every time. Absent: a twentieth of
  /// the filter's time constant (so that a step of the voltage is missed by at most 5 % of it), 0
  /// for a rail without a filter.
  std::optional<Duration> voltage_max_age;
};

/// One row of the sensor table.
struct SensorKind {
  /// "ina3221-hwmon"; Rail::sensor of its rails.
  std::string_view name;
  /// One line for `layerwatt sensors --help` and the docs.
  std::string_view summary;
  /// Lists what is there; an empty list where there is nothing. An error only for a broken system.
  Result<std::vector<ProbedSensor>> (*probe)(const SystemRoot& root);
  /// Opens rails of `sensor` as `options` say. A name that it does not have is kNotFound.
  Result<std::unique_ptr<Sensor>> (*open)(const SystemRoot& root, const ProbedSensor& sensor,
                                          const OpenOptions& options);
  /// Looked at only where it is asked for by name, because looking starts a program; nothing there
  /// is then an error of probe().
  bool on_request = false;
  /// What it brings along beside those of every sensor; typed texts are in SystemRoot::options.
  std::span<const OptionRow> options = {};
  /// What must stand behind its name and a colon ("RUN" of "replay:RUN"); empty: nothing may.
  std::string_view argument = {};
};

/// Every kind of sensor, in the order in which they are listed.
std::span<const SensorKind> sensor_table();

/// Opens `sensor` with the row of the table that found it.
Result<std::unique_ptr<Sensor>> open_sensor(const SystemRoot& root, const ProbedSensor& sensor,
                                            const OpenOptions& options = {});

}  // namespace layerwatt
