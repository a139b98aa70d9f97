#include "attribution/inference/grouping.h"

#include <cmath>

#include "attribution/fit/priors.h"

namespace layerwatt {

namespace {

/// Of layers' powers about their mean, relative: wider than those of any network.
constexpr double kUsualSpread = 3.0;
/// What lies between executions draws more than nothing and hardly more than layers: this part of
/// their mean, give or take as much.
constexpr double kGapPart = 0.5;

}  // namespace

Grouping separate_layers(const LoadPieces& load) {
  Grouping grouping;
  for (int l = 0; l < load.layers; ++l) {
    const double time = load.on_time[static_cast<std::size_t>(l)] +
                        load.on_time[static_cast<std::size_t>(load.repeat_column(l))];
    grouping.group.push_back(time > 0.0 ? grouping.groups++ : -1);
  }
  grouping.has_gap = load.on_time[static_cast<std::size_t>(load.gap_column())] > 0.0;
  return grouping;
}

namespace {

/// Which columns the solution has; returns fine unknowns and the reading = map × columns and the
/// reading.
Eigen::SparseMatrix<double> choose_columns(const ColumnLayout& layout, const LoadPieces& load,
                                           const Grouping& grouping, GroupedSolution& solution) {
  solution.group_column.assign(static_cast<std::size_t>(grouping.groups), -1);
  solution.repeat_column.assign(static_cast<std::size_t>(grouping.groups), -1);
  int columns = 0;
  for (int& column : solution.group_column) column = columns++;
  if (grouping.repeat_spread > 0.0) {
    for (int l = 0; l < load.layers; ++l) {
      const int g = grouping.group[static_cast<std::size_t>(l)];
      if (g < 0 || load.on_time[static_cast<std::size_t>(l)] <= 0.0 ||
          load.on_time[static_cast<std::size_t>(load.repeat_column(l))] <= 0.0) {
        continue;
      }
      int& column = solution.repeat_column[static_cast<std::size_t>(g)];
      if (column < 0) column = columns++;
    }
  }
  if (grouping.has_gap) solution.gap_column = columns++;
  const bool has_pass = load.on_time[static_cast<std::size_t>(load.pass_column())] > 0.0;
  const int pass_column = has_pass ? columns++ : -1;
  if (grouping.has_idle) solution.idle_column = columns++;
  const int first_rest = columns;
  columns += layout.columns() - layout.first_drift();

  std::vector<Eigen::Triplet<double>> places;
  const auto goes = [&](int fine, int column) { places.emplace_back(fine, column, 1.0); };
  for (int l = 0; l < load.layers; ++l) {
    const int g = grouping.group[static_cast<std::size_t>(l)];
    if (g < 0) continue;
    const int column = solution.group_column[static_cast<std::size_t>(g)];
    goes(l, column);
    goes(load.repeat_column(l), column);
    const int repeats = solution.repeat_column[static_cast<std::size_t>(g)];
    if (repeats >= 0) goes(load.repeat_column(l), repeats);
  }
  if (solution.gap_column >= 0) goes(load.gap_column(), solution.gap_column);
  if (pass_column >= 0) goes(load.pass_column(), pass_column);
  if (solution.idle_column >= 0) goes(layout.idle(), solution.idle_column);
  for (int c = layout.first_drift(); c < layout.columns(); ++c) {
    goes(c, first_rest + c - layout.first_drift());
  }
  Eigen::SparseMatrix<double> map(layout.columns(), columns);
  map.setFromTriplets(places.begin(), places.end());
  return map;
}

/// Weight of what is assumed of a group's repeats; 0: nothing.
double tie_of(const Grouping& grouping, std::size_t group) {
  const double part = grouping.repeat_part.empty() ? 1.0 : grouping.repeat_part[group];
  const double spread = part * grouping.repeat_spread;
  return spread > 0.0 ? 1.0 / (spread * spread) : 0.0;
}

Eigen::MatrixXd mapped(const Eigen::MatrixXd& total, const Eigen::SparseMatrix<double>& map,
                       const Grouping& grouping, const GroupedSolution& solution) {
  const Eigen::MatrixXd half = map.transpose() * total;
  Eigen::MatrixXd products = half * map;
  // A layer draws between nothing and some times the mean: says nothing that a layer which can be
  // told would feel, and keeps the sum right where layers cannot.
  if (grouping.usual_power > 0.0) {
    const double usual = grouping.usual_power;
    for (int c = 0; c < grouping.groups; ++c) expect(c, usual, kUsualSpread * usual, products);
    if (solution.gap_column >= 0) {
      expect(solution.gap_column, kGapPart * usual, kGapPart * usual, products);
    }
  }
  for (std::size_t g = 0; g < solution.repeat_column.size(); ++g) {
    const int column = solution.repeat_column[g];
    if (column >= 0) products(column, column) += tie_of(grouping, g);
  }
  for (std::size_t g = 0; g < grouping.expected.size(); ++g) {
    const Grouping::Expectation& expected = grouping.expected[g];
    if (expected.deviation <= 0.0) continue;
    expect(solution.group_column[g], expected.watts, expected.deviation, products);
  }
  return products;
}

}  // namespace

GroupedSolution solve_grouped(const ColumnLayout& layout, const Eigen::MatrixXd& total,
                              const LoadPieces& load, const Grouping& grouping, Wanted wanted) {
  GroupedSolution solution;
  const Eigen::SparseMatrix<double> map = choose_columns(layout, load, grouping, solution);
  const Eigen::Index columns = map.cols() - 1;
  solution.fit = solve_normal_equations(mapped(total, map, grouping, solution), wanted);
  solution.rounding = grouping.rounding;
  solution.rounding_is_shared = grouping.rounding_is_shared;
  solution.idle_shift = Eigen::VectorXd::Zero(columns);
  if (solution.idle_column >= 0) {
    // Idle power that is off moves all that stands above it the other way.
    solution.idle_shift.head(grouping.groups).setConstant(-grouping.idle_rounding);
    solution.idle_shift[solution.idle_column] = grouping.idle_rounding;
  }
  solution.deviance = solution.fit.residual + solution.fit.log_determinant;
  for (std::size_t g = 0; g < solution.repeat_column.size(); ++g) {
    const double tie = tie_of(grouping, g);
    if (solution.repeat_column[g] >= 0 && tie > 0.0) solution.deviance -= std::log(tie);
  }
  solution.map = map.block(0, 0, layout.unknowns(), columns);
  return solution;
}

GroupedSolution solve_grouped(const FineFit& fit, const LoadPieces& load,
                              const Grouping& grouping) {
  GroupedSolution solution = solve_grouped(fit.layout, fit.total(), load, grouping);
  GroupedSolution same;
  const Eigen::SparseMatrix<double> map = choose_columns(fit.layout, load, grouping, same);
  solution.products = mapped(fit.steady_total(), map, grouping, same);
  return solution;
}

double GroupedSolution::covariance_of(const Eigen::VectorXd& a, const Eigen::VectorXd& b) const {
  std::vector<Eigen::Index> of_b;
  for (Eigen::Index j = 0; j < b.size(); ++j) {
    if (b[j] != 0.0) of_b.push_back(j);
  }
  double sum = 0.0;
  for (Eigen::Index i = 0; i < a.size(); ++i) {
    if (a[i] == 0.0) continue;
    for (const Eigen::Index j : of_b) sum += a[i] * fit.covariance(j, i) * b[j];
  }
  return sum;
}

double GroupedSolution::variance_of(const Eigen::VectorXd& weights, double scale) const {
  const auto of_groups = weights.head(static_cast<Eigen::Index>(group_column.size()));
  const double by_rounding =
      rounding * rounding *
      (rounding_is_shared ? of_groups.sum() * of_groups.sum() : of_groups.squaredNorm());
  const double by_idle = weights.dot(idle_shift);
  return std::max(0.0, scale * covariance_of(weights, weights) + by_rounding + by_idle * by_idle);
}

double own_weight(const ColumnLayout& layout, const GroupedSolution& solution,
                  const std::vector<int>& columns) {
  std::vector<int> kept;
  if (solution.idle_column >= 0) kept.push_back(solution.idle_column);
  const auto unknowns = static_cast<int>(solution.fit.value.size());
  const int first_rest = unknowns - (layout.unknowns() - layout.first_drift());
  for (int d = 0; d < layout.drift + layout.initial; ++d) kept.push_back(first_rest + d);
  const auto n = static_cast<Eigen::Index>(kept.size());
  Eigen::MatrixXd nuisance(n, n);
  Eigen::VectorXd cross = Eigen::VectorXd::Zero(n);
  double own = 0.0;
  for (Eigen::Index i = 0; i < n; ++i) {
    const int a = kept[static_cast<std::size_t>(i)];
    for (Eigen::Index j = 0; j < n; ++j) {
      nuisance(i, j) = solution.products(a, kept[static_cast<std::size_t>(j)]);
    }
    nuisance(i, i) = nuisance(i, i) * (1.0 + 1e-12) + 1e-300;
    for (const int column : columns) cross[i] += solution.products(a, column);
  }
  for (const int a : columns) {
    for (const int b : columns) own += solution.products(a, b);
  }
  return own - cross.dot(Eigen::LDLT<Eigen::MatrixXd>(nuisance).solve(cross));
}

}  // namespace layerwatt
