#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <utility>

#include "layerwatt/prediction/cost_model.h"

#include "prediction/target_model.h"

namespace layerwatt {
namespace {

/// Fewer teach nothing that a mean would not.
constexpr std::size_t kLeastRows = 4;

using Samples = std::vector<const LayerSample*>;

TargetModel fit_seconds(const Samples& samples, const CostModelOptions& options) {
  std::vector<const LayerWork*> works;
  std::vector<double> targets;
  for (const LayerSample* sample : samples) {
    works.push_back(&sample->work);
    targets.push_back(std::log(sample->seconds));
  }
  return prediction::fit_target(works, targets, prediction::Base::kPhysics, options);
}

std::optional<TargetModel> fit_watts(const Samples& samples, const CostModelOptions& options) {
  std::vector<const LayerWork*> works;
  std::vector<double> targets;
  for (const LayerSample* sample : samples) {
    if (!sample->watts || *sample->watts <= 0.0) continue;
    works.push_back(&sample->work);
    targets.push_back(std::log(*sample->watts));
  }
  if (works.size() < kLeastRows) return std::nullopt;
  return prediction::fit_target(works, targets, prediction::Base::kMean, options);
}

KindModel fit_kind(WorkKind kind, const std::string& precision, const Samples& samples,
                   const CostModelOptions& options) {
  KindModel model;
  model.kind = kind;
  model.precision = precision;
  model.rows = static_cast<std::int64_t>(samples.size());
  std::set<std::string_view> networks;
  std::vector<const LayerWork*> works;
  for (const LayerSample* sample : samples) {
    networks.insert(sample->network);
    works.push_back(&sample->work);
  }
  model.networks = static_cast<std::int64_t>(networks.size());
  model.range = range_of(works);
  model.seconds = fit_seconds(samples, options);
  model.watts = fit_watts(samples, options);
  return model;
}

/// Of the logarithm; beyond a deviation of 0.3 the scale is a guess.
constexpr double kMostDeviation = 0.3;

/// The value of the least expected square of the relative error: of a logarithm with the deviation
/// s it lies 1.5·s² below the median, since too much is off without bound and too little by no more
/// than all.
double least_off(const prediction::TargetPrediction& target) {
  return std::exp(target.log_value - 1.5 * std::pow(std::min(target.scale, kMostDeviation), 2));
}

/// The same for a summand. What layers scatter each for itself makes up for each other in a sum, so
/// that its mean counts, 0.5·s² above the median. What the model does not know of a layer it does
/// not know of those like it either, so that this is an error of the sum too. Of powers alone: run
/// times are measured to a percent, and scatter by what the engine's kernels make of a shape, which
/// layers of a network share (whole networks of the TX1 were off by 0.3 % and 0.5 % more with it).
double summand(const prediction::TargetPrediction& target) {
  const double all = std::pow(std::min(target.scale, kMostDeviation), 2);
  const double own = std::min(std::pow(target.noise, 2), all);
  return std::exp(target.log_value + 0.5 * own - 1.5 * (all - own));
}

std::string not_taught(const CostModel& model, const LayerWork& work) {
  std::set<std::string> precisions;
  for (const KindModel& kind : model.kinds) {
    if (kind.kind == work.kind) precisions.insert(kind.precision);
  }
  if (precisions.empty()) {
    return fmt::format("no layer of the kind '{}' was measured", to_string(work.kind));
  }
  return fmt::format("no layer of the kind '{}' was measured in {}", to_string(work.kind),
                     work.precision.empty() ? "an unnamed precision" : work.precision);
}

}  // namespace

std::string family_of(const std::string& network) {
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  const auto is_mark = [](char c) { return c == '-' || c == '_' || c == '.'; };
  std::size_t end = 1;
  while (end < network.size() && !is_digit(network[end])) ++end;
  if (end >= network.size()) return network;
  std::string family = network.substr(0, end);
  // "mobilenet_v2", "efficientnet_b0": the letter belongs to the version.
  if (family.size() > 2 && is_mark(family[family.size() - 2])) family.pop_back();
  while (family.size() > 1 && is_mark(family.back())) family.pop_back();
  return family;
}

Result<CostModel> fit_cost_model(std::span<const LayerSample> samples,
                                 const CostModelOptions& options) {
  std::map<std::pair<WorkKind, std::string>, Samples> groups;
  for (const LayerSample& sample : samples) {
    if (sample.work.kind == WorkKind::kNothing || sample.seconds <= 0.0) continue;
    groups[{sample.work.kind, sample.work.precision}].push_back(&sample);
  }
  CostModel model;
  for (const auto& [key, group] : groups) {
    if (group.size() < kLeastRows) continue;
    model.kinds.push_back(fit_kind(key.first, key.second, group, options));
  }
  if (model.kinds.empty()) {
    return Error(ErrorCode::kUnknowable,
                 fmt::format("{} rows are too few to learn from: each kind of layers needs at "
                             "least {} of one precision",
                             samples.size(), kLeastRows));
  }
  return model;
}

const KindModel* find_kind(const CostModel& model, const LayerWork& work) {
  const KindModel* only = nullptr;
  int count = 0;
  for (const KindModel& kind : model.kinds) {
    if (kind.kind != work.kind) continue;
    if (kind.precision == work.precision) return &kind;
    only = &kind;
    ++count;
  }
  const bool may_fit = count == 1 && (only->precision.empty() || work.precision.empty());
  return may_fit ? only : nullptr;
}

LayerPrediction predict_layer(const CostModel& model, const LayerWork& work) {
  LayerPrediction result;
  if (work.kind == WorkKind::kNothing) {
    result.seconds = 0.0;
    result.summed_joules = 0.0;
    return result;
  }
  const KindModel* kind = find_kind(model, work);
  result.refusal = kind == nullptr ? not_taught(model, work) : outside_of_range(kind->range, work);
  if (!result.refusal.empty()) return result;
  const prediction::TargetPrediction seconds = prediction::predict_target(kind->seconds, work);
  result.seconds = least_off(seconds);
  result.seconds_scale = seconds.scale;
  if (kind->watts) {
    const prediction::TargetPrediction watts = prediction::predict_target(*kind->watts, work);
    result.watts = least_off(watts);
    result.watts_scale = watts.scale;
    result.summed_joules = *result.seconds * summand(watts);
  }
  return result;
}

}  // namespace layerwatt
