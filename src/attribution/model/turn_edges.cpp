#include "attribution/model/turn_edges.h"

#include <algorithm>
#include <optional>

namespace layerwatt {
namespace {

/// Layers of networks last up to some 5 ms: what lasts longer than this is a turn, or a rest.
constexpr double kLong = 10e-3;
/// The datasheet's range of a chip's clock (SBOS576B): conversions may be that much further apart.
constexpr double kSlowest = 1.3;
/// A board's low-pass of 300 µs, the slowest that benchmarks/accuracy draws, has then forgotten 96
/// %.
constexpr double kSettled = 1e-3;

/// Executions of one layer, one behind the other.
struct Turn {
  int layer = 0;
  double begin = 0.0;
  double end = 0.0;

  bool is_long() const { return end - begin > kLong; }
};

}  // namespace

std::vector<double> turn_edges(const LoadPieces& load) {
  std::vector<double> edges;
  std::optional<Turn> turn;
  for (const LoadPiece& piece : load.pieces) {
    if (piece.column == load.gap_column()) continue;
    const int layer = piece.column < load.gap_column() ? piece.column % load.layers : piece.column;
    const bool rests = turn && piece.begin - turn->end > kLong;
    if (turn && turn->layer == layer && !rests) {
      turn->end = piece.end;
      continue;
    }
    const Turn next{layer, piece.begin, piece.end};
    // What the next turn becomes shows later; behind a short one its begin may be missing here.
    if (turn && (turn->is_long() || rests)) edges.push_back(turn->end);
    if (!turn || rests || turn->is_long()) edges.push_back(next.begin);
    turn = next;
  }
  if (turn) edges.push_back(turn->end);
  return edges;
}

std::vector<bool> sees_edge(const PowerTrace& trace, const LoadPieces& load,
                            const std::vector<double>& edges, double period, double window) {
  const double before = kSlowest * (period + window) + kSettled;
  std::vector<bool> sees(trace.size(), false);
  for (std::size_t k = 0; k < trace.size(); ++k) {
    const auto edge =
        std::ranges::lower_bound(edges, to_seconds(trace.before[k] - load.origin) - before);
    sees[k] = edge != edges.end() && *edge <= to_seconds(trace.after[k] - load.origin);
  }
  return sees;
}

}  // namespace layerwatt
