#include <cmath>
#include <utility>

#include "attribution/fit/fine_fit.h"
#include "attribution/fit/linear_system.h"

namespace layerwatt {
namespace {

/// Relative to an unknown's own weight, as for all normal equations.
constexpr double kRidge = 1e-12;

/// Of square products, or of rows: all columns but `count` from `first` on.
Eigen::MatrixXd without_columns(const Eigen::MatrixXd& from, Eigen::Index first,
                                Eigen::Index count) {
  Eigen::MatrixXd kept(from.rows(), from.cols() - count);
  kept << from.leftCols(first), from.rightCols(from.cols() - first - count);
  return kept;
}

Eigen::MatrixXd without(const Eigen::MatrixXd& from, Eigen::Index first, Eigen::Index count) {
  return without_columns(without_columns(from, first, count).transpose(), first, count);
}

/// Products of the kept columns, each with what it moves the columns behind `first` by.
Eigen::MatrixXd moved_along(const Eigen::MatrixXd& products, Eigen::Index first,
                            const Eigen::MatrixXd& rows) {
  const Eigen::Index count = rows.rows();
  const Eigen::MatrixXd between =
      without_columns(products.middleRows(first, count), first, count).transpose();
  const Eigen::MatrixXd cross = between * rows;
  const Eigen::MatrixXd own = products.block(first, first, count, count) * rows;
  return without(products, first, count) + cross + cross.transpose() + rows.transpose() * own;
}

Eigen::MatrixXd at_layout(const Eigen::MatrixXd& products, const std::vector<int>& columns,
                          Eigen::Index size) {
  Eigen::MatrixXd all = Eigen::MatrixXd::Zero(size, size);
  for (std::size_t j = 0; j < columns.size(); ++j) {
    for (std::size_t i = 0; i < columns.size(); ++i) {
      all(columns[i], columns[j]) =
          products(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j));
    }
  }
  return all;
}

ColumnLayout without_timing(ColumnLayout layout) {
  layout.timing = layout.low_pass = 0;
  return layout;
}

}  // namespace

BlockProducts BlockProducts::of_products(Eigen::MatrixXd products) {
  BlockProducts block;
  block.products_ = std::move(products);
  return block;
}

BlockProducts BlockProducts::of_rows(RowMatrix rows) {
  if (rows.rows() >= rows.cols()) return of_products(products_of(rows));
  BlockProducts block;
  block.rows_ = std::move(rows);
  return block;
}

Eigen::VectorXd BlockProducts::times(const Eigen::VectorXd& weights) const {
  if (products_.size() > 0) return products_ * weights;
  const Eigen::VectorXd by_row = rows_ * weights;
  return rows_.transpose() * by_row;
}

void BlockProducts::add_to(Eigen::MatrixXd& sum) const {
  sum += products_.size() > 0 ? products_ : products_of(rows_);
}

SolvedColumns solve_columns(const Eigen::MatrixXd& products, Eigen::Index first,
                            Eigen::Index count) {
  SolvedColumns solved;
  Eigen::VectorXd scale(count);
  for (Eigen::Index i = 0; i < count; ++i) {
    const double weight = products(first + i, first + i);
    scale[i] = weight > 0.0 ? 1.0 / std::sqrt(weight) : 0.0;
  }
  Eigen::MatrixXd own =
      scale.asDiagonal() * products.block(first, first, count, count) * scale.asDiagonal();
  own.diagonal().setConstant(1.0 + kRidge);
  const Eigen::MatrixXd between =
      scale.asDiagonal() * without_columns(products.middleRows(first, count), first, count);
  solved.rows = -(scale.asDiagonal() * own.ldlt().solve(between));
  solved.products = moved_along(products, first, solved.rows);
  return solved;
}

