#include <algorithm>
#include <map>
#include <utility>

#include "layerwatt/prediction/validation.h"

#include "prediction/baselines.h"

namespace layerwatt {
namespace {

using prediction::Baselines;
using Group = std::pair<WorkKind, std::string>;

Group group_of(const LayerSample& sample) { return {sample.work.kind, sample.work.precision}; }

/// Baselines of each kind and precision, made when the first row asks.
class AllBaselines {
 public:
  AllBaselines(const std::vector<LayerSample>& training, const ValidationOptions& options)
      : options_(options) {
    for (const LayerSample& sample : training) groups_[group_of(sample)].push_back(&sample);
  }

  const Baselines& of(const LayerSample& sample) {
    const Group group = group_of(sample);
    const auto found = made_.find(group);
    if (found != made_.end()) return found->second;
    return made_
        .emplace(group, Baselines(groups_[group], options_.with_published, options_.model.seed))
        .first->second;
  }

 private:
  const ValidationOptions& options_;
  std::map<Group, std::vector<const LayerSample*>> groups_;
  std::map<Group, Baselines> made_;
};

void predict_others(const LayerSample& sample, const Baselines& others, HeldOutRow& row) {
  row.seconds = {row.ours.seconds, others.mean(false), others.roofline(sample.work),
                 others.published(sample.work, false), others.forest(sample.work, false)};
  row.watts = {row.ours.watts, others.mean(true), std::nullopt, others.published(sample.work, true),
               others.forest(sample.work, true)};
}

}  // namespace

std::vector<Fold> network_folds(std::span<const LayerSample> samples, std::size_t most) {
  std::set<std::string> networks;
  for (const LayerSample& sample : samples) networks.insert(sample.network);
  std::vector<Fold> folds(std::min(most, networks.size()));
  std::size_t at = 0;
  for (const std::string& network : networks) {
    Fold& fold = folds[at++ % folds.size()];
    fold.name += (fold.name.empty() ? "" : ", ") + network;
    fold.networks.insert(network);
  }
  return folds;
}

std::vector<Fold> family_folds(std::span<const LayerSample> samples) {
  std::map<std::string, std::set<std::string>> families;
  for (const LayerSample& sample : samples) {
    families[family_of(sample.network)].insert(sample.network);
  }
  std::vector<Fold> folds;
  if (families.size() < 2) return folds;
  for (const auto& [name, networks] : families) {
    if (networks.size() > 1) folds.push_back({name, networks});
  }
  return folds;
}

std::string_view to_string(Method method) {
  switch (method) {
    case Method::kOurs:
      return "physical";
    case Method::kMean:
      return "mean";
    case Method::kRoofline:
      return "roofline";
    case Method::kPublished:
      return "published";
    case Method::kForest:
      break;
  }
  return "forest";
}

std::string_view to_string(Cost cost) {
  switch (cost) {
    case Cost::kSeconds:
      return "run time";
    case Cost::kWatts:
      return "power";
    case Cost::kJoules:
      break;
  }
  return "energy";
}

Result<std::vector<HeldOutRow>> predict_fold(std::span<const LayerSample> samples, const Fold& fold,
                                             const ValidationOptions& options) {
  std::vector<LayerSample> training;
  for (const LayerSample& sample : samples) {
    if (!fold.networks.contains(sample.network)) training.push_back(sample);
  }
  auto model = fit_cost_model(training, options.model);
  if (!model) return std::move(model).error();
  AllBaselines baselines(training, options);
  std::vector<HeldOutRow> rows;
  for (std::size_t i = 0; i < samples.size(); ++i) {
    const LayerSample& sample = samples[i];
    if (!fold.networks.contains(sample.network) || sample.work.kind == WorkKind::kNothing) continue;
    HeldOutRow row;
    row.sample = i;
    row.fold = fold.name;
    row.ours = predict_layer(*model, sample.work);
    if (row.ours.seconds) predict_others(sample, baselines.of(sample), row);
    rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace layerwatt
