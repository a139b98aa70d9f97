#pragma once

#include <optional>

#include "layerwatt/core/time.h"
#include "layerwatt/core/units.h"

namespace layerwatt {

/// The energy of one rail from readings of its power, as a counter that never falls.
///
/// Trapezoids between the middles of reads. A reading y behind an exponential filter of time
/// constant τ is late: τ·dy/dt = x − y, so the energy that has really flowed is
/// ∫ x dt = ∫ y dt + τ·(y(now) − y(begin)), which is added at both ends of every stretch without a
/// gap. A gap is not guessed: its length is counted instead. Not thread-safe; never allocates.
class EnergyIntegrator {
 public:
  struct Options {
    /// Of an exponential filter between the power and its readings; absent: none.
    std::optional<Duration> time_constant;
    /// Two readings further apart have a gap between them.
    Duration longest_gap{0};
  };
  explicit EnergyIntegrator(const Options& options) : options_(options) {}

  /// The next reading, in order of time; one that is not later than the last changes nothing.
  void add(Instant when, Watts power) noexcept;
  /// Whatever lies between the last reading and the next is a gap (the machine slept).
  void interrupt() noexcept { interrupted_ = true; }
  /// Time that the clock of the readings does not know of, and that nothing was read in.
  void add_unmeasured(Duration time) noexcept { unmeasured_ += time; }

  Joules energy() const { return shown_; }
  Duration unmeasured() const { return unmeasured_; }

 private:
  struct Reading {
    Instant when;
    Watts power;
  };
  Joules corrected() const noexcept;

  /// A filter that is faster or slower than declared, and readings below zero, make the sum fall
  /// while the counter stands. More than this is forgotten, so that the counter does not stand for
  /// hours on a rail whose zero is off.
  static constexpr Joules kLargestDebt = Joules(2.0);

  Options options_;
  std::optional<Reading> last_;
  Watts first_of_stretch_;
  Joules closed_;
  Joules stretch_;
  Joules shown_;
  Duration unmeasured_{0};
  bool interrupted_ = false;
};

}  // namespace layerwatt
