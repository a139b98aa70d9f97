#include <fmt/format.h>
#include <rapidjson/document.h>

#include <array>
#include <utility>

#include "layerwatt/analysis/trained_model.h"
#include "layerwatt/core/file_text.h"

#include "core/fingerprint.h"
#include "core/json.h"

namespace layerwatt {
namespace {

using rapidjson::Value;

/// Reads members; what is missing or of another type is remembered and gives nothing. The checksum
/// has told damage before, so that the first fault is enough.
class Reader {
 public:
  const Value& at(const Value& object, const char* key) {
    static const Value kNull;
    if (!object.IsObject()) return fail(key), kNull;
    const auto found = object.FindMember(key);
    return found == object.MemberEnd() ? kNull : found->value;
  }
  double number(const Value& object, const char* key) {
    const Value& v = at(object, key);
    return v.IsNumber() ? v.GetDouble() : (fail(key), 0.0);
  }
  std::optional<double> maybe(const Value& object, const char* key) {
    const Value& v = at(object, key);
    return v.IsNumber() ? std::optional(v.GetDouble()) : std::nullopt;
  }
  std::int64_t whole(const Value& object, const char* key) {
    const Value& v = at(object, key);
    return v.IsInt64() ? v.GetInt64() : (fail(key), std::int64_t{0});
  }
  bool flag(const Value& object, const char* key) {
    const Value& v = at(object, key);
    return v.IsBool() ? v.GetBool() : (fail(key), false);
  }
  std::string text(const Value& object, const char* key) {
    const Value& v = at(object, key);
    if (!v.IsString()) return fail(key), std::string();
    return {v.GetString(), v.GetStringLength()};
  }
  /// Empty where it is no list.
  std::vector<const Value*> list(const Value& object, const char* key) {
    return elements(at(object, key), key);
  }
  std::vector<const Value*> elements(const Value& v, const char* key) {
    std::vector<const Value*> found;
    if (!v.IsArray()) return fail(key), found;
    for (const Value& element : v.GetArray()) found.push_back(&element);
    return found;
  }
  std::vector<double> numbers(const Value& object, const char* key) {
    std::vector<double> found;
    for (const Value* v : list(object, key)) {
      if (!v->IsNumber()) return fail(key), found;
      found.push_back(v->GetDouble());
    }
    return found;
  }
  template <std::size_t N>
  void fill(const Value& object, const char* key, std::array<double, N>& out) {
    const std::vector<double> values = numbers(object, key);
    if (values.size() != N) return fail(key);
    std::copy(values.begin(), values.end(), out.begin());
  }
  void fail(const char* key) {
    if (fault_.empty()) fault_ = key;
  }
  const std::string& fault() const { return fault_; }

