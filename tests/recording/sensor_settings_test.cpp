#include "layerwatt/recording/sensor_settings.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <thread>

#include "layerwatt/core/file_text.h"

#include "dataset/temporary_folder.h"

namespace layerwatt {
namespace {

/// A hwmon folder with the attributes that matter here.
class Chip {
 public:
  Chip() {
    std::filesystem::create_directory(path());
    set("samples", "512\n");
    set("curr1_max", "3000\n");
    set("in1_label", "VDD_IN\n");
    set("curr2_max", "32760\n");
  }

  std::filesystem::path path() const { return folder_ / "hwmon3"; }
  std::filesystem::path state_file() const { return folder_ / "state"; }
  void set(const std::string& name, const std::string& text) const {
    std::ofstream(path() / name) << text;
  }
  int samples() const {
    int value = 0;
    std::ifstream(path() / "samples") >> value;
    return value;
  }

 private:
  TemporaryFolder folder_;
};

Result<SensorSettings> set_samples(const Chip& chip, int samples) {
  const std::filesystem::path chips[] = {chip.path()};
  return SensorSettings::set_samples(chips, samples, chip.state_file());
}

TEST(SensorSettings, ValuesAreSetAndPutBackWhenTheObjectGoes) {
  const Chip chip;
  {
    auto settings = set_samples(chip, 128);
    ASSERT_TRUE(settings) << settings.error().to_string();
    EXPECT_EQ(chip.samples(), 128);
    EXPECT_TRUE(std::filesystem::exists(chip.state_file()));
  }
  EXPECT_EQ(chip.samples(), 512);
  EXPECT_FALSE(std::filesystem::exists(chip.state_file()));
}

TEST(SensorSettings, LimitsThatCompareWithTheAverageAreWarnedOf) {
  const Chip chip;
  auto settings = set_samples(chip, 128);
  ASSERT_TRUE(settings) << settings.error().to_string();
  ASSERT_EQ(settings->warnings().size(), 1U);
  EXPECT_NE(settings->warnings()[0].find("VDD_IN"), std::string::npos);
  EXPECT_NE(settings->warnings()[0].find("3000 mA"), std::string::npos);
}

/// Runs `body` in a child process; returns it.
template <class Body>
pid_t in_child(Body body) {
  const pid_t child = ::fork();
  if (child == 0) {
    body();
    ::_exit(0);
  }
  return child;
}

bool wait_for_samples(const Chip& chip, int samples) {
  for (int i = 0; i < 1000; ++i) {
    if (chip.samples() == samples) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return false;
}

TEST(SensorSettings, AProcessThatIsKilledLeavesNothingChanged) {
  const Chip chip;
  const pid_t child = in_child([&] {
    auto settings = set_samples(chip, 128);
    if (settings) ::pause();
  });
  ASSERT_TRUE(wait_for_samples(chip, 128));
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  EXPECT_TRUE(wait_for_samples(chip, 512));
}

TEST(SensorSettings, WhatARunLeftThatDiedWithItsGuardIsRestoredAtTheNextStart) {
  const Chip chip;
  chip.set("samples", "128\n");
  const pid_t dead = in_child([] {});
  ::waitpid(dead, nullptr, 0);
  std::ofstream(chip.state_file())
      << dead << "\n512 " << (chip.path() / "samples").string() << "\n";
  const auto restored = recover_sensor_settings(chip.state_file());
  ASSERT_TRUE(restored) << restored.error().to_string();
  EXPECT_EQ(restored->size(), 1U);
  EXPECT_EQ(chip.samples(), 512);
  EXPECT_FALSE(std::filesystem::exists(chip.state_file()));
}

TEST(SensorSettings, ARunThatStillLivesIsLeftAlone) {
  const Chip chip;
  auto settings = set_samples(chip, 128);
  ASSERT_TRUE(settings) << settings.error().to_string();
  const auto restored = recover_sensor_settings(chip.state_file());
  ASSERT_TRUE(restored);
  EXPECT_TRUE(restored->empty());
  EXPECT_EQ(chip.samples(), 128);
}

TEST(SensorSettings, NothingLeftBehindIsNothingToDo) {
  const auto restored = recover_sensor_settings("/nonexistent/state");
  ASSERT_TRUE(restored);
  EXPECT_TRUE(restored->empty());
}

TEST(SensorSettings, AForeignStateFileIsRefusedWithItsLine) {
  const Chip chip;
  const pid_t dead = in_child([] {});
  ::waitpid(dead, nullptr, 0);
  std::ofstream(chip.state_file()) << dead << "\n512 /etc/passwd\n";
  const auto restored = recover_sensor_settings(chip.state_file());
  ASSERT_FALSE(restored);
  EXPECT_EQ(restored.error().line(), 2);
}

TEST(SensorSettings, CountsThatTheChipLacksAreRefused) {
  const Chip chip;
  const auto settings = set_samples(chip, 3);
  ASSERT_FALSE(settings);
  EXPECT_EQ(settings.error().code(), ErrorCode::kInvalidArgument);
  EXPECT_EQ(chip.samples(), 512);
}

TEST(SensorSettings, RestoringByHandIsEnough) {
  const Chip chip;
  auto settings = set_samples(chip, 1);
  ASSERT_TRUE(settings) << settings.error().to_string();
  EXPECT_EQ(chip.samples(), 1);
  EXPECT_TRUE(settings->restore());
  EXPECT_EQ(chip.samples(), 512);
  EXPECT_TRUE(settings->restore());
}

TEST(SensorSettings, AChipThatLosesItsDriverHindersNobody) {
  const Chip chip;
  auto settings = set_samples(chip, 1);
  ASSERT_TRUE(settings) << settings.error().to_string();
  std::filesystem::remove_all(chip.path());
  EXPECT_TRUE(settings->restore());
  EXPECT_FALSE(std::filesystem::exists(chip.state_file()));
}

TEST(SensorSettings, AChipThatIsGoneAtTheNextStartIsToldAndForgotten) {
  const Chip chip;
  const pid_t dead = in_child([] {});
  ::waitpid(dead, nullptr, 0);
  std::ofstream(chip.state_file())
      << dead << "\n512 " << (chip.path() / "gone" / "samples").string() << "\n512 "
      << (chip.path() / "samples").string() << "\n";
  chip.set("samples", "1\n");
  const auto restored = recover_sensor_settings(chip.state_file());
  ASSERT_TRUE(restored) << restored.error().to_string();
  ASSERT_EQ(restored->size(), 2U);
  EXPECT_NE(restored->front().find("is not there any more"), std::string::npos);
  EXPECT_EQ(chip.samples(), 512);
  EXPECT_FALSE(std::filesystem::exists(chip.state_file()));
}

TEST(SensorSettings, ASecondRunMeanwhileIsRefusedAndTakesNothingForTheOriginal) {
  const Chip chip;
  {
    auto first = set_samples(chip, 1);
    ASSERT_TRUE(first) << first.error().to_string();
    const auto second = set_samples(chip, 4);
    ASSERT_FALSE(second);
    EXPECT_NE(second.error().to_string().find("another run"), std::string::npos);
    EXPECT_EQ(chip.samples(), 1);
  }
  EXPECT_EQ(chip.samples(), 512);
  EXPECT_TRUE(set_samples(chip, 4));
}

TEST(SensorSettings, TheChipItselfIsRememberedAndNotItsNumber) {
  const Chip chip;
  const std::filesystem::path link = chip.path().parent_path() / "hwmon0";
  std::filesystem::create_symlink(chip.path(), link);
  const std::filesystem::path chips[] = {link};
  auto settings = SensorSettings::set_samples(chips, 1, chip.state_file());
  ASSERT_TRUE(settings) << settings.error().to_string();
  const auto text = read_file(chip.state_file(), 4096);
  ASSERT_TRUE(text);
  EXPECT_NE(text->find("hwmon3/samples"), std::string::npos) << *text;
}

TEST(SensorSettings, AMissingAttributeIsNamed) {
  const Chip chip;
  std::filesystem::remove(chip.path() / "samples");
  const auto settings = set_samples(chip, 1);
  ASSERT_FALSE(settings);
  EXPECT_NE(settings.error().to_string().find("hwmon3/samples"), std::string::npos);
}

}  // namespace
}  // namespace layerwatt
