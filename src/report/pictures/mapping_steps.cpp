#include "report/pictures/mapping_steps.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

#include "layerwatt/core/numbers.h"
#include "layerwatt/report/text_table.h"

#include "report/pictures/canvas.h"

namespace layerwatt {
namespace {

constexpr double kWidth = 1200.0;
constexpr double kLeft = 84.0;
constexpr double kRight = 28.0;
constexpr double kTop = 96.0;
constexpr double kPanel = 300.0;
constexpr double kLane = kTop + kPanel + 46.0;
constexpr double kLaneHeight = 26.0;
constexpr double kLegend = kLane + kLaneHeight + 40.0;
constexpr double kLegendRow = 20.0;
/// Layers that the legend names; the others are counted.
constexpr std::size_t kNamed = 16;
constexpr std::size_t kNameColumns = 44;
/// So many samples are to be seen at least, however short a pass is.
constexpr int kLeastSamples = 8;

constexpr PictureColor kSample{0.0, 0.45, 0.70};
constexpr PictureColor kOtherPass{0.85, 0.87, 0.90};

/// Okabe and Ito's colours, which colour-blind readers tell apart; black left out.
constexpr std::array<PictureColor, 7> kColors = {{{0.90, 0.62, 0.0},
                                                  {0.34, 0.71, 0.91},
                                                  {0.0, 0.62, 0.45},
                                                  {0.80, 0.47, 0.65},
                                                  {0.84, 0.37, 0.0},
                                                  {0.0, 0.45, 0.70},
                                                  {0.60, 0.56, 0.10}}};

PictureColor color_of(std::size_t layer) { return kColors[layer % kColors.size()]; }

/// One execution of a layer in the pass that is explained, and the sample that it is given.
struct Step {
  const Execution* execution = nullptr;
  std::size_t sample = 0;
};

/// What all three pictures show.
struct Scene {
  const Report* report = nullptr;
  const PowerTrace* trace = nullptr;
  std::vector<Step> steps;
  /// Samples in the view: [first, last].
  std::size_t first = 0;
  std::size_t last = 0;
  Instant from;
  Instant to;
  double top_watts = 0.0;
  std::int32_t pass = 0;

