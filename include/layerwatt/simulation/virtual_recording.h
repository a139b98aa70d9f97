#pragma once

#include <cstdint>
#include <filesystem>
#include <iosfwd>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "layerwatt/core/power_trace.h"
#include "layerwatt/core/result.h"
#include "layerwatt/core/timeline.h"
#include "layerwatt/dataset/raw_dataset.h"
#include "layerwatt/sensors/sensor.h"
#include "layerwatt/simulation/virtual_board.h"
#include "layerwatt/simulation/virtual_chip.h"
#include "layerwatt/simulation/virtual_load.h"

namespace layerwatt {

/// How the virtual registers are read: paced by absolute deadlines, as the recorder does.
struct VirtualReader {
  /// Of the deadlines. 0: each tick follows the last at once, as fast as the reads allow.
  Duration period{0};
  /// One rail's read takes between these, drawn evenly at each read; both 0: the board's own, ±15
  /// %.
  Duration shortest_read{0};
  Duration longest_read{0};
  /// Part of the ticks that come late by up to `longest_stall`; those that miss their whole period
  /// are lost.
  double stall_share = 0.0;
  Duration longest_stall = std::chrono::milliseconds(10);
  /// Rails to read, in this order; empty: all rails of the board.
  std::vector<std::string> rails;
};

/// The rail of one channel of a virtual board, as the recorder would be told of it.
Rail virtual_rail(const VirtualBoard& board, const VirtualChipSetup& chip, std::size_t channel);

/// What was read, as the recorder would have it.
struct VirtualRecording {
  std::vector<Rail> rails;
  /// Per rail, in order of time.
  std::vector<std::vector<Reading>> readings;
  /// Number of the tick in which the k-th reading of every rail was taken, from 0; a gap is lost
  /// ticks.
  std::vector<std::uint32_t> ticks;
  std::int64_t late_ticks = 0;
  std::int64_t lost_ticks = 0;
  /// Mean true conversion cycle of each chip of the board, in nanoseconds.
  std::vector<double> true_cycle_ns;
};

/// Reads the sensors of `board` from `begin` to `end` while it draws `load`. Deterministic.
Result<VirtualRecording> record_load(const VirtualBoard& board, const VirtualSpecimen& specimen,
                                     const VirtualReader& reader, std::span<const LoadStep> load,
                                     Instant begin, Instant end, std::uint64_t seed);

/// What was put into a virtual recording, saved beside it as kVirtualTruthFile.
struct VirtualTruth {
  std::string board;
  std::uint64_t seed = 0;
  /// Idle power of the board's total, before drift.
  Watts idle;
  std::vector<std::string> layers;
  LayerPowers powers;
  VirtualSpecimen specimen;
  /// Of the chip that measures the total: true mean cycle and the settings.
  Duration cycle{0};
  int average_count = 1;
  Duration conversion_time{0};
};

void write_virtual_truth(const VirtualTruth& truth, std::ostream& out);
/// The error names the first member that is missing or of another kind.
Result<VirtualTruth> parse_virtual_truth(std::string_view text);
Result<VirtualTruth> read_virtual_truth(const std::filesystem::path& path);

/// All that a virtual run consists of.
struct VirtualRun {
  VirtualRecording recording;
  std::vector<PowerTrace> traces;
  /// The board's total: the one rail, or the sum of the rails of the total.
  PowerTrace total;
  VirtualTruth truth;
};

/// The board's total among traces of its rails: the one rail, or the sum.
Result<PowerTrace> total_of(const VirtualBoard& board, const std::vector<PowerTrace>& traces);

/// For a network that really ran on this machine: gives its layers powers that the virtual board
/// could have (virtual_layer_power.h), draws a specimen of the board, and reads its sensors from
/// `begin` to `end`. The same timeline, board and seed give the same run.
Result<VirtualRun> record_virtual_run(const Timeline& timeline, const VirtualBoard& board,
                                      std::uint64_t seed, Instant begin, Instant end,
                                      const VirtualReader& reader = {});

/// The same with a specimen and powers of the caller's choice.
Result<VirtualRun> record_virtual_run(const Timeline& timeline, const VirtualBoard& board,
                                      const VirtualSpecimen& specimen, const LayerPowers& powers,
                                      std::uint64_t seed, Instant begin, Instant end,
                                      const VirtualReader& reader = {});

}  // namespace layerwatt
