#include "layerwatt/core/number_range.h"

#include <fmt/format.h>

#include "layerwatt/core/duration_text.h"
#include "layerwatt/core/numbers.h"
#include "layerwatt/core/units.h"

namespace layerwatt {
namespace {

bool holds(const NumberRange& range, double number) {
  return number >= range.least && number <= range.most;
}

/// Six digits are enough for every limit, and "1e+09" is no limit for people.
std::string plain(double limit) {
  if (limit == static_cast<double>(static_cast<long long>(limit))) {
    return fmt::format("{}", static_cast<long long>(limit));
  }
  return fmt::format("{:g}", limit);
}

}  // namespace

std::string describe(const NumberRange& range) {
  return fmt::format("{} to {}", plain(range.least), plain(range.most));
}

std::string refuse_number(std::string_view text, const NumberRange& range) {
  if (range.is_whole) {
    const auto number = parse_int64(text);
    if (number && holds(range, static_cast<double>(*number))) return "";
  } else {
    const auto number = parse_double(text);
    if (number && holds(range, *number)) return "";
  }
  return fmt::format("'{}' is not a {} from {}", text, range.is_whole ? "whole number" : "number",
                     describe(range));
}

std::string refuse_duration(std::string_view text, const NumberRange& range) {
  const auto duration = parse_duration(text);
  if (!duration) {
    return fmt::format(
        "'{}' is not a duration; write 120, 1.5s, 1ms or 500us (a plain number is seconds)", text);
  }
  if (holds(range, to_seconds(*duration))) return "";
  return fmt::format("'{}' is not a duration of {} s", text, describe(range));
}

std::string refuse_seed(std::string_view text) {
  if (parse_uint64(text)) return "";
  return fmt::format("'{}' is not a whole number from 0 to 18446744073709551615", text);
}

}  // namespace layerwatt
