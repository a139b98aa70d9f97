#include "experiment/isolate/isolate_stats.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "layerwatt/recording/tegrastats_lines.h"

#include "dataset/temporary_folder.h"

namespace layerwatt {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

const std::vector<std::string> kTx2Rails{"VDD_SYS_GPU", "VDD_SYS_SOC", "VDD_4V0_WIFI",
                                         "VDD_IN",      "VDD_SYS_CPU", "VDD_SYS_DDR"};
const std::vector<std::string> kTx2Fields{"RAM",  "SWAP", "CPU", "EMC_FREQ", "GR3D_FREQ",
                                          "BCPU", "MCPU", "GPU", "PLL"};

TEST(StatsNames, OnATx2AreThePublishedOnesAndNothingIsMissing) {
  const auto names = choose_stats_names({}, kTx2Rails, kTx2Fields);
  ASSERT_TRUE(names);
  EXPECT_THAT(names->rails,
              ElementsAre("VDD_SYS_GPU", "VDD_SYS_SOC", "VDD_SYS_CPU", "VDD_SYS_DDR"));
  EXPECT_THAT(names->fields, ElementsAre("RAM", "SWAP", "CPU", "EMC_FREQ", "MCPU", "GPU", "BCPU"));
  EXPECT_EQ(names->note, "");
}

TEST(StatsNames, ABoardThatLacksSomeIsToldWhichAndWhatIsTakenInstead) {
  const auto names = choose_stats_names({}, {"VDD_IN", "VDD_SOC"}, {"RAM", "SWAP", "CPU", "GPU"});
  ASSERT_TRUE(names);
  EXPECT_THAT(names->rails, ElementsAre("VDD_IN", "VDD_SOC"));
  EXPECT_THAT(names->fields, ElementsAre("RAM", "SWAP", "CPU", "GPU"));
  EXPECT_THAT(names->note, AllOf(HasSubstr("there is no EMC_FREQ, MCPU, BCPU, VDD_SYS_GPU, "
                                           "VDD_SYS_SOC, VDD_SYS_CPU, VDD_SYS_DDR in what"),
                                 HasSubstr("RAM, SWAP, CPU, GPU, VDD_IN, VDD_SOC, all rails")));
}

TEST(StatsNames, WithAnotherSensorTheFieldsAreSaidToNeedTegrastats) {
  const auto names = choose_stats_names({}, kTx2Rails, {});
  ASSERT_TRUE(names);
  EXPECT_TRUE(names->fields.empty());
  EXPECT_THAT(names->note,
              AllOf(HasSubstr("need --sensor tegrastats"), Not(HasSubstr("all rails"))));
  IsolateOptions options;
  options.rails = {"RAM"};
  const auto refused = choose_stats_names(options, kTx2Rails, {});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::kInvalidArgument);
  EXPECT_THAT(refused.error().message(), HasSubstr("'RAM' may be a field of tegrastats"));
}

TEST(StatsNames, AskedForMustBeThereAndARailGoesBeforeAFieldOfItsName) {
  IsolateOptions options;
  options.rails = {"CPU", "RAM"};
  // On AGX Xavier CPU is a rail too.
  const auto names = choose_stats_names(options, {"GPU", "CPU"}, {"RAM", "CPU", "GPU"});
  ASSERT_TRUE(names);
  EXPECT_THAT(names->rails, ElementsAre("CPU"));
  EXPECT_THAT(names->fields, ElementsAre("RAM"));
  options.rails = {"VDD_CPU"};
  const auto refused = choose_stats_names(options, {"GPU", "CPU"}, {"RAM"});
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message(), HasSubstr("GPU, CPU; and of tegrastats RAM"));
}

class TegrastatsLines : public ::testing::Test {
 protected:
  void write(const std::string& text) { std::ofstream(path_, std::ios::binary) << text; }
  TemporaryFolder folder_;
  std::filesystem::path path_ = folder_ / "power.tegrastats.log";
};

TEST_F(TegrastatsLines, GiveFieldsAtTheArrivalOfTheirLines) {
  write(
      "12.500000001::RAM 100/2000MB CPU [1%@300] A 1/1\n"
      "cut\n"
      "12.600000000::RAM 300/2000MB A 1/1\n");
  const auto traces = read_field_traces(path_, {"CPU", "RAM"});
  ASSERT_TRUE(traces) << traces.error().to_string();
  ASSERT_EQ(traces->size(), 2U);
  EXPECT_THAT((*traces)[0].values, ElementsAre(1.0));
  EXPECT_THAT((*traces)[1].values, ElementsAre(100.0, 300.0));
  EXPECT_EQ((*traces)[1].unit, "MB");
  EXPECT_NEAR(to_seconds((*traces)[1].when[0].time_since_epoch()), 12.500000001, 2e-9);
  const auto absent = read_field_traces(path_, {"RAM", "MCPU"});
  ASSERT_FALSE(absent);
  EXPECT_THAT(absent.error().to_string(), HasSubstr("no line has the field 'MCPU'"));
}

TEST_F(TegrastatsLines, TellTheMachinesStateBeforeAndAfter) {
  write(
      "1.0::RAM 100/2000MB CPU [1%@300,off] EMC_FREQ 4%@1600 GPU@40.5C CV0@-256C A 1/1\n"
      "2.0::RAM 300/2000MB CPU [1%@900,off] GPU@50C A 1/1\n");
  RunFile run;
  run.state_before.emplace();
  run.state_before->clocks_hertz["cpu0"] = 7.0;  // the system's own file goes before
  tell_tegrastats_state(path_, run);
  EXPECT_EQ(run.state_before->temperatures_celsius.at("GPU"), 40.5);
  EXPECT_EQ(run.state_before->temperatures_celsius.count("CV0"), 0U);
  EXPECT_EQ(run.state_before->clocks_hertz.at("cpu0"), 7.0);
  EXPECT_EQ(run.state_before->clocks_hertz.at("EMC_FREQ"), 1.6e9);
  EXPECT_EQ(run.state_after->temperatures_celsius.at("GPU"), 50.0);
  EXPECT_EQ(run.state_after->clocks_hertz.at("cpu0"), 9e8);
  EXPECT_EQ(run.environment.at("ram_used"), "100 of 2000 MB before, 300 of 2000 MB after");
  RunFile without;
  tell_tegrastats_state(folder_ / "absent.log", without);
  EXPECT_FALSE(without.state_before);
  EXPECT_TRUE(without.environment.empty());
}

}  // namespace
}  // namespace layerwatt
