#include "attribution/model/load_pieces.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <utility>

namespace layerwatt {
namespace {

/// A runner that pauses for longer lets the board fall idle (clocks, caches, power gates).
constexpr double kIdleGap = 50e-3;
/// Pauses shorter than this are rounding of stamps, not gaps.
constexpr double kNoGap = 1e-9;

}  // namespace

LoadBuilder::LoadBuilder(std::size_t layers, const TimelineLook& look, Instant origin,
                         std::optional<Duration> idle_gap)
    : look_(look), has_begun_(static_cast<std::size_t>(look.passes), false) {
  load_.origin = origin;
  load_.layers = static_cast<int>(layers);
  load_.idle_gap = idle_gap ? to_seconds(*idle_gap) : kIdleGap;
  load_.pieces.reserve(static_cast<std::size_t>(look.executions));
}

void LoadBuilder::add(const Execution& e) {
  const auto pass = static_cast<std::size_t>(e.pass);
  // Layers count, and whole passes of which no layer was recorded.
  if (e.segment == kWholePass && look_.has_layers[pass]) return;
  if (e.end <= e.start) return;
  const PieceList::Span span{(e.start - load_.origin).count(), (e.end - load_.origin).count()};
  // Executions of passes that overlap may take turns, and passes begin in any order.
  if (!has_begun_[pass]) load_.pass_begins.push_back(to_seconds(e.start - load_.origin));
  has_begun_[pass] = true;
  if (next_ && next_->end > span.begin) next_->end = std::max(next_->begin, span.begin);
  finish_next();
  next_ = span;
  column_ = e.segment == kWholePass ? load_.pass_column()
            : e.repeat > 0          ? load_.repeat_column(e.segment)
                                    : e.segment;
}

/// Puts it behind the others; one of which nothing is left is none.
void LoadBuilder::finish_next() {
  if (!next_ || next_->end <= next_->begin) return;
  if (!load_.pieces.empty()) {
    const double pause = static_cast<double>(next_->begin) * 1e-9 - load_.pieces.back().end;
    if (pause > kNoGap && pause <= load_.idle_gap) load_.pieces.append_gap(load_.gap_column());
  }
  load_.pieces.append(*next_, column_);
}

LoadPieces LoadBuilder::take() {
  finish_next();
  next_.reset();
  load_.on_time.assign(static_cast<std::size_t>(load_.columns()), 0.0);
  for (const LoadPiece& p : load_.pieces) {
    load_.on_time[static_cast<std::size_t>(p.column)] += p.end - p.begin;
  }
  return std::move(load_);
}

LoadPieces load_pieces(const Timeline& timeline, Instant origin, std::optional<Duration> idle_gap) {
  const TimelineLook look = look_over(timeline);
  LoadBuilder builder(timeline.layers.size(), look, origin, idle_gap);
  for (const Execution& e : timeline.executions) builder.add(e);
  return builder.take();
}

}  // namespace layerwatt
