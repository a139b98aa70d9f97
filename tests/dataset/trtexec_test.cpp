#include "layerwatt/dataset/trtexec.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <string>

namespace layerwatt {
namespace {

const std::filesystem::path kAlexnet =
    std::filesystem::path(LAYERWATT_TEST_DATA) / "trtexec/alexnet";

TEST(TrtexecProfile, ARealFileAgreesWithItsOwnPercentages) {
  const auto profile = read_trtexec_profile(kAlexnet / "alexnet_fp16.profile.json");
  ASSERT_TRUE(profile) << profile.error().to_string();
  EXPECT_EQ(profile->inferences, 14590);
  ASSERT_EQ(profile->layers.size(), 14U);
  EXPECT_EQ(profile->layers[1].name, "/features/features.0/Conv + /features/features.1/Relu");
  EXPECT_EQ(profile->layers[1].average, Duration(24337));
  EXPECT_EQ(profile->layers[1].median, Duration(24576));
  double total = 0.0;
  for (const auto& layer : profile->layers) total += to_seconds(layer.total);
  for (const auto& layer : profile->layers) {
    EXPECT_NEAR(100.0 * to_seconds(layer.total) / total, layer.percentage, 1e-3) << layer.name;
    EXPECT_NEAR(to_seconds(layer.total) / 14590, to_seconds(layer.average), 1e-9) << layer.name;
  }
}

TEST(TrtexecProfile, QuotesAndBackslashesInNamesSurvive) {
  const auto profile = parse_trtexec_profile(
      "[\n  { \"count\" : 3 }\n"
      ", { \"name\" : \"a \"quoted\" C:\\path\\n, \"timeMs\" : 1\", \"timeMs\" : 6, \"averageMs\" "
      ": 2, "
      "\"percentage\" : 75 }\n"
      ", { \"name\" : \"same\", \"timeMs\" : 1, \"averageMs\" : 0.5, \"medianMs\" : 0.4, "
      "\"percentage\" : 12.5 }\n"
      ", { \"name\" : \"same\", \"timeMs\" : 1, \"averageMs\" : 0.5, \"percentage\" : 12.5 }\n]\n");
  ASSERT_TRUE(profile) << profile.error().to_string();
  ASSERT_EQ(profile->layers.size(), 3U);
  EXPECT_EQ(profile->layers[0].name, "a \"quoted\" C:\\path\\n, \"timeMs\" : 1");
  EXPECT_EQ(profile->layers[0].total, std::chrono::milliseconds(6));
  EXPECT_FALSE(profile->layers[0].median);
  EXPECT_EQ(profile->layers[1].name, profile->layers[2].name);
}

TEST(TrtexecProfile, WellFormedJsonInAnotherLayoutIsReadToo) {
  const auto profile = parse_trtexec_profile(
      R"([{"count": 2}, {"name": "a \"b\"",
           "timeMs": 4, "averageMs": 2, "percentage": 100}])");
  ASSERT_TRUE(profile) << profile.error().to_string();
  EXPECT_EQ(profile->layers.at(0).name, "a \"b\"");
}

TEST(TrtexecProfile, ACutFileIsRefusedWithItsLine) {
  const auto profile =
      parse_trtexec_profile("[\n  { \"count\" : 3 }\n, { \"name\" : \"a\", \"timeMs\" : 6, \"aver");
  ASSERT_FALSE(profile);
  EXPECT_NE(profile.error().message().find("line 3"), std::string::npos)
      << profile.error().message();
}

TEST(TrtexecProfile, AnEmptyProfileSaysWhatMayHaveHappened) {
  const auto profile = parse_trtexec_profile("[\n  { \"count\" : 0 }\n]\n");
  ASSERT_FALSE(profile);
  EXPECT_NE(profile.error().message().find("stopped"), std::string::npos);
}

TEST(TrtexecProfile, AMissingFileIsNamed) {
  const auto profile = read_trtexec_profile("/nonexistent/profile.json");
  ASSERT_FALSE(profile);
  EXPECT_NE(profile.error().to_string().find("/nonexistent/profile.json"), std::string::npos);
}

TEST(TrtexecTimes, ARealFileGivesItsPasses) {
  const auto passes = read_trtexec_times(kAlexnet / "alexnet_fp16.timing_first200.json");
  ASSERT_TRUE(passes) << passes.error().to_string();
  ASSERT_EQ(passes->size(), 200U);
  EXPECT_EQ(passes->front().compute, Duration(497559));
  EXPECT_EQ(passes->front().compute_start, Duration(5'000'230'000));
  for (const TrtexecPass& pass : *passes) {
    EXPECT_EQ(pass.latency, pass.host_to_device + pass.compute + pass.device_to_host);
  }
}

TEST(TrtexecTimes, UnknownKeysOfOldReleasesAreSkipped) {
  const auto passes = parse_trtexec_times(
      R"([{"startEnqMs":1,"endEnqMs":2,"startH2dMs":1,"endH2dMs":1,"startComputeMs":3,"endComputeMs":4,
          "startD2hMs":1,"endD2hMs":1,"h2dMs":0,"computeMs":1,"d2hMs":0,"latencyMs":1,"endToEndMs":9}])");
  ASSERT_TRUE(passes) << passes.error().to_string();
  EXPECT_EQ(passes->at(0).compute, std::chrono::milliseconds(1));
}

TEST(TrtexecTimes, MissingTimesAndForeignJsonAreRefused) {
  EXPECT_FALSE(parse_trtexec_times(R"([{"startEnqMs":1}])"));
  EXPECT_FALSE(parse_trtexec_times(R"({"a":1})"));
  EXPECT_FALSE(parse_trtexec_times("[]"));
  EXPECT_FALSE(parse_trtexec_times(R"([{"startEnqMs":)"));
  EXPECT_FALSE(parse_trtexec_times(R"([{"startEnqMs":1e300}])"));
  EXPECT_FALSE(parse_trtexec_times("[1]"));
  EXPECT_FALSE(parse_trtexec_times("[[1]]"));
}

}  // namespace
}  // namespace layerwatt
