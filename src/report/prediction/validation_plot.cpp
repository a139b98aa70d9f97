#include "layerwatt/report/validation_plot.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <map>
#include <set>
#include <vector>

#include "layerwatt/core/numbers.h"

#include "report/html/escape_html.h"

namespace layerwatt {
namespace {

constexpr double kSide = 260.0;
constexpr double kLeft = 64.0;
constexpr double kTop = 34.0;
constexpr double kBelow = 46.0;
constexpr double kGap = 22.0;
constexpr double kLegend = 26.0;
constexpr std::string_view kInk = "#333333";

struct Colour {
  WorkKind kind;
  std::string_view text;
};
constexpr std::array kColours = {
    Colour{WorkKind::kConvolution, "#4a7fb5"}, Colour{WorkKind::kPooling, "#c8782d"},
    Colour{WorkKind::kElementwise, "#5b9a5b"}, Colour{WorkKind::kOther, "#8d6cab"}};

std::string_view colour_of(WorkKind kind) {
  const auto found =
      std::ranges::find_if(kColours, [&](const Colour& colour) { return colour.kind == kind; });
  return found == kColours.end() ? kInk : found->text;
}

std::string_view unit_of(Cost cost) {
  switch (cost) {
    case Cost::kSeconds:
      return "s";
    case Cost::kWatts:
      return "W";
    case Cost::kJoules:
      return "J";
  }
  return "";
}

/// From the least to the greatest of both axes, in decimal logarithms.
struct Range {
  double low = 0.0;
  double high = 1.0;
};

Range range_of(const std::vector<HeldOutPoint>& points) {
  constexpr double kNone = std::numeric_limits<double>::infinity();
  Range range{kNone, -kNone};
  for (const HeldOutPoint& point : points) {
    const double x = std::log10(point.actual);
    const double y = std::log10(point.predicted);
    range = {std::min({range.low, x, y}), std::max({range.high, x, y})};
  }
  const double margin = std::max(0.05, 0.05 * (range.high - range.low));
  return {range.low - margin, range.high + margin};
}

/// "10.0 ms" as "10 ms": ticks are round.
std::string tick_label(double value, std::string_view unit) {
  std::string text = format_si(value, unit);
  const std::size_t point = text.find('.');
  if (point == std::string::npos) return text;
  std::size_t end = text.find(' ', point);
  if (end == std::string::npos) end = text.size();
  std::size_t kept = end;
  while (text[kept - 1] == '0') --kept;
  if (text[kept - 1] == '.') --kept;
  return text.erase(kept, end - kept);
}

/// Whole decades where there are two and more, every second one where labels would touch, else 1, 2
/// and 5 of each.
std::vector<double> ticks_of(const Range& range) {
  constexpr double kMostDecades = 5.0;
  std::vector<double> ticks;
  const bool is_wide = range.high - range.low > 2.0;
  const double step = range.high - range.low > kMostDecades ? 2.0 : 1.0;
  for (double decade = std::floor(range.low / step) * step; decade <= range.high; decade += step) {
    for (const double digit : {1.0, 2.0, 5.0}) {
      if (is_wide && digit > 1.0) continue;
      const double tick = decade + std::log10(digit);
      if (tick >= range.low && tick <= range.high) ticks.push_back(tick);
    }
  }
  return ticks;
}

class Panel {
 public:
  Panel(std::string& svg, const Range& range, double x, std::string_view unit)
      : svg_(svg), range_(range), left_(x), unit_(unit) {}

  void frame(std::string_view title) {
    svg_ += fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" font-weight=\"bold\">{}</text>\n", left_,
                        kTop - 12.0, escape_html(std::string(title)));
    for (const double tick : ticks_of(range_)) {
      const std::string label = escape_html(tick_label(std::pow(10.0, tick), unit_));
      const double x = x_of(tick);
      const double y = y_of(tick);
      svg_ += fmt::format(
          "<path d=\"M{0:.1f} {1:.1f}V{2:.1f}M{3:.1f} {4:.1f}H{5:.1f}\" stroke=\"#333333\" "
          "opacity=\"0.15\"/>\n",
          x, kTop, kTop + kSide, left_, y, left_ + kSide);
      svg_ += fmt::format(
          "<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"middle\">{}</text>\n"
          "<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"end\">{}</text>\n",
          x, kTop + kSide + 16.0, label, left_ - 5.0, y + 4.0, label);
    }
    line(0.0, "");
    line(std::log10(1.1), "4 3");
    line(std::log10(0.9), "4 3");
    svg_ += fmt::format(
        "<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"{}\" height=\"{}\" fill=\"none\" "
        "stroke=\"#333333\" opacity=\"0.6\"/>\n"
        "<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"middle\">measured</text>\n",
        left_, kTop, kSide, kSide, left_ + 0.5 * kSide, kTop + kSide + 34.0);
  }

