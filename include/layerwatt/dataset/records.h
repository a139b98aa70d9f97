#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "layerwatt/core/reading.h"
#include "layerwatt/core/time.h"
#include "layerwatt/core/timeline.h"
#include "layerwatt/dataset/npy.h"

namespace layerwatt {

/// One reading of one rail in power.npy. Instants are nanoseconds of CLOCK_MONOTONIC, anchored to
/// the wall clock in run.json.
struct PowerRecord {
  /// Just before and just after the read.
  std::int64_t before_ns;
  std::int64_t after_ns;
  /// kNoValue64 where the rail has no such value.
  std::int64_t power_uw;
  std::int64_t energy_uj;
  /// kNoValue32 where the rail has no such value.
  std::int32_t voltage_uv;
  std::int32_t current_ua;
  /// Index into the rails of run.json.
  std::int16_t rail;
  /// 0 for a reading; anything else says why there is none (docs/files.md).
  std::int16_t status;
  /// Number of the recorder's tick, from 0; a gap is lost ticks.
  std::uint32_t tick;

  static constexpr std::array<NpyField, 9> kFields{{{"before_ns", "<i8"},
                                                    {"after_ns", "<i8"},
                                                    {"power_uw", "<i8"},
                                                    {"energy_uj", "<i8"},
                                                    {"voltage_uv", "<i4"},
                                                    {"current_ua", "<i4"},
                                                    {"rail", "<i2"},
                                                    {"status", "<i2"},
                                                    {"tick", "<u4"}}};
  friend bool operator==(const PowerRecord&, const PowerRecord&) = default;
};
static_assert(sizeof(PowerRecord) == 48);

/// A reading of rail `rail` at tick `tick`, as power.npy holds it, and back.
inline PowerRecord record_of(const Reading& reading, std::size_t rail, std::uint32_t tick) {
  return {to_ns(reading.before),
          to_ns(reading.after),
          reading.power_uw,
          reading.energy_uj,
          reading.voltage_uv,
          reading.current_ua,
          static_cast<std::int16_t>(rail),
          static_cast<std::int16_t>(reading.status),
          tick};
}
inline Reading reading_of(const PowerRecord& record) {
  return {instant_from_ns(record.before_ns),
          instant_from_ns(record.after_ns),
          record.power_uw,
          record.energy_uj,
          record.voltage_uv,
          record.current_ua,
          static_cast<ReadStatus>(record.status)};
}

/// One execution in timeline.npy: core's Execution with instants as nanoseconds of CLOCK_MONOTONIC.
struct TimelineRecord {
  /// Index into the layers of trt_engine_info.json; −1 for a whole pass.
  std::int32_t segment;
  std::int32_t pass;
  std::int32_t repeat;
  std::int32_t block;
  std::int64_t start_ns;
  std::int64_t end_ns;

  static constexpr std::array<NpyField, 6> kFields{{{"segment", "<i4"},
                                                    {"pass", "<i4"},
                                                    {"repeat", "<i4"},
                                                    {"block", "<i4"},
                                                    {"start_ns", "<i8"},
                                                    {"end_ns", "<i8"}}};
  friend bool operator==(const TimelineRecord&, const TimelineRecord&) = default;
};
static_assert(sizeof(TimelineRecord) == 32);

inline TimelineRecord record_of(const Execution& execution) {
  return {execution.segment, execution.pass,         execution.repeat,
          execution.block,   to_ns(execution.start), to_ns(execution.end)};
}

}  // namespace layerwatt
