#include "layerwatt/dataset/layer_statistics.h"

#include <algorithm>
#include <cmath>

#include "layerwatt/core/atomic_file.h"
#include "layerwatt/core/numbers.h"

#include "dataset/text/csv.h"

namespace layerwatt {
namespace {

/// Linear between order statistics. Precondition: sorted, not empty.
double quantile(const std::vector<double>& sorted, double q) {
  const double place = q * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(place);
  if (below + 1 >= sorted.size()) return sorted.back();
  return sorted[below] + (place - static_cast<double>(below)) * (sorted[below + 1] - sorted[below]);
}

void append_statistics(std::string& text, std::vector<double> values) {
  append_shortest(text, static_cast<double>(values.size()));
  if (values.empty()) {
    text += ",,,,,,,\n";
    return;
  }
  std::sort(values.begin(), values.end());
  const double mean = compensated_mean(values);
  text += ',';
  append_shortest(text, mean);
  text += ',';
  if (values.size() > 1) {
    double squares = 0.0;
    for (const double value : values) squares += (value - mean) * (value - mean);
    append_shortest(text, std::sqrt(squares / static_cast<double>(values.size() - 1)));
  }
  for (const double q : {0.0, 0.25, 0.5, 0.75, 1.0}) {
    text += ',';
    append_shortest(text, quantile(values, q));
  }
  text += '\n';
}

}  // namespace

double compensated_mean(const std::vector<double>& values) {
  double sum = 0.0;
  double lost = 0.0;
  for (const double value : values) {
    const double next = value - lost;
    const double grown = sum + next;
    lost = (grown - sum) - next;
    sum = grown;
  }
  return sum / static_cast<double>(values.size());
}

Result<void> write_layer_statistics(const std::filesystem::path& path,
                                    const std::vector<LayerValues>& layers) {
  // pandas leaves the name of the first column empty where no row is.
  std::string text = layers.empty() ? "" : "layer_name";
  text += ",count,mean,std,min,25%,50%,75%,max\n";
  for (const LayerValues& layer : layers) {
    text += csv_field(layer.layer_name) + ',';
    append_statistics(text, layer.values);
  }
  // Made from the table beside it, and can be again.
  auto file = AtomicFile::create(path, AtomicFile::Durability::kWhenConvenient);
  if (!file) return std::move(file).error();
  file->write(text);
  return file->commit();
}

}  // namespace layerwatt
