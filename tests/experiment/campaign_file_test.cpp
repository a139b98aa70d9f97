#include "layerwatt/experiment/campaign_file.h"

#include <gmock/gmock.h>

namespace layerwatt {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

Result<Campaign> parse(const std::string& text) { return parse_campaign(text, "night.yaml"); }

std::string refusal(const std::string& text) {
  const auto campaign = parse(text);
  return campaign ? "accepted" : campaign.error().to_string();
}

TEST(CampaignFile, HoldsNetworksSettingsAndTheRest) {
  const auto campaign = parse(R"(
networks:
  - alexnet
  - {model: lenet, input-shape: [1, 1, 32, 32]}
settings:
  - {name: a, engine: onnxruntime, runs: 10, spin: true}
  - {name: b, power-mode: MAXN, duration: 1min}
idle: {duration: 2min, between: 5s}
rest: {until: temperature, at-most: 90s, when: start}
order: random
seed: 12
repeats: 3
after: [map, {report: }, {run: "echo done"}]
licence: CC-BY-4.0
)");
  ASSERT_TRUE(campaign) << campaign.error().to_string();
  EXPECT_EQ(campaign->name, "night");
  ASSERT_EQ(campaign->networks.size(), 2U);
  EXPECT_EQ(campaign->networks[1].model, "lenet");
  ASSERT_EQ(campaign->networks[1].options.size(), 1U);
  EXPECT_THAT(campaign->networks[1].options[0].values, ElementsAre("1", "1", "32", "32"));
  ASSERT_EQ(campaign->settings.size(), 2U);
  EXPECT_EQ(campaign->settings[0].options.size(), 3U);
  EXPECT_EQ(campaign->settings[1].power_mode, "MAXN");
  EXPECT_EQ(campaign->idle, std::chrono::seconds(120));
  EXPECT_EQ(campaign->idle_between, std::chrono::seconds(5));
  ASSERT_TRUE(campaign->rest);
  EXPECT_EQ(campaign->rest->until, CampaignRest::Until::kTemperature);
  EXPECT_EQ(campaign->rest->at_most, std::chrono::seconds(90));
  EXPECT_FALSE(campaign->rest->each);
  EXPECT_TRUE(campaign->random_order);
  EXPECT_EQ(campaign->seed, 12U);
  EXPECT_EQ(campaign->repeats, 3);
  ASSERT_EQ(campaign->after.size(), 3U);
  EXPECT_EQ(campaign->after[2].options[0].values.front(), "echo done");
  EXPECT_EQ(campaign->licence, "CC-BY-4.0");
}

TEST(CampaignFile, WithoutSettingsThereIsOne) {
  const auto campaign = parse("networks: [alexnet]\n");
  ASSERT_TRUE(campaign) << campaign.error().to_string();
  EXPECT_EQ(campaign->settings.size(), 1U);
  EXPECT_EQ(campaign->result_dir, "raw_data");
  EXPECT_EQ(campaign->repeats, 1);
  EXPECT_FALSE(campaign->idle);
}

TEST(CampaignFile, ErrorsNameTheLineAndTheNearestWord) {
  EXPECT_THAT(refusal("networks: [alexnet]\nsettngs: []\n"),
              AllOf(HasSubstr("night.yaml:2"), HasSubstr("did you mean 'settings'?")));
  EXPECT_THAT(refusal("networks:\n  - alexnt\n"),
              AllOf(HasSubstr("night.yaml:2"), HasSubstr("did you mean 'alexnet'?")));
  EXPECT_THAT(refusal("networks: [alexnet]\nsettings:\n  - {engin: trtexec}\n"),
              AllOf(HasSubstr("night.yaml:3"), HasSubstr("did you mean 'engine'?")));
  EXPECT_THAT(refusal("networks: [alexnet]\nafter: [mapp]\n"), HasSubstr("did you mean 'map'?"));
  EXPECT_THAT(refusal("networks: [alexnet]\norder: rndom\n"), HasSubstr("did you mean 'random'?"));
}

TEST(CampaignFile, RefusesValuesOfAnotherKind) {
  EXPECT_THAT(refusal("networks: alexnet\n"), HasSubstr("a list is expected"));
  EXPECT_THAT(refusal("networks: [alexnet]\nrepeats: 0\n"), HasSubstr("no whole number"));
  EXPECT_THAT(refusal("networks: [alexnet]\nidle: soon\n"), HasSubstr("no length of time"));
  EXPECT_THAT(refusal("networks: [alexnet]\nidle: [1, 2]\n"), HasSubstr("'key: value'"));
  EXPECT_THAT(refusal("networks: [alexnet]\nresult-dir: \"\"\n"),
              HasSubstr("a folder is expected"));
  EXPECT_THAT(refusal("networks: [alexnet]\nsettings: [{spin: maybe}]\n"),
              HasSubstr("true or false"));
  EXPECT_THAT(refusal("networks: [[alexnet]]\n"), HasSubstr("'key: value'"));
  EXPECT_THAT(refusal("networks: [{dtype: float16}]\n"), HasSubstr("needs 'model"));
  EXPECT_THAT(refusal("networks: [alexnet]\nseed: 1\nseed: 2\n"), HasSubstr("given twice"));
  EXPECT_THAT(refusal("networks: [alexnet]\nafter: [run]\n"), HasSubstr("run: COMMAND"));
}

TEST(CampaignFile, RefusesWhatIsNoYaml) {
  EXPECT_THAT(refusal("networks: [alexnet\n"),
              AllOf(HasSubstr("night.yaml:"), HasSubstr("no YAML")));
  EXPECT_THAT(refusal(""), HasSubstr("a campaign is expected"));
  EXPECT_THAT(refusal("- alexnet\n"), HasSubstr("a campaign is expected"));
  EXPECT_THAT(refusal("seed: 1\n"), HasSubstr("no network is named"));
  EXPECT_THAT(refusal("a: &a [*a]\nnetworks: [alexnet]\n"), testing::Not(testing::Eq("accepted")));
}

TEST(CampaignFile, SeveralSettingsNeedNamesOfTheirOwn) {
  EXPECT_THAT(refusal("networks: [alexnet]\nsettings: [{runs: 1}, {runs: 2}]\n"),
              HasSubstr("needs a 'name:'"));
  EXPECT_THAT(refusal("networks: [alexnet]\nsettings: [{name: a}, {name: a}]\n"),
              HasSubstr("two settings are called 'a'"));
  EXPECT_THAT(refusal("networks: [alexnet]\nsettings: [{name: ../a}, {name: b}]\n"),
              HasSubstr("cannot be a folder"));
}

}  // namespace
}  // namespace layerwatt
