#include "layerwatt/report/energy_plot.h"

#include <cairo.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <memory>

#include "layerwatt/core/file_text.h"
#include "layerwatt/core/numbers.h"
#include "layerwatt/report/text_table.h"

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

struct Color {
  double red;
  double green;
  double blue;
};
constexpr Color kText{0.11, 0.14, 0.19};
constexpr Color kMuted{0.34, 0.38, 0.45};
constexpr Color kGrid{0.87, 0.89, 0.91};
constexpr Color kBarColor{0.0, 0.45, 0.70};
constexpr Color kPale{0.60, 0.77, 0.88};
constexpr Color kVirtual{0.33, 0.14, 0.50};

using Surface = std::unique_ptr<cairo_surface_t, decltype(&cairo_surface_destroy)>;
using Context = std::unique_ptr<cairo_t, decltype(&cairo_destroy)>;

enum class Anchor { kBegin, kMiddle, kEnd };

class Canvas {
 public:
  explicit Canvas(cairo_t* cairo) : cairo_(cairo) {
    cairo_select_font_face(cairo_, "sans-serif", CAIRO_FONT_SLANT_NORMAL, CAIRO_FONT_WEIGHT_NORMAL);
  }

  void rectangle(double x, double y, double width, double height, Color color) {
    set(color);
    cairo_rectangle(cairo_, x, y, width, height);
    cairo_fill(cairo_);
  }
  void line(double x1, double y1, double x2, double y2, Color color, double width = 1.0) {
    set(color);
    cairo_set_line_width(cairo_, width);
    cairo_move_to(cairo_, x1, y1);
    cairo_line_to(cairo_, x2, y2);
    cairo_stroke(cairo_);
  }
  void text(double x, double baseline, const std::string& text, double size, Color color,
            Anchor anchor = Anchor::kBegin) {
    set(color);
    cairo_set_font_size(cairo_, size);
    cairo_text_extents_t extents;
    cairo_text_extents(cairo_, text.c_str(), &extents);
    if (anchor == Anchor::kEnd) x -= extents.x_advance;
    if (anchor == Anchor::kMiddle) x -= extents.x_advance / 2;
    cairo_move_to(cairo_, x, baseline);
    cairo_show_text(cairo_, text.c_str());
  }

 private:
  void set(Color c) { cairo_set_source_rgb(cairo_, c.red, c.green, c.blue); }
  cairo_t* cairo_;
};

/// A round step that divides `top` into three to seven.
double tick_step(double top) {
  const double raw = top / 7.0;
  const double power = std::pow(10.0, std::floor(std::log10(raw)));
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (factor * power >= raw) return factor * power;
  }
  return 10.0 * power;
}

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
              kText, Anchor::kEnd);
  if (!row.energy) {
    canvas.text(kLeft + 6, y + kBar - 1, "unresolved", 12, kMuted);
    return;
  }
  const double value = std::max(0.0, row.energy->value.value());
  const bool resolved = row.status == LayerStatus::kResolved;
  canvas.rectangle(kLeft, y, value * scale, kBar, resolved ? kBarColor : kPale);
  if (row.energy->low && row.energy->high) {
    const double low = kLeft + std::max(0.0, row.energy->low->value()) * scale;
    const double high = kLeft + row.energy->high->value() * scale;
    const double middle = y + kBar / 2;
    canvas.line(low, middle, high, middle, kText, 1.2);
    canvas.line(low, middle - 3, low, middle + 3, kText, 1.2);
    canvas.line(high, middle - 3, high, middle + 3, kText, 1.2);
  }
  canvas.text(kLeft + upper_end(row) * scale + 8, y + kBar - 1,
              format_si(row.energy->value.value(), "J"), 12, kText);
}

void draw(Canvas& canvas, const LayerProfile& profile,
          const std::vector<const LayerProfileRow*>& rows, double height) {
  canvas.rectangle(0, 0, kWidth, height, {1, 1, 1});
  canvas.text(24, 30, fmt::format("Energy per layer: {}", printable(profile.model)), 18, kText);
  std::string subtitle =
      fmt::format("{}, rail {}, {}", profile.method, printable(profile.rail),
                  profile.method == "isolated" ? "idle power included" : "above idle");
  if (rows.size() < profile.rows.size()) {
    subtitle +=
        fmt::format("; the {} of {} layers with the most energy", rows.size(), profile.rows.size());
  }
  canvas.text(24, 50, subtitle, 13, kMuted);
  if (profile.is_virtual) {
    canvas.text(kWidth - 24, 30, "virtual: simulated power", 15, kVirtual, Anchor::kEnd);
  }
  double top = 0.0;
  for (const LayerProfileRow* row : rows) top = std::max(top, upper_end(*row));
  const double plot = kWidth - kLeft - kRight;
  const double scale = top > 0 ? plot / top : 0.0;
  if (top > 0) {
    const double step = tick_step(top);
    for (int i = 0; i * step <= top * 1.0001; ++i) {
      const double x = kLeft + i * step * scale;
      canvas.line(x, kTop - 4, x, height - kBottom, kGrid);
      canvas.text(x, height - kBottom + 18, i == 0 ? "0" : format_si(i * step, "J"), 12, kMuted,
                  Anchor::kMiddle);
    }
  }
  for (std::size_t i = 0; i < rows.size(); ++i) {
    draw_row(canvas, *rows[i], kTop + kRow * static_cast<double>(i), scale);
  }
}

cairo_status_t append_bytes(void* text, const unsigned char* data, unsigned int length) {
  static_cast<std::string*>(text)->append(reinterpret_cast<const char*>(data), length);
  return CAIRO_STATUS_SUCCESS;
}

}  // namespace

Result<void> write_energy_plot(const std::filesystem::path& path, const LayerProfile& profile) {
  const auto rows = rows_to_draw(profile);
  const double height = kTop + kRow * static_cast<double>(rows.size()) + kBottom;
  const Surface surface(cairo_image_surface_create(CAIRO_FORMAT_RGB24, static_cast<int>(kWidth),
                                                   static_cast<int>(height)),
                        &cairo_surface_destroy);
  const Context context(cairo_create(surface.get()), &cairo_destroy);
  Canvas canvas(context.get());
  draw(canvas, profile, rows, height);
  std::string png;
  const cairo_status_t status =
      cairo_surface_write_to_png_stream(surface.get(), append_bytes, &png);
  if (status != CAIRO_STATUS_SUCCESS) {
    return Error(ErrorCode::kInternal,
                 fmt::format("cannot draw the picture: {}", cairo_status_to_string(status)));
  }
  return write_file_atomically(path, png);
}

}  // namespace layerwatt
