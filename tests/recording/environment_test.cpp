#include "layerwatt/recording/environment.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <map>

#include "dataset/temporary_folder.h"

namespace layerwatt {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class Clocks : public ::testing::Test {
 protected:
  Clocks() {
    set("sys/devices/system/cpu/cpu0/cpufreq", "scaling_min_freq", "1510400");
    set("sys/devices/system/cpu/cpu0/cpufreq", "scaling_max_freq", "1510400");
    set("sys/class/devfreq/17000000.gpu", "min_freq", "624750000");
    set("sys/class/devfreq/17000000.gpu", "max_freq", "624750000");
    root_.path = folder_.path();
    board_.l4t = "36.4.3";
  }
  void set(const std::string& place, const std::string& name, const std::string& value) const {
    folder_.write(place + "/" + name, value + "\n");
  }
  TemporaryFolder folder_;
  SystemRoot root_;
  Board board_;
};

TEST_F(Clocks, LockedOnesAreRecordedAndNeedNoWarning) {
  EXPECT_EQ(read_clock_state(root_), "locked");
  EXPECT_EQ(read_environment(root_, board_).at("clocks"), "locked");
  EXPECT_FALSE(clock_warning(root_, board_));
}

TEST_F(Clocks, FreeOnesAreNamedAndWarnedOfOnAJetsonAlone) {
  set("sys/class/devfreq/17000000.gpu", "min_freq", "306000000");
  EXPECT_EQ(read_clock_state(root_), "not locked: 17000000.gpu (306.0 to 624.8 MHz)");
  ASSERT_TRUE(clock_warning(root_, board_));
  EXPECT_THAT(*clock_warning(root_, board_),
              AllOf(HasSubstr("jetson_clocks"), HasSubstr("17000000.gpu"), Not(HasSubstr("cpu0"))));
  board_.l4t.clear();
  EXPECT_FALSE(clock_warning(root_, board_)) << "another machine's governors are its own affair";
}

TEST(MachineState, TakesDegreesWhetherADriverShowsThousandthsOrWholeOnes) {
  const TemporaryFolder folder;
  const auto zone = [&](int number, const std::string& type, const std::string& temp) {
    const std::string place = fmt::format("sys/class/thermal/thermal_zone{}/", number);
    folder.write(place + "type", type + "\n");
    folder.write(place + "temp", temp + "\n");
  };
  zone(0, "cpu", "42000");
  zone(1, "gpu", "42");
  zone(2, "off", "-256000");
  zone(3, "broken", "2147483647");
  SystemRoot root;
  root.path = folder.path();
  const MachineState state = read_machine_state(root);
  EXPECT_EQ(state.temperatures_celsius,
            (std::map<std::string, double>{{"cpu", 42.0}, {"gpu", 42.0}}));
}

TEST_F(Clocks, WhereNothingTellsNothingIsSaid) {
  const TemporaryFolder empty;
  SystemRoot root;
  root.path = empty.path();
  EXPECT_EQ(read_clock_state(root), "");
  EXPECT_EQ(read_environment(root, board_).count("clocks"), 0U);
  EXPECT_FALSE(clock_warning(root, board_));
}

}  // namespace
}  // namespace layerwatt
