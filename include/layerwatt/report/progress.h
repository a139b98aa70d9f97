#pragma once

#include <cstdint>
#include <functional>
#include <ostream>
#include <string>

#include "layerwatt/core/time.h"

namespace layerwatt {

/// Tells a person how far long work has come: a bar that redraws itself on a terminal, a plain line
/// now and then elsewhere. Quick enough to be called often. Not thread-safe.
class Progress {
 public:
  struct Style {
    bool is_terminal = false;
    /// Columns of the terminal.
    int width = 80;
    /// Steps are milliseconds of the run's own length.
    bool is_time = false;
    /// The clock; an argument so that tests can step it.
    std::function<Instant()> now = MonotonicClock::now;
  };

  /// `total` steps are to come; 0 for an unknown number.
  Progress(std::ostream& out, std::string label, std::int64_t total, Style style);
  /// Wipes the bar, if it is still there.
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void update(std::int64_t done);
  /// Names what is being done now, behind the bar.
  void set_detail(std::string detail) { detail_ = std::move(detail); }
  /// Takes the bar away so that other lines can be printed; the next update draws it again.
  void wipe();

 private:
  void draw(Instant now);
  std::string remaining(Instant now) const;

  std::ostream& out_;
  std::string label_;
  std::string detail_;
  std::int64_t total_;
  std::int64_t done_ = 0;
  Style style_;
  Instant begin_;
  Instant last_;
  bool drawn_ = false;
};

}  // namespace layerwatt
