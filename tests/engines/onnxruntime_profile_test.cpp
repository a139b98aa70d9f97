#include "engines/onnxruntime/onnxruntime_profile.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <memory>
#include <string>

namespace layerwatt {
namespace {

using std::chrono::nanoseconds;
using ::testing::HasSubstr;

Result<OrtProfile> read(const std::string& name) {
  const std::string path = std::string(LAYERWATT_TEST_DATA "/onnxruntime/") + name;
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rb"),
                                                             &std::fclose);
  if (!file) return Error(ErrorCode::kNotFound, path);
  return read_ort_profile(file.get());
}

std::vector<std::string> names(const OrtProfile& profile) {
  std::vector<std::string> out;
  for (const ProfiledLayer& layer : profile.layers) out.push_back(layer.name);
  return out;
}

constexpr const char* kModelRun = R"({"cat":"Session","dur":1000,"ts":1,"name":"model_run"})";

std::string node(const std::string& name, int start, int duration) {
  return R"({"cat":"Node","dur":)" + std::to_string(duration) + R"(,"ts":)" +
         std::to_string(start) + R"(,"name":")" + name +
         R"(_kernel_time","args":{"op_name":"Op"}})";
}

TEST(OnnxRuntimeProfile, ReadsRecordedProfilesOfTwoVersionsAlike) {
  for (const char* name : {"profile_1.23.2.json", "profile_1.31.1.json"}) {
    const auto profile = read(name);
    ASSERT_TRUE(profile) << profile.error().message();
    EXPECT_EQ(names(*profile), (std::vector<std::string>{"conv", "relu", "flatten", "gemm"}));
    EXPECT_EQ(profile->layers[0].type, "Conv");
    ASSERT_EQ(profile->layers[0].inputs.size(), 3U);
    EXPECT_EQ(profile->layers[0].inputs[1].dimensions, (std::vector<std::int64_t>{2, 1, 3, 3}));
    EXPECT_EQ(profile->layers[0].outputs.at(0).format, "Row major linear FP32");
    ASSERT_EQ(profile->passes.size(), 2U);
    EXPECT_EQ(profile->passes[0].size(), 4U);
    EXPECT_EQ(profile->passes[1].size(), 4U);
  }
}

TEST(OnnxRuntimeProfile, TakesTheMiddleOfTheMicrosecondsThatWereCutOff) {
  const auto profile = read("profile_1.23.2.json");
  ASSERT_TRUE(profile);
  // "dur" :5,"ts" :4115: begins in [4115, 4116) and lasts [5, 6) µs.
  EXPECT_EQ(profile->passes[1][0].start, nanoseconds(4'115'500));
  EXPECT_EQ(profile->passes[1][0].end, nanoseconds(4'121'000));
}

TEST(OnnxRuntimeProfile, NeverLetsALayerPassTheNextOnesBegin) {
  const auto profile =
      parse_ort_profile("[" + node("a", 10, 5) + "," + node("b", 15, 2) + "," + kModelRun + "]");
  ASSERT_TRUE(profile);
  EXPECT_EQ(profile->passes[0][0].end, profile->passes[0][1].start);
}

TEST(OnnxRuntimeProfile, PutsAPassInOrderOfItsBegins) {
  const auto profile =
      parse_ort_profile("[" + node("b", 30, 5) + "," + node("a", 10, 5) + "," + kModelRun + "]");
  ASSERT_TRUE(profile);
  ASSERT_EQ(profile->passes[0].size(), 2U);
  const auto first = static_cast<std::size_t>(profile->passes[0][0].layer);
  EXPECT_EQ(profile->layers[first].name, "a");
}

TEST(OnnxRuntimeProfile, LeavesOutTheNodesThatAnotherNodeRuns) {
  const std::string execute =
      R"({"cat":"Session","dur":5,"ts":20,"name":"SequentialExecutor::Execute"})";
  const std::string whole =
      R"({"cat":"Session","dur":30,"ts":9,"name":"SequentialExecutor::Execute"})";
  const auto profile =
      parse_ort_profile("[" + node("before", 10, 5) + "," + node("body", 21, 3) + "," + execute +
                        "," + node("loop", 18, 8) + "," + whole + "," + kModelRun + "]");
  ASSERT_TRUE(profile);
  EXPECT_EQ(names(*profile), (std::vector<std::string>{"before", "loop"}));
  ASSERT_EQ(profile->passes.size(), 1U);
  EXPECT_EQ(profile->passes[0].size(), 2U);
}

TEST(OnnxRuntimeProfile, LeavesOutAPassThatTheProfilerDidNotFinish) {
  const auto profile =
      parse_ort_profile("[" + node("a", 10, 5) + "," + kModelRun + "," + node("a", 2000, 5) + "]");
  ASSERT_TRUE(profile);
  EXPECT_EQ(profile->passes.size(), 1U);
}

TEST(OnnxRuntimeProfile, ReadsNamesWithQuotesAndOtherAlphabets) {
  const auto profile =
      parse_ort_profile("[" + node("a\\\"b\\\\c/µ", 10, 5) + "," + kModelRun + "]");
  ASSERT_TRUE(profile) << profile.error().message();
  EXPECT_EQ(profile->layers[0].name, "a\"b\\c/µ");
}

TEST(OnnxRuntimeProfile, SaysThatAFileIsCutOff) {
  const auto profile = parse_ort_profile("[" + node("a", 10, 5) + ",{\"cat\":\"No");
  ASSERT_FALSE(profile);
  EXPECT_EQ(profile.error().code(), ErrorCode::kParse);
  EXPECT_THAT(profile.error().message(), HasSubstr("cut off"));
}

TEST(OnnxRuntimeProfile, RefusesJsonThatIsNoListOfEvents) {
  const auto profile = parse_ort_profile(R"({"traceEvents": []})");
  ASSERT_FALSE(profile);
  EXPECT_THAT(profile.error().message(), HasSubstr("expected a list of events"));
}

TEST(OnnxRuntimeProfile, PlansSoManyPassesThatTheProfilerLosesNone) {
  // A node of a pass is an event, and each pass and each session has a few of its own.
  EXPECT_LE(ort_profiled_pass_limit(25) * (25 + 2), kOrtProfileEventLimit);
  EXPECT_GT(ort_profiled_pass_limit(25), 3000);
  EXPECT_EQ(ort_profiled_pass_limit(10'000'000), 1);
}

}  // namespace
}  // namespace layerwatt
