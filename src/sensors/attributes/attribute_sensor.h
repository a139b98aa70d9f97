#pragma once

#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "layerwatt/core/power_trace.h"
#include "layerwatt/sensors/sensor.h"

#include "sensors/attributes/attribute_file.h"

namespace layerwatt {

/// An attribute with its scale to micro-units: number × multiplier / divisor.
struct ScaledAttribute {
  AttributeFile file;
  std::int64_t multiplier = 1;
  std::int64_t divisor = 1;

  ReadStatus read(std::int64_t& micro) noexcept;
};

/// One rail as a set of attributes: voltage and current, or power, or an energy counter.
struct AttributeRail {
  Rail rail;
  std::optional<ScaledAttribute> voltage = std::nullopt;
  std::optional<ScaledAttribute> current = std::nullopt;
  std::optional<ScaledAttribute> power = std::nullopt;
  std::optional<ScaledAttribute> energy = std::nullopt;
  /// Where set, readings count only while `gate` holds `gate_open` (a battery that discharges).
  std::optional<AttributeFile> gate = std::nullopt;
  std::string_view gate_open = {};
  /// Drivers that differ in sign (batteries): the magnitude is what counts.
  bool magnitude = false;
};

/// Reads rails that are attributes of sysfs. What differs between chips is which attributes, and is
/// settled when it is made.
class AttributeSensor final : public Sensor {
 public:
  AttributeSensor(std::vector<AttributeRail> rails, const OpenOptions& options);

  std::span<const Rail> rails() const override { return descriptions_; }
  void read(std::span<Reading> out) noexcept override;

 private:
  struct State {
    AttributeRail attributes;
    Duration voltage_max_age{0};
    std::optional<Instant> voltage_time;
    std::int32_t voltage_uv = kNoValue32;
    /// The counter when last read, and the wraps undone so far.
    std::optional<std::int64_t> counter;
    std::int64_t unwrapped_offset = 0;
  };
  static void read_rail(State& state, Reading& out) noexcept;
  static ReadStatus read_voltage(State& state) noexcept;
  static ReadStatus read_energy(State& state, Reading& out) noexcept;

  std::vector<Rail> descriptions_;
  std::vector<State> states_;
};

/// How old a voltage may be by default: a twentieth of the rail's time constant; 0 where the rail
/// has no filter or its settings are not known.
Duration default_voltage_max_age(const SensorModel& model);

/// The rails of `found` that `options` ask for, under the names that `sensor` gives to their
/// locations (a board may have renamed them to keep names unique).
Result<std::unique_ptr<Sensor>> open_attribute_rails(std::vector<AttributeRail> found,
                                                     const ProbedSensor& sensor,
                                                     const OpenOptions& options);

}  // namespace layerwatt
