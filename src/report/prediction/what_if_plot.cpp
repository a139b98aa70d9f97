#include "layerwatt/report/what_if_plot.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string_view>
#include <vector>

#include "layerwatt/core/numbers.h"

#include "report/html/escape_html.h"

namespace layerwatt {
namespace {

// Bars lie: labels of any number of points then have room, each on a line of its own.
constexpr double kWidth = 760.0;
constexpr double kLabels = 74.0;
constexpr double kValues = 66.0;
constexpr double kGap = 24.0;
constexpr double kBars = 0.5 * (kWidth - kLabels - 2.0 * kValues - kGap);
constexpr double kRow = 22.0;
constexpr double kBar = 14.0;
constexpr double kHead = 44.0;
constexpr double kBelow = 14.0;

struct Bar {
  std::optional<double> value;
  double low = 0.0;
  double high = 0.0;
};

/// The points of one sweep: what was varied, and its values.
struct Sweep {
  std::string key;
  std::vector<std::string> labels;
  std::vector<Bar> of_image;
  std::vector<Bar> of_inference;
};

double si(double value) { return value; }
double si(Joules value) { return value.value(); }

template <class Q>
Bar bar_of(const std::optional<Estimate<Q>>& estimate, double factor) {
  if (!estimate) return {};
  return {factor * si(estimate->value), factor * si(estimate->low.value_or(estimate->value)),
          factor * si(estimate->high.value_or(estimate->value))};
}

std::vector<Sweep> sweeps_of(std::span<const WhatIfPoint> points, bool has_energy) {
  std::vector<Sweep> sweeps;
  for (const WhatIfPoint& point : points) {
    const std::size_t equals = point.label.find('=');
    const std::string key =
        equals == std::string::npos ? std::string() : point.label.substr(0, equals);
    if (sweeps.empty() || sweeps.back().key != key) sweeps.push_back({key, {}, {}, {}});
    Sweep& sweep = sweeps.back();
    sweep.labels.push_back(key.empty() ? point.label : point.label.substr(equals + 1));
    const NetworkPrediction& prediction = point.prediction;
    const double share = 1.0 / static_cast<double>(std::max<std::int64_t>(1, prediction.images));
    const auto add = [&](const auto& estimate) {
      sweep.of_image.push_back(bar_of(estimate, share));
      sweep.of_inference.push_back(bar_of(estimate, 1.0));
    };
    if (has_energy) {
      add(prediction.energy);
    } else {
      add(prediction.seconds);
    }
  }
  return sweeps;
}

void draw_text(std::string& svg, double x, double y, std::string_view anchor,
               const std::string& text, std::string_view more = {}) {
  svg += fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"{}\"{}>{}</text>\n", x, y,
                     anchor, more, escape_html(text));
}

void draw_bar(std::string& svg, const Bar& bar, double x, double y, double scale,
              std::string_view unit) {
  const double foot = y + 0.5 * kRow + 4.0;
  if (!bar.value) {
    draw_text(svg, x + 6.0, foot, "start", "refused", " opacity=\"0.7\"");
    return;
  }
  const double middle = y + 0.5 * kRow;
  svg += fmt::format(
      "<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\" fill=\"#4a7fb5\"/>\n", x,
      middle - 0.5 * kBar, *bar.value * scale, kBar);
  if (bar.high > bar.low) {
    svg += fmt::format(
        "<path d=\"M{0:.1f} {2:.1f}H{1:.1f}M{0:.1f} {3:.1f}v6M{1:.1f} {3:.1f}v6\" fill=\"none\" "
        "stroke=\"currentColor\" stroke-width=\"1.3\"/>\n",
        x + bar.low * scale, x + bar.high * scale, middle, middle - 3.0);
  }
  draw_text(svg, x + std::max(*bar.value, bar.high) * scale + 6.0, foot, "start",
            format_si(*bar.value, unit));
}

void draw_bars(std::string& svg, const std::vector<Bar>& bars, const std::string& title, double x,
               double top, std::string_view unit) {
  double most = 0.0;
  for (const Bar& bar : bars) most = std::max({most, bar.value.value_or(0.0), bar.high});
  const double scale = most > 0.0 ? kBars / most : 0.0;
  draw_text(svg, x, top + 24.0, "start", title, " font-weight=\"bold\"");
  double y = top + kHead - 8.0;
  svg += fmt::format(
      "<line x1=\"{0:.1f}\" x2=\"{0:.1f}\" y1=\"{1:.1f}\" y2=\"{2:.1f}\" stroke=\"currentColor\" "
      "opacity=\"0.5\"/>\n",
      x, y, y + kRow * static_cast<double>(bars.size()));
  for (const Bar& bar : bars) {
    draw_bar(svg, bar, x, y, scale, unit);
    y += kRow;
  }
}

double height_of(const Sweep& sweep) {
  return kHead + kRow * static_cast<double>(sweep.labels.size()) + kBelow;
}

void draw_sweep(std::string& svg, const Sweep& sweep, double top, std::string_view what,
                std::string_view unit) {
  draw_text(svg, kLabels - 8.0, top + 24.0, "end", sweep.key, " opacity=\"0.7\"");
  double foot = top + kHead - 8.0 + 0.5 * kRow + 4.0;
  for (const std::string& label : sweep.labels) {
    draw_text(svg, kLabels - 8.0, foot, "end", label);
    foot += kRow;
  }
  draw_bars(svg, sweep.of_image, fmt::format("{} an image, predicted", what), kLabels, top, unit);
  draw_bars(svg, sweep.of_inference, fmt::format("{} an inference, predicted", what),
            kLabels + kBars + kValues + kGap, top, unit);
}

}  // namespace

std::string what_if_svg(std::span<const WhatIfPoint> points) {
  const bool has_energy = std::ranges::any_of(
      points, [](const WhatIfPoint& point) { return point.prediction.energy.has_value(); });
  const std::string_view what = has_energy ? "Energy" : "Run time";
  const std::vector<Sweep> sweeps = sweeps_of(points, has_energy);
  double height = 0.0;
  for (const Sweep& sweep : sweeps) height += height_of(sweep);
  std::string svg = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0} {1}\" width=\"{0}\" "
      "height=\"{1}\" style=\"max-width:100%;height:auto\" role=\"img\" font-family=\"sans-serif\" "
      "font-size=\"12\" fill=\"currentColor\">\n<title>{2} of an image and of an "
      "inference</title>\n",
      kWidth, std::max(1.0, height), what);
  double top = 0.0;
  for (const Sweep& sweep : sweeps) {
    draw_sweep(svg, sweep, top, what, has_energy ? "J" : "s");
    top += height_of(sweep);
  }
  return svg + "</svg>\n";
}

}  // namespace layerwatt
