#pragma once

#include <cairo.h>

#include <filesystem>
#include <functional>
#include <string>

#include "layerwatt/core/result.h"

namespace layerwatt {

/// Red, green and blue, each from 0 to 1.
struct PictureColor {
  double red;
  double green;
  double blue;
};
inline constexpr PictureColor kInk{0.11, 0.14, 0.19};
inline constexpr PictureColor kFaintInk{0.34, 0.38, 0.45};
inline constexpr PictureColor kGridLine{0.87, 0.89, 0.91};
inline constexpr PictureColor kVirtualInk{0.33, 0.14, 0.50};

/// Where a text stands to its point.
enum class Anchor { kBegin, kMiddle, kEnd };

/// What pictures are drawn on: lengths in pixels, (0, 0) at the upper left.
class Canvas {
 public:
  explicit Canvas(cairo_t* cairo);

  void rectangle(double x, double y, double width, double height, PictureColor color);
  void line(double x1, double y1, double x2, double y2, PictureColor color, double width = 1.0);
  void dashed(double x1, double y1, double x2, double y2, PictureColor color);
  void dot(double x, double y, double radius, PictureColor color);
  void ring(double x, double y, double radius, PictureColor color);
  void text(double x, double baseline, const std::string& text, double size, PictureColor color,
            Anchor anchor = Anchor::kBegin);
  /// Width of the text in pixels.
  double width_of(const std::string& text, double size);

 private:
  void set(PictureColor color);
  cairo_t* cairo_;
};

/// A round step that divides `top` into three to seven. Precondition: top > 0.
double tick_step(double top);

/// A white picture, filled by `draw`, as a PNG that is written beside its place and renamed into
/// it.
Result<void> write_png(const std::filesystem::path& path, double width, double height,
                       const std::function<void(Canvas&)>& draw);

}  // namespace layerwatt
