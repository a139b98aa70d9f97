#include "attribution/fit/rails_fit.h"

#include <gtest/gtest.h>

#include <vector>

#include "attribution/fit/linear_system.h"

namespace layerwatt {
namespace {

/// One layer and idle; repeats, gaps and whole passes never ran.
LoadPieces one_layer() {
  LoadPieces load;
  load.layers = 1;
  load.on_time.assign(static_cast<std::size_t>(load.columns()), 0.0);
  load.on_time[0] = 1.0;
  return load;
}

/// A rail whose `count` readings of unit noise show the layer and idle, and as many idle alone. The
/// halves of what it reads are blocks.
FineFit rail_of(double layer, double idle, int count) {
  FineFit fit;
  fit.layout.load = one_layer().columns();
  const int idle_column = fit.layout.idle();
  const int reading = fit.layout.unknowns();
  for (int c = 0; c <= reading; ++c) fit.columns.push_back(c);
  RowMatrix rows = RowMatrix::Zero(2, reading + 1);
  rows.row(0) << 1.0, Eigen::RowVectorXd::Zero(reading);
  rows(0, idle_column) = 1.0;
  rows(0, reading) = layer + idle;
  rows(1, idle_column) = 1.0;
  rows(1, reading) = idle;
  const Eigen::MatrixXd products = static_cast<double>(count) * products_of(rows);
  fit.data = products;
  fit.prior = fit.steady_prior = Eigen::MatrixXd::Zero(reading + 1, reading + 1);
  for (Eigen::MatrixXd& fold : fit.folds) fold = fit.prior;
  fit.folds.front() = products;
  fit.shift = Eigen::VectorXd::Zero(reading + 1);
  for (int half = 0; half < 2; ++half) {
    Eigen::MatrixXd block = 0.5 * products;
    // The first half shows the layer higher, the second lower.
    block(0, reading) += half == 0 ? 1.0 : -1.0;
    fit.blocks.push_back(BlockProducts::of_products(block));
  }
  fit.rows = 2 * count;
  fit.watts.assign(static_cast<std::size_t>(fit.layout.load), 0.0);
  fit.watts[0] = layer;
  fit.idle = idle;
  fit.noise = 1.0;
  return fit;
}

TEST(AddRails, PowersAndTheirVariancesAddUp) {
  const std::vector<FineFit> rails = {rail_of(6.0, 2.0, 100), rail_of(1.0, 0.5, 25)};
  const FineFit sum = add_rails(rails, one_layer());
  const LeastSquares solved = solve_normal_equations(sum.total());
  const int idle = sum.layout.idle();
  EXPECT_NEAR(solved.value[0], 7.0, 1e-3);
  EXPECT_NEAR(solved.value[idle], 2.5, 1e-3);
  // Of a difference of two means of n readings: 2/n, of each rail.
  EXPECT_NEAR(solved.covariance(0, 0), 2.0 / 100 + 2.0 / 25, 1e-4);
  EXPECT_NEAR(solved.covariance(idle, idle), 1.0 / 100 + 1.0 / 25, 1e-4);
  EXPECT_EQ(sum.rows, 250);
  EXPECT_DOUBLE_EQ(sum.watts[0], 7.0);
  EXPECT_DOUBLE_EQ(sum.idle, 2.5);
}

TEST(AddRails, WhatBlocksScatterByAddsUpToo) {
  const std::vector<FineFit> rails = {rail_of(6.0, 2.0, 100), rail_of(1.0, 0.5, 25)};
  const FineFit sum = add_rails(rails, one_layer());
  const LeastSquares solved = solve_normal_equations(sum.total());
  const Eigen::MatrixXd moves = solved.covariance * sum.scores(solved.value);
  ASSERT_EQ(moves.cols(), 2);
  // A score of one moves the layer by its variance, of each rail.
  EXPECT_NEAR(moves(0, 0), 2.0 / 100 + 2.0 / 25, 2e-3);
  EXPECT_NEAR(moves(0, 1), -(2.0 / 100 + 2.0 / 25), 2e-3);
}

TEST(AddRails, AReasonToHideLayersStays) {
  std::vector<FineFit> rails = {rail_of(6.0, 2.0, 100), rail_of(1.0, 0.5, 25)};
  rails[1].hides_layers = "no clock";
  EXPECT_EQ(add_rails(rails, one_layer()).hides_layers, "no clock");
}

}  // namespace
}  // namespace layerwatt