 private:
  std::string fault_;
};

Tree read_tree(Reader& reader, const Value& list) {
  Tree tree;
  const auto values = reader.elements(list, "trees");
  if (values.empty() || values.size() % 4 != 0) return reader.fail("trees"), tree;
  const auto nodes = static_cast<std::int64_t>(values.size() / 4);
  for (std::size_t i = 0; i < values.size(); i += 4) {
    if (!values[i]->IsInt() || !values[i + 2]->IsInt() || !values[i + 1]->IsNumber() ||
        !values[i + 3]->IsNumber()) {
      return reader.fail("trees"), tree;
    }
    const TreeNode node{values[i]->GetInt(), values[i + 1]->GetDouble(), values[i + 2]->GetInt(),
                        values[i + 3]->GetDouble()};
    // Children stand after their parent: no walk can run in a circle or leave the tree.
    const auto place = static_cast<std::int64_t>(i / 4);
    if (node.feature >= 0 && (node.left <= place || node.left + 1 >= nodes || node.feature > 63)) {
      return reader.fail("trees"), tree;
    }
    tree.push_back(node);
  }
  return tree;
}

ProcessModel read_process(Reader& reader, const Value& v) {
  ProcessModel process;
  process.center = reader.numbers(v, "center");
  process.scale = reader.numbers(v, "scale");
  process.length = reader.numbers(v, "length");
  process.signal = reader.number(v, "signal");
  process.linear = reader.number(v, "linear");
  process.noise = reader.number(v, "noise");
  process.rows = reader.numbers(v, "rows");
  process.weights = reader.numbers(v, "weights");
  if (process.rows.size() != process.weights.size() * process.length.size() ||
      process.center.size() != process.scale.size()) {
    reader.fail("processes");
  }
  return process;
}

TargetModel read_target(Reader& reader, const Value& v) {
  TargetModel target;
  if (!reader.at(v, "physical").IsNull()) {
    target.base.emplace();
    reader.fill(v, "physical", target.base->parameters);
  }
  target.mean = reader.number(v, "mean");
  target.tree_share = reader.number(v, "tree_share");
  target.shift = reader.number(v, "shift");
  if (const Value& correction = reader.at(v, "correction"); !correction.IsNull()) {
    target.correction = read_process(reader, correction);
  }
  for (const Value* ensemble : reader.list(v, "trees")) {
    target.trees.ensembles.emplace_back();
    for (const Value* tree : reader.elements(*ensemble, "trees")) {
      target.trees.ensembles.back().push_back(read_tree(reader, *tree));
    }
  }
  const auto processes = reader.list(v, "processes");
  if (processes.size() != target.processes.size()) return reader.fail("processes"), target;
  for (std::size_t i = 0; i < processes.size(); ++i) {
    target.processes[i] = read_process(reader, *processes[i]);
  }
  return target;
}

TrainingRange read_range(Reader& reader, const Value& v) {
  TrainingRange range;
  reader.fill(v, "least", range.least);
  reader.fill(v, "greatest", range.greatest);
  for (const Value* window : reader.list(v, "windows")) {
    std::array<std::int64_t, 6> values{};
    const auto numbers = reader.elements(*window, "windows");
    if (numbers.size() != values.size()) return reader.fail("windows"), range;
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (!numbers[i]->IsInt64()) return reader.fail("windows"), range;
      values[i] = numbers[i]->GetInt64();
    }
    range.windows.push_back(values);
  }
  range.has_groups = reader.flag(v, "has_groups");
  range.has_depthwise = reader.flag(v, "has_depthwise");
  return range;
}

KindModel read_kind(Reader& reader, const Value& v) {
  KindModel kind;
  const auto word = parse_work_kind(reader.text(v, "kind"));
  if (!word) return reader.fail("kind"), kind;
  kind.kind = *word;
  kind.precision = reader.text(v, "precision");
  kind.rows = reader.whole(v, "rows");
  kind.networks = reader.whole(v, "networks");
  kind.range = read_range(reader, reader.at(v, "range"));
  const Value& widths = reader.at(v, "interval_widths");
  kind.intervals = {reader.maybe(widths, "seconds"), reader.maybe(widths, "watts"),
                    reader.maybe(widths, "joules")};
  kind.seconds = read_target(reader, reader.at(v, "seconds"));
  if (!reader.at(v, "watts").IsNull()) kind.watts = read_target(reader, reader.at(v, "watts"));
  const bool fits = fits_features(kind.seconds, kind.kind) &&
                    (!kind.watts || fits_features(*kind.watts, kind.kind));
  if (reader.fault().empty() && !fits) reader.fail("processes");
  return kind;
}

PublishedModel read_published(Reader& reader, const Value& v) {
  PublishedModel model;
  const std::int64_t table = reader.whole(v, "table");
  const std::int64_t target = reader.whole(v, "target");
  if (table < 0 || table > 2 || target < 0 || target > 1) return reader.fail("table"), model;
  model.table = static_cast<PublishedTable>(table);
  model.target = static_cast<PublishedTarget>(target);
  model.alpha = reader.number(v, "alpha");
  model.first_alpha = reader.number(v, "first_alpha");
  model.last_alpha = reader.number(v, "last_alpha");
  model.intercept = reader.number(v, "intercept");
  model.sweeps = reader.whole(v, "sweeps");
  model.center = reader.numbers(v, "center");
  model.scale = reader.numbers(v, "scale");
  model.coefficients = reader.numbers(v, "coefficients");
  constexpr std::array<std::size_t, 3> kTerms{562, 367, 20};
  const std::size_t terms = kTerms[static_cast<std::size_t>(table)];
  if (model.center.size() != terms || model.scale.size() != terms ||
      model.coefficients.size() != terms) {
    reader.fail("coefficients");
  }
  return model;
}

Validation read_validation(Reader& reader, const Value& v) {
  Validation validation;
  validation.rows = reader.whole(v, "rows");
  validation.refused = reader.whole(v, "refused");
  validation.folds = reader.whole(v, "folds");
  for (const Value* score : reader.list(v, "scores")) {
    ScoreRow row;
    row.kind = parse_work_kind(reader.text(*score, "kind"));
    const std::string cost = reader.text(*score, "quantity");
    for (const Cost known : kCosts) {
      if (to_string(known) == cost) row.cost = known;
    }
    const std::string method = reader.text(*score, "method");
    for (const Method known : kMethods) {
      if (to_string(known) == method) row.method = known;
    }
    row.score = {reader.whole(*score, "rows"),          reader.number(*score, "rmspe"),
                 reader.number(*score, "mape"),         reader.number(*score, "median"),
                 reader.number(*score, "within_tenth"), reader.maybe(*score, "coverage"),
                 reader.maybe(*score, "half_width")};
    validation.scores.push_back(row);
  }
  return validation;
}

std::vector<TrainingNetwork> read_networks(Reader& reader, const Value& v, const char* key) {
  std::vector<TrainingNetwork> networks;
  for (const Value* network : reader.list(v, key)) {
    networks.push_back({reader.text(*network, "name"), reader.whole(*network, "rows"),
                        reader.text(*network, "fingerprint")});
  }
  return networks;
}

MeasuringConditions read_conditions(Reader& reader, const Value& v) {
  return {reader.text(v, "board"), reader.text(v, "power_mode"), reader.maybe(v, "gpu_hertz"),
          reader.maybe(v, "memory_hertz"), reader.flag(v, "virtual")};
}

void read_calibration(Reader& reader, const Value& v, TrainedModel& model) {
  if (reader.at(v, "trained_on").IsNull()) return;
  model.trained_on = read_conditions(reader, reader.at(v, "trained_on"));
  model.calibrated_with = read_networks(reader, v, "calibrated_with");
  for (const Value* row : reader.list(v, "calibration")) {
    KindCalibration kind;
    kind.kind = parse_work_kind(reader.text(*row, "kind")).value_or(WorkKind::kOther);
    kind.precision = reader.text(*row, "precision");
    kind.rows = reader.whole(*row, "rows");
    kind.powers = reader.whole(*row, "powers");
    kind.refitted = reader.flag(*row, "refitted");
    kind.seconds_factor = reader.number(*row, "seconds_factor");
    kind.watts_factor = reader.maybe(*row, "watts_factor");
    kind.seconds_before = reader.number(*row, "seconds_before");
    kind.seconds_after = reader.maybe(*row, "seconds_after");
    kind.watts_before = reader.maybe(*row, "watts_before");
    kind.watts_after = reader.maybe(*row, "watts_after");
    model.calibration.push_back(std::move(kind));
  }
}

TrainedModel read_model(Reader& reader, const Value& v) {
  TrainedModel model;
  model.method = reader.text(v, "method");
  const Value& seed = reader.at(v, "seed");
  if (seed.IsUint64()) model.seed = seed.GetUint64();
  model.conditions = read_conditions(reader, reader.at(v, "conditions"));
  read_calibration(reader, v, model);
  model.networks = read_networks(reader, v, "networks");
  model.test_networks = read_networks(reader, v, "test_networks");
  for (const Value* note : reader.list(v, "notes")) {
    if (note->IsString()) model.notes.emplace_back(note->GetString(), note->GetStringLength());
  }
  model.by_network = read_validation(reader, reader.at(v, "networks_left_out"));
  model.by_family = read_validation(reader, reader.at(v, "families_left_out"));
  const Value& errors = reader.at(v, "network_errors");
  model.errors = {reader.whole(errors, "networks"), reader.maybe(errors, "seconds"),
                  reader.maybe(errors, "joules")};
  for (const Value* kind : reader.list(v, "kinds")) {
    model.model.kinds.push_back(read_kind(reader, *kind));
  }
  for (const Value* published : reader.list(v, "published")) {
    model.published.push_back(read_published(reader, *published));
  }
  return model;
}

/// Whether the text is what was written.
Result<void> check_sum(std::string_view text) {
  constexpr std::string_view kKey = ",\"checksum\":\"";
  const std::size_t at = text.rfind(kKey);
  if (at == std::string_view::npos) {
    return Error(ErrorCode::kParse,
                 "the file ends without its checksum: it was cut; train again or copy it anew");
  }
  const std::string_view sum = text.substr(at + kKey.size(), 32);
  if (sum == fingerprint_of(text.substr(0, at))) return {};
  return Error(ErrorCode::kParse,
               "the checksum does not fit: the file was changed after it was written; train again");
}

}  // namespace

