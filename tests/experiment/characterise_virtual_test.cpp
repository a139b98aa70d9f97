#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <thread>

#include "layerwatt/core/random.h"
#include "layerwatt/experiment/characterise.h"
#include "layerwatt/sensors/detect_board.h"
#include "layerwatt/simulation/live_virtual_board.h"
#include "layerwatt/simulation/virtual_recording.h"

#include "dataset/temporary_folder.h"
#include "simulation/board/virtual_layer_power.h"

namespace layerwatt {
namespace {

using namespace std::chrono_literals;
using ::testing::Contains;
using ::testing::HasSubstr;

/// The simulated chip of a board, read in simulated time.
class SimulatedRail final : public SwitchedLoad, public Sensor {
 public:
  SimulatedRail(const VirtualBoard& board, std::uint64_t seed)
      : specimen_(draw_specimen(board, seed)),
        chip_(board.chips.front(), specimen_, seed, kStart),
        reads_(seed, "reads"),
        // The current alone: the voltage is read now and then.
        shortest_(board.read_time * 2 / 5),
        longest_(board.read_time * 3 / 5) {
    const VirtualRail& rail = board.chips.front().rails.front();
    rail_.name = rail.name;
    rail_.kind = RailKind::kVoltageCurrent;
    rail_.model = declared_model(board.chips.front(), rail);
    rail_.is_virtual = true;
  }

  void on() override { steps_.push_back({now_, 6.0}); }
  void off() override { steps_.push_back({now_, 0.0}); }
  std::span<const Rail> rails() const override { return {&rail_, 1}; }

  void read(std::span<Reading> out) noexcept override {
    Reading& reading = out.front();
    reading = {};
    reading.power_uw = kNoValue64;
    reading.energy_uj = kNoValue64;
    reading.before = now_;
    const double part = reads_.uniform();
    const Duration length = shortest_ + from_seconds(part * to_seconds(longest_ - shortest_));
    chip_.run_until(now_ + length * 2 / 5, steps_);
    steps_.clear();
    now_ += length;
    reading.after = now_;
    const VirtualRegisters shown = chip_.registers(0);
    reading.voltage_uv = shown.millivolts * 1000;
    reading.current_ua = shown.milliamperes * 1000;
  }

  CharacteriseOptions options() {
    CharacteriseOptions options;
    options.now = [this] { return now_; };
    options.sleep_until = [this](Instant t) { now_ = t; };
    return options;
  }
  double true_period() const { return chip_.cycle_ns() * 1e-9; }

