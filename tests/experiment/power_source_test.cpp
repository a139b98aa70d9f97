#include "experiment/measure/power_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "recording/sensor_tree.h"

namespace layerwatt {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// One INA3221 and two processor packages.
PowerOptions options_with_counters(const testing::SensorTree& tree) {
  for (const std::string package : {"0", "1"}) {
    const auto zone = tree.root() / "sys/class/powercap" / ("intel-rapl:" + package);
    std::filesystem::create_directories(zone);
    std::ofstream(zone / "name") << "package-" << package << '\n';
    std::ofstream(zone / "energy_uj") << "12345\n";
    std::ofstream(zone / "max_energy_range_uj") << "262143328850\n";
  }
  PowerOptions options;
  options.recorder.root.path = tree.root();
  return options;
}

TEST(PowerSource, AddsUpCountersOfOneKind) {
  const testing::SensorTree tree;
  PowerOptions options = options_with_counters(tree);
  options.recorder.rails = {"package-0", "package-1"};
  const auto source = open_power_source(options);
  ASSERT_TRUE(source) << source.error().to_string();
  EXPECT_THAT(source->selection.total, ElementsAre("package-0", "package-1"));
  EXPECT_EQ(source->selection.name, "package-0 + package-1");
}

TEST(PowerSource, RefusesATotalOfACounterAndAPowerBeforeAnythingIsMeasured) {
  const testing::SensorTree tree;
  PowerOptions options = options_with_counters(tree);
  options.recorder.rails = {"package-0", "VDD_IN"};
  const auto source = open_power_source(options);
  ASSERT_FALSE(source);
  EXPECT_EQ(source.error().code(), ErrorCode::kInvalidArgument);
  EXPECT_THAT(source.error().message(), HasSubstr("package-0 counts energy, rail VDD_IN shows"));
}

}  // namespace
}  // namespace layerwatt
