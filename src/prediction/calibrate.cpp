#include "layerwatt/prediction/calibrate.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "prediction/gaussian_process.h"
#include "prediction/physical_cost.h"
#include "prediction/target_model.h"

namespace layerwatt {
namespace {

using prediction::predict_target;

constexpr std::size_t kFolds = 5;
/// Fewer say one factor and no more.
constexpr std::size_t kRowsForRates = 10;
constexpr std::size_t kRowsForProcess = 100;
constexpr double kConfidence = 0.9;

using Samples = std::vector<const LayerSample*>;
enum class How { kFactor, kRates, kProcess };

/// Logarithm of what was measured; the sample has it.
double log_actual(const LayerSample& sample, bool power) {
  return std::log(power ? *sample.watts : sample.seconds);
}

double median_of(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  if (values.size() % 2 == 1) return *middle;
  return 0.5 * (*middle + *std::max_element(values.begin(), middle));
}

/// Measured over predicted, as logarithms.
std::vector<double> errors_of(const TargetModel& model, const Samples& samples, bool power) {
  std::vector<double> errors;
  for (const LayerSample* sample : samples) {
    errors.push_back(log_actual(*sample, power) - predict_target(model, sample->work).log_value);
  }
  return errors;
}

void shift(TargetModel& model, const Samples& samples, bool power) {
  model.shift += median_of(errors_of(model, samples, power));
}

void refit_rates(TargetModel& model, const Samples& samples) {
  std::vector<const LayerWork*> works;
  std::vector<double> targets;
  for (const LayerSample* sample : samples) {
    const double rest = predict_target(model, sample->work).log_value -
                        prediction::log_cost(*model.base, sample->work);
    works.push_back(&sample->work);
    // What was learnt beside physics stays; the shift becomes a matter of the rates.
    targets.push_back(log_actual(*sample, false) - (rest - model.shift));
  }
  model.base = prediction::refit_physical_cost(*model.base, model.shift, works, targets);
  model.shift = 0.0;
  shift(model, samples, false);
}

void add_process(TargetModel& model, const Samples& samples, bool power, std::uint64_t seed) {
  prediction::FeatureRows features;
  for (const LayerSample* sample : samples) {
    features.add(prediction::process_features(sample->work, prediction::ProcessView::kMatrix));
  }
  prediction::ProcessOptions options;
  options.seed = seed;
  model.correction = prediction::fit_process(features, errors_of(model, samples, power), options);
}

TargetModel moved(const TargetModel& model, const Samples& samples, bool power, How how,
                  std::uint64_t seed) {
  TargetModel result = model;
  result.correction.reset();
  shift(result, samples, power);
  if (how == How::kFactor) return result;
  if (!power && result.base) refit_rates(result, samples);
  if (how == How::kProcess) add_process(result, samples, power, seed);
  return result;
}

/// What a way to move the model says of rows that it has not seen.
struct HeldOut {
  How how = How::kFactor;
  std::vector<double> errors;
  std::vector<double> scales;
  double rmspe = 0.0;
};

double rmspe_of(const std::vector<double>& log_errors) {
  double sum = 0.0;
  for (const double error : log_errors) sum += std::pow(std::exp(-error) - 1.0, 2);
  return std::sqrt(sum / static_cast<double>(log_errors.size()));
}

HeldOut hold_out(const TargetModel& model, const Samples& samples, bool power, How how,
                 std::uint64_t seed) {
  HeldOut held{how, {}, {}, 0.0};
  for (std::size_t fold = 0; fold < kFolds; ++fold) {
    Samples seen;
    Samples unseen;
    for (std::size_t i = 0; i < samples.size(); ++i) {
      (i % kFolds == fold ? unseen : seen).push_back(samples[i]);
    }
    if (seen.empty()) continue;
    const TargetModel tried = moved(model, seen, power, how, seed);
    for (const LayerSample* sample : unseen) {
      const auto predicted = predict_target(tried, sample->work);
      held.errors.push_back(log_actual(*sample, power) - predicted.log_value);
      held.scales.push_back(predicted.scale);
    }
  }
  held.rmspe = held.errors.empty() ? 0.0 : rmspe_of(held.errors);
  return held;
}

/// The simplest way that is not worse by more than a twentieth than any other.
HeldOut best_way(const TargetModel& model, const Samples& samples, bool power, std::uint64_t seed) {
  HeldOut best = hold_out(model, samples, power, How::kFactor, seed);
  const auto attempt = [&](How how) {
    HeldOut other = hold_out(model, samples, power, how, seed);
    if (other.rmspe < 0.95 * best.rmspe) best = std::move(other);
  };
  if (samples.size() >= kRowsForRates && !power && model.base) attempt(How::kRates);
  if (samples.size() >= kRowsForProcess) attempt(How::kProcess);
  return best;
}

/// The width that holds nine of ten rows left out; with few rows no less than before.
std::optional<double> width_of(const HeldOut& held, const std::optional<double>& before) {
  if (held.errors.size() < 2) return before;
  std::vector<double> sizes;
  for (std::size_t i = 0; i < held.errors.size(); ++i) {
    sizes.push_back(std::fabs(held.errors[i]) / held.scales[i]);
  }
  std::sort(sizes.begin(), sizes.end());
  const auto count = static_cast<double>(sizes.size());
  const auto rank = static_cast<std::size_t>(std::ceil(kConfidence * (count + 1.0)));
  if (rank <= sizes.size()) return sizes[rank - 1];
  return std::max(sizes.back(), before.value_or(0.0));
}

struct Moved {
  TargetModel model;
  HeldOut held;
  double factor = 1.0;
  double before = 0.0;
};

Moved move_target(const TargetModel& model, const Samples& samples, bool power,
                  std::uint64_t seed) {
  Moved result;
  const std::vector<double> errors = errors_of(model, samples, power);
  result.before = rmspe_of(errors);
  result.factor = std::exp(median_of(errors));
  result.held = best_way(model, samples, power, seed);
  result.model = moved(model, samples, power, result.held.how, seed);
  return result;
}

/// Rows that extend what a kind knows.
void widen(TrainingRange& range, const TrainingRange& more) {
  for (std::size_t i = 0; i < range.least.size(); ++i) {
    range.least[i] = std::min(range.least[i], more.least[i]);
    range.greatest[i] = std::max(range.greatest[i], more.greatest[i]);
  }
  for (const auto& window : more.windows) {
    const auto at = std::lower_bound(range.windows.begin(), range.windows.end(), window);
    if (at == range.windows.end() || *at != window) range.windows.insert(at, window);
  }
}

void move_kind(KindModel& kind, const Samples& samples, const CostModelOptions& options,
               KindCalibration& told) {
  Samples with_power;
  std::vector<const LayerWork*> works;
  for (const LayerSample* sample : samples) {
    works.push_back(&sample->work);
    if (sample->watts && *sample->watts > 0.0) with_power.push_back(sample);
  }
  Moved seconds = move_target(kind.seconds, samples, false, options.seed);
  kind.seconds = std::move(seconds.model);
  kind.intervals.seconds = width_of(seconds.held, kind.intervals.seconds);
  widen(kind.range, range_of(works));
  told.seconds_factor = seconds.factor;
  told.seconds_before = seconds.before;
  if (!seconds.held.errors.empty()) told.seconds_after = seconds.held.rmspe;
  told.refitted = seconds.held.how != How::kFactor;
  told.powers = static_cast<std::int64_t>(with_power.size());
  if (with_power.empty() || !kind.watts) {
    // Nothing is known of its power there.
    kind.watts.reset();
    return;
  }
  Moved watts = move_target(*kind.watts, with_power, true, options.seed);
  kind.watts = std::move(watts.model);
  kind.intervals.watts = width_of(watts.held, kind.intervals.watts);
  if (kind.intervals.seconds && kind.intervals.watts) {
    // Errors of both together: no wider than the wider of the two, as they are over a common scale.
    kind.intervals.joules = std::max(*kind.intervals.seconds, *kind.intervals.watts);
  }
  told.watts_factor = watts.factor;
  told.watts_before = watts.before;
  if (!watts.held.errors.empty()) told.watts_after = watts.held.rmspe;
}

}  // namespace

Result<Calibration> calibrate_cost_model(const CostModel& model,
                                         std::span<const LayerSample> samples,
                                         const CostModelOptions& options) {
  Calibration result;
  for (const KindModel& kind : model.kinds) {
    Samples own;
    for (const LayerSample& sample : samples) {
      if (sample.seconds <= 0.0 || find_kind(model, sample.work) != &kind) continue;
      if (predict_layer(model, sample.work).seconds) own.push_back(&sample);
    }
    if (own.empty()) continue;
    KindCalibration told;
    told.kind = kind.kind;
    told.precision = kind.precision;
    told.rows = static_cast<std::int64_t>(own.size());
    KindModel moved_kind = kind;
    move_kind(moved_kind, own, options, told);
    result.model.kinds.push_back(std::move(moved_kind));
    result.kinds.push_back(std::move(told));
  }
  if (result.model.kinds.empty()) {
    return Error(ErrorCode::kUnknowable,
                 "none of the layers is one that the model knows: kind, precision and size must be "
                 "within what it was trained on");
  }
  return result;
}

}  // namespace layerwatt
