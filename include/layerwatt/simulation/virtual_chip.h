#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "layerwatt/core/random.h"
#include "layerwatt/core/time.h"
#include "layerwatt/simulation/virtual_board.h"
#include "layerwatt/simulation/virtual_load.h"

namespace layerwatt {

/// How one specimen of a board and its chips differs from the nominal one.
struct VirtualSpecimen {
  /// Conversions take (1 + error) of their nominal time; the datasheet allows ±0.3.
  double oscillator_error = 0.0;
  /// Change of that error: a line, and a random walk (standard deviation after one second).
  double oscillator_drift_per_second = 0.0;
  double oscillator_walk = 0.0;
  /// Time constant between load and shunt.
  Duration board_low_pass{0};
  /// From the end of a conversion to when a read shows it.
  Duration lag{0};
  /// Times the datasheet's noise of a conversion; 0 for a chip without noise.
  double noise_scale = 1.0;
  /// Added to every shunt voltage (typically ±40 µV).
  Volts shunt_offset;
  DriftSpec drift;
  /// Of the drift's random walk: one board, one drift for all of its chips.
  std::uint64_t drift_seed = 0;
};

/// A load through the board's first-order low-pass, integrated exactly: for a constant level x the
/// filtered power y moves as dy/dt = (x − y)/τ, and ∫ y dt = ∫ x dt − τ·(y(b) − y(a)).
class FilteredLoad {
 public:
  /// Times are nanoseconds from any one origin.
  FilteredLoad(Duration time_constant, double now_ns);
  /// Moves on to `t_ns` at the present level. An earlier time changes nothing.
  void advance(double t_ns);
  void set_level(double watts) { level_ = watts; }
  /// Watt-nanoseconds of the filtered load since the last call.
  double take_energy();

 private:
  double tau_;
  double now_;
  double level_ = 0.0;
  double filtered_ = 0.0;
  double raw_energy_ = 0.0;
  double filtered_at_take_ = 0.0;
};

/// What a driver prints for the sum register.
struct VirtualSum {
  std::int64_t microvolts = 0;
  std::int32_t milliamperes = 0;
};

/// What a driver prints for one rail.
struct VirtualRegisters {
  std::int32_t millivolts = 0;
  std::int32_t milliamperes = 0;
  /// INA238 and IIO only.
  std::int64_t microwatts = 0;
};

/// An exact simulation of one power chip under a load: conversions in channel sequence (shunt, then
/// bus), each the mean of the filtered power over its window; noise by conversion time; averaging
/// kept in more bits than are shown; quantisation of what is shown, to nearest. O(conversions +
/// steps). Instants before `start` are idle, and the filter has settled to that.
class VirtualChip {
 public:
  VirtualChip(const VirtualChipSetup& setup, const VirtualSpecimen& specimen, std::uint64_t seed,
              Instant start);

  /// Runs the chip until `t` under the steps of the load in (last t, t], in order; older ones take
  /// effect at once.
  void run_until(Instant t, std::span<const LoadStep> steps);

  /// What a read of rail `index` would show at the time that was run to, lag apart.
  VirtualRegisters registers(std::size_t index) const;

  /// The sum of the single shunt conversions of the summed rails, of one cycle (SBOS576B
  /// §8.3.2.1.1). Precondition: the chip has such rails.
  VirtualSum sum() const;

  /// Conversion cycles that have ended.
  std::int64_t cycles() const { return cycles_; }
  /// True length of the present cycle.
  double cycle_ns() const;
  /// Moment at which the present cycle began.
  Instant cycle_start() const;
  /// When the next shunt conversion of rail `index` ends, by the present clock.
  Instant next_shunt_end(std::size_t index) const;
  const VirtualChipSetup& setup() const { return setup_; }

 private:
  struct Channel {
    double shunt_volts = 0.0;  ///< averaged, all bits
    double bus_volts = 0.0;
    double single_shunt_volts = 0.0;  ///< of the last conversion
    double shunt_sum = 0.0;           ///< of the present block, INA238
    double bus_sum = 0.0;
  };

  void finish_phase();
  void begin_cycle();
  void convert_shunt(std::size_t index, double mean_load);
  void convert_bus(std::size_t index);
  void add_up();
  void average(double& shown, double& sum, double value) const;

  VirtualChipSetup setup_;
  VirtualSpecimen specimen_;
  Random noise_;
  Random oscillator_;
  DriftPath drift_;
  FilteredLoad load_;
  std::vector<Channel> channels_;
  /// Of the last cycle, in steps of the shunt voltage.
  std::int64_t summed_steps_ = 0;
  Instant start_;
  double rate_error_;
  double cycle_start_;
  double phase_length_;
  double phase_end_;
  /// Phases of a cycle: shunt 0, bus 0, shunt 1, bus 1 …; an INA238 has its temperature after them.
  int phase_ = 0;
  int phases_;
  std::int64_t cycles_ = 0;
  int block_count_ = 0;
  double shunt_noise_;
  double bus_noise_;
};

}  // namespace layerwatt
