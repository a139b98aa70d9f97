#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "attribution/model/load_pieces.h"

namespace layerwatt {

/// Time constant of a board's low-pass, seconds, until it is fitted. A guess of its order, from no
/// schematic and no measurement: input filters and regulators' capacitors make 0 to 300 µs. Fits of
/// single conversions estimate it; behind a slow averaging filter a hundred times it is not felt.
inline constexpr double kUsualBoardLowPass = 150e-6;

/// The kernel through which the load becomes readings, in seconds.
struct SensorKernel {
  /// One conversion averages its input over this time, up to its end.
  double window = 0.0;
  /// First-order low-pass between the load and the sensor; 0 is none.
  double board_low_pass = 0.0;
  /// Standard deviation by which the load comes early or late against its stamps: blurs it.
  double jitter = 0.0;
  /// Conversions whose mean makes one value (block averaging), 1 else; and the time from one to the
  /// next. The block's last window ends where the conversion is said to end.
  int block_count = 1;
  double block_step = 0.0;
};

/// Shares of a reading's kernel per column, and their change per second of a shift to later. Few
/// columns are touched by one reading, so which ones they are is kept along.
class RowShares {
 public:
  explicit RowShares(int columns)
      : shares_(static_cast<std::size_t>(columns), 0.0),
        slope_(shares_.size(), 0.0),
        is_touched_(shares_.size(), 0) {}

  void add(int column, double share, double slope) {
    const auto c = static_cast<std::size_t>(column);
    if (is_touched_[c] == 0) {
      is_touched_[c] = 1;
      touched_.push_back(column);
    }
    shares_[c] += share;
    slope_[c] += slope;
  }
  void clear() {
    for (const int column : touched_) {
      const auto c = static_cast<std::size_t>(column);
      shares_[c] = slope_[c] = 0.0;
      is_touched_[c] = 0;
    }
    touched_.clear();
  }
  /// All columns; those that are not touched are 0.
  std::span<const double> shares() const { return shares_; }
  std::span<const double> slope() const { return slope_; }
  /// In no order.
  std::span<const int> touched() const { return touched_; }

 private:
  std::vector<double> shares_;
  std::vector<double> slope_;
  std::vector<char> is_touched_;
  std::vector<int> touched_;
};

/// The share of a conversion's window spent in each column, through the board's low-pass, for
/// windows asked for in order of time. Exact for the piecewise-constant load: the mean over [a, b]
/// is the occupancy's mean − τ·(z(b) − z(a))/(b − a), z the filtered occupancy. Columns of which
/// less than 10⁻¹² is left in the low-pass are forgotten. O(pieces + windows × columns that ran
/// within the window or 28 τ before). The shares of a row and that of idle add up to 1.
class Occupancy {
 public:
  Occupancy(const LoadPieces& load, double board_low_pass);

  /// Adds `scale` times the shares over [begin, end] to `out`. Windows may overlap by less than
  /// they advance, but must not go back.
  void add_window(double begin, double end, double scale, RowShares& out);

 private:
  void advance(double t);
  void forget();
  void add_edge(double t, double slope, RowShares& out) const;

  double tau_;
  double now_;
  PieceList::Iterator next_;
  PieceList::Iterator end_;
  /// Filtered occupancy is level_ × scale_: decay is one multiplication for all columns.
  std::vector<double> level_;
  double scale_ = 1.0;
  std::vector<double> at_begin_;
  /// Columns whose level is kept.
  std::vector<int> active_;
  std::vector<bool> is_active_;
};

/// Rows of the design for conversions, or blocks of them, that ended at `ends` (rising): the
/// visitor gets the row's number, its shares per column and their slope against a shift of all
/// conversions to later (1/s); only the columns in `touched` are not 0.
struct DesignRow {
  std::size_t index = 0;
  std::span<const double> shares;
  std::span<const double> slope;
  std::span<const int> touched;
};
using RowVisitor = std::function<void(const DesignRow&)>;
void visit_design_rows(const LoadPieces& load, const SensorKernel& kernel,
                       std::span<const double> ends, const RowVisitor& visit);

/// What conversions, or blocks of them, that ended at `ends` (rising, no two sharing a window) show
/// above idle for given powers per column; no exponential average, no jitter. O(pieces + windows):
/// much less than the rows take.
std::vector<double> expected_levels(const LoadPieces& load, std::span<const double> watts,
                                    const SensorKernel& kernel, std::span<const double> ends);

}  // namespace layerwatt
