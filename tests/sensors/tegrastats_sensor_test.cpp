#include "layerwatt/sensors/tegrastats_sensor.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <thread>
#include <utility>
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
  std::vector<Reading> readings(2);
  (*sensor)->read(readings);
  EXPECT_EQ(readings[0].status, ReadStatus::kOk);
  EXPECT_EQ(readings[0].power_uw, 5'000'000);
  EXPECT_EQ(readings[1].power_uw, -8'000);
  EXPECT_EQ(readings[0].energy_uj, kNoValue64);
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
  std::vector<Reading> readings(1);
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
  std::vector<Reading> readings(1);
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
  std::vector<Reading> readings(2);
  (*sensor)->read(readings);
  EXPECT_EQ(readings[0].power_uw, 3'000);
  EXPECT_EQ(readings[1].power_uw, 4'000);
}

TEST(TegrastatsSensor, ARailMissingFromALineIsALostTickOfThatRailAlone) {
  const FakeTegrastats fake("echo 'RAM 1/2MB A 1/1 B 2/2'; echo 'RAM 1/2MB B 4/2'; exec sleep 60");
  auto sensor = TegrastatsSensor::start(fake.options());
  ASSERT_TRUE(sensor) << sensor.error().to_string();
  std::vector<Reading> readings(2);
  (*sensor)->read(readings);
  EXPECT_EQ(readings[0].status, ReadStatus::kTryAgain);
  EXPECT_EQ(readings[0].power_uw, kNoValue64);
  EXPECT_EQ(readings[1].power_uw, 4'000);
}

TEST(TegrastatsSensor, DamagedLinesAreDroppedAndCounted) {
  const FakeTegrastats fake(
      "echo 'RAM 1/2MB A 1/1'; printf 'RA\\000M 1/2MB A 2/2\\n\\n'; echo 'RAM 1/2MB A 3/2'; exec "
      "sleep 60");
  auto sensor = TegrastatsSensor::start(fake.options());
  ASSERT_TRUE(sensor) << sensor.error().to_string();
  std::vector<Reading> readings(1);
  (*sensor)->read(readings);
  EXPECT_EQ(readings[0].power_uw, 3'000);
  EXPECT_EQ((*sensor)->dropped_lines(), 2);
}

TEST(TegrastatsSensor, AnEndedProcessIsGone) {
  const FakeTegrastats fake("echo 'RAM 1/2MB A 1/1'");
  auto sensor = TegrastatsSensor::start(fake.options());
  ASSERT_TRUE(sensor) << sensor.error().to_string();
  std::vector<Reading> readings(1);
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

TEST(TegrastatsSensor, LinesOfSomethingElseTakeNoLongerThanSilence) {
  const FakeTegrastats fake("exec yes garbage");
  const auto sensor = TegrastatsSensor::start(fake.options());
  ASSERT_FALSE(sensor);
  EXPECT_NE(sensor.error().message().find("the last of them 'garbage'"), std::string::npos);
}

TEST(TegrastatsSensor, LinesThatCannotBeReadForLongAreAnEnd) {
  const FakeTegrastats fake("echo 'RAM 1/2MB A 1/1'; exec yes garbage");
  TegrastatsOptions options = fake.options();
  options.patience = std::chrono::milliseconds(10);
  options.silence = std::chrono::milliseconds(30);
  options.interval = std::chrono::milliseconds(1);
  auto sensor = TegrastatsSensor::start(options);
  ASSERT_TRUE(sensor) << sensor.error().to_string();
  std::vector<Reading> readings(1);
  // Each look ends after 2,000 such lines.
  for (int i = 0; i < 100'000 && readings[0].status != ReadStatus::kGone; ++i) {
    (*sensor)->read(readings);
  }
  EXPECT_EQ(readings[0].status, ReadStatus::kGone);
  EXPECT_NE((*sensor)->why_gone().find("no line that can be read"), std::string_view::npos);
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

/// A pipe whose reading end stands for standard input.
class Pipe {
 public:
  Pipe() { EXPECT_EQ(::pipe(ends_), 0); }
  ~Pipe() {
    ::close(ends_[0]);
    close_writer();
  }
  void write(std::string_view text) {
    ASSERT_EQ(::write(ends_[1], text.data(), text.size()), static_cast<ssize_t>(text.size()));
  }
  void close_writer() {
    if (ends_[1] >= 0) ::close(std::exchange(ends_[1], -1));
  }
  TegrastatsOptions options() const {
    TegrastatsOptions options;
    options.program = "-";
    options.input = ends_[0];
    return options;
  }

 private:
  int ends_[2] = {-1, -1};
};

/// Starts the sensor on a pipe into which `line` comes a little later.
Result<std::unique_ptr<TegrastatsSensor>> start_on(Pipe& pipe, const TegrastatsOptions& options,
                                                   const std::string& line) {
  std::thread writer([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(30));
    pipe.write(line);
  });
  auto sensor = TegrastatsSensor::start(options);
  writer.join();
  return sensor;
}

TEST(TegrastatsPipe, WhatWaitedInThePipeIsSkippedAndNewLinesAreRead) {
  Pipe pipe;
  pipe.write("RAM 1/2MB OLD 1/1\nRAM 1/2MB OLD 2/2\nRAM 1/2MB OL");
  auto sensor = start_on(pipe, pipe.options(), "D 3/3\nRAM 1/2MB VDD_IN 4000/4000\n");
  ASSERT_TRUE(sensor) << sensor.error().to_string();
  ASSERT_EQ((*sensor)->rails().size(), 1U);
  EXPECT_EQ((*sensor)->rails()[0].name, "VDD_IN");
  EXPECT_EQ((*sensor)->rails()[0].location, "standard input");
  pipe.write("RAM 1/2MB VDD_IN 5000/4000\n");
  std::vector<Reading> readings(1);
  (*sensor)->read(readings);
  EXPECT_EQ(readings[0].status, ReadStatus::kOk);
  EXPECT_EQ(readings[0].power_uw, 5'000'000);
  EXPECT_LT(readings[0].before, readings[0].after);
  pipe.close_writer();
  (*sensor)->read(readings);
  EXPECT_EQ(readings[0].status, ReadStatus::kGone);
  EXPECT_NE((*sensor)->why_gone().find("standard input ended"), std::string_view::npos);
}

TEST(TegrastatsPipe, LinesThatComeTogetherMayAllBeAsOldAsTheFirst) {
  Pipe pipe;
  auto sensor = start_on(pipe, pipe.options(), "RAM 1/2MB VDD_IN 4000/4000\n");
  ASSERT_TRUE(sensor) << sensor.error().to_string();
  pipe.write("RAM 1/2MB VDD_IN 5000/4000\nRAM 1/2MB VDD_IN 6000/4000\n");
  std::vector<Reading> first(1);
  std::vector<Reading> second(1);
  (*sensor)->read(first);
  (*sensor)->read(second);
  EXPECT_EQ(second[0].power_uw, 6'000'000);
  EXPECT_EQ(second[0].before, first[0].before);
  EXPECT_GE(second[0].after, first[0].after);
}

TEST(TegrastatsPipe, AnEmptySilentOrWrongInputIsAnErrorThatSaysWhich) {
  Pipe ended;
  ended.close_writer();
  const auto none = TegrastatsSensor::start(ended.options());
  ASSERT_FALSE(none);
  EXPECT_NE(none.error().message().find("standard input ended"), std::string::npos);

  Pipe silent;
  TegrastatsOptions options = silent.options();
  options.first_line_timeout = std::chrono::milliseconds(20);
  const auto nothing = TegrastatsSensor::start(options);
  ASSERT_FALSE(nothing);
  EXPECT_NE(nothing.error().message().find("is tegrastats running"), std::string::npos);

  Pipe no_root;
  const auto no_rails = start_on(no_root, no_root.options(), "RAM 1/2MB CPU@40C\n");
  ASSERT_FALSE(no_rails);
  EXPECT_EQ(no_rails.error().code(), ErrorCode::kPermissionDenied);

  const FakeTegrastats file("");
  options.input = ::open(file.program().c_str(), O_RDONLY | O_CLOEXEC);
  const auto log = TegrastatsSensor::start(options);
  ::close(options.input);
  ASSERT_FALSE(log);
  EXPECT_EQ(log.error().code(), ErrorCode::kInvalidArgument);
  EXPECT_NE(log.error().message().find("standard input is a file"), std::string::npos);
}

TEST(TegrastatsPipe, ALongSilenceIsAnEnd) {
  Pipe pipe;
  TegrastatsOptions options = pipe.options();
  options.patience = std::chrono::milliseconds(10);
  options.silence = std::chrono::milliseconds(30);
  options.interval = std::chrono::milliseconds(1);
  auto sensor = start_on(pipe, options, "RAM 1/2MB VDD_IN 4000/4000\n");
  ASSERT_TRUE(sensor) << sensor.error().to_string();
  std::vector<Reading> readings(1);
  // Until then it is to be tried again; on a busy machine the silence may be over at the first
  // read.
  int reads = 0;
  do {
    (*sensor)->read(readings);
  } while (readings[0].status == ReadStatus::kTryAgain && ++reads < 1000);
  EXPECT_EQ(readings[0].status, ReadStatus::kGone);
  EXPECT_NE((*sensor)->why_gone().find("printed nothing"), std::string_view::npos);
}

TEST(TegrastatsSensor, LinesAreKeptBehindTheirArrival) {
  const FakeTegrastats fake(
      "echo 'RAM 1/2MB A 1/1'; echo 'rubbish'; echo 'RAM 1/2MB A 3/1'; exec sleep 60");
  TegrastatsOptions options = fake.options();
  options.log = fake.folder() / "kept.log";
  const Instant begin = MonotonicClock::now();
  {
    auto sensor = TegrastatsSensor::start(options);
    ASSERT_TRUE(sensor) << sensor.error().to_string();
    std::vector<Reading> readings(1);
    (*sensor)->read(readings);
  }
  std::ifstream file(options.log);
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  ASSERT_EQ(lines.size(), 2U);
  TegrastatsLine parsed;
  ASSERT_TRUE(parse_tegrastats_line(lines[1], parsed));
  ASSERT_TRUE(parsed.prefix_seconds);
  EXPECT_EQ(parsed.power.at(0).present_uw, 3'000);
  EXPECT_GE(*parsed.prefix_seconds, to_seconds(begin.time_since_epoch()));
  EXPECT_LE(*parsed.prefix_seconds, to_seconds(MonotonicClock::now().time_since_epoch()));
  options.log = fake.folder() / "absent" / "kept.log";
  EXPECT_FALSE(TegrastatsSensor::start(options)) << "nowhere to keep them";
}

TEST(TegrastatsFields, AreThePublishedNamesThatAreNoPower) {
  TegrastatsLine line;
  ASSERT_TRUE(parse_tegrastats_line(
      "RAM 2048/7854MB (lfb 1x4MB) SWAP 5/1982MB (cached 0MB) CPU [10%@2035,off,30%@2035] "
      "EMC_FREQ 4%@1600 GR3D_FREQ 62%@612 APE 150 MCPU@41.5C GPU@40C CPU@37C VDD_SYS_GPU 100/90",
      line));
  std::map<std::string, std::pair<double, std::string>> fields;
  for (const TegrastatsField& field : fields_of(line)) {
    fields[std::string(field.name)] = {field.value, std::string(field.unit)};
  }
  using Field = std::pair<double, std::string>;
  EXPECT_EQ(fields["RAM"], Field(2048.0, "MB"));
  EXPECT_EQ(fields["SWAP"], Field(5.0, "MB"));
  EXPECT_EQ(fields["CPU"], Field(20.0, "%")) << "the cores' load, not the temperature";
  EXPECT_EQ(fields["EMC_FREQ"], Field(4.0, "%"));
  EXPECT_EQ(fields["APE"], Field(150.0, "MHz"));
  EXPECT_EQ(fields["MCPU"], Field(41.5, "°C"));
  EXPECT_EQ(fields["GPU"], Field(40.0, "°C"));
  EXPECT_EQ(fields.count("VDD_SYS_GPU"), 0U);
}

}  // namespace
}  // namespace layerwatt
