#include "layerwatt/core/numbers.h"

#include <gtest/gtest.h>

#include <bit>
#include <clocale>
#include <cstdint>
#include <fstream>
#include <limits>
#include <locale>
#include <string>

namespace layerwatt {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

/// Python's repr() of doubles, each beside its bits: tests/data/numbers/README.md.
template <class Check>
void for_each_python_repr(Check check) {
  std::ifstream in(LAYERWATT_TEST_DATA "/numbers/python_repr.txt");
  std::string bits;
  std::string repr;
  int count = 0;
  while (in >> bits >> repr) {
    check(std::bit_cast<double>(std::uint64_t{std::stoull(bits, nullptr, 16)}), repr);
    ++count;
  }
  ASSERT_GE(count, 600);
}

TEST(FormatShortest, EqualsPythonsRepr) {
  for_each_python_repr(
      [](double value, const std::string& repr) { EXPECT_EQ(format_shortest(value), repr); });
}

TEST(ParseDouble, ReadsPythonsReprBackToTheSameBits) {
  for_each_python_repr([](double value, const std::string& repr) {
    const auto parsed = parse_double(repr);
    ASSERT_TRUE(parsed) << repr;
    EXPECT_EQ(std::bit_cast<std::uint64_t>(*parsed), std::bit_cast<std::uint64_t>(value)) << repr;
  });
}

TEST(ParseDouble, TakesTheUsualForms) {
  EXPECT_EQ(parse_double("5000.0"), 5000.0);
  EXPECT_EQ(parse_double("-1"), -1.0);
  EXPECT_EQ(parse_double("+4e-3"), 0.004);
  EXPECT_EQ(parse_double("1E5"), 1e5);
  EXPECT_EQ(parse_double(".5"), 0.5);
}

TEST(ParseDouble, RefusesWhatIsNoFiniteDecimalNumber) {
  for (const char* text :
       {"",     " ",   "nan", "NaN", "-inf", "Infinity", "1e999", "0x10", "1,5", "1 ",   " 1",
        "1.5W", "--1", "+-1", "++1", "+",    "-",        ".",     "e5",   "1e",  "1_000"}) {
    EXPECT_FALSE(parse_double(text)) << '"' << text << '"';
  }
}

TEST(ParseDouble, RefusesAnEmbeddedNul) { EXPECT_FALSE(parse_double(std::string_view("1\0", 2))); }

TEST(ParseInt64, TakesTheWholeRange) {
  EXPECT_EQ(parse_int64("9223372036854775807"), INT64_MAX);
  EXPECT_EQ(parse_int64("-9223372036854775808"), INT64_MIN);
  EXPECT_EQ(parse_int64("+42"), 42);
}

TEST(ParseInt64, RefusesOverflowAndAnythingElse) {
  for (const char* text : {"9223372036854775808", "-9223372036854775809", "", "1.0", "1e3", " 1",
                           "1\n", "0x1", "+-1"}) {
    EXPECT_FALSE(parse_int64(text)) << '"' << text << '"';
  }
}

TEST(ParseUint64, RefusesNegativeNumbers) {
  EXPECT_EQ(parse_uint64("18446744073709551615"), UINT64_MAX);
  EXPECT_FALSE(parse_uint64("-1"));
  EXPECT_FALSE(parse_uint64("18446744073709551616"));
}

TEST(ParseLeadingInt64, IgnoresAUnitBehindTheNumber) {
  EXPECT_EQ(parse_leading_int64("430 ms\n"), 430);
  EXPECT_EQ(parse_leading_int64("\t -12mA"), -12);
  EXPECT_EQ(parse_leading_int64("0"), 0);
  EXPECT_FALSE(parse_leading_int64("ms 430"));
  EXPECT_FALSE(parse_leading_int64(""));
  EXPECT_FALSE(parse_leading_int64("99999999999999999999 ms"));
}

TEST(FormatShortest, NotANumberAborts) {
  EXPECT_DEATH((void)format_shortest(kNaN), "");
  EXPECT_DEATH((void)format_shortest(kInfinity), "");
}

TEST(FormatFixed, RoundsAndHasNoNegativeZero) {
  EXPECT_EQ(format_fixed(1.005, 1), "1.0");
  EXPECT_EQ(format_fixed(2.375, 2), "2.38");
  EXPECT_EQ(format_fixed(-0.001, 2), "0.00");
  EXPECT_EQ(format_fixed(-0.0, 0), "0");
  EXPECT_EQ(format_fixed(-0.006, 2), "-0.01");
  EXPECT_EQ(format_fixed(1e6, 0), "1000000");
  EXPECT_EQ(format_fixed(kNaN, 2), "-");
}

TEST(FormatSignificant, KeepsTheDigitsAskedFor) {
  EXPECT_EQ(format_significant(0.012345, 3), "0.0123");
  EXPECT_EQ(format_significant(12.345, 3), "12.3");
  EXPECT_EQ(format_significant(1230.4, 3), "1230");
  EXPECT_EQ(format_significant(9.996, 3), "10.0");
  EXPECT_EQ(format_significant(-0.5, 1), "-0.5");
  EXPECT_EQ(format_significant(0.0, 3), "0");
  EXPECT_EQ(format_significant(1e-9, 3), "1.00e-09");
  EXPECT_EQ(format_significant(kNaN, 3), "-");
  EXPECT_EQ(format_significant(-kInfinity, 3), "-inf");
}

TEST(FormatSi, ChoosesThePrefix) {
  EXPECT_EQ(format_si(0.00123, "J"), "1.23 mJ");
  EXPECT_EQ(format_si(2.37, "W"), "2.37 W");
  EXPECT_EQ(format_si(0.0000042, "s"), "4.20 µs");
  EXPECT_EQ(format_si(61.1e6, "FLOP"), "61.1 MFLOP");
  EXPECT_EQ(format_si(-0.25, "W"), "-250 mW");
  EXPECT_EQ(format_si(0.0, "W"), "0 W");
  EXPECT_EQ(format_si(kNaN, "W"), "-");
}

TEST(FormatSi, RoundsIntoTheNextPrefix) {
  EXPECT_EQ(format_si(0.9999, "W"), "1.00 W");
  EXPECT_EQ(format_si(999.9, "W"), "1.00 kW");
  EXPECT_EQ(format_si(0.999, "W"), "999 mW");
}

TEST(FormatGrouped, SetsACommaAtEveryThirdDigit) {
  EXPECT_EQ(format_grouped(0), "0");
  EXPECT_EQ(format_grouped(999), "999");
  EXPECT_EQ(format_grouped(1000), "1,000");
  EXPECT_EQ(format_grouped(61100840), "61,100,840");
  EXPECT_EQ(format_grouped(-1000), "-1,000");
  EXPECT_EQ(format_grouped(-999), "-999");
  EXPECT_EQ(format_grouped(INT64_MIN), "-9,223,372,036,854,775,808");
}

void expect_points_not_commas() {
  EXPECT_EQ(format_shortest(1234.5), "1234.5");
  EXPECT_EQ(format_fixed(1234.5, 2), "1234.50");
  EXPECT_EQ(format_significant(0.0123, 2), "0.012");
  EXPECT_EQ(format_si(1.25, "W"), "1.25 W");
  EXPECT_EQ(format_grouped(1234567), "1,234,567");
  EXPECT_EQ(parse_double("1234.5"), 1234.5);
  EXPECT_FALSE(parse_double("1234,5"));
}

struct CommaPunctuation : std::numpunct<char> {
  char do_decimal_point() const override { return ','; }
  char do_thousands_sep() const override { return '.'; }
  std::string do_grouping() const override { return "\3"; }
};

TEST(Numbers, IgnoreACommaDecimalLocaleOfCpp) {
  const std::locale previous =
      std::locale::global(std::locale(std::locale::classic(), new CommaPunctuation));
  expect_points_not_commas();
  std::locale::global(previous);
}

TEST(Numbers, IgnoreACommaDecimalLocaleOfC) {
  const std::string previous = std::setlocale(LC_ALL, nullptr);
  for (const char* name : {"de_DE.UTF-8", "de_DE.utf8", "fr_FR.UTF-8", "es_ES.UTF-8"}) {
    if (std::setlocale(LC_ALL, name) == nullptr) continue;
    EXPECT_STREQ(std::localeconv()->decimal_point, ",");
    expect_points_not_commas();
    std::setlocale(LC_ALL, previous.c_str());
    return;
  }
  GTEST_SKIP() << "no locale with a decimal comma is installed";
}

}  // namespace
}  // namespace layerwatt
