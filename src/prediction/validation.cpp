#include "layerwatt/prediction/validation.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

namespace layerwatt {
namespace {

constexpr double kConfidence = 0.9;

/// Of a row that ours predicts: actual value, what a method says, and the scale of ours' error.
struct Compared {
  double actual = 0.0;
  double predicted = 0.0;
  double scale = 0.0;
  std::string network;
  std::string fold;

  double log_error() const { return std::log(predicted / actual); }
};

std::optional<double> actual_of(const LayerSample& sample, Cost cost) {
  if (cost == Cost::kSeconds) return sample.seconds;
  if (!sample.watts || *sample.watts <= 0.0) return std::nullopt;
  return cost == Cost::kWatts ? *sample.watts : *sample.watts * sample.seconds;
}

std::optional<double> predicted_of(const HeldOutRow& row, Cost cost, std::size_t method) {
  const auto& seconds = row.seconds[method];
  const auto& watts = row.watts[method];
  if (cost == Cost::kSeconds) return seconds;
  if (cost == Cost::kWatts) return watts;
  if (!seconds || !watts) return std::nullopt;
  return *seconds * *watts;
}

/// What a sum over layers adds up; of the other methods what they say of each.
std::optional<double> summand_of(const HeldOutRow& row, Cost cost, std::size_t method) {
  if (kMethods[method] != Method::kOurs || cost != Cost::kJoules) {
    return predicted_of(row, cost, method);
  }
  return row.ours.summed_joules;
}

double scale_of(const LayerPrediction& ours, Cost cost) {
  switch (cost) {
    case Cost::kSeconds:
      return ours.seconds_scale;
    case Cost::kWatts:
      return ours.watts_scale;
    case Cost::kJoules:
      break;
  }
  return std::hypot(ours.seconds_scale, ours.watts_scale);
}

std::vector<Compared> compare(std::span<const LayerSample> samples,
                              std::span<const HeldOutRow> rows, std::optional<WorkKind> kind,
                              Cost cost, std::size_t method) {
  // Without a kind they are there to be added up.
  const auto value_of = kind ? predicted_of : summand_of;
  std::vector<Compared> compared;
  for (const HeldOutRow& row : rows) {
    const LayerSample& sample = samples[row.sample];
    if (!row.ours.seconds || (kind && sample.work.kind != *kind)) continue;
    const auto actual = actual_of(sample, cost);
    const auto predicted = value_of(row, cost, method);
    if (!actual || !predicted) continue;
    compared.push_back({*actual, *predicted, scale_of(row.ours, cost), sample.network, row.fold});
  }
  return compared;
}

/// Rows of a network added up: what the network costs, as far as it is predicted.
std::vector<Compared> add_up(const std::vector<Compared>& rows) {
  std::map<std::string, Compared> networks;
  for (const Compared& row : rows) {
    Compared& network = networks[row.network];
    network.actual += row.actual;
    network.predicted += row.predicted;
    network.network = row.network;
    network.fold = row.fold;
  }
  std::vector<Compared> sums;
  for (auto& [name, network] : networks) sums.push_back(std::move(network));
  return sums;
}

/// The 90th percentile of |error| over scale, each network weighing the same. A network more,
/// which would be worse than all, stands for the one to come.
std::optional<double> width_of(const std::vector<Compared>& rows, const std::string& without_fold) {
  std::map<std::string, double> counts;
  for (const Compared& row : rows) {
    if (row.fold != without_fold) counts[row.network] += 1.0;
  }
  if (counts.empty()) return std::nullopt;
  std::vector<std::pair<double, double>> weighted;
  for (const Compared& row : rows) {
    if (row.fold == without_fold || row.predicted <= 0.0) continue;
    weighted.emplace_back(std::fabs(row.log_error()) / row.scale, 1.0 / counts[row.network]);
  }
  std::sort(weighted.begin(), weighted.end());
  const auto networks = static_cast<double>(counts.size());
  const double level = std::min(kConfidence * (networks + 1.0) / networks, 0.97);
  double sum = 0.0;
  for (const auto& [size, weight] : weighted) {
    sum += weight;
    if (sum >= level * networks) return size;
  }
  return weighted.empty() ? std::nullopt : std::optional(weighted.back().first);
}

double median_of(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

void check_intervals(const std::vector<Compared>& rows, Score& score) {
  std::map<std::string, std::optional<double>> widths;
  for (const Compared& row : rows) {
    if (!widths.contains(row.fold)) widths[row.fold] = width_of(rows, row.fold);
  }
  if (widths.size() < 2) return;
  double held = 0.0;
  std::vector<double> half_widths;
  for (const Compared& row : rows) {
    const auto& width = widths[row.fold];
    if (!width) return;
    const double half = *width * row.scale;
    if (std::fabs(row.log_error()) <= half) held += 1.0;
    half_widths.push_back(std::expm1(half));
  }
  score.coverage = held / static_cast<double>(rows.size());
  score.half_width = median_of(std::move(half_widths));
}

Score score_of(const std::vector<Compared>& rows) {
  Score score;
  score.rows = static_cast<std::int64_t>(rows.size());
  const auto count = static_cast<double>(rows.size());
  std::vector<double> sizes;
  for (const Compared& row : rows) {
    const double error = std::fabs(row.predicted / row.actual - 1.0);
    score.rmspe += error * error / count;
    score.mape += error / count;
    if (error <= 0.1) score.within_tenth += 1.0 / count;
    sizes.push_back(error);
  }
  score.rmspe = std::sqrt(score.rmspe);
  score.median = median_of(std::move(sizes));
  return score;
}

constexpr std::optional<WorkKind> kScored[] = {WorkKind::kConvolution, WorkKind::kPooling,
                                               WorkKind::kElementwise, WorkKind::kOther,
                                               std::nullopt};

std::optional<double> spread_of(const std::vector<Compared>& networks) {
  if (networks.size() < 2) return std::nullopt;
  double squares = 0.0;
  // Around 0, not the mean: a bias that all share is an error too.
  for (const Compared& network : networks) squares += std::pow(network.log_error(), 2);
  return std::sqrt(squares / static_cast<double>(networks.size()));
}

}  // namespace

Validation summarise(std::span<const LayerSample> samples, std::span<const HeldOutRow> rows) {
  Validation validation;
  std::set<std::string> folds;
  for (const HeldOutRow& row : rows) {
    ++validation.rows;
    if (!row.ours.seconds) ++validation.refused;
    folds.insert(row.fold);
  }
  validation.folds = static_cast<std::int64_t>(folds.size());
  for (const HeldOutRow& row : rows) {
    if (!row.ours.seconds) continue;
    const LayerSample& sample = samples[row.sample];
    for (const Cost cost : kCosts) {
      const auto actual = actual_of(sample, cost);
      const auto predicted = predicted_of(row, cost, 0);
      if (!actual || !predicted) continue;
      validation.points.push_back({sample.work.kind, cost, *actual, *predicted});
    }
  }
  for (const auto& kind : kScored) {
    for (const Cost cost : kCosts) {
      if (!kind && cost == Cost::kWatts) continue;
      for (std::size_t method = 0; method < std::size(kMethods); ++method) {
        std::vector<Compared> compared = compare(samples, rows, kind, cost, method);
        if (!kind) compared = add_up(compared);
        if (compared.empty()) continue;
        ScoreRow row{kind, cost, kMethods[method], score_of(compared)};
        if (kMethods[method] == Method::kOurs && kind) check_intervals(compared, row.score);
        validation.scores.push_back(std::move(row));
      }
    }
  }
  return validation;
}

void calibrate_intervals(std::span<const LayerSample> samples, std::span<const HeldOutRow> rows,
                         CostModel& model) {
  for (KindModel& kind : model.kinds) {
    std::vector<HeldOutRow> own;
    for (const HeldOutRow& row : rows) {
      if (samples[row.sample].work.precision == kind.precision) own.push_back(row);
    }
    const auto width = [&](Cost cost) {
      return width_of(compare(samples, own, kind.kind, cost, 0), {});
    };
    kind.intervals = {width(Cost::kSeconds), width(Cost::kWatts), width(Cost::kJoules)};
  }
}

NetworkErrors network_errors(std::span<const LayerSample> samples,
                             std::span<const HeldOutRow> rows) {
  const auto seconds = add_up(compare(samples, rows, std::nullopt, Cost::kSeconds, 0));
  const auto joules = add_up(compare(samples, rows, std::nullopt, Cost::kJoules, 0));
  return {static_cast<std::int64_t>(seconds.size()), spread_of(seconds), spread_of(joules)};
}

}  // namespace layerwatt
