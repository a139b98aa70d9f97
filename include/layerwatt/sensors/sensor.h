#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "layerwatt/core/power_trace.h"
#include "layerwatt/core/result.h"
#include "layerwatt/core/time.h"

namespace layerwatt {

/// What became of one read of one rail.
enum class ReadStatus : std::int16_t {
  kOk = 0,
  kTryAgain =
      1,  ///< the device was busy (EAGAIN, EINTR, time-out); the tick is lost, the rail is not
  kDisabled = 2,  ///< the channel is switched off (ENODATA): a state, not an error
  kGone = 3,      ///< the device answered EIO, ENODEV or ENOENT: its rails will not come back
  kGarbage = 4,   ///< the file did not hold a number
};

/// One reading as it goes to power.npy: whole micro-units, kNotMeasured where the rail has no such
/// value.
struct RawReading {
  Instant before;
  Instant after;
  std::int64_t power_uw;
  std::int64_t energy_uj;
  std::int32_t voltage_uv;
  std::int32_t current_ua;
  ReadStatus status;
};

inline constexpr std::int64_t kNotMeasured64 = INT64_MIN;
inline constexpr std::int32_t kNotMeasured32 = INT32_MIN;

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
  virtual void read(std::span<RawReading> out) noexcept = 0;
};

/// Which parts of the file system a sensor looks at; "/" on a machine, a folder in tests and with
/// --sysfs-root. Paths below it are the machine's own ("sys/class/hwmon").
struct SystemRoot {
  std::filesystem::path path = "/";
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
  /// Identifies the sensor within its kind for open ("hwmon3", "intel-rapl:0").
  std::string id;
  std::vector<Rail> rails;
  std::vector<UnusableRail> unusable;
};

/// One row of the sensor table.
struct SensorKind {
  /// "ina3221-hwmon"; Rail::sensor of its rails.
  std::string_view name;
  /// One line for `layerwatt sensors --help` and the docs.
  std::string_view summary;
  /// Lists what is there; an empty list where there is nothing. An error only for a broken system.
  Result<std::vector<ProbedSensor>> (*probe)(const SystemRoot& root);
  /// Opens the rails of `sensor` whose names are in `rails` (all usable ones if empty).
  Result<std::unique_ptr<Sensor>> (*open)(const SystemRoot& root, const ProbedSensor& sensor,
                                          std::span<const std::string> rails);
};

/// Every kind of sensor found by probing, in the order in which they are listed. `replay` and
/// `virtual`, which are asked for by name and not found, have their own headers.
std::span<const SensorKind> sensor_table();

}  // namespace layerwatt
