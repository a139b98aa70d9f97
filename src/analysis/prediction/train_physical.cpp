#include <fmt/format.h>

#include <future>
#include <utility>

#include "layerwatt/analysis/train.h"

#include "analysis/prediction/training_samples.h"

namespace layerwatt {
namespace {

/// Folds cost a training each; above so many rows they are fewer.
constexpr std::size_t kManyRows = 3000;
constexpr std::size_t kFolds = 10;
constexpr std::size_t kFoldsOfMany = 5;
/// Below so many networks, intervals are what was seen, and their coverage is not established.
constexpr std::int64_t kNetworksForCoverage = 4;

using Rows = std::vector<HeldOutRow>;

/// Predicts the folds two at a time, in their order.
Result<Rows> predict_folds(const std::vector<LayerSample>& samples, const std::vector<Fold>& folds,
                           const ValidationOptions& options,
                           const std::function<void(const std::string&)>& progress) {
  Rows all;
  for (std::size_t i = 0; i < folds.size(); i += 2) {
    progress(folds[i].name);
    std::future<Result<Rows>> other;
    if (i + 1 < folds.size()) {
      other = std::async(std::launch::async,
                         [&, i] { return predict_fold(samples, folds[i + 1], options); });
    }
    auto rows = predict_fold(samples, folds[i], options);
    std::optional<Result<Rows>> others;
    if (other.valid()) others = other.get();
    if (!rows) return std::move(rows).error();
    all.insert(all.end(), rows->begin(), rows->end());
    if (!others) continue;
    if (!*others) return std::move(*others).error();
    all.insert(all.end(), (*others)->begin(), (*others)->end());
  }
  return all;
}

void compare_methods(TrainedModel& model) {
  for (const ScoreRow& ours : model.by_network.scores) {
    if (ours.method != Method::kOurs) continue;
    for (const ScoreRow& other : model.by_network.scores) {
      if (other.kind != ours.kind || other.cost != ours.cost || other.method == Method::kOurs ||
          other.score.rows != ours.score.rows || other.score.rmspe >= ours.score.rmspe) {
        continue;
      }
      model.notes.push_back(fmt::format(
          "On networks left out, '{}' is better than this model for the {} of {}: RMSPE {:.1f} % "
          "and {:.1f} %.",
          to_string(other.method), to_string(ours.cost),
          ours.kind ? std::string(to_string(*ours.kind)) + " layers" : std::string("networks"),
          100.0 * other.score.rmspe, 100.0 * ours.score.rmspe));
    }
  }
}

Result<void> check_networks(const analysis::TrainingSamples& found) {
  if (found.samples.empty()) {
    return Error(ErrorCode::kUnknowable,
                 "no row is left to learn from: all networks are test networks (--test-models), or "
                 "their layers have no run time");
  }
  if (found.networks.size() > 1) return {};
  return Error(ErrorCode::kUnknowable,
               fmt::format("'{}' is the only network to learn from: nothing could be left out to "
                           "check the model on. Measure at least one more; layers of no network "
                           "are learnt from with --micro-layers",
                           found.networks.front().name));
}

}  // namespace

Result<TrainedModel> train_physical(const TrainOptions& options, const TrainProgress& progress) {
  auto found = analysis::read_training_samples(options);
  if (!found) return std::move(found).error();
  if (!options.micro_layers || found->samples.empty()) {
    if (auto enough = check_networks(*found); !enough) return std::move(enough).error();
  }
  TrainedModel model;
  model.seed = options.seed;
  model.conditions = found->conditions;
  model.networks = found->networks;
  model.test_networks = found->test_networks;
  model.notes = found->notes;
  ValidationOptions validation;
  validation.model.seed = options.seed;
  const std::size_t most = found->samples.size() > kManyRows ? kFoldsOfMany : kFolds;
  const auto folds = network_folds(found->samples, most);
  const auto families = family_folds(found->samples);
  const auto total = static_cast<std::int64_t>((folds.size() + families.size() + 3) / 2);
  std::int64_t done = 0;
  const auto tell = [&](const std::string& name) { progress(done++, total, "without " + name); };
  auto rows = predict_folds(found->samples, folds, validation, tell);
  if (!rows) return std::move(rows).error();
  validation.with_published = false;
  auto of_families = predict_folds(
      found->samples, options.micro_layers ? std::vector<Fold>() : families, validation, tell);
  if (!of_families) return std::move(of_families).error();
  progress(total - 1, total, "with all networks");
  auto fitted = fit_cost_model(found->samples, validation.model);
  if (!fitted) return std::move(fitted).error();
  model.model = *std::move(fitted);
  calibrate_intervals(found->samples, *rows, model.model);
  model.by_network = summarise(found->samples, *rows);
  model.by_family = summarise(found->samples, *of_families);
  if (!options.micro_layers) model.errors = network_errors(found->samples, *rows);
  if (model.errors.networks < kNetworksForCoverage) {
    model.notes.push_back(
        fmt::format("Only {} networks could be left out: how often intervals hold is not "
                    "established.",
                    model.errors.networks));
  }
  compare_methods(model);
  return model;
}

}  // namespace layerwatt
