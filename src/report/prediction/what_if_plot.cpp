#include "layerwatt/report/what_if_plot.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <vector>

#include "layerwatt/core/numbers.h"

#include "report/html/escape_html.h"

namespace layerwatt {
namespace {

constexpr double kWidth = 640.0;
constexpr double kPanel = 190.0;
constexpr double kLeft = 12.0;
constexpr double kTop = 30.0;
constexpr double kBars = 110.0;
constexpr double kMostBar = 56.0;

struct Bar {
  std::string label;
  std::optional<double> value;
  double low = 0.0;
  double high = 0.0;
};

template <class Q>
Bar bar_of(const std::string& label, const std::optional<Estimate<Q>>& estimate, double factor) {
  const auto si = [](auto value) {
    if constexpr (std::is_same_v<decltype(value), double>) {
      return value;
    } else {
      return value.value();
    }
  };
  Bar bar{label, {}, 0.0, 0.0};
  if (!estimate) return bar;
  bar.value = factor * si(estimate->value);
  bar.low = factor * si(estimate->low.value_or(estimate->value));
  bar.high = factor * si(estimate->high.value_or(estimate->value));
  return bar;
}

void draw_bar(std::string& svg, const Bar& bar, double x, double width, double scale, double base,
              std::string_view unit) {
  const double middle = x + 0.5 * width;
  svg += fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"middle\">{}</text>\n", middle,
                     base + 16.0, escape_html(bar.label));
  if (!bar.value) {
    svg += fmt::format(
        "<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"middle\" opacity=\"0.7\">refused</text>\n",
        middle, base - 6.0);
    return;
  }
  const double height = *bar.value * scale;
  svg += fmt::format(
      "<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\" fill=\"#4a7fb5\"/>\n", x,
      base - height, width, height);
  if (bar.high > bar.low) {
    svg += fmt::format(
        "<line x1=\"{0:.1f}\" x2=\"{0:.1f}\" y1=\"{1:.1f}\" y2=\"{2:.1f}\" stroke=\"currentColor\" "
        "stroke-width=\"1.5\"/>\n",
        middle, base - bar.low * scale, base - bar.high * scale);
  }
  svg += fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"middle\">{}</text>\n", middle,
                     base - std::max(height, bar.high * scale) - 5.0,
                     escape_html(format_si(*bar.value, unit)));
}

void draw_panel(std::string& svg, const std::vector<Bar>& bars, std::string_view title,
                std::string_view unit, double top) {
  double most = 0.0;
  for (const Bar& bar : bars) most = std::max({most, bar.value.value_or(0.0), bar.high});
  const double base = top + kTop + 14.0 + kBars;
  svg += fmt::format("<text x=\"{}\" y=\"{:.1f}\" font-weight=\"bold\">{}</text>\n", kLeft,
                     top + 16.0, escape_html(std::string(title)));
  const double step = (kWidth - 2.0 * kLeft) / static_cast<double>(bars.size());
  const double width = std::min(kMostBar, 0.6 * step);
  for (std::size_t i = 0; i < bars.size(); ++i) {
    const double x = kLeft + step * (static_cast<double>(i) + 0.5) - 0.5 * width;
    draw_bar(svg, bars[i], x, width, most > 0.0 ? kBars / most : 0.0, base, unit);
  }
  svg += fmt::format(
      "<line x1=\"{}\" x2=\"{}\" y1=\"{:.1f}\" y2=\"{:.1f}\" stroke=\"currentColor\" "
      "opacity=\"0.5\"/>\n",
      kLeft, kWidth - kLeft, base, base);
}

}  // namespace

std::string what_if_svg(std::span<const WhatIfPoint> points) {
  const bool has_energy = std::ranges::any_of(
      points, [](const WhatIfPoint& point) { return point.prediction.energy.has_value(); });
  std::vector<Bar> of_image;
  std::vector<Bar> of_inference;
  for (const WhatIfPoint& point : points) {
    const NetworkPrediction& prediction = point.prediction;
    const double share = 1.0 / static_cast<double>(std::max<std::int64_t>(1, prediction.images));
    const auto add = [&](const auto& estimate) {
      of_image.push_back(bar_of(point.label, estimate, share));
      of_inference.push_back(bar_of(point.label, estimate, 1.0));
    };
    if (has_energy) {
      add(prediction.energy);
    } else {
      add(prediction.seconds);
    }
  }
  const std::string_view what = has_energy ? "Energy" : "Run time";
  const std::string_view unit = has_energy ? "J" : "s";
  std::string svg = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0} {1}\" width=\"{0}\" "
      "height=\"{1}\" style=\"max-width:100%;height:auto\" role=\"img\" font-family=\"sans-serif\" "
      "font-size=\"12\" fill=\"currentColor\">\n<title>{2} of an image and of an "
      "inference</title>\n",
      kWidth, 2.0 * kPanel, what);
  if (!points.empty()) {
    draw_panel(svg, of_image, fmt::format("{} an image, predicted", what), unit, 0.0);
    draw_panel(svg, of_inference, fmt::format("{} an inference, predicted", what), unit, kPanel);
  }
  return svg + "</svg>\n";
}

}  // namespace layerwatt
