#include "layerwatt/core/local_time.h"

#include <fmt/format.h>

namespace layerwatt {
namespace {

using std::chrono::day;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::month;
using std::chrono::seconds;
using std::chrono::sys_days;
using std::chrono::year;
using std::chrono::year_month_day;

/// `count` decimal digits at `*text`; advances. Negative where there are none.
int take_digits(std::string_view& text, std::size_t count) {
  if (text.size() < count) return -1;
  int value = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const char c = text[i];
    if (c < '0' || c > '9') return -1;
    value = value * 10 + (c - '0');
  }
  text.remove_prefix(count);
  return value;
}

bool take(std::string_view& text, char expected) {
  if (text.empty() || text.front() != expected) return false;
  text.remove_prefix(1);
  return true;
}

/// The digits after the point as nanoseconds; nullopt without a digit, beyond nine, or with others.
std::optional<Duration> parse_fraction(std::string_view text) {
  if (text.empty() || text.size() > 9) return std::nullopt;
  Duration::rep ns = 0;
  for (std::size_t i = 0; i < 9; ++i) {
    const char c = i < text.size() ? text[i] : '0';
    if (c < '0' || c > '9') return std::nullopt;
    ns = ns * 10 + (c - '0');
  }
  return Duration(ns);
}

struct Civil {
  year_month_day date;
  int hour;
  int minute;
  int second;
  int microsecond;
};

Civil to_civil(LocalTime t) {
  const auto since_epoch = t.time_since_epoch();
  const auto days = std::chrono::floor<std::chrono::days>(since_epoch);
  Duration rest = since_epoch - days;
  Civil c{year_month_day(sys_days(days)), 0, 0, 0, 0};
  c.hour = static_cast<int>(rest / hours(1));
  rest %= hours(1);
  c.minute = static_cast<int>(rest / minutes(1));
  rest %= minutes(1);
  c.second = static_cast<int>(rest / seconds(1));
  rest %= seconds(1);
  c.microsecond = static_cast<int>(rest / std::chrono::microseconds(1));
  return c;
}

void write_digits(int value, int count, char*& out) {
  for (int i = count - 1; i >= 0; --i) {
    out[i] = static_cast<char>('0' + value % 10);
    value /= 10;
  }
  out += count;
}

}  // namespace

std::optional<LocalTime> parse_local_stamp(std::string_view text) {
  const int y = take_digits(text, 4);
  const int mo = take_digits(text, 2);
  const int d = take_digits(text, 2);
  if (y < 0 || mo < 0 || d < 0 || !take(text, '-')) return std::nullopt;
  const int h = take_digits(text, 2);
  if (h < 0 || !take(text, ':')) return std::nullopt;
  const int mi = take_digits(text, 2);
  if (mi < 0 || !take(text, ':')) return std::nullopt;
  const int s = take_digits(text, 2);
  if (s < 0 || h > 23 || mi > 59 || s > 60) return std::nullopt;
  Duration fraction{0};
  if (!text.empty()) {
    if (!take(text, '.')) return std::nullopt;
    const auto parsed = parse_fraction(text);
    if (!parsed) return std::nullopt;
    fraction = *parsed;
  }
  const year_month_day date{year(y), month(static_cast<unsigned>(mo)),
                            day(static_cast<unsigned>(d))};
  if (!date.ok() || y < 1900 || y > 2200) return std::nullopt;
  return LocalTime(sys_days(date).time_since_epoch() + hours(h) + minutes(mi) + seconds(s) +
                   fraction);
}

void write_local_stamp(LocalTime t, char* out) {
  const Civil c = to_civil(t);
  write_digits(static_cast<int>(c.date.year()), 4, out);
  write_digits(static_cast<int>(static_cast<unsigned>(c.date.month())), 2, out);
  write_digits(static_cast<int>(static_cast<unsigned>(c.date.day())), 2, out);
  *out++ = '-';
  write_digits(c.hour, 2, out);
  *out++ = ':';
  write_digits(c.minute, 2, out);
  *out++ = ':';
  write_digits(c.second, 2, out);
  *out++ = '.';
  write_digits(c.microsecond, 6, out);
}

std::string format_local_stamp(LocalTime t) {
  std::string text(kLocalStampLength, '\0');
  write_local_stamp(t, text.data());
  return text;
}

std::string format_local_second(LocalTime t) {
  const std::string stamp = format_local_stamp(t);
  return fmt::format("{}-{}{}{}", stamp.substr(0, 8), stamp.substr(9, 2), stamp.substr(12, 2),
                     stamp.substr(15, 2));
}

std::string format_iso8601(LocalTime t, Duration utc_offset) {
  const Civil c = to_civil(t);
  const char sign = utc_offset < Duration(0) ? '-' : '+';
  const Duration offset = utc_offset < Duration(0) ? -utc_offset : utc_offset;
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}{}{:02}:{:02}",
                     static_cast<int>(c.date.year()), static_cast<unsigned>(c.date.month()),
                     static_cast<unsigned>(c.date.day()), c.hour, c.minute, c.second, c.microsecond,
                     sign, offset / hours(1), (offset % hours(1)) / minutes(1));
}

}  // namespace layerwatt
