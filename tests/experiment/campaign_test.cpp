#include "layerwatt/experiment/campaign.h"

#include <gmock/gmock.h>

#include <fstream>
#include <sstream>

#include "dataset/temporary_folder.h"
#include "experiment/campaign/child_command.h"
#include "experiment/campaign/power_mode.h"
#include "experiment/campaign/settled.h"

namespace layerwatt {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
namespace fs = std::filesystem;

std::string slurp(const fs::path& path) {
  std::ifstream in(path);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

/// A campaign over a stand-in for `layerwatt`: it counts its calls a network, and writes the least
/// that a finished measurement has.
class CampaignRun : public testing::Test {
 protected:
  void SetUp() override {
    const std::string place = folder_.path().string();
    write_program("layerwatt", "folder='" + place + R"sh('
command=$1
model=$2
for word in "$@"; do last=$word; done
echo "$command $model" >> "$folder/calls"
if [ "$model" = "$(cat "$folder/fails" 2>/dev/null)" ]; then
  echo "cannot run $model: out of memory"
  exit 1
fi
case $command in
  idle) echo '{"timestamp": "20260101-000000", "avg_idle_power": 4000000.0}' \
    > "$last/idling_power.json" ;;
  measure) mkdir -p "$last/$model" && echo "$@" > "$last/$model/result" ;;
esac
)sh");
    write_program("nvpmodel", "mode='" + place + R"sh(/mode'
case $1 in
  -q) echo "NV Power Mode: X"; cat "$mode" ;;
  -m) echo "$2" > "$mode"; echo "set $2" >> "$mode.log" ;;
esac
)sh");
    write("mode", "2\n");
    write("nvpmodel.conf",
          "# comment POWER_MODEL ID=9 NAME=NO\n< POWER_MODEL ID=0 NAME=MAXN >\n"
          "< POWER_MODEL ID=1 NAME=15W >\n< POWER_MODEL ID=2 NAME=30W >\n");
    options_.command = folder_.path() / "layerwatt";
    options_.nvpmodel = folder_.path() / "nvpmodel";
    options_.nvpmodel_config = folder_.path() / "nvpmodel.conf";
  }

  void write(const std::string& name, const std::string& text) {
    std::ofstream(folder_.path() / name) << text;
  }
  void write_program(const std::string& name, const std::string& text) {
    write(name, "#!/bin/sh\n" + text);
    fs::permissions(folder_.path() / name, fs::perms::owner_all);
  }
  std::string read(const std::string& name) { return slurp(folder_.path() / name); }

  Result<CampaignOutcome> run(const std::string& text) {
    auto campaign = parse_campaign(text, folder_.path() / "c.yaml");
    if (!campaign) return std::move(campaign).error();
    campaign->result_dir = folder_.path() / "raw_data";
    auto plan = plan_campaign(*campaign);
    if (!plan) return std::move(plan).error();
    events_.clear();
    return run_campaign(*campaign, *plan, options_, cancellation_, [this](const CampaignEvent& e) {
      events_.push_back(std::string(to_string(e.kind)) + " " + e.text);
      if (on_event_) on_event_(e);
    });
  }

  TemporaryFolder folder_;
  CampaignOptions options_;
  Cancellation cancellation_;
  std::vector<std::string> events_;
  std::function<void(const CampaignEvent&)> on_event_;
};

constexpr const char* kTwo = "networks: [alexnet, lenet]\nidle: 1s\n";

