#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "layerwatt/core/timeline.h"
#include "layerwatt/core/units.h"

#include "attribution/model/piece_list.h"
#include "attribution/model/timeline_look.h"

namespace layerwatt {

/// A timeline as what the linear model needs: disjoint pieces in order, each of one column; between
/// them the board is idle. Columns: the layers' first executions, their immediate repeats, the gaps
/// within the run, and passes of which only the whole was recorded.
struct LoadPieces {
  Instant origin;
  PieceList pieces;
  int layers = 0;
  /// When each pass began, rising.
  std::vector<double> pass_begins;
  /// Seconds that each column was on.
  std::vector<double> on_time;
  /// Longest time between executions that still counted as a gap, seconds.
  double idle_gap = 0.0;

  int repeat_column(int layer) const { return layers + layer; }
  int gap_column() const { return 2 * layers; }
  int pass_column() const { return 2 * layers + 1; }
  int columns() const { return 2 * layers + 2; }
  double begin() const { return pieces.empty() ? 0.0 : pieces.front().begin; }
  double end() const { return pieces.empty() ? 0.0 : pieces.back().end; }
};

/// Makes a load of executions that come in order.
class LoadBuilder {
 public:
  /// `idle_gap`: pauses that are longer are idle. Absent: 50 ms. `look` is of the same executions
  /// and kept by reference.
  LoadBuilder(std::size_t layers, const TimelineLook& look, Instant origin,
              std::optional<Duration> idle_gap);
  void add(const Execution& execution);
  LoadPieces take();

 private:
  void finish_next();

  LoadPieces load_;
  const TimelineLook& look_;
  std::vector<bool> has_begun_;
  /// One that lasts into the next ends there, so it waits for that.
  std::optional<PieceList::Span> next_;
  int column_ = 0;
};

/// Of a timeline in memory.
LoadPieces load_pieces(const Timeline& timeline, Instant origin, std::optional<Duration> idle_gap);

}  // namespace layerwatt
