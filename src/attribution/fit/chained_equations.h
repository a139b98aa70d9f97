#pragma once

#include <Eigen/Dense>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "attribution/fit/linear_system.h"

namespace layerwatt {

/// Normal equations of rows that may feel every unknown of a border, and of a long chain of
/// unknowns in order of time ("knots") a few neighbours each. Time and memory grow linearly with
/// the knots, where normal equations of all unknowns would grow with their square: rows are
/// gathered in cells, each with the knots that its rows feel.
///
/// Rows are whitened on the way. A slow process in the noise makes rows feel, a little, knots long
/// gone; all of those act on a cell through one number, the state of the process that they have
/// left behind, which stands as one more column of the cell. Nothing is neglected.
class ChainedEquations {
 public:
  /// `border`: columns that every row has, the reading last. `noise` has no filtered part.
  ChainedEquations(std::size_t border, std::size_t knots, const NoiseModel& noise);

  /// Rows that follow belong to the next block of time.
  void begin_block();
  /// Rows that follow feel the knots `first` to `last` at most; neither ever falls.
  void reach(std::size_t first, std::size_t last);
  /// A row as Whitener::whiten() takes it, of weight 1: the border, then the knots in reach.
  void add(double time, std::span<const double> row);
  /// To be called behind the last row.
  void close();

  std::int64_t rows() const { return rows_; }
  /// As Whitener has it.
  double log_variance() const { return whitener_.log_variance(); }
  std::size_t border() const { return border_; }
  std::size_t knots() const { return knots_; }
  /// Products of the border's columns by block of time.
  const std::vector<Eigen::MatrixXd>& blocks() const { return blocks_; }
  Eigen::MatrixXd border_products() const;

  /// Rows one behind the other that feel the same knots.
  struct Cell {
    std::size_t block = 0;
    std::size_t first = 0;
    std::size_t count = 0;
    /// Products of all columns (border, knots, state) with the knots and the state.
    Eigen::MatrixXd edge;
    /// What the state becomes behind the cell: the state before times `kept`, and each knot times
    /// what it leaves behind (0 where the next cell still has it).
    double kept = 0.0;
    Eigen::VectorXd left;
  };
  const std::vector<Cell>& cells() const { return cells_; }

 private:
  void end_cell(std::size_t next_first);
  std::size_t count() const { return last_ - first_ + 1; }

  std::size_t border_;
  std::size_t knots_;
  bool has_state_;
  Whitener whitener_;
  std::vector<Eigen::MatrixXd> blocks_;
  std::vector<Cell> cells_;
  std::optional<NormalEquations> equations_;
  std::size_t first_ = 0;
  std::size_t last_ = 0;
  std::int64_t rows_ = 0;
};

/// What is known beforehand of a knot and its neighbours: second difference `expected`, give or
/// take `deviation`.
struct KnotBend {
  double expected = 0.0;
  double deviation = 1.0;
};

/// Chained equations with the knots eliminated, from the last to the first, in O(knots × border²).
class ChainElimination {
 public:
  /// `bends`: of all knots but the first and the last; empty: nothing is known. `damping`: knots
  /// are held at 0 with that part of their own weight.
  ChainElimination(const ChainedEquations& equations, std::span<const KnotBend> bends,
                   double damping = 0.0);

  /// Products of the border with the knots solved for, bends included.
  const Eigen::MatrixXd& border() const { return reduced_; }
  /// Knots, given the border's unknowns (without the reading).
  Eigen::VectorXd knots(const Eigen::VectorXd& border) const;
  /// The same products by block of time, without bends: every knot moves with the border as it does
  /// in the whole.
  std::vector<Eigen::MatrixXd> blocks() const;
  /// Products of the border's columns with a common shift of all knots.
  Eigen::VectorXd shift() const;

 private:
  class Front;
  void find_rows(const Front& front);

  const ChainedEquations* equations_;
  Eigen::MatrixXd reduced_;
  /// A knot, or the state before a cell, is its row times (border, −1).
  Eigen::MatrixXd knot_rows_;
  Eigen::MatrixXd state_rows_;
};

}  // namespace layerwatt
