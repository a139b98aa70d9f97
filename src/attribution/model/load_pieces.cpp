#include "attribution/model/load_pieces.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <vector>

namespace layerwatt {
namespace {

/// A runner that pauses for longer lets the board fall idle (clocks, caches, power gates).
constexpr double kIdleGap = 50e-3;
/// Pauses shorter than this are rounding of stamps, not gaps.
constexpr double kNoGap = 1e-9;

/// Puts pieces behind each other: one that lasts into the next ends there, and one of which nothing
/// is left then is none.
class PieceBuilder {
 public:
  PieceBuilder(int gap_column, double idle_gap, PieceList& pieces)
      : gap_column_(gap_column), idle_gap_(idle_gap), pieces_(pieces) {}

  void add(const PieceList::Span& span, int column) {
    if (next_ && next_->end > span.begin) next_->end = std::max(next_->begin, span.begin);
    finish();
    next_ = span;
    column_ = column;
  }
  void finish() {
    if (!next_ || next_->end <= next_->begin) return;
    if (!pieces_.empty()) {
      const double pause = static_cast<double>(next_->begin) * 1e-9 - pieces_.back().end;
      if (pause > kNoGap && pause <= idle_gap_) pieces_.append_gap(gap_column_);
    }
    pieces_.append(*next_, column_);
  }

 private:
  int gap_column_;
  double idle_gap_;
  PieceList& pieces_;
  std::optional<PieceList::Span> next_;
  int column_ = 0;
};

}  // namespace

LoadPieces load_pieces(const Timeline& timeline, Instant origin, std::optional<Duration> idle_gap) {
  LoadPieces load;
  load.origin = origin;
  load.layers = static_cast<int>(timeline.layers.size());
  load.idle_gap = idle_gap ? to_seconds(*idle_gap) : kIdleGap;
  const auto passes = static_cast<std::size_t>(pass_count(timeline));
  std::vector<bool> has_layers(passes, false);
  for (const Execution& e : timeline.executions) {
    if (e.segment != kWholePass) has_layers[static_cast<std::size_t>(e.pass)] = true;
  }
  load.pieces.reserve(timeline.executions.size());
  std::vector<bool> has_begun(passes, false);
  PieceBuilder builder(load.gap_column(), load.idle_gap, load.pieces);
  for (const Execution& e : timeline.executions) {
    const auto pass = static_cast<std::size_t>(e.pass);
    // Layers count, and whole passes of which no layer was recorded.
    if (e.segment == kWholePass && has_layers[pass]) continue;
    if (e.end <= e.start) continue;
    const PieceList::Span span{(e.start - origin).count(), (e.end - origin).count()};
    // Executions of passes that overlap may take turns, and passes begin in any order.
    if (!has_begun[pass]) load.pass_begins.push_back(to_seconds(e.start - origin));
    has_begun[pass] = true;
    const int column = e.segment == kWholePass ? load.pass_column()
                       : e.repeat > 0          ? load.repeat_column(e.segment)
                                               : e.segment;
    builder.add(span, column);
  }
  builder.finish();
  load.on_time.assign(static_cast<std::size_t>(load.columns()), 0.0);
  for (const LoadPiece& p : load.pieces) {
    load.on_time[static_cast<std::size_t>(p.column)] += p.end - p.begin;
  }
  return load;
}

}  // namespace layerwatt
