#pragma once

#include <optional>
#include <string>
#include <vector>

#include "layerwatt/core/cancellation.h"
#include "layerwatt/core/layer_profile.h"
#include "layerwatt/core/result.h"
#include "layerwatt/core/units.h"
#include "layerwatt/experiment/measure_options.h"
#include "layerwatt/experiment/measurement.h"
#include "layerwatt/experiment/region_result.h"

namespace layerwatt {

/// A program of the user's, word by word.
struct UserProgram {
  /// In tables: the first word's file name, or what tells two of them apart.
  std::string name;
  std::vector<std::string> command;
};

struct ProgramOptions {
  /// One, or two that are run in turn and compared.
  std::vector<UserProgram> programs;
  int repeats = 1;
  /// Runs of each before power is recorded.
  int warmup = 0;
  /// Which lines that the programs print begin and end regions (LinePattern); empty: none.
  std::string mark;
  /// Whether the programs find a ring for marks in their environment (layerwatt/markers.h).
  bool markers = false;
  /// Sensor, result folder and idle lead; its network, plan and runs are not used.
  MeasureOptions measure;
};

/// One run of one program.
struct ProgramRepeat {
  Duration time{0};
  /// Of everything that the board drew; absent where the recording does not cover the run.
  std::optional<Joules> energy;
  std::optional<Watts> peak;
};

struct ProgramResult {
  std::string name;
  std::vector<ProgramRepeat> repeats;
  /// What runs of it drew through each rail that was recorded, a mean run; same order as the rails.
  std::vector<std::optional<Joules>> rail_energy;
};

struct ProgramMeasurement {
  Measurement measurement;
  std::vector<ProgramResult> programs;
  /// Empty where none was marked.
  std::vector<RegionResult> regions;
  std::vector<std::string> rails;
  /// Before and after all runs.
  std::optional<Estimate<Watts>> idle;
  /// Of the run that did not end with 0; 0 where all did. Where no run came to its end nothing is
  /// measured: `programs` is empty, and the measurement's partial reason says so.
  int exit_code = 0;
};

/// Runs the programs while a process of its own records power, idle before and after, and writes a
/// run like any other: each program is a layer, a turn through all of them a pass. A program that
/// fails is an end of the runs, not an error: its exit code is told, and what was recorded stays.
/// Regions that the programs mark are layers beside them; a program's own row is what it does
/// outside of regions. Errors: those of measure_network(), of LinePattern::compile(), and those of
/// a program that cannot be executed.
Result<ProgramMeasurement> measure_program(const ProgramOptions& options,
                                           Cancellation& cancellation, MeasureObserver& observer);

}  // namespace layerwatt
