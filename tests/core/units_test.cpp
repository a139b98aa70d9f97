#include "layerwatt/core/units.h"

#include <gtest/gtest.h>

#include <type_traits>

namespace layerwatt {
namespace {

using std::chrono::milliseconds;

template <class A, class B>
concept Addable = requires(A a, B b) {
  a + b;
};

TEST(Units, OfDifferentKindsDoNotMix) {
  static_assert(Addable<Watts, Watts>);
  static_assert(!Addable<Watts, Joules>);
  static_assert(!Addable<Volts, Amperes>);
  static_assert(!std::is_convertible_v<double, Watts>);
  static_assert(!std::is_convertible_v<Watts, double>);
}

TEST(Units, MultiplyAsPhysicsSays) {
  EXPECT_DOUBLE_EQ((volts(5.0) * milliamperes(474)).value(), 2.37);
  EXPECT_DOUBLE_EQ((milliamperes(474) * volts(5.0)).value(), 2.37);
  EXPECT_DOUBLE_EQ((ohms(0.005) * amperes(2.0)).value(), 0.01);
  EXPECT_DOUBLE_EQ((watts(2.0) * milliseconds(500)).value(), 1.0);
  EXPECT_DOUBLE_EQ((joules(1.0) / Duration(milliseconds(500))).value(), 2.0);
  EXPECT_DOUBLE_EQ(watts(3.0) / watts(2.0), 1.5);
}

TEST(Units, ScaleByAMillionAndBack) {
  EXPECT_DOUBLE_EQ(microwatts(4567890).value(), 4.56789);
  EXPECT_DOUBLE_EQ(in_microwatts(watts(4.56789)), 4567890);
  EXPECT_DOUBLE_EQ(in_milliwatts(milliwatts(12.5)), 12.5);
  EXPECT_DOUBLE_EQ(in_millivolts(microvolts(40)), 0.04);
  EXPECT_DOUBLE_EQ(in_milliamperes(microamperes(1500)), 1.5);
  EXPECT_DOUBLE_EQ(in_microjoules(microjoules(7)), 7);
  EXPECT_DOUBLE_EQ(in_millijoules(joules(0.25)), 250);
}

TEST(Units, CompareAndNegate) {
  EXPECT_LT(-watts(1), watts(0));
  EXPECT_EQ(watts(1) - watts(1), Watts());
  EXPECT_GT(2.0 * watts(1), watts(1) / 2.0);
}

TEST(Durations, ConvertToAndFromSeconds) {
  EXPECT_DOUBLE_EQ(to_milliseconds(Duration(1'234'567)), 1.234567);
  EXPECT_DOUBLE_EQ(to_microseconds(Duration(1'500)), 1.5);
  EXPECT_EQ(from_seconds(0.43), milliseconds(430));
  EXPECT_EQ(from_seconds(1.4e-9), Duration(1));
  EXPECT_EQ(from_seconds(1.6e-9), Duration(2));
  EXPECT_EQ(from_seconds(-1.6e-9), Duration(-2));
}

}  // namespace
}  // namespace layerwatt