TEST_F(CampaignRun, MeasuresEverythingOnceAndThenNothing) {
  const auto first = run(kTwo);
  ASSERT_TRUE(first) << first.error().to_string();
  EXPECT_EQ(first->done, 3U);
  EXPECT_TRUE(first->failed.empty());
  EXPECT_EQ(read("calls"), "idle --duration\nmeasure alexnet\nmeasure lenet\n");
  EXPECT_TRUE(fs::exists(folder_.path() / "raw_data/idling_power.json"));
  EXPECT_TRUE(fs::exists(folder_.path() / "raw_data/alexnet/result"));
  EXPECT_FALSE(fs::exists(folder_.path() / "raw_data/.campaign"));
  const auto second = run(kTwo);
  ASSERT_TRUE(second);
  EXPECT_EQ(second->done, 0U);
  EXPECT_EQ(second->skipped, 3U);
  EXPECT_EQ(read("calls"), "idle --duration\nmeasure alexnet\nmeasure lenet\n");
}

TEST_F(CampaignRun, AChangedSettingRunsAgainOnlyWhatItChanged) {
  ASSERT_TRUE(run("networks: [alexnet, {model: lenet, runs: 5}]\n"));
  const auto second = run("networks: [alexnet, {model: lenet, runs: 6}]\n");
  ASSERT_TRUE(second);
  EXPECT_EQ(second->done, 1U);
  EXPECT_EQ(read("calls"), "measure alexnet\nmeasure lenet\nmeasure lenet\n");
  EXPECT_THAT(read("raw_data/lenet/result"), HasSubstr("--runs 6"));
}

TEST_F(CampaignRun, AChangedModelFileRunsAgain) {
  write("own.onnx", "one");
  const std::string text = "networks: [own.onnx]\n";
  // The stand-in makes a folder of the model's whole path.
  write("layerwatt",
        "#!/bin/sh\nfor word in \"$@\"; do last=$word; done\nmkdir -p \"$last/own\"\necho x >> '" +
            (folder_.path() / "calls").string() + "'\n");
  ASSERT_TRUE(run(text));
  ASSERT_TRUE(run(text));
  EXPECT_EQ(read("calls"), "x\n");
  write("own.onnx", "two");
  ASSERT_TRUE(run(text));
  EXPECT_EQ(read("calls"), "x\nx\n");
}

TEST_F(CampaignRun, AFailureIsTriedOnceMoreAndDoesNotEndIt) {
  write("fails", "alexnet");
  const auto outcome = run(kTwo);
  ASSERT_TRUE(outcome) << outcome.error().to_string();
  EXPECT_EQ(outcome->done, 2U);
  ASSERT_EQ(outcome->failed.size(), 1U);
  EXPECT_EQ(outcome->failed[0].second, "cannot run alexnet: out of memory");
  EXPECT_EQ(read("calls"), "idle --duration\nmeasure alexnet\nmeasure lenet\nmeasure alexnet\n");
  EXPECT_THAT(read("raw_data/campaign.log"), HasSubstr("cannot run alexnet: out of memory"));
  EXPECT_FALSE(fs::exists(folder_.path() / "raw_data/alexnet"));
  // The cause is mended: what failed runs, and nothing else.
  write("fails", "");
  const auto again = run(kTwo);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->done, 1U);
  EXPECT_TRUE(again->failed.empty());
}

TEST_F(CampaignRun, ResultsOfOthersAreNotReplaced) {
  fs::create_directories(folder_.path() / "raw_data/alexnet");
  write("raw_data/alexnet/result", "precious");
  const auto refused = run(kTwo);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message(),
              AllOf(HasSubstr("would be replaced"), HasSubstr("--force"), HasSubstr("result-dir")));
  EXPECT_EQ(read("raw_data/alexnet/result"), "precious");
  EXPECT_EQ(read("calls"), "");
  options_.force = true;
  ASSERT_TRUE(run(kTwo));
  EXPECT_THAT(read("raw_data/alexnet/result"), HasSubstr("measure alexnet"));
}

TEST_F(CampaignRun, AStopKeepsWhatIsDoneAndGoesOn) {
  on_event_ = [this](const CampaignEvent& event) {
    if (event.kind == CampaignEvent::Kind::kDone && event.text == "measure alexnet") {
      cancellation_.request();
    }
  };
  // The stop is seen before the next step begins.
  const auto stopped = run(kTwo);
  ASSERT_TRUE(stopped);
  EXPECT_TRUE(stopped->stopped);
  EXPECT_TRUE(fs::exists(folder_.path() / "raw_data/alexnet/result"));
  EXPECT_FALSE(fs::exists(folder_.path() / "raw_data/lenet"));
}

