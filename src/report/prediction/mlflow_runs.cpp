#include "layerwatt/report/mlflow_runs.h"

#include <fmt/format.h>

#include <algorithm>

#include "layerwatt/core/numbers.h"

namespace layerwatt {
namespace {

constexpr std::string_view kTables[] = {"convolutional", "pooling", "dense"};
constexpr std::string_view kTargets[] = {"power", "runtime"};

/// The published word where there is one.
std::string_view table_of(WorkKind kind) {
  return kind == WorkKind::kConvolution ? kTables[0] : to_string(kind);
}
std::string_view target_of(Cost cost) {
  return cost == Cost::kSeconds ? kTargets[1] : to_string(cost);
}

void put_metrics(MlflowRun& run, const PublishedMetrics& metrics) {
  run.metrics["testing_root_mean_squared_percentage_error"] = metrics.rmspe;
  run.metrics["testing_root_mean_squared_error"] = metrics.rmse;
  run.metrics["testing_mean_squared_error"] = metrics.mse;
  run.metrics["testing_r2_score"] = metrics.r2;
  run.metrics["testing_mean_absolute_error"] = metrics.mae;
  run.metrics["testing_mean_absolute_percentage_error"] = metrics.mape;
}

std::string names_of(const std::vector<TrainingNetwork>& networks) {
  std::string names;
  for (const TrainingNetwork& network : networks) {
    names += (names.empty() ? "" : ", ") + network.name;
  }
  return names;
}

/// What all runs of one training share.
void put_common(MlflowRun& run, const TrainedModel& model) {
  const auto count = [](const std::vector<TrainingNetwork>& networks) {
    return static_cast<double>(networks.size());
  };
  run.metrics["train_num_cnn_models"] = count(model.networks);
  run.metrics["test_num_cnn_models"] = count(model.test_networks);
  run.parameters["method"] = model.method;
  run.parameters["seed"] = std::to_string(model.seed);
  run.parameters["train_num_cnn_models"] = std::to_string(model.networks.size());
  run.parameters["test_num_cnn_models"] = std::to_string(model.test_networks.size());
  run.tags["layerwatt.train_models"] = names_of(model.networks);
  run.tags["layerwatt.test_models"] = names_of(model.test_networks);
  run.tags["layerwatt.board"] = model.conditions.board;
  run.tags["layerwatt.virtual"] = model.conditions.is_virtual ? "true" : "false";
}

std::string csv_name(const std::string& name) {
  if (name.find_first_of(",\"\n") == std::string::npos) return name;
  std::string safe = "\"";
  for (const char c : name) {
    safe += c;
    if (c == '"') safe += c;
  }
  return safe + "\"";
}

/// The table that the published training prints of each test network.
void put_test_rows(MlflowRun& run, const PublishedTraining& training, const PublishedModel& model) {
  std::vector<double> actual;
  std::vector<double> predicted;
  std::map<std::string, std::string> tables;
  for (const PublishedTestRow& row : training.test_rows) {
    if (row.table != model.table || row.target != model.target) continue;
    actual.push_back(row.actual);
    predicted.push_back(row.predicted);
    std::string& text = tables[row.network];
    if (text.empty()) text = "layer_name,target,target_pred\n";
    text += fmt::format("{},{},{}\n", csv_name(row.layer_name), format_shortest(row.actual),
                        format_shortest(row.predicted));
  }
  if (!actual.empty()) put_metrics(run, published_metrics(actual, predicted));
  const std::string base = run.name.substr(0, run.name.size() - std::string_view("model").size());
  for (auto& [network, text] : tables) {
    run.artifacts[fmt::format("{}_{}prediction.csv", network, base)] = std::move(text);
  }
}

}  // namespace

std::vector<MlflowRun> mlflow_runs_of(const PublishedTraining& training) {
  std::vector<MlflowRun> runs;
  const std::string file = trained_model_json(training.model);
  for (std::size_t i = 0; i < training.model.published.size(); ++i) {
    const PublishedModel& model = training.model.published[i];
    MlflowRun run;
    run.name = fmt::format("{}_{}_model", kTables[static_cast<std::size_t>(model.table)],
                           kTargets[static_cast<std::size_t>(model.target)]);
    put_common(run, training.model);
    run.parameters["alpha"] = format_shortest(model.alpha);
    run.parameters["degree"] = "3";
    run.parameters["n_alphas"] = "500";
    run.parameters["cross_validation"] = "10";
    run.metrics["training_root_mean_squared_percentage_error"] = training.training_rmspe[i];
    put_test_rows(run, training, model);
    run.artifacts["model/model.json"] = file;
    runs.push_back(std::move(run));
  }
  return runs;
}

std::vector<MlflowRun> mlflow_runs_of(const TrainedModel& model) {
  std::vector<MlflowRun> runs;
  const std::string file = trained_model_json(model);
  for (const KindModel& kind : model.model.kinds) {
    for (const Cost cost : {Cost::kSeconds, Cost::kWatts}) {
      if (cost == Cost::kWatts && !kind.watts) continue;
      MlflowRun run;
      run.name = fmt::format("{}_{}_model", table_of(kind.kind), target_of(cost));
      put_common(run, model);
      run.parameters["layers"] = std::to_string(kind.rows);
      if (!kind.precision.empty()) run.parameters["precision"] = kind.precision;
      for (const ScoreRow& row : model.by_network.scores) {
        if (row.kind != kind.kind || row.cost != cost || row.method != Method::kOurs) continue;
        // As published: the first in percent, the second a part.
        run.metrics["testing_root_mean_squared_percentage_error"] = 100.0 * row.score.rmspe;
        run.metrics["testing_mean_absolute_percentage_error"] = row.score.mape;
        run.metrics["testing_within_ten_percent"] = row.score.within_tenth;
        if (row.score.coverage) run.metrics["testing_interval_coverage"] = *row.score.coverage;
      }
      run.artifacts["model/model.json"] = file;
      runs.push_back(std::move(run));
    }
  }
  return runs;
}

}  // namespace layerwatt