void eliminate_timing(const SteadyEquations& steady, std::vector<Eigen::MatrixXd> blocks,
                      const Eigen::MatrixXd& total, FineFit& fit) {
  const Eigen::Index count = steady.layout.timing + steady.layout.low_pass;
  const Eigen::Index first = steady.layout.first_timing();
  const SolvedColumns solved = solve_columns(total, first, count);
  fit.layout = without_timing(steady.layout);
  const Eigen::Index size = fit.layout.columns();
  fit.eliminated = static_cast<int>(count);
  fit.columns.clear();
  for (const int column : steady.columns) {
    if (column < first) fit.columns.push_back(column);
  }
  fit.columns.push_back(fit.layout.unknowns());
  // Timing stands last in the blocks, before the reading.
  const auto kept = static_cast<Eigen::Index>(fit.columns.size());
  const Eigen::Index at = kept - 1;
  Eigen::MatrixXd rows(count, kept);
  for (Eigen::Index i = 0; i < kept; ++i) {
    rows.col(i) = solved.rows.col(fit.columns[static_cast<std::size_t>(i)]);
  }
  Eigen::MatrixXd sum = Eigen::MatrixXd::Zero(kept, kept);
  fit.blocks.clear();
  for (Eigen::MatrixXd& block : blocks) {
    fit.blocks.push_back(BlockProducts::of_products(moved_along(block, at, rows)));
    fit.blocks.back().add_to(sum);
    block.resize(0, 0);
  }
  fit.data = at_layout(sum, fit.columns, size);
  fit.prior = solved.products - fit.data;
  for (std::size_t fold = 0; fold < FineFit::kFolds; ++fold) {
    sum.setZero();
    for (std::size_t b = fold; b < steady.blocks.size(); b += FineFit::kFolds) {
      sum += without(steady.blocks[b], at, count);
    }
    fit.folds[fold] = at_layout(sum, fit.columns, size);
  }
  fit.steady_prior = Eigen::MatrixXd::Zero(size, size);
  fit.shift = Eigen::VectorXd::Zero(size);
  for (Eigen::Index i = 0; i < kept; ++i) {
    fit.shift[fit.columns[static_cast<std::size_t>(i)]] = steady.shift[i < at ? i : i + count];
  }
}

void eliminate_timing(const ColumnLayout& layout, const RowMatrix& rows,
                      std::span<const Eigen::Index> begins, const Eigen::MatrixXd& prior,
                      const Eigen::VectorXd& timing, int shift, FineFit& fit) {
  const Eigen::Index count = layout.timing + layout.low_pass;
  const Eigen::Index first = layout.first_timing();
  const Eigen::MatrixXd gathered = products_of(rows);
  const SolvedColumns solved = solve_columns(gathered + prior, first, count);
  fit.layout = without_timing(layout);
  const Eigen::Index size = fit.layout.columns();
  fit.eliminated = static_cast<int>(count);
  fit.columns.clear();
  for (int c = 0; c < size; ++c) fit.columns.push_back(c);
  fit.prior = moved_along(prior, first, solved.rows);
  fit.data = solved.products - fit.prior;
  fit.steady_prior = Eigen::MatrixXd::Zero(size, size);
  const Eigen::VectorXd shifted = gathered.col(shift);
  fit.shift.resize(size);
  fit.shift << shifted.head(first), shifted.tail(1);
  for (Eigen::MatrixXd& fold : fit.folds) fold = fit.steady_prior;
  fit.blocks.clear();
  for (std::size_t b = 0; b < begins.size(); ++b) {
    const Eigen::Index end = b + 1 < begins.size() ? begins[b + 1] : rows.rows();
    const auto block = rows.middleRows(begins[b], end - begins[b]);
    const Eigen::MatrixXd by_timing = block.middleCols(first, count);
    RowMatrix kept(block.rows(), size);
    kept << block.leftCols(first), block.rightCols(size - first);
    RowMatrix steady = kept;
    steady.col(size - 1) -= by_timing * timing;
    BlockProducts::of_rows(std::move(steady)).add_to(fit.folds[b % FineFit::kFolds]);
    kept += by_timing * solved.rows;
    fit.blocks.push_back(BlockProducts::of_rows(std::move(kept)));
  }
}

}  // namespace layerwatt
