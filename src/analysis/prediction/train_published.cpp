#include <algorithm>
#include <optional>
#include <system_error>
#include <utility>

#include "layerwatt/analysis/train.h"
#include "layerwatt/core/file_text.h"
#include "layerwatt/dataset/training_table.h"

#include "analysis/prediction/training_samples.h"
#include "core/fingerprint.h"

namespace layerwatt {
namespace {

namespace fs = std::filesystem;

struct NetworkTable {
  std::string network;
  TrainingTable table;
};

PublishedTable published_of(TrainingTableKind kind) {
  switch (kind) {
    case TrainingTableKind::kConvolutional:
      return PublishedTable::kConvolutional;
    case TrainingTableKind::kPooling:
      return PublishedTable::kPooling;
    case TrainingTableKind::kDense:
      break;
  }
  return PublishedTable::kDense;
}

/// "squeezenet-1.1" is "squeezenet-1" to the published code, which cuts at the last dot.
bool is_test(const std::vector<std::string>& tests, const std::string& network) {
  const std::string cut = network.substr(0, network.rfind('.'));
  return std::ranges::find(tests, network) != tests.end() ||
         std::ranges::find(tests, cut) != tests.end();
}

std::optional<double> target_of(const TrainingRow& row, PublishedTarget target) {
  if (target == PublishedTarget::kRunTime) return row.run_time_milliseconds;
  if (!row.power_microwatts) return std::nullopt;
  return *row.power_microwatts / 1e6;
}

std::vector<double> features_of(const TrainingRow& row) {
  return {row.features.begin(), row.features.end()};
}

Result<void> fit_one(const std::vector<NetworkTable>& tables, const TrainOptions& options,
                     TrainingTableKind kind, PublishedTarget target, PublishedTraining& result) {
  PublishedRows rows;
  rows.table = published_of(kind);
  std::vector<double> targets;
  for (const NetworkTable& network : tables) {
    if (network.table.kind != kind || is_test(options.test_models, network.network)) continue;
    for (const TrainingRow& row : network.table.rows) {
      const auto value = target_of(row, target);
      if (!value) continue;
      rows.features.push_back(features_of(row));
      targets.push_back(*value);
    }
  }
  if (rows.features.empty()) return {};
  auto model = fit_published(rows, targets, target);
  if (!model) return std::move(model).error().with_context(to_string(kind));
  for (const NetworkTable& network : tables) {
    if (network.table.kind != kind || !is_test(options.test_models, network.network)) continue;
    for (const TrainingRow& row : network.table.rows) {
      const auto value = target_of(row, target);
      if (!value) continue;
      result.test_rows.push_back({network.network, row.layer_name, rows.table, target, *value,
                                  predict_published(*model, features_of(row))});
    }
  }
  std::vector<double> fitted;
  for (const auto& features : rows.features) {
    fitted.push_back(predict_published(*model, features));
  }
  result.training_rmspe.push_back(published_metrics(targets, fitted).rmspe);
  result.model.published.push_back(*std::move(model));
  return {};
}

Result<std::vector<NetworkTable>> read_tables(const TrainOptions& options, TrainedModel& model) {
  auto folders = analysis::find_training_networks(options.training_data_dir);
  if (!folders) return std::move(folders).error();
  std::vector<NetworkTable> tables;
  for (const fs::path& folder : *folders) {
    TrainingNetwork entry{folder.filename().string(), 0, {}};
    std::string bytes;
    for (const TrainingTableKind kind : kTrainingTableKinds) {
      const fs::path path = folder / (std::string(to_string(kind)) + ".csv");
      std::error_code ignored;
      if (!fs::exists(path, ignored)) continue;
      auto text = read_file(path);
      if (!text) return std::move(text).error();
      bytes += *text;
      auto table = parse_training_table(*text, kind);
      if (!table) return std::move(table).error().at(path);
      entry.rows += static_cast<std::int64_t>(table->rows.size());
      tables.push_back({entry.name, *std::move(table)});
    }
    entry.fingerprint = fingerprint_of(bytes);
    (is_test(options.test_models, entry.name) ? model.test_networks : model.networks)
        .push_back(std::move(entry));
  }
  return tables;
}

}  // namespace

Result<PublishedTraining> train_published(const TrainOptions& options,
                                          const TrainProgress& progress) {
  PublishedTraining result;
  result.model.method = "published";
  result.model.seed = options.seed;
  auto tables = read_tables(options, result.model);
  if (!tables) return std::move(tables).error();
  std::int64_t done = 0;
  for (const TrainingTableKind kind : kTrainingTableKinds) {
    for (const PublishedTarget target : {PublishedTarget::kPower, PublishedTarget::kRunTime}) {
      progress(done++, 6, std::string(to_string(kind)));
      if (auto fitted = fit_one(*tables, options, kind, target, result); !fitted) {
        return std::move(fitted).error();
      }
    }
  }
  if (result.model.published.empty()) {
    return Error(ErrorCode::kUnknowable,
                 "no published table has rows outside the test networks; nothing was learnt")
        .at(options.training_data_dir);
  }
  return result;
}

}  // namespace layerwatt
