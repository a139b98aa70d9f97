#include "prediction/baselines.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "layerwatt/core/random.h"

#include "prediction/shape_terms.h"

namespace layerwatt::prediction {
namespace {

/// The lasso of 562 terms takes minutes on all rows and alphas; 60 and 500 alphas differ by 1 %.
constexpr std::size_t kPublishedRows = 200;
constexpr PublishedOptions kPublishedOptions{30, 5, 100};
constexpr std::size_t kForestTrees = 100;

double number(std::int64_t value) { return static_cast<double>(value); }

/// The published features of a layer, with the true window of a pooling layer.
std::vector<double> published_features(const LayerWork& work) {
  std::vector<double> features{
      number(work.batch),     number(work.input[0]),  number(work.input[1]),
      number(work.input[2]),  number(work.output[0]), number(work.output[1]),
      number(work.output[2]), number(work.kernel[0]), number(work.kernel[1])};
  if (work.kind == WorkKind::kConvolution) {
    features.push_back(number(work.padding[0]));
    features.push_back(number(work.padding[1]));
  }
  features.push_back(number(work.stride[0]));
  features.push_back(number(work.stride[1]));
  return features;
}

bool has_published(WorkKind kind) {
  return kind == WorkKind::kConvolution || kind == WorkKind::kPooling;
}

std::optional<PublishedModel> fit_published_on(const std::vector<const LayerWork*>& works,
                                               const std::vector<double>& targets, bool power,
                                               std::uint64_t seed) {
  std::vector<std::size_t> order(works.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  if (order.size() > kPublishedRows) {
    Random random(seed, "rows for the published pipeline");
    random.shuffle(order);
    order.resize(kPublishedRows);
    std::sort(order.begin(), order.end());
  }
  PublishedRows rows;
  rows.table = works.front()->kind == WorkKind::kPooling ? PublishedTable::kPooling
                                                         : PublishedTable::kConvolutional;
  std::vector<double> kept;
  for (const std::size_t i : order) {
    rows.features.push_back(published_features(*works[i]));
    kept.push_back(power ? targets[i] : targets[i] * 1e3);
  }
  auto model = fit_published(
      rows, kept, power ? PublishedTarget::kPower : PublishedTarget::kRunTime, kPublishedOptions);
  if (!model) return std::nullopt;
  return *std::move(model);
}

double upper_rate(std::vector<double> rates) {
  const auto at = static_cast<std::ptrdiff_t>(0.9 * static_cast<double>(rates.size() - 1));
  std::nth_element(rates.begin(), rates.begin() + at, rates.end());
  return rates[static_cast<std::size_t>(at)];
}

}  // namespace

Baselines::Baselines(const std::vector<const LayerSample*>& samples, bool with_published,
                     std::uint64_t seed) {
  if (samples.empty()) return;
  learn(samples, false, with_published, seed);
  learn(samples, true, with_published, seed);
  std::vector<double> flops;
  std::vector<double> bytes;
  for (const LayerSample* sample : samples) {
    flops.push_back(sample->work.flops / sample->seconds);
    bytes.push_back(sample->work.bytes() / sample->seconds);
  }
  flops_per_second_ = upper_rate(std::move(flops));
  bytes_per_second_ = upper_rate(std::move(bytes));
}

void Baselines::learn(const std::vector<const LayerSample*>& samples, bool power,
                      bool with_published, std::uint64_t seed) {
  std::vector<const LayerWork*> works;
  std::vector<double> targets;
  std::vector<double> logs;
  FeatureRows features;
  for (const LayerSample* sample : samples) {
    if (power && (!sample->watts || *sample->watts <= 0.0)) continue;
    works.push_back(&sample->work);
    targets.push_back(power ? *sample->watts : sample->seconds);
    logs.push_back(std::log(targets.back()));
    features.add(tree_features(sample->work));
  }
  if (works.empty()) return;
  Target& target = power ? watts_ : seconds_;
  target.mean =
      std::accumulate(targets.begin(), targets.end(), 0.0) / static_cast<double>(targets.size());
  target.forest = fit_forest(features, logs, kForestTrees, seed);
  if (with_published && has_published(works.front()->kind)) {
    target.published = fit_published_on(works, targets, power, seed);
  }
}

std::optional<double> Baselines::mean(bool power) const {
  return power ? watts_.mean : seconds_.mean;
}

std::optional<double> Baselines::roofline(const LayerWork& work) const {
  if (bytes_per_second_ <= 0.0) return std::nullopt;
  const double moving = work.bytes() / bytes_per_second_;
  const double computing = flops_per_second_ > 0.0 ? work.flops / flops_per_second_ : 0.0;
  return std::max(moving, computing);
}

std::optional<double> Baselines::published(const LayerWork& work, bool power) const {
  const auto& model = power ? watts_.published : seconds_.published;
  if (!model) return std::nullopt;
  const double value = predict_published(*model, published_features(work));
  return power ? value : value * 1e-3;
}

std::optional<double> Baselines::forest(const LayerWork& work, bool power) const {
  const auto& model = power ? watts_.forest : seconds_.forest;
  if (!model) return std::nullopt;
  return std::exp(predict_trees(*model, tree_features(work)));
}

}  // namespace layerwatt::prediction
