#include "layerwatt/report/energy_plot.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "layerwatt/core/numbers.h"
#include "layerwatt/report/text_table.h"

#include "report/pictures/canvas.h"
#include "report/tables/predicted.h"

namespace layerwatt {
namespace {

constexpr double kWidth = 1200.0;
constexpr double kLeft = 380.0;
constexpr double kRight = 150.0;
constexpr double kTop = 64.0;
constexpr double kBottom = 46.0;
constexpr double kRow = 19.0;
constexpr double kBar = 12.0;
/// Cairo's surfaces end at 32,767 rows; beyond this many layers those with the most energy are
/// drawn.
constexpr std::size_t kMaxRows = 1500;
constexpr std::size_t kNameColumns = 52;

constexpr PictureColor kBarColor{0.0, 0.45, 0.70};
constexpr PictureColor kPale{0.60, 0.77, 0.88};

double upper_end(const LayerProfileRow& row) {
  if (!row.energy) return 0.0;
  return std::max(row.energy->value.value(), row.energy->high.value_or(row.energy->value).value());
}

std::vector<const LayerProfileRow*> rows_to_draw(const LayerProfile& profile) {
  std::vector<const LayerProfileRow*> rows;
  for (const LayerProfileRow& row : profile.rows) rows.push_back(&row);
  if (rows.size() <= kMaxRows) return rows;
  std::vector<const LayerProfileRow*> by_energy = rows;
  std::nth_element(by_energy.begin(), by_energy.begin() + kMaxRows, by_energy.end(),
                   [](const auto* a, const auto* b) { return upper_end(*a) > upper_end(*b); });
  const double least = upper_end(*by_energy[kMaxRows]);
  std::erase_if(rows, [least](const auto* row) { return upper_end(*row) <= least; });
  return rows;
}

void draw_row(Canvas& canvas, const LayerProfileRow& row, double y, double scale) {
  canvas.text(kLeft - 8, y + kBar - 1, shorten_middle(printable(row.layer.name), kNameColumns), 12,
              kInk, Anchor::kEnd);
  if (!row.energy) {
    canvas.text(kLeft + 6, y + kBar - 1, "unresolved", 12, kFaintInk);
    return;
  }
  const double value = std::max(0.0, row.energy->value.value());
  const bool resolved = row.status == LayerStatus::kResolved;
  canvas.rectangle(kLeft, y, value * scale, kBar, resolved ? kBarColor : kPale);
  if (row.energy->low && row.energy->high) {
    const double low = kLeft + std::max(0.0, row.energy->low->value()) * scale;
    const double high = kLeft + row.energy->high->value() * scale;
    const double middle = y + kBar / 2;
    canvas.line(low, middle, high, middle, kInk, 1.2);
    canvas.line(low, middle - 3, low, middle + 3, kInk, 1.2);
    canvas.line(high, middle - 3, high, middle + 3, kInk, 1.2);
  }
  canvas.text(kLeft + upper_end(row) * scale + 8, y + kBar - 1,
              format_si(row.energy->value.value(), "J"), 12, kInk);
}

void draw(Canvas& canvas, const LayerProfile& profile,
          const std::vector<const LayerProfileRow*>& rows, double height) {
  canvas.text(24, 30, fmt::format("Energy per layer: {}", printable(profile.model)), 18, kInk);
  std::string subtitle =
      is_predicted(profile)
          ? std::string("above idle")
          : fmt::format("{}, rail {}, {}", profile.method, printable(profile.rail),
                        profile.method == "isolated" ? "idle power included" : "above idle");
  if (rows.size() < profile.rows.size()) {
    subtitle +=
        fmt::format("; the {} of {} layers with the most energy", rows.size(), profile.rows.size());
  }
  canvas.text(24, 50, subtitle, 13, kFaintInk);
  if (is_predicted(profile)) {
    canvas.text(kWidth - 24, 30, "predicted, not measured", 15, kVirtualInk, Anchor::kEnd);
    if (profile.is_virtual) {
      canvas.text(kWidth - 24, 50, "learnt from a virtual board", 13, kVirtualInk, Anchor::kEnd);
    }
  } else if (profile.is_virtual) {
    canvas.text(kWidth - 24, 30, "virtual: simulated power", 15, kVirtualInk, Anchor::kEnd);
  }
  double top = 0.0;
  for (const LayerProfileRow* row : rows) top = std::max(top, upper_end(*row));
  const double plot = kWidth - kLeft - kRight;
  const double scale = top > 0 ? plot / top : 0.0;
  if (top > 0) {
    const double step = tick_step(top);
    for (int i = 0; i * step <= top * 1.0001; ++i) {
      const double x = kLeft + i * step * scale;
      canvas.line(x, kTop - 4, x, height - kBottom, kGridLine);
      canvas.text(x, height - kBottom + 18, i == 0 ? "0" : format_si(i * step, "J"), 12, kFaintInk,
                  Anchor::kMiddle);
    }
  }
  for (std::size_t i = 0; i < rows.size(); ++i) {
    draw_row(canvas, *rows[i], kTop + kRow * static_cast<double>(i), scale);
  }
}

}  // namespace

Result<void> write_energy_plot(const std::filesystem::path& path, const LayerProfile& profile) {
  const auto rows = rows_to_draw(profile);
  const double height = kTop + kRow * static_cast<double>(rows.size()) + kBottom;
  return write_png(path, kWidth, height,
                   [&](Canvas& canvas) { draw(canvas, profile, rows, height); });
}

}  // namespace layerwatt
