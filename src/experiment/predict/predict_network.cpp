#include "layerwatt/experiment/predict_network.h"

#include <fmt/format.h>

#include <cmath>
#include <utility>

namespace layerwatt {
namespace {

/// Of the operations, that may be refused while a total is still told.
constexpr double kMostRefused = 0.1;
/// A sum that is more than this times what the table adds up to needs a word.
constexpr double kToldSum = 1.005;
/// Half-width of 90 % of a normal distribution in deviations; more with few networks (Student's t).
double deviations(std::int64_t networks) {
  constexpr double kStudent[] = {6.31, 6.31, 2.92, 2.35, 2.13, 2.02, 1.94, 1.89, 1.86, 1.83};
  return networks < 10 ? kStudent[static_cast<std::size_t>(networks)] : 1.8;
}

/// `value` with an interval of ± `half` of its logarithm.
template <class Q>
Estimate<Q> estimate(double value, std::optional<double> half) {
  Estimate<Q> result{Q(value), {}, {}};
  if (!half) return result;
  result.low = Q(value * std::exp(-*half));
  result.high = Q(value * std::exp(*half));
  return result;
}

std::optional<double> times(const std::optional<double>& width, double scale) {
  return width ? std::optional(*width * scale) : std::nullopt;
}

void put_costs(const TrainedModel& model, PredictedLayer& layer) {
  const LayerPrediction prediction = predict_layer(model.model, layer.work);
  layer.refusal = prediction.refusal;
  layer.summed_joules = prediction.summed_joules.value_or(0.0);
  if (!prediction.seconds) return;
  const KindModel* kind = find_kind(model.model, layer.work);
  if (kind == nullptr) {
    // It costs nothing.
    layer.seconds = Estimate<double>{*prediction.seconds, 0.0, 0.0};
    layer.energy = Estimate<Joules>{Joules(0.0), Joules(0.0), Joules(0.0)};
    return;
  }
  const IntervalScales& widths = kind->intervals;
  layer.seconds =
      estimate<double>(*prediction.seconds, times(widths.seconds, prediction.seconds_scale));
  if (!prediction.watts) return;
  layer.power = estimate<Watts>(*prediction.watts, times(widths.watts, prediction.watts_scale));
  const double scale = std::hypot(prediction.seconds_scale, prediction.watts_scale);
  layer.energy =
      estimate<Joules>(*prediction.seconds * *prediction.watts, times(widths.joules, scale));
}

std::optional<double> total_half(const std::optional<double>& spread, std::int64_t networks) {
  if (!spread || networks < 2) return std::nullopt;
  return deviations(networks) * *spread * std::sqrt(1.0 + 1.0 / static_cast<double>(networks));
}

void put_totals(const TrainedModel& model, NetworkPrediction& result) {
  double flops = 0.0;
  double bytes = 0.0;
  double seconds = 0.0;
  double joules = 0.0;
  double told = 0.0;
  bool has_energy = true;
  for (const PredictedLayer& layer : result.layers) {
    flops += layer.work.flops;
    bytes += layer.work.bytes();
    if (!layer.seconds) {
      result.refused_flops += layer.work.flops;
      result.refused_bytes += layer.work.bytes();
      continue;
    }
    seconds += layer.seconds->value;
    has_energy = has_energy && layer.energy;
    if (!layer.energy) continue;
    told += layer.energy->value.value();
    joules += layer.summed_joules;
  }
  result.refused_flops = flops > 0.0 ? result.refused_flops / flops : 0.0;
  result.refused_bytes = bytes > 0.0 ? result.refused_bytes / bytes : 0.0;
  const double refused = flops > 0.0 ? result.refused_flops : result.refused_bytes;
  if (refused > kMostRefused) {
    result.notes.push_back(fmt::format(
        "No total: {:.0f} % of the operations are in layers that were refused.", 100.0 * refused));
    return;
  }
  const std::int64_t networks = model.errors.networks;
  result.seconds = estimate<double>(seconds, total_half(model.errors.seconds, networks));
  if (has_energy) {
    result.energy = estimate<Joules>(joules, total_half(model.errors.joules, networks));
    if (joules > kToldSum * told) {
      result.notes.push_back(
          fmt::format("The energy in all is {:.1f} % more than the layers' add up to: what their "
                      "powers scatter "
                      "each for itself makes up for each other in a sum.",
                      100.0 * (joules / told - 1.0)));
    }
  }
  if (refused > 0.0) {
    result.notes.push_back(
        fmt::format("The totals leave out refused layers, which have {:.1f} % of the operations.",
                    100.0 * refused));
  }
}

}  // namespace

NetworkPrediction predict_network(const TrainedModel& model, const NetworkLayers& network,
                                  const std::string& precision) {
  NetworkPrediction result;
  result.network = network.name;
  result.guessed = network.guessed;
  result.is_virtual = model.conditions.is_virtual;
  bool first = true;
  for (const Layer& layer : network.layers) {
    PredictedLayer predicted;
    predicted.layer = layer;
    auto work = layer_work(layer);
    if (!work) {
      predicted.refusal = work.error().message();
      predicted.work.flops = layer.flops.value_or(0.0);
    } else {
      predicted.work = *std::move(work);
      if (first) result.images = predicted.work.batch;
      first = false;
      if (!precision.empty() && precision != predicted.work.precision) {
        const double ratio = element_bytes(precision) / element_bytes(predicted.work.precision);
        predicted.work.precision = precision;
        predicted.work.input_bytes *= ratio;
        predicted.work.output_bytes *= ratio;
        predicted.work.weight_bytes *= ratio;
      }
      put_costs(model, predicted);
    }
    result.layers.push_back(std::move(predicted));
  }
  if (network.guessed) {
    result.notes.emplace_back(
        "Which layers are fused is a guess from the graph; an engine's own layers are exact.");
  }
  put_totals(model, result);
  return result;
}

LayerProfile profile_of(const NetworkPrediction& prediction) {
  LayerProfile profile;
  profile.model = prediction.network;
  profile.method = "predicted";
  profile.is_virtual = prediction.is_virtual;
  profile.passes = 0;
  profile.confidence = 0.9;
  profile.notes = prediction.notes;
  profile.notes.insert(profile.notes.begin(), "Predicted, not measured.");
  for (const PredictedLayer& layer : prediction.layers) {
    LayerProfileRow row;
    row.layer = layer.layer;
    row.reason = layer.refusal;
    if (layer.seconds) {
      row.run_time.count = 1;
      row.run_time.median = row.run_time.mean = row.run_time.p95 =
          from_seconds(layer.seconds->value);
      row.status = LayerStatus::kResolved;
    }
    row.power = layer.power;
    row.energy = layer.energy;
    if (row.energy && prediction.energy && prediction.energy->value.value() > 0.0) {
      row.share = row.energy->value / prediction.energy->value;
    }
    profile.rows.push_back(std::move(row));
  }
  profile.pass_energy = prediction.energy;
  if (prediction.seconds) profile.pass_time = from_seconds(prediction.seconds->value);
  return profile;
}

}  // namespace layerwatt
