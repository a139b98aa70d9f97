#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace layerwatt {

// The one place where numbers become text and text becomes numbers. Nothing here looks at the
// locale.

/// A finite decimal number that fills the whole of `text` ("5000.0", "-1", "4e-3"; a leading '+' is
/// allowed). "nan", "inf", hexadecimal, blanks and an empty text give nullopt.
std::optional<double> parse_double(std::string_view text);

/// A decimal integer that fills the whole of `text` and fits; a leading '+' is allowed.
std::optional<std::int64_t> parse_int64(std::string_view text);
std::optional<std::uint64_t> parse_uint64(std::string_view text);

/// The integer at the front of `text` after blanks, for sysfs attributes that carry a unit
/// ("430 ms\n" is 430).
std::optional<std::int64_t> parse_leading_int64(std::string_view text);

/// The shortest text that reads back as the same double, laid out as Python's repr() does
/// ("5000.0", "1e-05", "1.5e+16"), so that files equal those of the published tools. NaN and
/// infinity, which no format of ours holds, abort.
std::string format_shortest(double value);
/// The same, appended to `out`.
void append_shortest(std::string& out, double value);
/// `digits` digits after the point; "-0.00" becomes "0.00". NaN gives "-".
std::string format_fixed(double value, int digits);
/// `significant` significant digits without an exponent where reasonable ("0.0123", "12.3",
/// "1230").
std::string format_significant(double value, int significant);
/// With a prefix of the SI before `unit`: 0.00123, "J" → "1.23 mJ". Three significant digits.
std::string format_si(double value, std::string_view unit);
/// An integer with thin groups for people: 61100840 → "61,100,840".
std::string format_grouped(std::int64_t value);

}  // namespace layerwatt