TEST_F(CampaignRun, PowerModesAreSetByNameAndPutBack) {
  const auto outcome = run(
      "networks: [alexnet]\nsettings: [{name: a, power-mode: MAXN}, {name: b, power-mode: 15W}]\n");
  ASSERT_TRUE(outcome) << outcome.error().to_string();
  EXPECT_EQ(outcome->done, 2U);
  EXPECT_EQ(read("mode.log"), "set 0\nset 1\nset 2\n");
  EXPECT_EQ(read("mode"), "2\n");
  EXPECT_TRUE(fs::exists(folder_.path() / "raw_data/b/alexnet/result"));
}

TEST_F(CampaignRun, PowerModesArePutBackAfterAKillTheNextTime) {
  // What a campaign that was killed in mode 0 leaves.
  write("mode", "0\n");
  fs::create_directories(folder_.path() / "raw_data");
  write("raw_data/campaign.json",
        R"({"schema_version": 1, "campaign": "c", "power_mode_before": "2", "steps": {}})");
  ASSERT_TRUE(run("networks: [alexnet]\nsettings: [{power-mode: MAXN}]\n"));
  EXPECT_EQ(read("mode"), "2\n");
  EXPECT_THAT(read("raw_data/campaign.json"), testing::Not(HasSubstr("power_mode_before")));
}

TEST_F(CampaignRun, AnUnknownPowerModeIsSaidBeforeAnythingRuns) {
  const auto refused = run("networks: [alexnet]\nsettings: [{power-mode: 25W}]\n");
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message(), AllOf(HasSubstr("25W"), HasSubstr("MAXN (0)")));
  EXPECT_EQ(read("calls"), "");
}

TEST_F(CampaignRun, AStateThatIsCutShortIsNotTrusted) {
  fs::create_directories(folder_.path() / "raw_data");
  write("raw_data/campaign.json", R"({"schema_version": 1, "st)");
  const auto refused = run(kTwo);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().to_string(),
              AllOf(HasSubstr("campaign.json"), HasSubstr("move the file away")));
}

TEST_F(CampaignRun, AfterwardsCommandsRunOverTheDataset) {
  const auto outcome =
      run("networks: [alexnet, lenet]\nafter: [map, report, {run: 'echo $PWD > /dev/null'}]\n");
  ASSERT_TRUE(outcome) << outcome.error().to_string();
  EXPECT_TRUE(outcome->failed.empty());
  EXPECT_THAT(read("calls"), AllOf(HasSubstr("map --raw-data-dir"),
                                   HasSubstr("report " + folder_.path().string())));
  EXPECT_EQ(outcome->done, 6U);
}

TEST_F(CampaignRun, TheOrderAtRandomIsThatOfTheSeed) {
  const std::string text =
      "networks: [alexnet, lenet, vgg11, vgg13, resnet18, resnet34]\norder: random\nseed: 3\n";
  ASSERT_TRUE(run(text));
  const std::string calls = read("calls");
  EXPECT_NE(calls,
            "measure alexnet\nmeasure lenet\nmeasure vgg11\nmeasure vgg13\nmeasure resnet18\n"
            "measure resnet34\n");
  fs::remove_all(folder_.path() / "raw_data");
  write("calls", "");
  ASSERT_TRUE(run(text));
  EXPECT_EQ(read("calls"), calls);
}

