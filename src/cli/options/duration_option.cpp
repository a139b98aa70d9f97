#include "cli/options/duration_option.h"

#include <CLI/CLI.hpp>
#include <array>
#include <utility>

#include "layerwatt/core/numbers.h"

namespace layerwatt::cli {
namespace {

// Longer endings first: "ms" ends in "s".
constexpr std::array<std::pair<std::string_view, double>, 6> kUnits{
    {{"min", 60.0}, {"ns", 1e-9}, {"us", 1e-6}, {"µs", 1e-6}, {"ms", 1e-3}, {"s", 1.0}}};
constexpr double kLongest = 100.0 * 365 * 86400;

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

CLI::Option* add_duration(CLI::App& app, const std::string& names, std::optional<Duration>& to,
                          const std::string& description) {
  const auto take = [&to](const std::string& text) {
    to = parse_duration(text);
    if (!to) {
      throw CLI::ValidationError("'" + text +
                                 "' is not a duration; write 120, 1.5s, 1ms or 500us (a plain "
                                 "number is seconds)");
    }
  };
  return app.add_option_function<std::string>(names, take, description)->type_name("TIME");
}

}  // namespace layerwatt::cli
