#include "layerwatt/sensors/tegrastats_sensor.h"

#include <gtest/gtest.h>
#include <signal.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "sensors/fake_tegrastats.h"

namespace layerwatt {
namespace {

using testing::FakeTegrastats;

TEST(TegrastatsSensor, RailsAndTheirPowersComeFromTheLines) {
  const FakeTegrastats fake(
      "echo 'RAM 1/2MB gpu@40.5C VDD_IN 4000mW/4000mW VDD_SOC 900mW/900mW'\n"
      "echo 'RAM 1/2MB gpu@41C VDD_IN 5000mW/4500mW VDD_SOC -8mW/446mW'\nexec sleep 60");
  auto sensor = TegrastatsSensor::start(fake.options());
  ASSERT_TRUE(sensor) << sensor.error().to_string();
  ASSERT_EQ((*sensor)->rails().size(), 2U);
  EXPECT_EQ((*sensor)->rails()[0].name, "VDD_IN");
  EXPECT_EQ((*sensor)->rails()[0].kind, RailKind::kPower);
  std::vector<RawReading> readings(2);
  (*sensor)->read(readings);
  EXPECT_EQ(readings[0].status, ReadStatus::kOk);
  EXPECT_EQ(readings[0].power_uw, 5'000'000);
  EXPECT_EQ(readings[1].power_uw, -8'000);
  EXPECT_EQ(readings[0].energy_uj, kNotMeasured64);
  EXPECT_LE(readings[0].before, readings[0].after);
  const TegrastatsEnvironment environment = (*sensor)->environment();
  ASSERT_EQ(environment.temperatures.size(), 1U);
  EXPECT_EQ(environment.temperatures[0].celsius, 41.0);
}

TEST(TegrastatsSensor, TheIntervalIsHandedOn) {
  const FakeTegrastats fake(
      "echo \"RAM 1/2MB A 1/1\"; echo \"RAM 1/2MB A ${2}/0\"; test \"$1\" = --interval && exec "
      "sleep 60");
  TegrastatsOptions options = fake.options();
  options.interval = std::chrono::milliseconds(7);
  auto sensor = TegrastatsSensor::start(options);
  ASSERT_TRUE(sensor) << sensor.error().to_string();
  std::vector<RawReading> readings(1);
  (*sensor)->read(readings);
  EXPECT_EQ(readings[0].power_uw, 7'000);
}

TEST(TegrastatsSensor, RailsAreSelectedByName) {
  const FakeTegrastats fake(
      "echo 'RAM 1/2MB VIN 1/1 VIN_SYS_5V0 2/2'; echo 'RAM 1/2MB VIN 3/1 VIN_SYS_5V0 4/2'; exec "
      "sleep 60");
  TegrastatsOptions options = fake.options();
  options.rails = {"VIN_SYS_5V0"};
  auto sensor = TegrastatsSensor::start(options);
  ASSERT_TRUE(sensor) << sensor.error().to_string();
  ASSERT_EQ((*sensor)->rails().size(), 1U);
  std::vector<RawReading> readings(1);
  (*sensor)->read(readings);
  EXPECT_EQ(readings[0].power_uw, 4'000);
  options.rails = {"VDD_IN"};
  const auto unknown = TegrastatsSensor::start(options);
  ASSERT_FALSE(unknown);
  EXPECT_NE(unknown.error().message().find("VIN, VIN_SYS_5V0"), std::string::npos);
}

TEST(TegrastatsSensor, RailsOfEqualNamesAreToldApart) {
  const FakeTegrastats fake(
      "echo 'RAM 1/2MB NC 1/1 NC 2/2'; echo 'RAM 1/2MB NC 3/1 NC 4/2'; exec sleep 60");
  auto sensor = TegrastatsSensor::start(fake.options());
  ASSERT_TRUE(sensor) << sensor.error().to_string();
  EXPECT_EQ((*sensor)->rails()[1].name, "NC#2");
  std::vector<RawReading> readings(2);
  (*sensor)->read(readings);
  EXPECT_EQ(readings[0].power_uw, 3'000);
  EXPECT_EQ(readings[1].power_uw, 4'000);
}

TEST(TegrastatsSensor, ARailMissingFromALineIsALostTickOfThatRailAlone) {
  const FakeTegrastats fake("echo 'RAM 1/2MB A 1/1 B 2/2'; echo 'RAM 1/2MB B 4/2'; exec sleep 60");
  auto sensor = TegrastatsSensor::start(fake.options());
  ASSERT_TRUE(sensor) << sensor.error().to_string();
  std::vector<RawReading> readings(2);
  (*sensor)->read(readings);
  EXPECT_EQ(readings[0].status, ReadStatus::kTryAgain);
  EXPECT_EQ(readings[0].power_uw, kNotMeasured64);
  EXPECT_EQ(readings[1].power_uw, 4'000);
}

TEST(TegrastatsSensor, DamagedLinesAreDroppedAndCounted) {
  const FakeTegrastats fake(
      "echo 'RAM 1/2MB A 1/1'; printf 'RA\\000M 1/2MB A 2/2\\n\\n'; echo 'RAM 1/2MB A 3/2'; exec "
      "sleep 60");
  auto sensor = TegrastatsSensor::start(fake.options());
  ASSERT_TRUE(sensor) << sensor.error().to_string();
  std::vector<RawReading> readings(1);
  (*sensor)->read(readings);
  EXPECT_EQ(readings[0].power_uw, 3'000);
  EXPECT_EQ((*sensor)->dropped_lines(), 2);
}

TEST(TegrastatsSensor, AnEndedProcessIsGone) {
  const FakeTegrastats fake("echo 'RAM 1/2MB A 1/1'");
  auto sensor = TegrastatsSensor::start(fake.options());
  ASSERT_TRUE(sensor) << sensor.error().to_string();
  std::vector<RawReading> readings(1);
  (*sensor)->read(readings);
  EXPECT_EQ(readings[0].status, ReadStatus::kGone);
}

TEST(TegrastatsSensor, NoRailsMeansNoRoot) {
  const FakeTegrastats fake("echo 'RAM 1/2MB CPU@40C'; exec sleep 60");
  const auto sensor = TegrastatsSensor::start(fake.options());
  ASSERT_FALSE(sensor);
  EXPECT_EQ(sensor.error().code(), ErrorCode::kPermissionDenied);
  EXPECT_NE(sensor.error().message().find("sudo"), std::string::npos);
}

TEST(TegrastatsSensor, AFailingProcessIsQuoted) {
  const FakeTegrastats fake("echo 'tegrastats: no such device' >&2; exit 3");
  const auto sensor = TegrastatsSensor::start(fake.options());
  ASSERT_FALSE(sensor);
  EXPECT_NE(sensor.error().message().find("no such device"), std::string::npos);
}

TEST(TegrastatsSensor, ASilentProcessTimesOut) {
  const FakeTegrastats fake("exec sleep 60");
  TegrastatsOptions options = fake.options();
  options.first_line_timeout = std::chrono::milliseconds(50);
  const auto sensor = TegrastatsSensor::start(options);
  ASSERT_FALSE(sensor);
  EXPECT_NE(sensor.error().message().find("50 ms"), std::string::npos);
}

TEST(TegrastatsSensor, AMissingProgramSaysWhereItComesFrom) {
  TegrastatsOptions options;
  options.program = "/nonexistent/tegrastats";
  const auto sensor = TegrastatsSensor::start(options);
  ASSERT_FALSE(sensor);
  EXPECT_EQ(sensor.error().code(), ErrorCode::kNotFound);
  EXPECT_NE(sensor.error().message().find("JetPack"), std::string::npos);
}

TEST(TegrastatsSensor, TheChildEndsWithTheSensor) {
  const FakeTegrastats fake(
      "echo $$ > \"$(dirname \"$0\")/pid\"\necho 'RAM 1/2MB A 1/1'; exec sleep 60");
  pid_t pid = 0;
  {
    auto sensor = TegrastatsSensor::start(fake.options());
    ASSERT_TRUE(sensor) << sensor.error().to_string();
    std::ifstream(fake.folder() / "pid") >> pid;
    ASSERT_GT(pid, 0);
    EXPECT_EQ(::kill(pid, 0), 0);
  }
  EXPECT_EQ(::kill(pid, 0), -1);
}

}  // namespace
}  // namespace layerwatt
