#include "attribution/inference/identifiability.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include "attribution/inference/intervals.h"

namespace layerwatt {
namespace {

/// Of the mean power: a layer that draws less is held to the half-width that this much may have; a
/// part of next to nothing would never be reached.
constexpr double kLeastRelativePower = 0.2;
/// Of layers' powers about their mean, relative, where too few could be told to say.
constexpr double kUsualSpread = 0.5;
/// Fewer well-determined layers of a type say too little of the others.
constexpr std::size_t kLeastOfType = 4;

/// High variance inflation counts from this part of the half-width's limit on.
constexpr double kSuspectPart = 1.0 / 3.0;

/// Weighs groups of layers against the limits.
class Judge {
 public:
  Judge(const ColumnLayout& layout, const LoadPieces& load, const Grouping& grouping,
        const GroupedSolution& solution, const SeparationLimits& limits, double scale, double mean)
      : layout_(layout), solution_(solution), limits_(limits), scale_(scale), mean_(mean) {
    for (int l = 0; l < load.layers; ++l) {
      const int g = grouping.group[static_cast<std::size_t>(l)];
      column_.push_back(g < 0 ? -1 : solution.group_column[static_cast<std::size_t>(g)]);
      time_.push_back(load.on_time[static_cast<std::size_t>(l)] +
                      load.on_time[static_cast<std::size_t>(load.repeat_column(l))]);
    }
  }

  LayerGroup group(std::vector<int> layers) const {
    LayerGroup group;
    const Eigen::VectorXd weights = weights_of(layers);
    group.watts = weights.dot(solution_.fit.value);
    const double by_noise = std::max(0.0, solution_.covariance_of(weights, weights));
    group.variance = solution_.variance_of(weights, scale_);
    std::vector<int> columns;
    for (const int l : layers) columns.push_back(column_[static_cast<std::size_t>(l)]);
    group.variance_inflation = std::max(1.0, own_weight(layout_, solution_, columns) * by_noise);
    group.layers = std::move(layers);
    return group;
  }

  double half_width(const LayerGroup& group) const {
    return limits_.deviations * std::sqrt(group.variance);
  }
  /// 1 at the limit.
  double width_excess(const LayerGroup& group) const {
    const double power = std::max(std::abs(group.watts), kLeastRelativePower * mean_);
    return half_width(group) / std::max(limits_.relative_half_width * power, 1e-12);
  }
  bool is_collinear(const LayerGroup& group) const {
    return (limits_.by_timing || group.layers.size() == 1) &&
           group.variance_inflation > limits_.variance_inflation &&
           width_excess(group) > kSuspectPart;
  }
  double excess(const LayerGroup& group) const {
    const double width = width_excess(group);
    return is_collinear(group)
               ? std::max(width, group.variance_inflation / limits_.variance_inflation)
               : width;
  }
  double covariance(const LayerGroup& a, const LayerGroup& b) const {
    return solution_.covariance_of(weights_of(a.layers), weights_of(b.layers));
  }

 private:
  Eigen::VectorXd weights_of(const std::vector<int>& layers) const {
    Eigen::VectorXd weights = Eigen::VectorXd::Zero(solution_.fit.value.size());
    double sum = 0.0;
    for (const int l : layers) sum += time_[static_cast<std::size_t>(l)];
    for (const int l : layers) {
      weights[column_[static_cast<std::size_t>(l)]] = time_[static_cast<std::size_t>(l)] / sum;
    }
    return weights;
  }

