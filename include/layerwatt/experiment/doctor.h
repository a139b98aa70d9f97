#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "layerwatt/core/cancellation.h"
#include "layerwatt/core/layer_profile.h"
#include "layerwatt/core/power_trace.h"
#include "layerwatt/core/result.h"
#include "layerwatt/core/timeline.h"
#include "layerwatt/core/units.h"
#include "layerwatt/experiment/characterise.h"
#include "layerwatt/sensors/board.h"
#include "layerwatt/sensors/sensor.h"
#include "layerwatt/simulation/virtual_board.h"

namespace layerwatt {

/// What a look at one thing came to.
enum class Verdict {
  kGood,       ///< nothing to be done
  kAttention,  ///< results can be had, with what the finding says in mind
  kFault,      ///< no result, or a wrong one, until the remedy is done
  kNotKnown,   ///< this machine does not tell
};

/// "good", "attention", "fault", "not known".
std::string_view to_string(Verdict verdict);

struct Finding {
  /// "rails", "clocks", "engine tensorrt".
  std::string subject;
  Verdict verdict = Verdict::kNotKnown;
  /// What was found, a sentence or part of one.
  std::string what;
  /// What to do; empty where there is nothing to do.
  std::string remedy;
};

/// The worst verdict; of no findings, kNotKnown. What is not known is no worse than good.
Verdict worst(const std::vector<Finding>& findings);

struct DoctorOptions {
  SystemRoot root;
  /// A row of the sensor table alone; empty: any.
  std::string sensor;
  /// Where results would go.
  std::filesystem::path folder = ".";
  /// Takes the place of this machine's own rails.
  std::optional<VirtualBoard> virtual_board = std::nullopt;
};

/// Looks at the board, its rails and rights, settings of sensors, a reading, clocks, power mode,
/// heat, engines, disk, time, and faults that its JetPack is known for. Changes nothing, takes well
/// under a second. What cannot be looked at is a finding too.
std::vector<Finding> examine(const DoctorOptions& options);

/// The faults that a board with this release of Jetson Linux is known for, each with its remedy.
std::vector<Finding> known_faults(const Board& board);

struct SelfTestOptions {
  Duration length = std::chrono::minutes(2);
  std::uint64_t seed = 1;
  std::function<Instant()> now = MonotonicClock::now;
  std::function<void(Instant)> sleep_until = CharacteriseOptions::sleep_until_instant;
};

/// The blocks of a self-test from `begin` on: three segments that are one and the same load under
/// three names, in an order, with lengths and pauses drawn from the seed, idle before and after.
/// `time_constant`: of the sensor's filter, which blocks must not be much shorter than.
Timeline plan_self_test(Instant begin, Duration length, std::optional<Duration> time_constant,
                        std::uint64_t seed);

/// What the self-test came to.
struct SelfTest {
  std::string rail;
  bool is_virtual = false;
  Duration length{0};
  /// What the solver says of the three equal loads.
  LayerProfile profile;
  /// Time constant of the sensor's filter: as its settings say, and as the readings have it.
  std::optional<Duration> declared_time_constant;
  std::optional<Duration> measured_time_constant;
  /// Greatest difference between two of the equal loads, of their mean power.
  std::optional<double> largest_difference;
  /// "the load is seen", "equal loads", "time constant", "trust".
  std::vector<Finding> findings;
};

/// Judges a recording of the plan, whose instants are those at which the load really ran.
SelfTest judge_self_test(const PowerTrace& total, const Timeline& timeline);

/// Switches `load` on and off as planned while the rails of the board's total are read by this
/// thread. kNotFound where there is no total, kCancelled, kGone where a sensor vanished.
Result<SelfTest> run_self_test(const SystemRoot& root, const Board& board,
                               const std::string& sensor, SwitchedLoad& load,
                               const SelfTestOptions& options, const Cancellation& stop);

/// The same on a virtual board, without waiting.
Result<SelfTest> run_virtual_self_test(const VirtualBoard& board, const SelfTestOptions& options);

}  // namespace layerwatt
