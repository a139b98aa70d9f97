#include "layerwatt/report/prediction_report.h"

#include <fmt/format.h>

#include "layerwatt/core/atomic_file.h"
#include "layerwatt/core/numbers.h"

#include "core/json_writer.h"

namespace layerwatt {
namespace {

double si(double value) { return value; }
template <class Tag>
double si(Quantity<Tag> value) {
  return value.value();
}

/// "1.23 ms ±5 %"; the interval is even on a logarithmic scale.
template <class Q>
std::string with_interval(const std::optional<Estimate<Q>>& estimate, std::string_view unit) {
  if (!estimate) return "-";
  std::string text = format_si(si(estimate->value), unit);
  if (estimate->low && estimate->high && si(estimate->value) > 0.0) {
    const double half = si(*estimate->high) / si(estimate->value) - 1.0;
    text += fmt::format(" ±{:.0f} %", 100.0 * half);
  }
  return text;
}

std::string title_of(const NetworkPrediction& prediction) {
  return fmt::format("{}: predicted, not measured{}", prediction.network,
                     prediction.is_virtual ? "; learnt from a virtual board" : "");
}

template <class Q>
void write_estimate(JsonWriter& json, const std::string& name,
                    const std::optional<Estimate<Q>>& estimate) {
  if (!estimate) return;
  json.member(name, si(estimate->value));
  if (estimate->low) json.member(name + "_low", si(*estimate->low));
  if (estimate->high) json.member(name + "_high", si(*estimate->high));
}

void write_totals(JsonWriter& json, const NetworkPrediction& prediction) {
  json.member("network", prediction.network).member("method", "predicted");
  json.member("virtual", prediction.is_virtual).member("fusion_guessed", prediction.guessed);
  json.member("images", prediction.images);
  json.member("refused_share_of_operations", prediction.refused_flops);
  json.member("refused_share_of_bytes", prediction.refused_bytes);
  write_estimate(json, "run_time_second", prediction.seconds);
  write_estimate(json, "energy_joule", prediction.energy);
}

/// In quotes only where a comma, a quote or a line break asks for it.
std::string csv_text(const std::string& text) {
  if (text.find_first_of(",\"\n\r") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + "\"";
}

template <class Q>
std::string csv_number(const std::optional<Q>& value, double factor = 1.0) {
  return value ? format_shortest(si(*value) * factor) : std::string();
}

template <class Q>
std::string csv_bounds(const std::optional<Estimate<Q>>& estimate, double factor = 1.0) {
  if (!estimate) return ",";
  return csv_number(estimate->low, factor) + "," + csv_number(estimate->high, factor);
}

std::string csv_line(const PredictedLayer& layer) {
  std::string line;
  if (layer.power) line += format_shortest(layer.power->value.value());
  line += ',';
  if (layer.seconds) line += format_shortest(layer.seconds->value * 1e3);
  line += ',' + csv_text(layer.layer.name) + ',' + csv_text(layer.layer.type) + ',';
  if (layer.energy) line += format_shortest(layer.energy->value.value());
  line += ',' + csv_bounds(layer.power) + ',' + csv_bounds(layer.seconds, 1e3) + ',' +
          csv_bounds(layer.energy) + ',' + csv_text(layer.refusal) + '\n';
  return line;
}

std::optional<double> per_image(const NetworkPrediction& prediction) {
  if (!prediction.energy || prediction.images < 1) return std::nullopt;
  return prediction.energy->value.value() / static_cast<double>(prediction.images);
}

}  // namespace

void print_prediction(std::ostream& out, const NetworkPrediction& prediction,
                      const TableStyle& style) {
  out << printable(title_of(prediction)) << "\n\n";
  TextTable table({{"Layer", Align::kLeft, true},
                   {"Type", Align::kLeft, true, 8, 1},
                   {"Run time", Align::kRight},
                   {"Power", Align::kRight},
                   {"Energy", Align::kRight},
                   {"Refused because", Align::kLeft, true, 16, 2}});
  for (const PredictedLayer& layer : prediction.layers) {
    table.add_row({layer.layer.name, layer.layer.type, with_interval(layer.seconds, "s"),
                   with_interval(layer.power, "W"), with_interval(layer.energy, "J"),
                   layer.refusal});
  }
  table.add_rule();
  table.add_row({"Network", "", with_interval(prediction.seconds, "s"), "",
                 with_interval(prediction.energy, "J"), ""});
  table.print(out, style);
  out << fmt::format("\nRefused: {:.1f} % of the operations, {:.1f} % of the bytes.\n",
                     100.0 * prediction.refused_flops, 100.0 * prediction.refused_bytes);
  for (const std::string& note : prediction.notes) out << printable(note) << '\n';
}

void print_prediction_markdown(std::ostream& out, const NetworkPrediction& prediction) {
  const auto cell = [](const std::string& text) {
    std::string safe;
    for (const char c : printable(text)) {
      if (c == '|') safe += '\\';
      safe += c;
    }
    return safe;
  };
  out << cell(title_of(prediction))
      << "\n\n| layer | type | run time | power | energy | refused "
         "because |\n| --- | --- | ---: | ---: | ---: | --- |\n";
  for (const PredictedLayer& layer : prediction.layers) {
    out << fmt::format("| {} | {} | {} | {} | {} | {} |\n", cell(layer.layer.name),
                       cell(layer.layer.type), with_interval(layer.seconds, "s"),
                       with_interval(layer.power, "W"), with_interval(layer.energy, "J"),
                       cell(layer.refusal));
  }
  out << fmt::format("| **network** | | {} | | {} | |\n", with_interval(prediction.seconds, "s"),
                     with_interval(prediction.energy, "J"));
}

void print_prediction_json(std::ostream& out, const NetworkPrediction& prediction) {
  JsonWriter json(out);
  json.begin_object();
  write_totals(json, prediction);
  json.key("notes").begin_array();
  for (const std::string& note : prediction.notes) json.value(note);
  json.end_array().key("layers").begin_array();
  for (const PredictedLayer& layer : prediction.layers) {
    json.begin_object();
    json.member("name", layer.layer.name).member("type", layer.layer.type);
    json.member("kind", to_string(layer.work.kind)).member("flops", layer.work.flops);
    json.member("bytes", layer.work.bytes());
    write_estimate(json, "run_time_second", layer.seconds);
    write_estimate(json, "power_watt", layer.power);
    write_estimate(json, "energy_joule", layer.energy);
    if (!layer.refusal.empty()) json.member("refused", layer.refusal);
    json.end_object();
  }
  json.end_array().end_object();
  out << '\n';
}

void print_published_totals(std::ostream& out, const NetworkPrediction& prediction) {
  double seconds = 0.0;
  double joules = 0.0;
  for (const PredictedLayer& layer : prediction.layers) {
    if (layer.seconds) seconds += layer.seconds->value;
    if (layer.energy) joules += layer.energy->value.value();
  }
  out << "Total runtime : " << format_shortest(seconds) << " seconds\n";
  out << "Average power consumed : " << format_shortest(seconds > 0.0 ? joules / seconds : 0.0)
      << " watts\n";
  out << "Total energy spent: " << format_shortest(joules) << " joules\n";
}

void print_what_if(std::ostream& out, std::span<const WhatIfPoint> points,
                   const TableStyle& style) {
  TextTable table({{"What if"},
                   {"Run time", Align::kRight},
                   {"Energy an inference", Align::kRight},
                   {"Energy an image", Align::kRight},
                   {"Refused", Align::kRight}});
  for (const WhatIfPoint& point : points) {
    const auto image = per_image(point.prediction);
    table.add_row({point.label, with_interval(point.prediction.seconds, "s"),
                   with_interval(point.prediction.energy, "J"),
                   image ? format_si(*image, "J") : std::string("-"),
                   fmt::format("{:.1f} %", 100.0 * point.prediction.refused_flops)});
  }
  table.print(out, style);
}

void print_what_if_json(std::ostream& out, std::span<const WhatIfPoint> points) {
  JsonWriter json(out);
  json.begin_array();
  for (const WhatIfPoint& point : points) {
    json.begin_object().member("what_if", point.label);
    write_totals(json, point.prediction);
    json.member("energy_joule_per_image", per_image(point.prediction)).end_object();
  }
  json.end_array();
  out << '\n';
}

Result<void> write_prediction_csv(const std::filesystem::path& path,
                                  const NetworkPrediction& prediction) {
  auto file = AtomicFile::create(path);
  if (!file) return std::move(file).error();
  file->write(
      "power_prediction,runtime_prediction,layer_name,layer_type,energy_joule,power_low,power_high,"
      "runtime_low,runtime_high,energy_low,energy_high,refused\n");
  for (const PredictedLayer& layer : prediction.layers) file->write(csv_line(layer));
  return file->commit();
}

}  // namespace layerwatt
