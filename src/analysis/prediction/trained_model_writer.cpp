#include <sstream>

#include "layerwatt/analysis/trained_model.h"
#include "layerwatt/core/file_text.h"

#include "core/fingerprint.h"
#include "core/json_writer.h"

namespace layerwatt {
namespace {

template <class Values>
void numbers(JsonWriter& json, std::string_view key, const Values& values) {
  json.key(key).begin_array();
  for (const auto& value : values) json.value(value);
  json.end_array();
}

void write_trees(JsonWriter& json, const TreeEnsembles& trees) {
  json.key("trees").begin_array();
  for (const auto& ensemble : trees.ensembles) {
    json.begin_array();
    for (const Tree& tree : ensemble) {
      // Four numbers a node: feature, threshold, left, value.
      json.begin_array();
      for (const TreeNode& node : tree) {
        json.value(static_cast<std::int64_t>(node.feature)).value(node.threshold);
        json.value(static_cast<std::int64_t>(node.left)).value(node.value);
      }
      json.end_array();
    }
    json.end_array();
  }
  json.end_array();
}

void write_process(JsonWriter& json, const ProcessModel& process) {
  json.begin_object();
  numbers(json, "center", process.center);
  numbers(json, "scale", process.scale);
  numbers(json, "length", process.length);
  json.member("signal", process.signal).member("linear", process.linear);
  json.member("noise", process.noise);
  numbers(json, "rows", process.rows);
  numbers(json, "weights", process.weights);
  json.end_object();
}

void write_target(JsonWriter& json, const TargetModel& target) {
  json.begin_object();
  if (target.base) numbers(json, "physical", target.base->parameters);
  json.member("mean", target.mean).member("tree_share", target.tree_share);
  json.member("shift", target.shift);
  if (target.correction) {
    json.key("correction");
    write_process(json, *target.correction);
  }
  write_trees(json, target.trees);
  json.key("processes").begin_array();
  for (const ProcessModel& process : target.processes) write_process(json, process);
  json.end_array().end_object();
}

void write_kind(JsonWriter& json, const KindModel& kind) {
  json.begin_object();
  json.member("kind", to_string(kind.kind)).member("precision", kind.precision);
  json.member("rows", kind.rows).member("networks", kind.networks);
  json.key("range").begin_object();
  numbers(json, "least", kind.range.least);
  numbers(json, "greatest", kind.range.greatest);
  json.key("windows").begin_array();
  for (const auto& window : kind.range.windows) {
    json.begin_array();
    for (const std::int64_t value : window) json.value(value);
    json.end_array();
  }
  json.end_array();
  json.member("has_groups", kind.range.has_groups);
  json.member("has_depthwise", kind.range.has_depthwise).end_object();
  json.key("interval_widths").begin_object();
  json.member("seconds", kind.intervals.seconds).member("watts", kind.intervals.watts);
  json.member("joules", kind.intervals.joules).end_object();
  json.key("seconds");
  write_target(json, kind.seconds);
  if (kind.watts) {
    json.key("watts");
    write_target(json, *kind.watts);
  }
  json.end_object();
}

void write_published(JsonWriter& json, const PublishedModel& model) {
  json.begin_object();
  json.member("table", static_cast<std::int64_t>(model.table));
  json.member("target", static_cast<std::int64_t>(model.target));
  json.member("alpha", model.alpha).member("first_alpha", model.first_alpha);
  json.member("last_alpha", model.last_alpha).member("intercept", model.intercept);
  json.member("sweeps", model.sweeps);
  numbers(json, "center", model.center);
  numbers(json, "scale", model.scale);
  numbers(json, "coefficients", model.coefficients);
  json.end_object();
}

void write_validation(JsonWriter& json, std::string_view key, const Validation& validation) {
  json.key(key).begin_object();
  json.member("rows", validation.rows).member("refused", validation.refused);
  json.member("folds", validation.folds).key("scores").begin_array();
  for (const ScoreRow& row : validation.scores) {
    json.begin_object();
    json.member("kind", row.kind ? to_string(*row.kind) : std::string_view("network"));
    json.member("quantity", to_string(row.cost)).member("method", to_string(row.method));
    json.member("rows", row.score.rows).member("rmspe", row.score.rmspe);
    json.member("mape", row.score.mape).member("median", row.score.median);
    json.member("within_tenth", row.score.within_tenth);
    json.member("coverage", row.score.coverage).member("half_width", row.score.half_width);
    json.end_object();
  }
  json.end_array().end_object();
}

void write_networks(JsonWriter& json, std::string_view key,
                    const std::vector<TrainingNetwork>& networks) {
  json.key(key).begin_array();
  for (const TrainingNetwork& network : networks) {
    json.begin_object();
    json.member("name", network.name).member("rows", network.rows);
    json.member("fingerprint", network.fingerprint).end_object();
  }
  json.end_array();
}

void write_conditions(JsonWriter& json, std::string_view key,
                      const MeasuringConditions& conditions) {
  json.key(key).begin_object();
  json.member("board", conditions.board).member("power_mode", conditions.power_mode);
  json.member("gpu_hertz", conditions.gpu_hertz).member("memory_hertz", conditions.memory_hertz);
  json.member("virtual", conditions.is_virtual).end_object();
}

void write_calibration(JsonWriter& json, const std::vector<KindCalibration>& kinds) {
  json.key("calibration").begin_array();
  for (const KindCalibration& kind : kinds) {
    json.begin_object();
    json.member("kind", to_string(kind.kind)).member("precision", kind.precision);
    json.member("rows", kind.rows).member("powers", kind.powers);
    json.member("refitted", kind.refitted);
    json.member("seconds_factor", kind.seconds_factor).member("watts_factor", kind.watts_factor);
    json.member("seconds_before", kind.seconds_before).member("seconds_after", kind.seconds_after);
    json.member("watts_before", kind.watts_before).member("watts_after", kind.watts_after);
    json.end_object();
  }
  json.end_array();
}

}  // namespace

std::string trained_model_json(const TrainedModel& model) {
  std::ostringstream out;
  {
    JsonWriter json(out, JsonWriter::Style::kCompact);
    json.begin_object();
    json.member("schema_version", kTrainedModelSchemaVersion).member("method", model.method);
    json.member("seed", model.seed);
    write_conditions(json, "conditions", model.conditions);
    write_networks(json, "networks", model.networks);
    write_networks(json, "test_networks", model.test_networks);
    if (model.trained_on) {
      write_conditions(json, "trained_on", *model.trained_on);
      write_networks(json, "calibrated_with", model.calibrated_with);
      write_calibration(json, model.calibration);
    }
    json.key("notes").begin_array();
    for (const std::string& note : model.notes) json.value(note);
    json.end_array();
    write_validation(json, "networks_left_out", model.by_network);
    write_validation(json, "families_left_out", model.by_family);
    json.key("network_errors").begin_object().member("networks", model.errors.networks);
    json.member("seconds", model.errors.seconds).member("joules", model.errors.joules).end_object();
    json.key("kinds").begin_array();
    for (const KindModel& kind : model.model.kinds) write_kind(json, kind);
    json.end_array().key("published").begin_array();
    for (const PublishedModel& published : model.published) write_published(json, published);
    json.end_array().end_object();
  }
  std::string text = out.str();
  while (text.back() != '}') text.pop_back();
  text.pop_back();
  // Of all that stands before it.
  return text + ",\"checksum\":\"" + fingerprint_of(text) + "\"}\n";
}

Result<void> write_trained_model(const std::filesystem::path& folder, const TrainedModel& model) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) return error_from_errno(error.value(), "create the folder").at(folder);
  return write_file_atomically(folder / kTrainedModelFileName, trained_model_json(model));
}

}  // namespace layerwatt
