#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace layerwatt {

/// The two loops in which the fits spend their time, compiled for what the processor has: the
/// widest of 128 bits, AVX2 with FMA and AVX-512 on x86-64, what the compiler's target has
/// elsewhere. On one machine the results are the same each time; on another they differ by
/// rounding.

/// Adds rowsᵀ·rows to the lower triangle of `products`.
///
/// `rows` holds rows of `columns` numbers, one behind the other; `products` is columns × columns,
/// symmetric, so that it does not matter whether it stands by rows or by columns. `scratch` is for
/// reuse, its contents do not matter.
void add_products(std::span<const double> rows, std::size_t columns, std::span<double> products,
                  std::vector<double>& scratch);

/// One step of the Kalman filter for two first-order processes seen in white noise, for all columns
/// of a row alike (Whitener).
struct WhiteningStep {
  /// What the processes keep since the last row.
  double filtered_kept = 0.0;
  double drift_kept = 0.0;
  double filtered_gain = 0.0;
  double drift_gain = 0.0;
  /// Of what is new in the row.
  double scale = 1.0;
};
/// The row becomes what is new in it, scaled; `filtered` and `drift`, the expectations of the two
/// processes for each column, are carried on. All equally long.
void whiten_row(const WhiteningStep& step, std::span<double> row, std::span<double> filtered,
                std::span<double> drift);

}  // namespace layerwatt
