#include "monitor/energy/rail_meter.h"

#include <gtest/gtest.h>

#include "layerwatt/sensors/sensor.h"

namespace layerwatt {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Instant kBegin = instant_from_ns(1'000'000'000);

PowerRecord record(Duration since_begin, ReadStatus status = ReadStatus::kOk) {
  const std::int64_t before = to_ns(kBegin + since_begin);
  return {before,     before,     kNoValue64, kNoValue64,
          kNoValue32, kNoValue32, 0,          static_cast<std::int16_t>(status),
          0};
}

PowerRecord power(Duration since_begin, std::int64_t microwatts) {
  PowerRecord made = record(since_begin);
  made.power_uw = microwatts;
  return made;
}

PowerRecord counter(Duration since_begin, std::int64_t microjoules) {
  PowerRecord made = record(since_begin);
  made.energy_uj = microjoules;
  return made;
}

Rail rail(RailKind kind) {
  Rail made;
  made.name = "VDD_IN";
  made.kind = kind;
  return made;
}

TEST(RailMeter, MultipliesVoltageAndCurrent) {
  RailMeter meter(rail(RailKind::kVoltageCurrent), seconds(1), kBegin);
  for (int i = 0; i <= 10; ++i) {
    PowerRecord reading = record(milliseconds(100 * i));
    reading.voltage_uv = 5'000'000;
    reading.current_ua = 1'000'000;
    meter.take(reading);
  }
  EXPECT_NEAR(meter.reading().power->value(), 5.0, 1e-12);
  EXPECT_NEAR(meter.reading().voltage->value(), 5.0, 1e-12);
  EXPECT_NEAR(meter.reading().energy.value(), 5.0, 1e-9);
  EXPECT_EQ(meter.reading().readings, 11);
}

TEST(RailMeter, CountsFailedReadsByReasonAndShowsNoStaleValue) {
  RailMeter meter(rail(RailKind::kPower), seconds(1), kBegin);
  meter.take(power(milliseconds(0), 5'000'000));
  meter.take(record(milliseconds(1), ReadStatus::kTryAgain));
  EXPECT_TRUE(meter.reading().power.has_value());
  meter.take(record(milliseconds(2), ReadStatus::kGarbage));
  EXPECT_FALSE(meter.reading().power.has_value());
  meter.take(record(milliseconds(3), ReadStatus::kDisabled));
  meter.take(record(milliseconds(4), ReadStatus::kGone));
  const RailReading& reading = meter.reading();
  EXPECT_EQ(reading.busy, 1);
  EXPECT_EQ(reading.garbage, 1);
  EXPECT_EQ(reading.disabled, 1);
  EXPECT_EQ(reading.gone, 1);
  EXPECT_EQ(reading.readings, 1);
}

TEST(RailMeter, TakesNoPowerThatNoBoardDraws) {
  RailMeter meter(rail(RailKind::kPower), seconds(1), kBegin);
  meter.take(power(milliseconds(0), 5'000'000));
  meter.take(power(milliseconds(100), 65'535'000'000));
  meter.take(power(milliseconds(200), 5'000'000));
  EXPECT_EQ(meter.reading().implausible, 1);
  EXPECT_NEAR(meter.reading().energy.value(), 1.0, 1e-9);
}

TEST(RailMeter, PassesACounterOnAcrossAGap) {
  RailMeter meter(rail(RailKind::kEnergyCounter), milliseconds(100), kBegin);
  meter.take(counter(seconds(0), 700'000'000));
  meter.take(counter(seconds(1), 705'000'000));
  meter.take(counter(seconds(3601), 18'705'000'000));
  EXPECT_NEAR(meter.reading().energy.value(), 18'005.0, 1e-6);
  EXPECT_NEAR(meter.reading().power->value(), 5.0, 0.1);
  EXPECT_EQ(meter.reading().unmeasured, Duration(0));
}

TEST(RailMeter, DoesNotTakeACounterThatBeganAgainForEnergy) {
  RailMeter meter(rail(RailKind::kEnergyCounter), milliseconds(100), kBegin);
  meter.take(counter(seconds(0), 700'000'000));
  meter.take(counter(seconds(1), 705'000'000));
  meter.take(counter(seconds(2), 1'000'000));
  // As a sensor has it that took the fall for a wrap at 262 kJ.
  meter.take(counter(seconds(3), 262'144'000'000));
  meter.take(counter(seconds(4), 262'150'000'000));
  EXPECT_NEAR(meter.reading().energy.value(), 11.0, 1e-6);
  EXPECT_EQ(meter.reading().implausible, 2);
  EXPECT_EQ(meter.reading().unmeasured, seconds(2));
}

TEST(RailMeter, BeginsACounterAnewWhereItsSensorWasOpenedAgain) {
  RailMeter meter(rail(RailKind::kEnergyCounter), milliseconds(100), kBegin);
  meter.take(counter(seconds(0), 700'000'000));
  meter.take(counter(seconds(1), 705'000'000));
  meter.reopened();
  meter.take(counter(seconds(11), 705'100'000));
  meter.take(counter(seconds(12), 710'100'000));
  EXPECT_NEAR(meter.reading().energy.value(), 10.0, 1e-6);
  EXPECT_EQ(meter.reading().unmeasured, seconds(10));
  EXPECT_EQ(meter.reading().implausible, 0);
}

TEST(RailMeter, GoesOnFromWhatWasCountedBefore) {
  RailReading before;
  before.energy = Joules(100.0);
  before.unmeasured = seconds(3);
  before.readings = 7;
  for (const RailKind kind : {RailKind::kPower, RailKind::kEnergyCounter}) {
    RailMeter meter(rail(kind), seconds(2), kBegin);
    meter.resume(before);
    EXPECT_EQ(meter.reading().energy, Joules(100.0));
    for (int s = 0; s <= 1; ++s) {
      PowerRecord reading = power(seconds(s), 5'000'000);
      reading.energy_uj = 5'000'000 * (s + 1);
      meter.take(reading);
    }
    EXPECT_NEAR(meter.reading().energy.value(), 105.0, 1e-9);
    EXPECT_EQ(meter.reading().unmeasured, seconds(3));
    EXPECT_EQ(meter.reading().readings, 9);
  }
}

TEST(RailMeter, CountsTheTimeBeforeItsFirstReadingAsUnmeasured) {
  RailMeter meter(rail(RailKind::kPower), seconds(1), kBegin);
  meter.take(record(seconds(0), ReadStatus::kDisabled));
  meter.take(power(seconds(60), 5'000'000));
  meter.take(power(seconds(61), 5'000'000));
  EXPECT_EQ(meter.reading().unmeasured, seconds(60));
  EXPECT_NEAR(meter.reading().energy.value(), 5.0, 1e-9);
}

}  // namespace
}  // namespace layerwatt
