#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "attribution/model/load_pieces.h"

namespace layerwatt {

/// The kernel through which the load becomes readings, in seconds.
struct SensorKernel {
  /// One conversion averages its input over this time, up to its end.
  double window = 0.0;
  /// First-order low-pass between the load and the sensor; 0 is none.
  double board_low_pass = 0.0;
  /// What a conversion leaves of the averaged value: 1 − 1/count for an exponential average of
  /// `count` conversions, 0 without averaging.
  double memory = 0.0;
  /// Standard deviation by which the load comes early or late against its stamps: blurs it.
  double jitter = 0.0;
  /// Conversions whose mean makes one value (block averaging), 1 else; and the time from one to the
  /// next. The block's last window ends where the conversion is said to end.
  int block_count = 1;
  double block_step = 0.0;
};

/// The share of a conversion's window spent in each column, through the board's low-pass, for
/// windows asked for in order of time. Exact for the piecewise-constant load: the mean over [a, b]
/// is the occupancy's mean − τ·(z(b) − z(a))/(b − a), z the filtered occupancy. O(pieces + windows
/// × columns). The shares of a row and that of idle add up to 1.
class Occupancy {
 public:
  Occupancy(const LoadPieces& load, double board_low_pass);

  /// Adds `scale` times the shares over [begin, end] to `shares`, and to `slope` `scale` times
  /// their change per second of a shift to later. Windows may overlap by less than they advance,
  /// but must not go back. `slope` may be empty.
  void add_window(double begin, double end, double scale, std::span<double> shares,
                  std::span<double> slope);

 private:
  void advance(double t);

  const std::vector<LoadPiece>* pieces_;
  double tau_;
  double now_;
  std::size_t next_ = 0;
  /// Filtered occupancy is level_ × scale_: decay is one multiplication for all columns.
  std::vector<double> level_;
  double scale_ = 1.0;
  std::vector<double> at_begin_;
};

/// Rows of the design for the conversions in `seen` (indices into `ends`, rising): the averaging
/// filter runs over all conversions, those never seen included. The visitor gets the row's number,
/// its shares per column, their slope against a shift of all conversions to later (1/s), and the
/// weight that the unknown state of the filter before the first conversion still has.
struct DesignRow {
  std::size_t index = 0;
  std::span<const double> shares;
  std::span<const double> slope;
  double initial = 0.0;
};
using RowVisitor = std::function<void(const DesignRow&)>;
void visit_design_rows(const LoadPieces& load, const SensorKernel& kernel,
                       std::span<const double> ends, std::span<const std::int64_t> seen,
                       const RowVisitor& visit);

/// What conversions, or blocks of them, that ended at `ends` (rising, no two sharing a window) show
/// above idle for given powers per column; no exponential average, no jitter. O(pieces + windows):
/// much less than the rows take.
std::vector<double> expected_levels(const LoadPieces& load, std::span<const double> watts,
                                    const SensorKernel& kernel, std::span<const double> ends);

}  // namespace layerwatt
