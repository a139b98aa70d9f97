#include "layerwatt/experiment/characterise.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace layerwatt {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

/// A machine whose load, clock and sensor move together: an INA3221 that averages.
class Machine final : public SwitchedLoad, public Sensor {
 public:
  Machine() {
    rail_.name = "VDD_IN";
    rail_.kind = RailKind::kVoltageCurrent;
    rail_.model.period = 840us;
    rail_.model.averaging = Averaging::kExponential;
    rail_.model.average_count = 512;
  }

  void on() override { target_ = 1.6; }
  void off() override { target_ = 0.8; }
  Instant now() const { return now_; }
  void sleep_until(Instant t) { step_to(t); }
  std::span<const Rail> rails() const override { return {&rail_, 1}; }

  void read(std::span<Reading> out) noexcept override {
    Reading& reading = out.front();
    reading = {now_, now_, kNoValue64, kNoValue64, 5000000, 0, status_};
    step_to(now_ + 900us);
    reading.current_ua = static_cast<std::int32_t>(std::floor(register_ / 0.008)) * 8000;
    reading.after = now_;
    if (++reads_ == fails_at_) reading.status = ReadStatus::kGone;
    if (reads_ % 100 == 0) reading.status = ReadStatus::kTryAgain;
  }

  ReadStatus status_ = ReadStatus::kOk;
  int fails_at_ = -1;
  Rail rail_;
  /// True cycle: 10 % slower than the nominal one.
  Duration cycle_ = 924us;
  int average_ = 512;

 private:
  void step_to(Instant to) {
    now_ = to;
    while (converted_ + cycle_ <= now_) {
      converted_ += cycle_;
      register_ += (target_ - register_) / average_;
    }
  }

  Instant now_ = instant_from_ns(1'000'000'000);
  Instant converted_ = now_;
  double target_ = 0.8;
  double register_ = 0.801;
  int reads_ = 0;
};

CharacteriseOptions clock_of(Machine& machine) {
  CharacteriseOptions options;
  options.now = [&machine] { return machine.now(); };
  options.sleep_until = [&machine](Instant t) { machine.sleep_until(t); };
  return options;
}

TEST(Characterise, MeasuresTheFilterTheStepAndTheCostOfAReading) {
  Machine machine;
  std::vector<std::string> phases;
  CharacteriseOptions options = clock_of(machine);
  options.began = [&](std::string_view phase, Duration) { phases.emplace_back(phase); };
  const auto result = characterise(machine, machine, options, Cancellation());
  ASSERT_TRUE(result) << result.error().to_string();
  EXPECT_THAT(phases, ::testing::ElementsAre("idle", "load", "idle again", "load on and off"));
  const double expected = 511.5 * 924e-6;
  EXPECT_NEAR(to_seconds(*result->fall), expected, 0.01);
  EXPECT_NEAR(to_seconds(*result->rise), expected, 0.01);
  EXPECT_NEAR(in_milliwatts(*result->step), 40.0, 0.01);
  EXPECT_EQ(result->read_median, 900us);
  EXPECT_NEAR(result->idle.value(), 4.0, 0.05);
  EXPECT_NEAR(result->load.value(), 8.0, 0.1);
  EXPECT_GT(result->failed, 0);
  EXPECT_LT(result->noise.value(), 0.02);
}

TEST(Characterise, NotesWhereTheSettingsSayOtherwise) {
  Machine machine;
  machine.average_ = 256;
  const auto result = characterise(machine, machine, clock_of(machine), Cancellation());
  ASSERT_TRUE(result);
  EXPECT_THAT(result->notes, ::testing::Contains(HasSubstr("does not fit the 430 ms")));
}

TEST(Characterise, StopsWhenAsked) {
  Machine machine;
  Cancellation stop;
  stop.request();
  const auto result = characterise(machine, machine, clock_of(machine), stop);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code(), ErrorCode::kCancelled);
}

TEST(Characterise, NamesTheRailThatVanishes) {
  Machine machine;
  machine.fails_at_ = 501;
  const auto result = characterise(machine, machine, clock_of(machine), Cancellation());
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code(), ErrorCode::kGone);
  EXPECT_THAT(result.error().message(), HasSubstr("VDD_IN"));
}

}  // namespace
}  // namespace layerwatt
