#include "report/pictures/canvas.h"

#include <fmt/format.h>

#include <cmath>
#include <memory>

#include "layerwatt/core/file_text.h"

namespace layerwatt {
namespace {

using Surface = std::unique_ptr<cairo_surface_t, decltype(&cairo_surface_destroy)>;
using Context = std::unique_ptr<cairo_t, decltype(&cairo_destroy)>;

cairo_status_t append_bytes(void* text, const unsigned char* data, unsigned int length) {
  static_cast<std::string*>(text)->append(reinterpret_cast<const char*>(data), length);
  return CAIRO_STATUS_SUCCESS;
}

}  // namespace

Canvas::Canvas(cairo_t* cairo) : cairo_(cairo) {
  cairo_select_font_face(cairo_, "sans-serif", CAIRO_FONT_SLANT_NORMAL, CAIRO_FONT_WEIGHT_NORMAL);
}

void Canvas::set(PictureColor color) {
  cairo_set_source_rgb(cairo_, color.red, color.green, color.blue);
}

void Canvas::rectangle(double x, double y, double width, double height, PictureColor color) {
  set(color);
  cairo_rectangle(cairo_, x, y, width, height);
  cairo_fill(cairo_);
}

void Canvas::line(double x1, double y1, double x2, double y2, PictureColor color, double width) {
  set(color);
  cairo_set_line_width(cairo_, width);
  cairo_move_to(cairo_, x1, y1);
  cairo_line_to(cairo_, x2, y2);
  cairo_stroke(cairo_);
}

void Canvas::dashed(double x1, double y1, double x2, double y2, PictureColor color) {
  const double dash = 4.0;
  cairo_set_dash(cairo_, &dash, 1, 0.0);
  line(x1, y1, x2, y2, color);
  cairo_set_dash(cairo_, nullptr, 0, 0.0);
}

void Canvas::dot(double x, double y, double radius, PictureColor color) {
  set(color);
  cairo_new_path(cairo_);  // else a line leads there from the text before
  cairo_arc(cairo_, x, y, radius, 0.0, 2.0 * M_PI);
  cairo_fill(cairo_);
}

void Canvas::ring(double x, double y, double radius, PictureColor color) {
  set(color);
  cairo_set_line_width(cairo_, 2.0);
  cairo_new_path(cairo_);  // else a line leads there from the text before
  cairo_arc(cairo_, x, y, radius, 0.0, 2.0 * M_PI);
  cairo_stroke(cairo_);
}

double Canvas::width_of(const std::string& text, double size) {
  cairo_set_font_size(cairo_, size);
  cairo_text_extents_t extents;
  cairo_text_extents(cairo_, text.c_str(), &extents);
  return extents.x_advance;
}

void Canvas::text(double x, double baseline, const std::string& text, double size,
                  PictureColor color, Anchor anchor) {
  const double width = width_of(text, size);
  set(color);
  if (anchor == Anchor::kEnd) x -= width;
  if (anchor == Anchor::kMiddle) x -= width / 2;
  cairo_move_to(cairo_, x, baseline);
  cairo_show_text(cairo_, text.c_str());
}

double tick_step(double top) {
  const double raw = top / 7.0;
  const double power = std::pow(10.0, std::floor(std::log10(raw)));
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (factor * power >= raw) return factor * power;
  }
  return 10.0 * power;
}

Result<void> write_png(const std::filesystem::path& path, double width, double height,
                       const std::function<void(Canvas&)>& draw) {
  const Surface surface(cairo_image_surface_create(CAIRO_FORMAT_RGB24, static_cast<int>(width),
                                                   static_cast<int>(height)),
                        &cairo_surface_destroy);
  const Context context(cairo_create(surface.get()), &cairo_destroy);
  Canvas canvas(context.get());
  canvas.rectangle(0, 0, width, height, {1, 1, 1});
  draw(canvas);
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
