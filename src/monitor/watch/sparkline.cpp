#include "monitor/watch/sparkline.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace layerwatt {
namespace {

constexpr std::array<std::string_view, 9> kBlocks{" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
constexpr std::array<std::string_view, 9> kAscii{" ", ".", ".", ":", ":", "+", "+", "#", "#"};
constexpr double kSteps = 8.0;

}  // namespace

std::vector<std::string> plot(const PowerHistory& history, std::size_t width, std::size_t height,
                              double least_top, bool ascii) {
  const std::size_t shown = std::min(width, history.size());
  const auto begin = history.end() - static_cast<std::ptrdiff_t>(shown);
  double top = std::max(least_top, 1e-9);
  for (auto at = begin; at != history.end(); ++at) top = std::max(top, at->value_or(0.0));
  std::vector<std::string> lines(height, std::string(width - shown, ' '));
  for (auto at = begin; at != history.end(); ++at) {
    // In eighths of a line, from the bottom; what was read is never nothing.
    const double part = std::clamp(at->value_or(0.0) / top, 0.0, 1.0);
    const auto eighths =
        at->has_value() ? std::max(std::lround(part * kSteps * static_cast<double>(height)), 1L)
                        : 0L;
    for (std::size_t line = 0; line < height; ++line) {
      const long below = 8L * static_cast<long>(height - 1 - line);
      const auto fill = static_cast<std::size_t>(std::clamp(eighths - below, 0L, 8L));
      lines[line] += ascii ? kAscii[fill] : kBlocks[fill];
    }
  }
  return lines;
}

}  // namespace layerwatt
