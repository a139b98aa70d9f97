#pragma once

#include <filesystem>
#include <ostream>
#include <span>
#include <string>

#include "layerwatt/core/result.h"
#include "layerwatt/experiment/predict_network.h"
#include "layerwatt/report/text_table.h"

namespace layerwatt {

/// One point of a sweep: what was varied, and what the network then costs.
struct WhatIfPoint {
  std::string label;
  NetworkPrediction prediction;
};

/// Layers with time, power and energy, each with its interval, and the totals.
void print_prediction(std::ostream& out, const NetworkPrediction& prediction,
                      const TableStyle& style);
void print_prediction_markdown(std::ostream& out, const NetworkPrediction& prediction);
void print_prediction_json(std::ostream& out, const NetworkPrediction& prediction);
/// "Total runtime", "Average power consumed", "Total energy spent", as the published inference
/// prints them.
void print_published_totals(std::ostream& out, const NetworkPrediction& prediction);

/// Energy of an inference and of an image over the points.
void print_what_if(std::ostream& out, std::span<const WhatIfPoint> points, const TableStyle& style);
void print_what_if_json(std::ostream& out, std::span<const WhatIfPoint> points);

/// The published columns (power_prediction in W, runtime_prediction in ms, layer_name, layer_type),
/// then layerwatt's: energy and the bounds of all three, and the reason of a refusal.
Result<void> write_prediction_csv(const std::filesystem::path& path,
                                  const NetworkPrediction& prediction);

}  // namespace layerwatt