  double x(Instant t) const {
    const double part = to_seconds(t - from) / to_seconds(to - from);
    return kLeft + std::clamp(part, 0.0, 1.0) * (kWidth - kLeft - kRight);
  }
  double y(double watts) const { return kTop + kPanel * (1.0 - watts / top_watts); }
  double watts(std::size_t sample) const { return trace->power[sample].value(); }
};

Error unknowable(std::string why) { return Error(ErrorCode::kUnknowable, std::move(why)); }

/// The index of the sample nearest to an instant, the earlier of two equally near.
std::size_t nearest_sample(const PowerTrace& trace, Instant t) {
  std::size_t low = 0;
  std::size_t high = trace.size();
  while (low < high) {
    const std::size_t middle = (low + high) / 2;
    if (trace.when(middle) < t) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  if (low == trace.size()) return low - 1;
  if (low > 0 && t - trace.when(low - 1) <= trace.when(low) - t) return low - 1;
  return low;
}

/// The layers of the pass in the middle of those that samples were taken in.
std::vector<const Execution*> middle_pass(const PowerTrace& trace, const Timeline& timeline) {
  std::map<std::int32_t, std::vector<const Execution*>> passes;
  const Instant begin = trace.when(0);
  const Instant end = trace.when(trace.size() - 1);
  for (const Execution& execution : timeline.executions) {
    if (execution.segment == kWholePass) continue;
    if (execution.start < begin || execution.end > end) continue;
    passes[execution.pass].push_back(&execution);
  }
  if (passes.empty()) return {};
  return std::next(passes.begin(), static_cast<std::ptrdiff_t>(passes.size() / 2))->second;
}

Result<Scene> set_scene(const Report& report) {
  if (!report.trace || report.trace->size() < 2) {
    return unknowable("this run has no power samples to be mapped");
  }
  if (report.trace->rail.kind == RailKind::kEnergyCounter) {
    return unknowable("an energy counter has no samples of power to be mapped");
  }
  if (!report.timeline) return unknowable("this run does not tell when its layers ran");
  Scene scene;
  scene.report = &report;
  scene.trace = &*report.trace;
  const PowerTrace& trace = *scene.trace;
  for (const Execution* execution : middle_pass(trace, *report.timeline)) {
    scene.steps.push_back({execution, nearest_sample(trace, execution->end)});
  }
  if (scene.steps.empty()) {
    return unknowable("no pass of this run tells its layers while power was sampled");
  }
  scene.pass = scene.steps.front().execution->pass;
  const Instant start = scene.steps.front().execution->start;
  const Instant end = scene.steps.back().execution->end;
  const Duration period =
      (trace.when(trace.size() - 1) - trace.when(0)) / static_cast<std::int64_t>(trace.size() - 1);
  const Duration view = std::max((end - start) * 6 / 5, period * kLeastSamples);
  scene.from = start - (view - (end - start)) / 2;
  scene.to = scene.from + view;
  scene.first = nearest_sample(trace, scene.from);
  scene.last = nearest_sample(trace, scene.to);
  for (const Step& step : scene.steps) {
    scene.first = std::min(scene.first, step.sample);
    scene.last = std::max(scene.last, step.sample);
  }
  for (std::size_t i = scene.first; i <= scene.last; ++i) {
    scene.top_watts = std::max(scene.top_watts, scene.watts(i));
  }
  if (!(scene.top_watts > 0.0)) return unknowable("the power of these samples is not positive");
  scene.top_watts *= 1.15;
  return scene;
}

void draw_axes(Canvas& canvas, const Scene& scene) {
  const double step = tick_step(scene.top_watts);
  for (int i = 0; i * step <= scene.top_watts; ++i) {
    const double y = scene.y(i * step);
    canvas.line(kLeft, y, kWidth - kRight, y, kGridLine);
    canvas.text(kLeft - 8, y + 4, i == 0 ? "0" : format_si(i * step, "W"), 12, kFaintInk,
                Anchor::kEnd);
  }
  const double span = to_seconds(scene.to - scene.from);
  const double tick = tick_step(span);
  const double bottom = kTop + kPanel;
  for (int i = 0; i * tick <= span * 1.0001; ++i) {
    const double x = kLeft + i * tick / span * (kWidth - kLeft - kRight);
    canvas.line(x, bottom, x, bottom + 5, kFaintInk);
    canvas.text(x, bottom + 19, i == 0 ? "0" : format_si(i * tick, "s"), 12, kFaintInk,
                Anchor::kMiddle);
  }
  canvas.line(kLeft, bottom, kWidth - kRight, bottom, kFaintInk);
}

/// Layers in their lane: those of the explained pass in colour, numbered where there is room.
void draw_lane(Canvas& canvas, const Scene& scene) {
  canvas.text(kLeft - 8, kLane + kLaneHeight - 8, "layers", 12, kFaintInk, Anchor::kEnd);
  for (const Execution& execution : scene.report->timeline->executions) {
    const bool is_seen = execution.end > scene.from && execution.start < scene.to;
    if (execution.segment == kWholePass || !is_seen || execution.pass == scene.pass) continue;
    const double x = scene.x(execution.start);
    canvas.rectangle(x, kLane, std::max(1.0, scene.x(execution.end) - x - 0.5), kLaneHeight,
                     kOtherPass);
  }
  for (std::size_t i = 0; i < scene.steps.size(); ++i) {
    const Execution& execution = *scene.steps[i].execution;
    const double x = scene.x(execution.start);
    const double width = std::max(1.0, scene.x(execution.end) - x - 0.5);
    canvas.rectangle(x, kLane, width, kLaneHeight, color_of(i));
    const std::string number = std::to_string(i + 1);
    if (canvas.width_of(number, 12) + 4 < width) {
      canvas.text(x + width / 2, kLane + kLaneHeight - 8, number, 12, kInk, Anchor::kMiddle);
    }
  }
}

void draw_samples(Canvas& canvas, const Scene& scene) {
  const double spacing =
      (kWidth - kLeft - kRight) / static_cast<double>(scene.last - scene.first + 1);
  for (std::size_t i = scene.first; i <= scene.last; ++i) {
    const double x = scene.x(scene.trace->when(i));
    if (i > scene.first) {
      canvas.line(scene.x(scene.trace->when(i - 1)), scene.y(scene.watts(i - 1)), x,
                  scene.y(scene.watts(i)), kGridLine, 1.5);
    }
  }
  const double radius = std::clamp(spacing / 4.0, 1.5, 4.0);
  for (std::size_t i = scene.first; i <= scene.last; ++i) {
    canvas.dot(scene.x(scene.trace->when(i)), scene.y(scene.watts(i)), radius, kSample);
  }
}

/// From each layer's end to its sample, and which layers a sample is for.
void draw_choice(Canvas& canvas, const Scene& scene) {
  std::map<std::size_t, std::pair<std::size_t, std::size_t>> layers;
  for (std::size_t i = 0; i < scene.steps.size(); ++i) {
    const Step& step = scene.steps[i];
    const double x = scene.x(step.execution->end);
    const double to_x = scene.x(scene.trace->when(step.sample));
    const double to_y = scene.y(scene.watts(step.sample));
    // The numbers of the axis stand in between.
    canvas.dashed(x, kLane, x, kTop + kPanel + 26, color_of(i));
    canvas.line(x, kTop + kPanel, to_x, to_y, color_of(i), 1.3);
    const auto [place, is_first] = layers.try_emplace(step.sample, i, i);
    if (!is_first) place->second.second = i;
  }
  for (const auto& [sample, range] : layers) {
    const double x = scene.x(scene.trace->when(sample));
    const double y = scene.y(scene.watts(sample));
    canvas.ring(x, y, 7.0, kInk);
    const std::string text = range.first == range.second
                                 ? fmt::format("{}", range.first + 1)
                                 : fmt::format("{}–{}", range.first + 1, range.second + 1);
    canvas.text(x, y - 12, text, 12, kInk, Anchor::kMiddle);
  }
}

/// Each layer as high as the power that it is given.
void draw_result(Canvas& canvas, const Scene& scene) {
  for (std::size_t i = 0; i < scene.steps.size(); ++i) {
    const Step& step = scene.steps[i];
    const double x = scene.x(step.execution->start);
    const double y = scene.y(scene.watts(step.sample));
    canvas.rectangle(x, y, std::max(1.0, scene.x(step.execution->end) - x - 0.5), kTop + kPanel - y,
                     color_of(i));
  }
}

void draw_legend(Canvas& canvas, const Scene& scene, bool with_power) {
  const std::size_t named = std::min(kNamed, scene.steps.size());
  const std::size_t rows = (named + 1) / 2;
  for (std::size_t i = 0; i < named; ++i) {
    const Step& step = scene.steps[i];
    const double column = i < rows ? 0.0 : 1.0;
    const double x = kLeft + column * (kWidth - kLeft - kRight) / 2.0;
    const double y = kLegend + kLegendRow * static_cast<double>(i < rows ? i : i - rows);
    const auto layer = static_cast<std::size_t>(step.execution->segment);
    const std::string& name = scene.report->timeline->layers[layer].name;
    std::string facts = format_si(to_seconds(step.execution->run_time()), "s");
    if (with_power) {
      const double watts = scene.watts(step.sample);
      facts += fmt::format(" at {}: {}", format_si(watts, "W"),
                           format_si(watts * to_seconds(step.execution->run_time()), "J"));
    }
    canvas.rectangle(x, y, 12, 12, color_of(i));
    canvas.text(
        x + 20, y + 11,
        fmt::format("{}  {}, {}", i + 1, shorten_middle(printable(name), kNameColumns), facts), 12,
        kInk);
  }
  if (named < scene.steps.size()) {
    canvas.text(kLeft, kLegend + kLegendRow * static_cast<double>(rows) + 11,
                fmt::format("and {} more", scene.steps.size() - named), 12, kFaintInk);
  }
}

double height_of(const Scene& scene) {
  const std::size_t named = std::min(kNamed, scene.steps.size());
  const std::size_t rows = (named + 1) / 2 + (named < scene.steps.size() ? 1 : 0);
  return kLegend + kLegendRow * static_cast<double>(rows) + 24.0;
}

struct Picture {
  std::string_view file;
  std::string_view title;
  std::string_view subtitle;
  void (*over)(Canvas&, const Scene&) = nullptr;
  /// Whether `over` comes before the samples.
  bool behind = false;
};

constexpr std::array<Picture, 3> kPictures = {
    {{"step0.png", "Step 0: power samples, and the layers of one pass",
      "Two records that know of each other only by their clocks.", nullptr},
     {"step1.png", "Step 1: the sample nearest to each layer's end",
      "Numbers at a sample are the layers that it is nearest to: many layers may share one.",
      draw_choice},
     {"step2.png", "Step 2: its power becomes the layer's",
      "Method nearest, idle power included. A sensor that averages gives neighbours one value, "
      "whatever each draws.",
      draw_result, true}}};

void draw(Canvas& canvas, const Scene& scene, const Picture& picture) {
  canvas.text(24, 32, std::string(picture.title), 18, kInk);
  canvas.text(24, 54, std::string(picture.subtitle), 13, kFaintInk);
  canvas.text(24, 74,
              fmt::format("{}, pass {}, rail {}", printable(scene.report->profile.model),
                          scene.pass + 1, printable(scene.trace->rail.name)),
              13, kFaintInk);
  if (scene.report->profile.is_virtual) {
    canvas.text(kWidth - 24, 32, "virtual: simulated power", 15, kVirtualInk, Anchor::kEnd);
  }
  draw_axes(canvas, scene);
  if (picture.over != nullptr && picture.behind) picture.over(canvas, scene);
  draw_samples(canvas, scene);
  draw_lane(canvas, scene);
  if (picture.over != nullptr && !picture.behind) picture.over(canvas, scene);
  draw_legend(canvas, scene, picture.behind);
}

}  // namespace

Result<void> write_mapping_steps(const std::filesystem::path& folder, const Report& report) {
  auto scene = set_scene(report);
  if (!scene) return std::move(scene).error();
  std::error_code made;
  std::filesystem::create_directories(folder, made);
  if (made) return error_from_errno(made.value(), "make the folder").at(folder);
  for (const Picture& picture : kPictures) {
    const auto written = write_png(folder / picture.file, kWidth, height_of(*scene),
                                   [&](Canvas& canvas) { draw(canvas, *scene, picture); });
    if (!written) return written;
  }
  return {};
}

}  // namespace layerwatt
