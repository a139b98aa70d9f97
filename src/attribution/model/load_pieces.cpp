#include "attribution/model/load_pieces.h"

#include <algorithm>
#include <optional>

namespace layerwatt {
namespace {

/// A runner that pauses for longer lets the board fall idle (clocks, caches, power gates).
constexpr double kIdleGap = 50e-3;
/// Pauses shorter than this are rounding of stamps, not gaps.
constexpr double kNoGap = 1e-9;

/// Executions that count: layers, and whole passes of which no layer was recorded.
std::vector<const Execution*> leaves(const Timeline& timeline) {
  std::vector<bool> has_layers(static_cast<std::size_t>(pass_count(timeline)), false);
  for (const Execution& e : timeline.executions) {
    if (e.segment != kWholePass) has_layers[static_cast<std::size_t>(e.pass)] = true;
  }
  std::vector<const Execution*> kept;
  for (const Execution& e : timeline.executions) {
    if (e.segment == kWholePass && has_layers[static_cast<std::size_t>(e.pass)]) continue;
    if (e.end > e.start) kept.push_back(&e);
  }
  return kept;
}

}  // namespace

LoadPieces load_pieces(const Timeline& timeline, Instant origin, std::optional<Duration> idle_gap) {
  LoadPieces load;
  load.origin = origin;
  load.layers = static_cast<int>(timeline.layers.size());
  const auto seconds = [&](Instant t) { return to_seconds(t - origin); };
  std::vector<bool> has_begun(static_cast<std::size_t>(pass_count(timeline)), false);
  for (const Execution* e : leaves(timeline)) {
    // Executions of passes that overlap may take turns, and passes begin in any order.
    if (!has_begun[static_cast<std::size_t>(e->pass)])
      load.pass_begins.push_back(seconds(e->start));
    has_begun[static_cast<std::size_t>(e->pass)] = true;
    const int column = e->segment == kWholePass ? load.pass_column()
                       : e->repeat > 0          ? load.repeat_column(e->segment)
                                                : e->segment;
    const LoadPiece piece{seconds(e->start), seconds(e->end), column};
    if (!load.pieces.empty() && load.pieces.back().end > piece.begin) {
      load.pieces.back().end = std::max(load.pieces.back().begin, piece.begin);
    }
    load.pieces.push_back(piece);
  }
  std::erase_if(load.pieces, [](const LoadPiece& p) { return p.end <= p.begin; });

  load.idle_gap = idle_gap ? to_seconds(*idle_gap) : kIdleGap;
  std::vector<LoadPiece> filled;
  filled.reserve(2 * load.pieces.size());
  for (const LoadPiece& piece : load.pieces) {
    if (!filled.empty()) {
      const double pause = piece.begin - filled.back().end;
      if (pause > kNoGap && pause <= load.idle_gap) {
        filled.push_back({filled.back().end, piece.begin, load.gap_column()});
      }
    }
    filled.push_back(piece);
  }
  load.pieces = std::move(filled);
  load.on_time.assign(static_cast<std::size_t>(load.columns()), 0.0);
  for (const LoadPiece& p : load.pieces) {
    load.on_time[static_cast<std::size_t>(p.column)] += p.end - p.begin;
  }
  return load;
}

}  // namespace layerwatt
