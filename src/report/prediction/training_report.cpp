#include "layerwatt/report/training_report.h"

#include <fmt/format.h>

#include "core/json_writer.h"

namespace layerwatt {
namespace {

std::string percent(double part) { return fmt::format("{:.1f} %", 100.0 * part); }
std::string percent(const std::optional<double>& part) { return part ? percent(*part) : "-"; }

std::string kind_of(const ScoreRow& row) {
  return row.kind ? std::string(to_string(*row.kind)) : std::string("whole networks");
}

void print_scores(std::ostream& out, const Validation& validation, const TableStyle& style) {
  TextTable table({{"Layers"},
                   {"Cost"},
                   {"Method"},
                   {"Rows", Align::kRight},
                   {"RMSPE", Align::kRight},
                   {"MAPE", Align::kRight},
                   {"Median", Align::kRight, false, 0, 2},
                   {"Within 10 %", Align::kRight},
                   {"90 % held", Align::kRight},
                   {"Half-width", Align::kRight, false, 0, 1}});
  const ScoreRow* before = nullptr;
  for (const ScoreRow& row : validation.scores) {
    if (before != nullptr && (before->kind != row.kind || before->cost != row.cost)) {
      table.add_rule();
    }
    table.add_row({kind_of(row), std::string(to_string(row.cost)),
                   std::string(to_string(row.method)), std::to_string(row.score.rows),
                   percent(row.score.rmspe), percent(row.score.mape), percent(row.score.median),
                   percent(row.score.within_tenth), percent(row.score.coverage),
                   percent(row.score.half_width)});
    before = &row;
  }
  table.print(out, style);
}

void print_part(std::ostream& out, const Validation& validation, std::string_view title,
                const TableStyle& style) {
  if (validation.rows == 0) return;
  out << fmt::format("\n{}: {} folds, {} rows, {} refused\n", title, validation.folds,
                     validation.rows, validation.refused);
  print_scores(out, validation, style);
}

std::string_view name_of(PublishedTable table) {
  constexpr std::string_view kNames[] = {"convolutional", "pooling", "dense"};
  return kNames[static_cast<std::size_t>(table)];
}
std::string_view name_of(PublishedTarget target) {
  return target == PublishedTarget::kPower ? "power" : "runtime";
}

/// Actual and predicted values of the test rows of one pipeline.
struct TestValues {
  std::vector<double> actual;
  std::vector<double> predicted;
};
TestValues values_of(const PublishedTraining& training, const PublishedModel& model) {
  TestValues values;
  for (const PublishedTestRow& row : training.test_rows) {
    if (row.table != model.table || row.target != model.target) continue;
    values.actual.push_back(row.actual);
    values.predicted.push_back(row.predicted);
  }
  return values;
}

std::size_t used_terms(const PublishedModel& model) {
  std::size_t used = 0;
  for (const double value : model.coefficients) used += value != 0.0 ? 1 : 0;
  return used;
}

void write_metrics(JsonWriter& json, const PublishedMetrics& metrics) {
  json.member("testing_root_mean_squared_percentage_error", metrics.rmspe);
  json.member("testing_root_mean_squared_error", metrics.rmse);
  json.member("testing_mean_squared_error", metrics.mse);
  json.member("testing_r2_score", metrics.r2);
  json.member("testing_mean_absolute_error", metrics.mae);
  json.member("testing_mean_absolute_percentage_error", metrics.mape);
}

void write_scores(JsonWriter& json, std::string_view key, const Validation& validation) {
  json.key(key).begin_object();
  json.member("rows", validation.rows).member("refused", validation.refused);
  json.key("scores").begin_array();
  for (const ScoreRow& row : validation.scores) {
    json.begin_object();
    json.member("layers", kind_of(row)).member("cost", to_string(row.cost));
    json.member("method", to_string(row.method)).member("rows", row.score.rows);
    json.member("rmspe", row.score.rmspe).member("mape", row.score.mape);
    json.member("median", row.score.median).member("within_tenth", row.score.within_tenth);
    json.member("coverage", row.score.coverage).member("half_width", row.score.half_width);
    json.end_object();
  }
  json.end_array().end_object();
}

std::string board_of(const MeasuringConditions& conditions) {
  std::string text = conditions.board.empty() ? "an unnamed board" : conditions.board;
  if (!conditions.power_mode.empty()) text += " in power mode " + conditions.power_mode;
  return text + (conditions.is_virtual ? " (virtual)" : "");
}

void write_calibration(JsonWriter& json, const std::vector<KindCalibration>& kinds) {
  json.key("calibration").begin_array();
  for (const KindCalibration& kind : kinds) {
    json.begin_object();
    json.member("layers", to_string(kind.kind)).member("precision", kind.precision);
    json.member("rows", kind.rows).member("run_time_factor", kind.seconds_factor);
    json.member("run_time_rmspe_before", kind.seconds_before);
    json.member("run_time_rmspe", kind.seconds_after).member("power_factor", kind.watts_factor);
    json.member("power_rmspe_before", kind.watts_before).member("power_rmspe", kind.watts_after);
    json.end_object();
  }
  json.end_array();
}

}  // namespace

void print_training(std::ostream& out, const TrainedModel& model, const TableStyle& style) {
  std::int64_t rows = 0;
  for (const TrainingNetwork& network : model.networks) rows += network.rows;
  out << fmt::format("Learnt from {} networks, {} rows{}.\n", model.networks.size(), rows,
                     model.conditions.is_virtual ? ", of a virtual board" : "");
  print_part(out, model.by_network, "Networks left out", style);
  print_part(out, model.by_family, "Families left out", style);
  if (!model.notes.empty()) out << '\n';
  for (const std::string& note : model.notes) out << printable(note) << '\n';
}

void print_calibration(std::ostream& out, const TrainedModel& model, const TableStyle& style) {
  out << fmt::format("Moved from {} to {} with {} runs.\n\n",
                     printable(board_of(model.trained_on.value_or(model.conditions))),
                     printable(board_of(model.conditions)), model.calibrated_with.size());
  TextTable table({{"Layers"},
                   {"Precision"},
                   {"Rows", Align::kRight},
                   {"Run time", Align::kRight},
                   {"Off before", Align::kRight},
                   {"Off now", Align::kRight},
                   {"Power", Align::kRight},
                   {"Off before", Align::kRight},
                   {"Off now", Align::kRight}});
  for (const KindCalibration& kind : model.calibration) {
    table.add_row({std::string(to_string(kind.kind)), kind.precision, std::to_string(kind.rows),
                   fmt::format("×{:.2f}{}", kind.seconds_factor, kind.refitted ? " and rates" : ""),
                   percent(kind.seconds_before), percent(kind.seconds_after),
                   kind.watts_factor ? fmt::format("×{:.2f}", *kind.watts_factor) : "-",
                   percent(kind.watts_before), percent(kind.watts_after)});
  }
  table.print(out, style);
  out << "\nOff: RMSPE; now: on fifths of the rows that were left out.\n";
  for (const std::string& note : model.notes) out << printable(note) << '\n';
}

void print_training_json(std::ostream& out, const TrainedModel& model) {
  JsonWriter json(out);
  json.begin_object();
  json.member("networks", static_cast<std::uint64_t>(model.networks.size()));
  json.member("virtual", model.conditions.is_virtual);
  write_scores(json, "networks_left_out", model.by_network);
  write_scores(json, "families_left_out", model.by_family);
  if (model.trained_on) write_calibration(json, model.calibration);
  json.key("notes").begin_array();
  for (const std::string& note : model.notes) json.value(note);
  json.end_array().end_object();
  out << '\n';
}

void print_published_training(std::ostream& out, const PublishedTraining& training,
                              const TableStyle& style) {
  out << fmt::format("{} training and {} test networks\n\n", training.model.networks.size(),
                     training.model.test_networks.size());
  TextTable table({{"Model"},
                   {"Alpha", Align::kRight},
                   {"Terms", Align::kRight},
                   {"Test rows", Align::kRight},
                   {"RMSPE", Align::kRight},
                   {"RMSE", Align::kRight},
                   {"MAPE", Align::kRight},
                   {"R²", Align::kRight}});
  for (const PublishedModel& model : training.model.published) {
    const TestValues values = values_of(training, model);
    std::vector<TextCell> cells{fmt::format("{}_{}", name_of(model.table), name_of(model.target)),
                                fmt::format("{:.6g}", model.alpha),
                                std::to_string(used_terms(model)),
                                std::to_string(values.actual.size())};
    if (!values.actual.empty()) {
      const PublishedMetrics metrics = published_metrics(values.actual, values.predicted);
      cells.emplace_back(fmt::format("{:.1f} %", metrics.rmspe));
      cells.emplace_back(fmt::format("{:.4g}", metrics.rmse));
      cells.emplace_back(percent(metrics.mape));
      cells.emplace_back(fmt::format("{:.3f}", metrics.r2));
    }
    table.add_row(std::move(cells));
  }
  table.print(out, style);
  if (training.test_rows.empty()) return;
  out << '\n';
  TextTable rows({{"Network"},
                  {"Model"},
                  {"layer_name", Align::kLeft, true},
                  {"target", Align::kRight},
                  {"target_pred", Align::kRight}});
  for (const PublishedTestRow& row : training.test_rows) {
    rows.add_row({row.network, fmt::format("{}_{}", name_of(row.table), name_of(row.target)),
                  row.layer_name, fmt::format("{:.6g}", row.actual),
                  fmt::format("{:.6g}", row.predicted)});
  }
  rows.print(out, style);
}

void print_published_training_json(std::ostream& out, const PublishedTraining& training) {
  JsonWriter json(out);
  json.begin_array();
  for (const PublishedModel& model : training.model.published) {
    json.begin_object();
    json.member("model", fmt::format("{}_{}", name_of(model.table), name_of(model.target)));
    json.member("alpha", model.alpha).member("intercept", model.intercept);
    json.member("terms", static_cast<std::uint64_t>(used_terms(model)));
    const TestValues values = values_of(training, model);
    if (!values.actual.empty()) {
      write_metrics(json, published_metrics(values.actual, values.predicted));
    }
    json.end_object();
  }
  json.end_array();
  out << '\n';
}

}  // namespace layerwatt