TEST(CampaignPlan, ABatchBecomesTheFirstDimension) {
  const auto campaign = parse_campaign(
      "networks: [alexnet, {model: lenet, input-shape: [1, 1, 28, 28]}]\nsettings: [{batch: 8}]\n",
      "c.yaml");
  ASSERT_TRUE(campaign) << campaign.error().to_string();
  const auto plan = plan_campaign(*campaign);
  ASSERT_TRUE(plan) << plan.error().to_string();
  EXPECT_THAT(plan->steps[0].arguments,
              ElementsAre("measure", "alexnet", "--input-shape", "8", "3", "224", "224"));
  EXPECT_THAT(plan->steps[1].arguments,
              ElementsAre("measure", "lenet", "--input-shape", "8", "1", "28", "28"));
}

TEST(CampaignPlan, KnowsTheTimeOfDurationsAndNotOfRuns) {
  const auto campaign = parse_campaign(
      "networks: [alexnet, {model: lenet, runs: 100}]\nsettings: [{duration: 60s}]\nidle: 2min\n",
      "c.yaml");
  ASSERT_TRUE(campaign);
  const auto plan = plan_campaign(*campaign);
  ASSERT_TRUE(plan);
  ASSERT_EQ(plan->steps.size(), 3U);
  EXPECT_TRUE(plan->steps[0].estimate);
  // Passes, and as long again under the profiler.
  EXPECT_GE(plan->steps[1].estimate, std::chrono::seconds(120));
  EXPECT_FALSE(plan->steps[2].estimate);
}

TEST(CampaignPlan, TwoNetworksDoNotShareAFolder) {
  const TemporaryFolder folder;
  for (const char* sub : {"a", "b"}) {
    fs::create_directories(folder.path() / sub);
    std::ofstream(folder.path() / sub / "net.onnx") << "x";
  }
  const auto campaign = parse_campaign("networks: ['*/net.onnx']\n", folder.path() / "c.yaml");
  ASSERT_TRUE(campaign) << campaign.error().to_string();
  ASSERT_EQ(campaign->networks.size(), 2U);
  const auto plan = plan_campaign(*campaign);
  ASSERT_FALSE(plan);
  EXPECT_THAT(plan.error().message(), HasSubstr("would both be recorded in"));
}

TEST(PowerModes, ReadWhatNvpmodelPrints) {
  EXPECT_EQ(parse_nvpmodel_query("NV Power Mode: MAXN\n0\n"), "0");
  EXPECT_EQ(parse_nvpmodel_query("NVPM WARN: fan mode is not set!\nNV Power Mode: 15W\n2\n"), "2");
  EXPECT_EQ(parse_nvpmodel_query("NVPM ERROR: failed to open\n"), std::nullopt);
}

TEST(TemperatureWatch, SettlesWhenNoZoneHasMovedForTwentySeconds) {
  TemperatureWatch watch;
  const Instant begin = instant_from_ns(0);
  for (int second = 0; second < 60; ++second) {
    // Cools for 20 s, then stands; the other zone stands all the time.
    const double cpu = second < 20 ? 60.0 - second : 40.0;
    const bool settled =
        watch.add(begin + std::chrono::seconds(second), {{"cpu", cpu}, {"gpu", 40.0}});
    EXPECT_EQ(settled, second >= 40) << second;
  }
}

TEST(TemperatureWatch, NeverSettlesWithoutAZone) {
  TemperatureWatch watch;
  for (int second = 0; second < 60; ++second) {
    EXPECT_FALSE(watch.add(instant_from_ns(0) + std::chrono::seconds(second), {}));
  }
}

TEST(IdlePowerWatch, SettlesWhenTwoInARowAgree) {
  IdlePowerWatch watch;
  EXPECT_FALSE(watch.add(5e6));
  EXPECT_FALSE(watch.add(4e6));
  EXPECT_TRUE(watch.add(4.03e6));
}

TEST(ChildCommand, TellsTheLastLineThatSaysWhy) {
  EXPECT_EQ(last_line("loading\nlayerwatt: no sensor\nRun 'layerwatt idle --help' for …\n\n"),
            "layerwatt: no sensor");
  EXPECT_EQ(last_line(""), "");
}

}  // namespace
}  // namespace layerwatt
