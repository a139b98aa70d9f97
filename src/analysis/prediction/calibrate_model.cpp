#include "layerwatt/analysis/calibrate_model.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>

#include "layerwatt/core/file_text.h"
#include "layerwatt/prediction/calibrate.h"

#include "analysis/prediction/calibration_rows.h"
#include "core/fingerprint.h"

namespace layerwatt {
namespace {

using analysis::RunRows;

bool same_board(const MeasuringConditions& a, const MeasuringConditions& b) {
  return a.board == b.board && a.power_mode == b.power_mode && a.is_virtual == b.is_virtual;
}

std::string words_of(const MeasuringConditions& conditions) {
  std::string text = conditions.board.empty() ? "an unnamed board" : conditions.board;
  if (!conditions.power_mode.empty()) text += " in power mode " + conditions.power_mode;
  if (conditions.is_virtual) text += " (virtual)";
  return text;
}

/// Of what was measured, so that a reader can tell which runs a model was moved with.
std::string fingerprint_of_rows(const RunRows& run) {
  std::string text;
  for (const LayerTableRow& row : run.rows) {
    text += fmt::format("{}\n{}\n{}\n", row.layer_name, row.run_time_milliseconds,
                        row.power_microwatts.value_or(-1.0));
  }
  return fingerprint_of(text);
}

class Runs {
 public:
  Result<void> add(const std::filesystem::path& folder) {
    auto runs = analysis::read_run_rows(folder);
    if (!runs) return std::move(runs).error();
    for (RunRows& run : *runs) {
      for (const LayerTableRow& row : run.rows) {
        if (auto same = keep(row, folder); !same) return same;
      }
      networks.push_back(
          {run.name, static_cast<std::int64_t>(run.rows.size()), fingerprint_of_rows(run)});
    }
    return {};
  }

  std::vector<LayerSample> samples;
  std::vector<TrainingNetwork> networks;
  MeasuringConditions conditions;

 private:
  Result<void> keep(const LayerTableRow& row, const std::filesystem::path& folder) {
    if (!seen_) conditions = row.conditions;
    seen_ = true;
    if (!same_board(conditions, row.conditions)) {
      return Error(ErrorCode::kInvalidArgument,
                   fmt::format("measured on {}, other runs on {}: a model moves to one of them",
                               words_of(row.conditions), words_of(conditions)))
          .at(folder);
    }
    if (row.work.kind == WorkKind::kNothing || row.run_time_milliseconds <= 0.0) return {};
    LayerSample sample{{}, row.work, row.run_time_milliseconds * 1e-3, {}};
    const bool told = !row.power_status || *row.power_status == LayerStatus::kResolved;
    if (told && row.power_microwatts && *row.power_microwatts > 0.0) {
      sample.watts = *row.power_microwatts * 1e-6;
    }
    samples.push_back(std::move(sample));
    return {};
  }

  bool seen_ = false;
};

void tell(const TrainedModel& before, TrainedModel& model) {
  model.notes.push_back(fmt::format("Moved from {} to {} with {} runs.",
                                    words_of(before.conditions), words_of(model.conditions),
                                    model.calibrated_with.size()));
  if (model.errors.seconds) {
    model.notes.emplace_back(
        "Intervals of whole networks are those of the board that the model was trained on: how "
        "often they hold here is not established.");
  }
  for (const KindModel& kind : before.model.kinds) {
    if (std::find_if(model.model.kinds.begin(), model.model.kinds.end(),
                     [&](const KindModel& other) {
                       return other.kind == kind.kind && other.precision == kind.precision;
                     }) != model.model.kinds.end()) {
      continue;
    }
    model.notes.push_back(fmt::format(
        "Nothing was measured here of {} layers in {}: they are refused.", to_string(kind.kind),
        kind.precision.empty() ? "an unnamed precision" : kind.precision));
  }
}

}  // namespace

Result<TrainedModel> calibrate_model(const TrainedModel& model,
                                     const std::vector<std::filesystem::path>& runs) {
  if (model.method != "physical") {
    return Error(ErrorCode::kUnsupported,
                 "the model was trained with --method published, which cannot be moved; train "
                 "without it");
  }
  Runs measured;
  for (const std::filesystem::path& run : runs) {
    if (auto done = measured.add(run); !done) return std::move(done).error();
  }
  CostModelOptions options;
  options.seed = model.seed;
  auto moved = calibrate_cost_model(model.model, measured.samples, options);
  if (!moved) return std::move(moved).error();
  TrainedModel result = model;
  result.trained_on = model.trained_on.value_or(model.conditions);
  result.conditions = measured.conditions;
  result.calibrated_with = std::move(measured.networks);
  result.calibration = std::move(moved->kinds);
  result.model = std::move(moved->model);
  tell(model, result);
  return result;
}

Result<TrainedModel> calibrate_model_folder(const std::filesystem::path& from,
                                            const std::filesystem::path& to,
                                            const std::vector<std::filesystem::path>& runs) {
  auto base = read_trained_model(from);
  if (base && base->trained_on) base = read_trained_model_file(from / kBaseModelFileName);
  if (!base) return std::move(base).error();
  auto moved = calibrate_model(*base, runs);
  if (!moved) return std::move(moved).error();
  std::error_code ignored;
  if (std::filesystem::equivalent(from, to, ignored)) {
    auto kept = write_file_atomically(to / kBaseModelFileName, trained_model_json(*base));
    if (!kept) return std::move(kept).error();
  }
  if (auto done = write_trained_model(to, *moved); !done) return std::move(done).error();
  return moved;
}

}  // namespace layerwatt
