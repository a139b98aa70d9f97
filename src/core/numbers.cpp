#include "layerwatt/core/numbers.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>
#include <cstdlib>

namespace layerwatt {
namespace {

std::string_view without_plus(std::string_view text) {
  if (text.size() > 1 && text[0] == '+' && text[1] != '-' && text[1] != '+') text.remove_prefix(1);
  return text;
}

template <class T>
std::optional<T> parse_whole(std::string_view text) {
  text = without_plus(text);
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

std::optional<double> parse_double(std::string_view text) {
  const auto value = parse_whole<double>(text);
  // from_chars reads "nan" and "inf"; no file of ours means them.
  if (!value || !std::isfinite(*value)) return std::nullopt;
  return value;
}

std::optional<std::int64_t> parse_int64(std::string_view text) {
  return parse_whole<std::int64_t>(text);
}

std::optional<std::uint64_t> parse_uint64(std::string_view text) {
  return parse_whole<std::uint64_t>(text);
}

std::optional<std::int64_t> parse_leading_int64(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  text = without_plus(text);
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc()) return std::nullopt;
  return value;
}

void append_shortest(std::string& out, double value) {
  if (!std::isfinite(value)) std::abort();
  if (value == 0.0) {
    out += std::signbit(value) ? "-0.0" : "0.0";
    return;
  }
  std::array<char, 64> buffer{};
  // repr() writes exponents from 1e16 up and below 1e-4.
  const double magnitude = std::fabs(value);
  const bool scientific = magnitude >= 1e16 || magnitude < 1e-4;
  const auto [end, error] =
      std::to_chars(buffer.data(), buffer.data() + buffer.size(), value,
                    scientific ? std::chars_format::scientific : std::chars_format::fixed);
  if (error != std::errc()) std::abort();
  const std::string_view text(buffer.data(), static_cast<std::size_t>(end - buffer.data()));
  out += text;
  if (!scientific && text.find('.') == std::string_view::npos) out += ".0";
}

std::string format_shortest(double value) {
  std::string text;
  append_shortest(text, value);
  return text;
}

std::string format_fixed(double value, int digits) {
  if (std::isnan(value)) return "-";
  std::string text = fmt::format("{:.{}f}", value, digits);
  if (text.front() == '-' && text.find_first_not_of("-0.") == std::string::npos) text.erase(0, 1);
  return text;
}

std::string format_significant(double value, int significant) {
  if (std::isnan(value)) return "-";
  if (value == 0.0) return "0";
  if (!std::isfinite(value)) return value > 0 ? "inf" : "-inf";
  // The exponent after rounding, so that 9.996 with three digits is "10.0", not "10.00".
  std::string rounded = fmt::format("{:.{}e}", value, significant - 1);
  const char* digits = rounded.data() + rounded.find('e') + 1;
  if (*digits == '+') ++digits;
  int exponent = 0;
  std::from_chars(digits, rounded.data() + rounded.size(), exponent);
  if (exponent < -5 || exponent > 8) return rounded;
  return format_fixed(value, std::max(0, significant - 1 - exponent));
}

std::string format_si(double value, std::string_view unit) {
  if (std::isnan(value)) return "-";
  if (!std::isfinite(value) || value == 0.0) return fmt::format("{} {}", value, unit);
  struct Prefix {
    double scale;
    std::string_view text;
  };
  static constexpr std::array<Prefix, 8> kPrefixes{{{1e12, "T"},
                                                    {1e9, "G"},
                                                    {1e6, "M"},
                                                    {1e3, "k"},
                                                    {1.0, ""},
                                                    {1e-3, "m"},
                                                    {1e-6, "µ"},
                                                    {1e-9, "n"}}};
  // 0.9995 rounds to three digits as 1.00, so it belongs to the larger prefix.
  const double magnitude = std::fabs(value) * 1.0005;
  const Prefix* chosen = &kPrefixes.back();
  for (const Prefix& prefix : kPrefixes) {
    if (magnitude >= prefix.scale) {
      chosen = &prefix;
      break;
    }
  }
  return fmt::format("{} {}{}", format_significant(value / chosen->scale, 3), chosen->text, unit);
}

std::string format_grouped(std::int64_t value) {
  std::string digits = std::to_string(value);
  const std::size_t first = value < 0 ? 1 : 0;
  for (std::size_t i = digits.size(); i > first + 3;) {
    i -= 3;
    digits.insert(i, ",");
  }
  return digits;
}

}  // namespace layerwatt
