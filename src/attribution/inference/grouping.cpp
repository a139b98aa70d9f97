#include "attribution/inference/grouping.h"

#include <cmath>

namespace layerwatt {

namespace {

/// Of layers' powers about their mean, relative: wider than those of any network.
constexpr double kUsualSpread = 3.0;
/// What lies between executions draws more than nothing and hardly more than layers: this part of
/// their mean, give or take as much.
constexpr double kGapPart = 0.5;

/// As if it had been measured that the unknown in `column` is `value`, give or take `deviation`.
void expect(int column, double value, double deviation, Eigen::MatrixXd& products) {
  const Eigen::Index reading = products.cols() - 1;
  const double weight = 1.0 / (deviation * deviation);
  products(column, column) += weight;
  products(column, reading) += weight * value;
  products(reading, column) += weight * value;
  products(reading, reading) += weight * value * value;
}

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

GroupedSolution solve_grouped(const ColumnLayout& layout, const Eigen::MatrixXd& total,
                              const LoadPieces& load, const Grouping& grouping) {
  GroupedSolution solution;
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
  const int first_tie = grouping.groups;
  const int behind_tie = columns;
  if (grouping.has_gap) solution.gap_column = columns++;
  const bool has_pass = load.on_time[static_cast<std::size_t>(load.pass_column())] > 0.0;
  const int pass_column = has_pass ? columns++ : -1;
  if (grouping.has_idle) solution.idle_column = columns++;
  const int first_rest = columns;
  columns += layout.unknowns() - layout.first_drift();

  Eigen::MatrixXd map = Eigen::MatrixXd::Zero(layout.columns(), columns + 1);
  for (int l = 0; l < load.layers; ++l) {
    const int g = grouping.group[static_cast<std::size_t>(l)];
    if (g < 0) continue;
    const int column = solution.group_column[static_cast<std::size_t>(g)];
    map(l, column) = 1.0;
    map(load.repeat_column(l), column) = 1.0;
    const int repeats = solution.repeat_column[static_cast<std::size_t>(g)];
    if (repeats >= 0) map(load.repeat_column(l), repeats) = 1.0;
  }
  if (solution.gap_column >= 0) map(load.gap_column(), solution.gap_column) = 1.0;
  if (pass_column >= 0) map(load.pass_column(), pass_column) = 1.0;
  if (solution.idle_column >= 0) map(layout.idle(), solution.idle_column) = 1.0;
  for (int c = layout.first_drift(); c < layout.columns(); ++c) {
    map(c, first_rest + c - layout.first_drift()) = 1.0;
  }
  solution.products = map.transpose() * total * map;
  // A layer draws between nothing and some times the mean: says nothing that a layer which can be
  // told would feel, and keeps the sum right where layers cannot.
  if (grouping.usual_power > 0.0) {
    const double usual = grouping.usual_power;
    for (int c = 0; c < grouping.groups; ++c) {
      expect(c, usual, kUsualSpread * usual, solution.products);
    }
    if (solution.gap_column >= 0) {
      expect(solution.gap_column, kGapPart * usual, kGapPart * usual, solution.products);
    }
  }
  const double tie =
      grouping.repeat_spread > 0.0 ? 1.0 / (grouping.repeat_spread * grouping.repeat_spread) : 0.0;
  for (int c = first_tie; c < behind_tie; ++c) solution.products(c, c) += tie;
  for (std::size_t g = 0; g < grouping.expected.size(); ++g) {
    const Grouping::Expectation& expected = grouping.expected[g];
    if (expected.deviation <= 0.0) continue;
    expect(solution.group_column[g], expected.watts, expected.deviation, solution.products);
  }
  solution.fit = solve_normal_equations(solution.products);
  solution.systematic = Eigen::MatrixXd::Zero(columns, columns);
  const double rounding = grouping.rounding * grouping.rounding;
  if (grouping.rounding_is_shared) {
    solution.systematic.topLeftCorner(grouping.groups, grouping.groups).setConstant(rounding);
  } else {
    solution.systematic.diagonal().head(grouping.groups).setConstant(rounding);
  }
  if (solution.idle_column >= 0) {
    // Idle power that is off moves all that stands above it the other way.
    Eigen::VectorXd shift = Eigen::VectorXd::Zero(columns);
    shift.head(grouping.groups).setConstant(-grouping.idle_rounding);
    shift[solution.idle_column] = grouping.idle_rounding;
    solution.systematic += shift * shift.transpose();
  }
  solution.deviance =
      solution.fit.residual - (behind_tie - first_tie) * std::log(tie > 0 ? tie : 1.0);
  solution.deviance += log_determinant(solution.products.topLeftCorner(columns, columns));
  solution.map = map.topLeftCorner(layout.unknowns(), columns);
  return solution;
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
