#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "layerwatt/prediction/cost_model.h"

namespace layerwatt {

/// Networks that are left out together.
struct Fold {
  std::string name;
  std::set<std::string> networks;
};

/// One fold a network; above `most` networks they share folds in turn.
std::vector<Fold> network_folds(std::span<const LayerSample> samples, std::size_t most);
/// One fold a family of two and more networks.
std::vector<Fold> family_folds(std::span<const LayerSample> samples);

/// Ways to predict that are checked on the same rows.
enum class Method {
  kOurs,
  kMean,       ///< the mean of the kind's rows
  kRoofline,   ///< the greater of operations and bytes at the best rates that were reached
  kPublished,  ///< the published polynomial lasso, on 200 rows and 30 alphas; convolution, pooling
  kForest,     ///< a random forest on the trees' features, as in nn-Meter
};
inline constexpr Method kMethods[] = {Method::kOurs, Method::kMean, Method::kRoofline,
                                      Method::kPublished, Method::kForest};
std::string_view to_string(Method method);

/// What the methods say of a row that was left out. Absent: refused, or nothing to say it from.
struct HeldOutRow {
  /// Index of the sample.
  std::size_t sample = 0;
  std::string fold;
  LayerPrediction ours;
  /// In the order of kMethods.
  std::vector<std::optional<double>> seconds;
  std::vector<std::optional<double>> watts;
};

struct ValidationOptions {
  CostModelOptions model;
  bool with_published = true;
};

/// Learns from all networks but those of the fold, and predicts these.
Result<std::vector<HeldOutRow>> predict_fold(std::span<const LayerSample> samples, const Fold& fold,
                                             const ValidationOptions& options);

enum class Cost { kSeconds, kWatts, kJoules };
inline constexpr Cost kCosts[] = {Cost::kSeconds, Cost::kWatts, Cost::kJoules};
/// "run time", "power", "energy".
std::string_view to_string(Cost cost);

/// How far predictions of rows were off. Errors are relative to the actual value.
struct Score {
  std::int64_t rows = 0;
  double rmspe = 0.0;
  double mape = 0.0;
  double median = 0.0;
  /// Part of the rows within ±10 %.
  double within_tenth = 0.0;
  /// Of the 90 % intervals, with widths from other folds; absent for other methods than ours and
  /// with fewer than two folds.
  std::optional<double> coverage;
  /// Median half-width, relative to the prediction.
  std::optional<double> half_width;
};

struct ScoreRow {
  /// Empty: whole networks, of which each fold's networks count once.
  std::optional<WorkKind> kind;
  Cost cost = Cost::kSeconds;
  Method method = Method::kOurs;
  Score score;
};

/// A row that was left out: what it cost and what was said of it, in seconds, watts or joules.
struct HeldOutPoint {
  WorkKind kind = WorkKind::kOther;
  Cost cost = Cost::kSeconds;
  double actual = 0.0;
  double predicted = 0.0;
};

struct Validation {
  std::vector<ScoreRow> scores;
  /// Of this training, to be drawn; a model that was read from its file has none.
  std::vector<HeldOutPoint> points;
  std::int64_t rows = 0;
  /// Rows that were not predicted.
  std::int64_t refused = 0;
  std::int64_t folds = 0;
};

/// Scores over the rows that ours predicts, the same for all methods.
Validation summarise(std::span<const LayerSample> samples, std::span<const HeldOutRow> rows);

/// Widths of intervals that held 90 % of the rows left out, each network weighing the same.
void calibrate_intervals(std::span<const LayerSample> samples, std::span<const HeldOutRow> rows,
                         CostModel& model);

/// Spread of the logarithmic errors of whole networks that were left out; absent with fewer than
/// two.
struct NetworkErrors {
  std::int64_t networks = 0;
  std::optional<double> seconds;
  std::optional<double> joules;
};
NetworkErrors network_errors(std::span<const LayerSample> samples,
                             std::span<const HeldOutRow> rows);

}  // namespace layerwatt
