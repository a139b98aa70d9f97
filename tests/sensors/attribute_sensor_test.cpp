#include "sensors/attributes/attribute_sensor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>

#include "layerwatt/sensors/board.h"
#include "layerwatt/sensors/detect_board.h"

#include "recording/allocation_counter.h"
#include "sensors/sysfs_tree.h"

namespace layerwatt {
namespace {

using testing::SysfsTree;

const std::string kChip = "sys/class/hwmon/hwmon3/";

std::unique_ptr<Sensor> open_rail(const SysfsTree& tree, const std::string& name,
                                  std::optional<Duration> voltage_max_age = std::nullopt) {
  const auto board = detect_board(tree.root());
  EXPECT_TRUE(board);
  for (const ProbedSensor& probed : board->sensors) {
    for (const Rail& rail : probed.rails) {
      if (rail.name != name) continue;
      OpenOptions options({name});
      options.voltage_max_age = voltage_max_age;
      auto sensor = open_sensor(tree.root(), probed, options);
      EXPECT_TRUE(sensor);
      return *std::move(sensor);
    }
  }
  ADD_FAILURE() << "no rail " << name;
  return nullptr;
}

Reading read_one(Sensor& sensor) {
  Reading reading{};
  sensor.read({&reading, 1});
  return reading;
}

TEST(AttributeSensor, ReadsWithoutAllocating) {
  // The system's own calls: those of the tree keep books.
  const SysfsTree tree("orin_nano_jp6");
  const SystemRoot root{tree.path(), nullptr};
  const auto board = detect_board(root);
  auto sensor = open_sensor(root, board->sensors.front());
  ASSERT_TRUE(sensor) << sensor.error().to_string();
  std::vector<Reading> readings(3);
  int allocations = 0;
  {
    const testing::AllocationCounter counter;
    for (int i = 0; i < 100; ++i) (*sensor)->read(readings);
    allocations = counter.count();
  }
  EXPECT_EQ(allocations, 0);
  EXPECT_EQ(readings[2].status, ReadStatus::kOk);
}

TEST(AttributeSensor, KeepsItsDescriptorsAndSeesNewValues) {
  SysfsTree tree("orin_nano_jp6");
  auto sensor = open_rail(tree, "VDD_IN");
  EXPECT_EQ(read_one(*sensor).current_ua, 712000);
  tree.set(kChip + "curr1_input", "720");
  EXPECT_EQ(read_one(*sensor).current_ua, 720000);
}

TEST(AttributeSensor, TellsATransientFailureFromADisabledChannelAndAVanishedDevice) {
  SysfsTree tree("orin_nano_jp6");
  auto sensor = open_rail(tree, "VDD_IN", Duration(0));
  const std::pair<int, ReadStatus> cases[] = {{EAGAIN, ReadStatus::kTryAgain},
                                              {EINTR, ReadStatus::kTryAgain},
                                              {ENODATA, ReadStatus::kDisabled},
                                              {EIO, ReadStatus::kGone},
                                              {ENODEV, ReadStatus::kGone}};
  for (const auto& [error_number, status] : cases) {
    for (const char* attribute : {"curr1_input", "in1_input"}) {
      tree.fail(kChip + attribute, error_number);
      const Reading reading = read_one(*sensor);
      EXPECT_EQ(reading.status, status) << error_number << " on " << attribute;
      EXPECT_EQ(reading.current_ua, kNoValue32);
      EXPECT_EQ(reading.voltage_uv, kNoValue32);
      tree.recover(kChip + attribute);
      EXPECT_EQ(read_one(*sensor).status, ReadStatus::kOk);
    }
  }
}

TEST(AttributeSensor, ReportsTextThatIsNoNumberAsGarbage) {
  SysfsTree tree("orin_nano_jp6");
  auto sensor = open_rail(tree, "VDD_IN");
  for (const char* text :
       {"", "N/A", "1.5", "12x", "-", "99999999999999999999", "3000000", "9223372036854775807"}) {
    tree.set(kChip + "curr1_input", text);
    EXPECT_EQ(read_one(*sensor).status, ReadStatus::kGarbage) << text;
  }
  // A page of text fills the buffer.
  tree.set(kChip + "curr1_input", std::string(4000, '1'));
  EXPECT_EQ(read_one(*sensor).status, ReadStatus::kGarbage);
}

TEST(AttributeSensor, ReadsTheVoltageAgainOnlyWhenItIsTooOld) {
  SysfsTree tree("orin_nano_jp6");
  auto sensor = open_rail(tree, "VDD_IN", std::chrono::hours(1));
  const int before = tree.reads_of(kChip + "in1_input");
  for (int i = 0; i < 10; ++i) EXPECT_EQ(read_one(*sensor).voltage_uv, 5080000);
  EXPECT_EQ(tree.reads_of(kChip + "in1_input"), before + 1);
  auto eager = open_rail(tree, "VDD_IN", Duration(0));
  const int again = tree.reads_of(kChip + "in1_input");
  for (int i = 0; i < 10; ++i) read_one(*eager);
  EXPECT_EQ(tree.reads_of(kChip + "in1_input"), again + 10);
}

TEST(AttributeSensor, LetsAVoltageAgeATwentiethOfTheTimeConstantByDefault) {
  SensorModel model;
  EXPECT_EQ(default_voltage_max_age(model), Duration(0));
  model.period = std::chrono::microseconds(840);
  model.averaging = Averaging::kExponential;
  model.average_count = 512;
  EXPECT_NEAR(to_milliseconds(default_voltage_max_age(model)), 21.5, 0.1);
  model.averaging = Averaging::kNone;
  EXPECT_EQ(default_voltage_max_age(model), Duration(0));
}

TEST(AttributeSensor, UndoesTheWrapOfAnEnergyCounter) {
  SysfsTree tree("laptop_x86");
  const std::string counter = "sys/class/powercap/intel-rapl:0/energy_uj";
  auto sensor = open_rail(tree, "package-0");
  EXPECT_EQ(read_one(*sensor).energy_uj, 262143000000);
  tree.set(counter, "1000");
  EXPECT_EQ(read_one(*sensor).energy_uj, 262143000000 + 328850 + 1000);
  tree.set(counter, "3000");
  EXPECT_EQ(read_one(*sensor).energy_uj, 262143000000 + 328850 + 3000);
}

TEST(AttributeSensor, MarksTheReadingWhereACounterOfUnknownRangeWraps) {
  SysfsTree tree("laptop_x86");
  const std::string zone = "sys/class/powercap/intel-rapl:0/";
  tree.fail(zone + "max_energy_range_uj", EACCES);
  auto sensor = open_rail(tree, "package-0");
  EXPECT_FALSE(sensor->rails().front().counter_range);
  EXPECT_EQ(read_one(*sensor).energy_uj, 262143000000);
  tree.set(zone + "energy_uj", "1000");
  EXPECT_EQ(read_one(*sensor).status, ReadStatus::kGarbage);
  tree.set(zone + "energy_uj", "1500");
  const Reading after = read_one(*sensor);
  EXPECT_EQ(after.status, ReadStatus::kOk);
  EXPECT_EQ(after.energy_uj, 262143000500);
}

TEST(AttributeSensor, NamesTheRailsThereAreWhereOneIsUnknown) {
  const SysfsTree tree("orin_nano_jp6");
  const auto board = detect_board(tree.root());
  const auto sensor = open_sensor(tree.root(), board->sensors.front(), {{"VDD_SOX"}});
  ASSERT_FALSE(sensor);
  EXPECT_EQ(sensor.error().code(), ErrorCode::kNotFound);
  EXPECT_THAT(sensor.error().message(), ::testing::HasSubstr("did you mean 'VDD_SOC'"));
}

TEST(AttributeSensor, RefusesARailThatVanishedBetweenProbingAndOpening) {
  SysfsTree tree("orin_nano_jp6");
  const auto board = detect_board(tree.root());
  tree.remove(kChip + "curr1_input");
  const auto sensor = open_sensor(tree.root(), board->sensors.front());
  ASSERT_FALSE(sensor);
  EXPECT_EQ(sensor.error().code(), ErrorCode::kGone);
}

}  // namespace
}  // namespace layerwatt