 private:
  static constexpr Instant kStart = Instant(1s);
  VirtualSpecimen specimen_;
  VirtualChip chip_;
  Random reads_;
  Duration shortest_;
  Duration longest_;
  Rail rail_;
  Instant now_ = kStart;
  std::vector<LoadStep> steps_;
};

class CharacteriseSimulated : public ::testing::TestWithParam<int> {};

TEST_P(CharacteriseSimulated, FindsStepPeriodAndTimeConstantAtFullAveraging) {
  const auto board = find_virtual_board("orin-nano").value();
  SimulatedRail rail(board, static_cast<std::uint64_t>(GetParam()));
  const auto result = characterise(rail, rail, rail.options(), Cancellation());
  ASSERT_TRUE(result) << result.error().to_string();
  const double time_constant = -rail.true_period() / std::log1p(-1.0 / 512.0);
  ASSERT_TRUE(result->fall) << ::testing::PrintToString(result->notes);
  EXPECT_NEAR(to_seconds(*result->fall) / time_constant, 1.0, 0.03);
  ASSERT_TRUE(result->rise);
  EXPECT_NEAR(to_seconds(*result->rise) / time_constant, 1.0, 0.03);
  // 40 µV over 5 mΩ.
  ASSERT_TRUE(result->current_step);
  EXPECT_DOUBLE_EQ(result->current_step->value(), 0.008);
  ASSERT_TRUE(result->period) << ::testing::PrintToString(result->notes);
  EXPECT_NEAR(to_seconds(*result->period) / rail.true_period(), 1.0, 10e-6);
  EXPECT_TRUE(result->is_averaged.value_or(false));
}

INSTANTIATE_TEST_SUITE_P(Specimens, CharacteriseSimulated, ::testing::Values(1, 2, 3, 4, 5));

TEST(CharacteriseSimulated, SeesThatSingleConversionsAreNotAveraged) {
  const auto board =
      with_sensor_settings(find_virtual_board("orin-nano").value(), 1, std::nullopt).value();
  SimulatedRail rail(board, 7);
  const auto result = characterise(rail, rail, rail.options(), Cancellation());
  ASSERT_TRUE(result) << result.error().to_string();
  ASSERT_TRUE(result->is_averaged) << ::testing::PrintToString(result->notes);
  EXPECT_FALSE(*result->is_averaged);
  EXPECT_NEAR(to_seconds(*result->period) / rail.true_period(), 1.0, 10e-6);
}

/// A virtual board that lives for one test.
class CharacteriseLive : public ::testing::Test {
 protected:
  ~CharacteriseLive() override {
    stop_.request();
    if (server_.joinable()) server_.join();
  }
  void serve(const std::string& name, int samples) {
    board_.board =
        with_sensor_settings(find_virtual_board(name).value(), samples, std::nullopt).value();
    board_.sysfs = folder_ / "board";
    board_.activity = folder_ / "activity";
    board_.powers.first = {Watts(6.0)};
    board_.powers.repeated = board_.powers.first;
    server_ = std::thread([this] {
      const auto summary = serve_virtual_board(board_, stop_, [this] { is_ready_ = true; });
      EXPECT_TRUE(summary) << summary.error().to_string();
      is_ready_ = true;
    });
    while (!is_ready_) std::this_thread::sleep_for(1ms);
  }
  Result<Characterisation> characterise_one(const Board& board, const std::string& rail,
                                            Duration phase) {
    auto load = make_load(board, board_.activity.string());
    if (!load) return std::move(load).error();
    CharacteriseOptions options;
    options.phase = phase;
    return characterise_rail({board_.sysfs}, board, rail, **load, options, stop_);
  }
  TemporaryFolder folder_;
  LiveBoardOptions board_;
  Cancellation stop_;
  std::atomic<bool> is_ready_{false};
  std::thread server_;
};

TEST_F(CharacteriseLive, MeasuresAVirtualBoardThroughItsFiles) {
  // Four averages, so that the time constant is 3 ms and the test need not take longer.
  serve("orin-nano", 4);
  const auto board = detect_board({board_.sysfs});
  ASSERT_TRUE(board);
  const auto rails = rails_to_characterise(*board, std::nullopt);
  ASSERT_TRUE(rails);
  const auto result = characterise_one(*board, rails->front().name, 200ms);
  ASSERT_TRUE(result) << result.error().to_string();
  EXPECT_TRUE(result->rail.is_virtual);
  EXPECT_NEAR(result->load.value() - result->idle.value(), 6.0, 0.3);
  EXPECT_GT(result->readings, 100);
  EXPECT_TRUE(result->step);
}

TEST_F(CharacteriseLive, SeesThatTheSumRegisterHoldsSingleConversions) {
  serve("agx-orin", 512);
  const auto board = detect_board({board_.sysfs});
  ASSERT_TRUE(board);
  const auto rails = rails_to_characterise(*board, std::nullopt);
  ASSERT_TRUE(rails);
  ASSERT_EQ(rails->size(), 4U) << "the three rails of the total, and the sum register";
  auto sum = characterise_one(*board, "VDD_GPU_SOC+VDD_CPU_CV", 300ms);
  ASSERT_TRUE(sum) << sum.error().to_string();
  // Where the machine stalls the board's thread, its files lie for a while and the register seems
  // slow. Tried again: what is wrong each time is a fault.
  for (int more = 0; more < 3 && sum->is_averaged.value_or(true); ++more) {
    sum = characterise_one(*board, "VDD_GPU_SOC+VDD_CPU_CV", 300ms);
    ASSERT_TRUE(sum) << sum.error().to_string();
  }
  // 76 % of the load go through the two rails.
  EXPECT_NEAR(sum->load.value() - sum->idle.value(), 4.56, 0.3);
  ASSERT_TRUE(sum->is_averaged) << ::testing::PrintToString(sum->notes);
  EXPECT_FALSE(*sum->is_averaged);
  EXPECT_THAT(sum->notes, Contains(HasSubstr("can be used for timing")));
}

TEST(CharacteriseBoard, NeedsTheActivityFileOfAVirtualBoardAndOfNoOther) {
  Board board;
  board.name = "virtual Jetson Orin Nano";
  board.is_virtual = true;
  const auto without = make_load(board, std::nullopt);
  ASSERT_FALSE(without);
  EXPECT_THAT(without.error().message(), HasSubstr("--activity"));
  board.is_virtual = false;
  EXPECT_TRUE(make_load(board, std::nullopt));
  EXPECT_EQ(make_load(board, "file").error().code(), ErrorCode::kInvalidArgument);
}

TEST(CharacteriseBoard, TakesTheRailsOfTheTotalAndSumRegistersElseAsksForOne) {
  Board board;
  board.name = "some board";
  EXPECT_EQ(rails_to_characterise(board, std::nullopt).error().code(), ErrorCode::kNotFound);
  Rail input;
  input.name = "VIN";
  Rail part;
  part.name = "GPU";
  Rail sum;
  sum.name = "GPU+CPU";
  sum.sensor = "ina3221-hwmon";
  sum.location = "1-0040 sum register";
  board.sensors.push_back({"ina3221-hwmon", "hwmon1", {input, part, sum}, {}});
  const auto unclear = rails_to_characterise(board, std::nullopt);
  ASSERT_FALSE(unclear);
  EXPECT_THAT(unclear.error().message(), HasSubstr("VIN, GPU, GPU+CPU"));
  board.totals.push_back({"total", {"VIN"}, "input"});
  const auto rails = rails_to_characterise(board, std::nullopt);
  ASSERT_TRUE(rails);
  ASSERT_EQ(rails->size(), 2U);
  EXPECT_EQ(rails->front().name, "VIN");
  EXPECT_EQ(rails->back().name, "GPU+CPU");
  EXPECT_EQ(rails_to_characterise(board, "GPU")->front().name, "GPU");
}

}  // namespace
}  // namespace layerwatt