  /// As one path of round points, which is a sixth of what a circle each would take.
  void dots(const std::vector<HeldOutPoint>& points, WorkKind kind) {
    std::string path;
    for (const HeldOutPoint& point : points) {
      if (point.kind != kind) continue;
      path += fmt::format("M{:.1f} {:.1f}h0", x_of(std::log10(point.actual)),
                          y_of(std::log10(point.predicted)));
    }
    if (path.empty()) return;
    svg_ += fmt::format(
        "<path d=\"{}\" fill=\"none\" stroke=\"{}\" stroke-width=\"3.6\" stroke-opacity=\"0.6\" "
        "stroke-linecap=\"round\"/>\n",
        path, colour_of(kind));
  }

 private:
  double part(double value) const { return (value - range_.low) / (range_.high - range_.low); }
  double x_of(double value) const { return left_ + kSide * part(value); }
  double y_of(double value) const { return kTop + kSide * (1.0 - part(value)); }

  /// Predicted = measured times 10^`above`, within the frame.
  void line(double above, std::string_view dashes) {
    const double from = std::max(range_.low, range_.low - above);
    const double to = std::min(range_.high, range_.high - above);
    svg_ += fmt::format(
        "<line x1=\"{:.1f}\" y1=\"{:.1f}\" x2=\"{:.1f}\" y2=\"{:.1f}\" stroke=\"#333333\" "
        "opacity=\"0.6\"{}/>\n",
        x_of(from), y_of(from + above), x_of(to), y_of(to + above),
        dashes.empty() ? "" : fmt::format(" stroke-dasharray=\"{}\"", dashes));
  }

  std::string& svg_;
  Range range_;
  double left_;
  std::string_view unit_;
};

void draw_legend(std::string& svg, const std::vector<HeldOutPoint>& points) {
  std::map<WorkKind, std::size_t> counts;
  for (const HeldOutPoint& point : points) {
    if (point.cost == Cost::kSeconds) ++counts[point.kind];
  }
  double x = kLeft;
  const double y = kTop + kSide + kBelow + 12.0;
  for (const auto& [kind, count] : counts) {
    const std::string text = fmt::format("{} ({})", to_string(kind), count);
    svg += fmt::format(
        "<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"4\" fill=\"{}\"/>\n<text x=\"{:.1f}\" "
        "y=\"{:.1f}\">{}</text>\n",
        x, y - 4.0, colour_of(kind), x + 9.0, y, escape_html(text));
    x += 28.0 + 6.6 * static_cast<double>(text.size());
  }
  svg +=
      fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" opacity=\"0.7\">dashed: ±10 %</text>\n", x, y);
}

}  // namespace

std::string validation_svg(const Validation& validation) {
  std::vector<std::pair<Cost, std::vector<HeldOutPoint>>> panels;
  for (const Cost cost : kCosts) {
    std::vector<HeldOutPoint> points;
    for (const HeldOutPoint& point : validation.points) {
      const bool can_be_drawn = point.actual > 0.0 && point.predicted > 0.0;
      if (point.cost == cost && can_be_drawn) points.push_back(point);
    }
    if (!points.empty()) panels.emplace_back(cost, std::move(points));
  }
  const double step = kLeft + kSide + kGap;
  const double width = std::max(1.0, static_cast<double>(panels.size())) * step;
  std::string svg = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0} {1}\" width=\"{0}\" "
      "height=\"{1}\" style=\"max-width:100%;height:auto\" role=\"img\" font-family=\"sans-serif\" "
      "font-size=\"12\" fill=\"#333333\">\n<title>Predicted against measured, layers left "
      "out</title>\n<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n",
      width, kTop + kSide + kBelow + kLegend);
  double x = kLeft;
  for (const auto& [cost, points] : panels) {
    std::string title(to_string(cost));
    title.front() = static_cast<char>(title.front() - 'a' + 'A');
    Panel panel(svg, range_of(points), x, unit_of(cost));
    panel.frame(title + ", predicted");
    for (const Colour& colour : kColours) panel.dots(points, colour.kind);
    x += step;
  }
  if (panels.empty()) {
    svg += fmt::format("<text x=\"{}\" y=\"{}\">no layer could be left out and predicted</text>\n",
                       kLeft, kTop);
  } else {
    draw_legend(svg, validation.points);
  }
  return svg + "</svg>\n";
}

}  // namespace layerwatt
