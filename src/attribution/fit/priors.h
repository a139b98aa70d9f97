#pragma once

#include <Eigen/Dense>
#include <span>
#include <vector>

#include "layerwatt/attribution/conversion_clock.h"

#include "attribution/fit/chained_equations.h"
#include "attribution/fit/column_layout.h"
#include "attribution/model/load_pieces.h"

namespace layerwatt {

// What is known beforehand while a fit looks for timing and powers. All of it stands here, as
// products with the reading as the last column. What is known of powers keeps those of which the
// readings tell little from leading a search astray; of it, the reported fit keeps none.

/// As if it had been measured that the unknown in `column` is `value`, give or take `deviation`.
void expect(int column, double value, double deviation, Eigen::MatrixXd& products);

/// The same where rows are not in units of their noise: weight is its variance over the
/// deviation's.
void expect_by_weight(int column, double value, double weight, Eigen::MatrixXd& products);

/// Of layers about their mean, relative: layers of networks draw a third of it to three times as
/// much.
inline constexpr double kPowerSpread = 0.7;
/// Of repeats about first executions, relative to that mean.
inline constexpr double kRepeatSpread = 0.05;
/// Of idle power about where the fit began, relative to that mean.
inline constexpr double kIdleSpread = 0.02;

/// Pulls each layer's repeats towards its first executions, as if one had been told that they
/// differ by 0 ± `deviation` watts.
Eigen::MatrixXd repeat_tie(const ColumnLayout& layout, const LoadPieces& load, double deviation,
                           bool with_reading);

/// Layers and their repeats near `mean` watts, idle power near `idle`, by the above.
Eigen::MatrixXd power_prior(const ColumnLayout& layout, const LoadPieces& load, double mean,
                            double idle);

/// The column of a step of the board's low-pass: it is not long.
void expect_low_pass(const ColumnLayout& layout, double now, Eigen::MatrixXd& products);

/// The oscillator bends the clock only a little from knot to knot.
std::vector<KnotBend> knot_bends(std::span<const ConversionClock::Knot> knots);

}  // namespace layerwatt