Result<TrainedModel> parse_trained_model(std::string_view text) {
  auto document = parse_json(text);
  if (!document) {
    return Error(ErrorCode::kParse,
                 "no model of layerwatt, or cut: " + document.error().to_string());
  }
  Reader reader;
  const Value& version = reader.at(*document, "schema_version");
  if (!version.IsInt()) {
    return Error(ErrorCode::kParse, "no model of layerwatt: it has no 'schema_version'");
  }
  if (version.GetInt() != kTrainedModelSchemaVersion) {
    return Error(ErrorCode::kUnsupported,
                 fmt::format("the model is of version {}, and this layerwatt reads version {}; "
                             "train again",
                             version.GetInt(), kTrainedModelSchemaVersion));
  }
  if (auto whole = check_sum(text); !whole) return std::move(whole).error();
  TrainedModel model = read_model(reader, *document);
  if (!reader.fault().empty()) {
    return Error(
        ErrorCode::kParse,
        fmt::format("'{}' is missing or not what it should be; train again", reader.fault()));
  }
  return model;
}

Result<TrainedModel> read_trained_model(const std::filesystem::path& folder) {
  return read_trained_model_file(folder / kTrainedModelFileName);
}

Result<TrainedModel> read_trained_model_file(const std::filesystem::path& path) {
  auto text = read_file(path);
  if (!text) {
    if (text.error().code() != ErrorCode::kNotFound) return std::move(text).error();
    return Error(ErrorCode::kNotFound,
                 "there is no trained model; 'layerwatt train' writes one, and --model-dir names "
                 "its folder")
        .at(path);
  }
  auto model = parse_trained_model(*text);
  if (!model) return std::move(model).error().at(path);
  return model;
}

}  // namespace layerwatt