  const ColumnLayout& layout_;
  const GroupedSolution& solution_;
  SeparationLimits limits_;
  double scale_;
  double mean_;
  std::vector<int> column_;
  std::vector<double> time_;
};

double mean_power(const LoadPieces& load, const Grouping& grouping,
                  const GroupedSolution& solution) {
  double energy = 0.0;
  double time = 0.0;
  for (int l = 0; l < load.layers; ++l) {
    const int g = grouping.group[static_cast<std::size_t>(l)];
    if (g < 0) continue;
    const double on = load.on_time[static_cast<std::size_t>(l)] +
                      load.on_time[static_cast<std::size_t>(load.repeat_column(l))];
    energy += on * solution.value(solution.group_column[static_cast<std::size_t>(g)]);
    time += on;
  }
  return time > 0.0 ? std::abs(energy) / time : 0.0;
}

/// Joins the group that is furthest beyond its limits with the neighbour that it is confused with
/// most, until none is beyond or one is left.
void merge(const Judge& judge, std::vector<LayerGroup>& groups) {
  while (groups.size() > 1) {
    std::size_t worst = 0;
    double most = 0.0;
    for (std::size_t g = 0; g < groups.size(); ++g) {
      const double excess = judge.excess(groups[g]);
      if (excess > most) {
        most = excess;
        worst = g;
      }
    }
    if (most <= 1.0) return;
    std::size_t left = worst > 0 ? worst - 1 : worst;
    if (worst + 1 < groups.size() && worst > 0) {
      const auto confusion = [&](std::size_t other) {
        const double scale = std::sqrt(groups[worst].variance * groups[other].variance);
        return scale > 0.0 ? -judge.covariance(groups[worst], groups[other]) / scale : 0.0;
      };
      if (confusion(worst + 1) > confusion(worst - 1)) left = worst;
    }
    std::vector<int> layers = groups[left].layers;
    layers.insert(layers.end(), groups[left + 1].layers.begin(), groups[left + 1].layers.end());
    groups[left] = judge.group(std::move(layers));
    groups.erase(groups.begin() + static_cast<std::ptrdiff_t>(left) + 1);
  }
}

void merge_all(const Judge& judge, std::vector<LayerGroup>& groups) {
  std::vector<int> layers;
  for (const LayerGroup& group : groups) layers.push_back(group.layers.front());
  if (!layers.empty()) groups = {judge.group(std::move(layers))};
}

std::string type_of(const Layer& layer) {
  return layer.parameter_type.empty() ? layer.type : layer.parameter_type;
}

/// What the well-determined layers of each type say of a weakly determined one of that type.
std::vector<Grouping::Expectation> expect_by_type(const Timeline& timeline,
                                                  const std::vector<LayerGroup>& layers,
                                                  const Judge& judge) {
  std::map<std::string, std::vector<double>> known;
  for (const LayerGroup& layer : layers) {
    if (judge.excess(layer) > 1.0) continue;
    known[type_of(timeline.layers[static_cast<std::size_t>(layer.layers.front())])].push_back(
        layer.watts);
  }
  std::vector<Grouping::Expectation> expected(layers.size());
  for (std::size_t g = 0; g < layers.size(); ++g) {
    const std::string type =
        type_of(timeline.layers[static_cast<std::size_t>(layers[g].layers.front())]);
    if (type.empty() || judge.excess(layers[g]) <= 1.0 || judge.is_collinear(layers[g])) continue;
    const std::vector<double>& like = known[type];
    if (like.size() < kLeastOfType) continue;
    const double n = static_cast<double>(like.size());
    const double mean = std::accumulate(like.begin(), like.end(), 0.0) / n;
    double squares = 0.0;
    for (const double watts : like) squares += (watts - mean) * (watts - mean);
    // The mean itself is known only so well from so many.
    expected[g] = {mean, std::sqrt(squares / (n - 1.0) * (1.0 + 1.0 / n))};
  }
  return expected;
}

/// Mean and spread of the layers that could be told; of all where they are few.
Grouping::Expectation usual_power(const std::vector<LayerGroup>& layers, const Judge& judge,
                                  double mean) {
  double n = 0.0;
  double sum = 0.0;
  double squares = 0.0;
  for (const LayerGroup& layer : layers) {
    if (judge.excess(layer) > 1.0) continue;
    n += 1.0;
    sum += layer.watts;
    squares += layer.watts * layer.watts;
  }
  if (n < static_cast<double>(kLeastOfType)) return {mean, kUsualSpread * mean};
  const double told = sum / n;
  const double variance = (squares - n * told * told) / (n - 1.0);
  return {told, std::sqrt(std::max(variance, 0.01 * told * told))};
}

/// The likeliest powers of layers. A group of which no layer could be told keeps its mean.
std::vector<double> likeliest_split(const FineFit& fit, const LoadPieces& load,
                                    const Grouping& grouping, const Grouping::Expectation& usual,
                                    const Separation& found) {
  std::vector<double> watts(static_cast<std::size_t>(load.layers), 0.0);
  Grouping drawn = grouping;
  // The data are worth less than they claim by the scale of their variances.
  drawn.expected.assign(static_cast<std::size_t>(grouping.groups),
                        {usual.watts, usual.deviation / std::sqrt(found.variance_scale)});
  const GroupedSolution solution =
      solve_grouped(fit.layout, fit.total(), load, drawn, Wanted::kValue);
  for (const LayerGroup& group : found.groups) {
    double sum = 0.0;
    double time = 0.0;
    bool any_told = false;
    for (const int l : group.layers) {
      const auto i = static_cast<std::size_t>(l);
      const auto g = static_cast<std::size_t>(grouping.group[i]);
      const double on =
          load.on_time[i] + load.on_time[static_cast<std::size_t>(load.repeat_column(l))];
      watts[i] = solution.value(solution.group_column[g]);
      sum += on * watts[i];
      time += on;
      any_told = any_told || found.told[i];
    }
    if (any_told) continue;
    for (const int l : group.layers) {
      watts[static_cast<std::size_t>(l)] += group.watts - sum / time;
    }
  }
  return watts;
}

double condition_of(const GroupedSolution& solution) {
  const auto n = static_cast<Eigen::Index>(solution.group_column.size());
  if (n == 0) return 1.0;
  Eigen::MatrixXd block(n, n);
  for (Eigen::Index i = 0; i < n; ++i) {
    for (Eigen::Index j = 0; j < n; ++j) {
      block(i, j) = solution.fit.covariance(solution.group_column[static_cast<std::size_t>(i)],
                                            solution.group_column[static_cast<std::size_t>(j)]);
    }
  }
  const Eigen::VectorXd scale = block.diagonal().cwiseMax(1e-300).cwiseSqrt().cwiseInverse();
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> eigen(
      scale.asDiagonal() * block * scale.asDiagonal(), Eigen::EigenvaluesOnly);
  const double least = std::max(eigen.eigenvalues().minCoeff(), 1e-16);
  return std::sqrt(eigen.eigenvalues().maxCoeff() / least);
}

}  // namespace

Separation separate(const FineFit& fit, const LoadPieces& load, const Timeline& timeline,
                    const Grouping& grouping, const SeparationLimits& limits) {
  Separation result;
  result.solution = solve_grouped(fit, load, grouping);
  result.variance_scale = variance_scale(fit, result.solution);
  result.condition_number = condition_of(result.solution);
  const double mean = mean_power(load, grouping, result.solution);
  Grouping::Expectation usual;
  const auto layers = static_cast<std::size_t>(load.layers);
  result.variance_inflation.assign(layers, 0.0);
  result.half_width.assign(layers, 0.0);
  result.shrunk.assign(layers, false);
  result.group_of.assign(layers, -1);
  const auto judge_of = [&](const GroupedSolution& solution) {
    return Judge(fit.layout, load, grouping, solution, limits, result.variance_scale, mean);
  };
  const auto one_by_one = [&](const Judge& judge) {
    std::vector<LayerGroup> groups;
    for (int l = 0; l < load.layers; ++l) {
      if (grouping.group[static_cast<std::size_t>(l)] >= 0) groups.push_back(judge.group({l}));
    }
    return groups;
  };
  {
    const Judge judge = judge_of(result.solution);
    result.groups = one_by_one(judge);
    for (const LayerGroup& group : result.groups) {
      const auto l = static_cast<std::size_t>(group.layers.front());
      result.variance_inflation[l] = group.variance_inflation;
      result.half_width[l] = judge.half_width(group);
      if (judge.is_collinear(group)) {
        ++result.collinear;
      } else {
        result.excess = std::max(result.excess, judge.width_excess(group));
      }
    }
    usual = usual_power(result.groups, judge, mean);
    Grouping drawn = grouping;
    drawn.expected = expect_by_type(timeline, result.groups, judge);
    const GroupedSolution tried = solve_grouped(fit, load, drawn);
    const Judge judge_drawn = judge_of(tried);
    bool any = false;
    for (std::size_t g = 0; g < result.groups.size(); ++g) {
      if (drawn.expected[g].deviation <= 0.0) continue;
      const auto& own = result.groups[g].layers;
      const bool helped = judge_drawn.width_excess(judge_drawn.group(own)) <= 1.0;
      if (!helped) drawn.expected[g] = {};
      result.shrunk[static_cast<std::size_t>(own.front())] = helped;
      any = any || helped;
    }
    if (any) result.solution = solve_grouped(fit, load, drawn);
  }
  const bool may_tell = fit.hides_layers.empty() && !limits.only_the_sum;
  if (limits.only_the_sum) result.collinear = std::max(result.collinear, 1);
  const Judge judge = judge_of(result.solution);
  result.groups = one_by_one(judge);
  result.alone.assign(layers, {});
  result.told.assign(layers, false);
  for (const LayerGroup& layer : result.groups) {
    const auto l = static_cast<std::size_t>(layer.layers.front());
    result.alone[l] = layer;
    result.told[l] = may_tell && judge.excess(layer) <= 1.0;
  }
  if (may_tell) {
    merge(judge, result.groups);
  } else {
    merge_all(judge, result.groups);
  }
  if (limits.by_timing) {
    for (const LayerGroup& group : result.groups) {
      if (group.layers.size() == 1) continue;
      for (const int l : group.layers) result.told[static_cast<std::size_t>(l)] = false;
    }
  }
  result.likeliest = likeliest_split(fit, load, grouping, usual, result);
  for (std::size_t g = 0; g < result.groups.size(); ++g) {
    for (const int l : result.groups[g].layers) {
      result.group_of[static_cast<std::size_t>(l)] = static_cast<int>(g);
    }
  }
  return result;
}

}  // namespace layerwatt
