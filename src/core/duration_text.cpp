#include "layerwatt/core/duration_text.h"

#include <fmt/format.h>

#include <array>
#include <utility>

#include "layerwatt/core/numbers.h"

namespace layerwatt {
namespace {

// Longer endings first: "ms" ends in "s".
constexpr std::array<std::pair<std::string_view, double>, 7> kUnits{{{"min", 60.0},
                                                                     {"ns", 1e-9},
                                                                     {"us", 1e-6},
                                                                     {"µs", 1e-6},
                                                                     {"ms", 1e-3},
                                                                     {"s", 1.0},
                                                                     {"h", 3600.0}}};
/// So that a few of them add up within 64 bits of nanoseconds.
constexpr double kLongest = 10.0 * 365 * 86400;

}  // namespace

std::optional<Duration> parse_duration(std::string_view text) {
  double unit = 1.0;
  for (const auto& [ending, seconds] : kUnits) {
    if (text.ends_with(ending)) {
      text.remove_suffix(ending.size());
      unit = seconds;
      break;
    }
  }
  const auto number = parse_double(text);
  if (!number || *number < 0 || *number * unit > kLongest) return std::nullopt;
  return from_seconds(*number * unit);
}

std::string format_duration(Duration duration) {
  const auto seconds = std::chrono::round<std::chrono::seconds>(duration).count();
  if (seconds < 60) return fmt::format("{} s", seconds);
  if (seconds < 3600) return fmt::format("{} min {:02} s", seconds / 60, seconds % 60);
  return fmt::format("{} h {:02} min", seconds / 3600, seconds % 3600 / 60);
}

}  // namespace layerwatt
