#include <gmock/gmock.h>
#include <sys/resource.h>

#include <functional>

#include "cli/command_run.h"
#include "dataset/temporary_folder.h"

// What `layerwatt map` says to a dataset of which one file is bad: one message that names the file
// and what is wrong with it, exit code 1, and no result.

namespace layerwatt::cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

/// The published example of one layer, with three readings.
const std::filesystem::path kExample =
    LAYERWATT_TEST_DATA "/edgeprofiler/example_raw_data/multiple_readings";
constexpr const char* kLog = "multiple_readings_power_log.log";
constexpr const char* kLatency = "trt_profiling/trt_layer_latency.json";
constexpr const char* kInfo = "trt_profiling/trt_engine_info.json";

struct BadInput {
  std::string name;
  /// Path below the model's folder.
  std::string file;
  /// Makes bad text of good.
  std::function<std::string(std::string)> spoil;
  /// What the message says besides the file's name.
  std::string says;
};

void PrintTo(const BadInput& bad, std::ostream* out) { *out << bad.name; }

std::string replaced(std::string text, const std::string& old, const std::string& with) {
  const std::size_t at = text.find(old);
  if (at == std::string::npos) return "the example has changed: no " + old;
  return text.replace(at, old.size(), with);
}

/// `text` with another first line.
std::string with_first_line(const std::string& text, const std::string& line) {
  return line + text.substr(text.find('\n'));
}

std::vector<BadInput> bad_inputs() {
  const auto line = [](const std::string& bad) {
    return [bad](const std::string& text) { return with_first_line(text, bad); };
  };
  const auto half = [](const std::string& text) { return text.substr(0, text.size() / 2); };
  const auto latency = [](const std::string& values) {
    return [values](const std::string&) { return "{\"[CONVOLUTION]-[conv0]\": " + values + "}"; };
  };
  return {
      {"ALogLineThatIsTruncated", kLog, line("20241121-00:00:0"), "line 1"},
      {"ALogLineWithAnotherInterleaved", kLog,
       line("20241121-00:20241121-00:00:01.00,5000.0,1100.0"), "line 1"},
      {"ALogLineWithTooManyFields", kLog, line("20241121-00:00:01.00,5000.0,1100.0,1.0"), "line 1"},
      {"ALogStampThatGoesBackwards", kLog, line("20251121-00:00:01.00,5000.0,1100.0"), "line 2"},
      {"ALogValueThatIsNaN", kLog, line("20241121-00:00:01.00,nan,1100.0"), "'nan'"},
      {"ALogVoltageThatIsNegative", kLog, line("20241121-00:00:01.00,-5000.0,1100.0"), "line 1"},
      {"ALogOfBinaryBytes", kLog,
       [](const std::string&) { return std::string(300, '\xff') + '\n'; }, "line 1"},
      {"ALogWithoutSamples", kLog, [](const std::string&) { return std::string(); }, "no samples"},
      {"LatenciesCutInHalf", kLatency, half, "ends early"},
      {"LatenciesThatAreNoJson", kLatency, [](const std::string&) { return std::string("what?"); },
       "line 1"},
      {"LatenciesThatAreNaN", kLatency, latency(R"([[NaN, "20241121-00:00:01.50"]])"), "line 1"},
      {"LatenciesThatAreNegative", kLatency, latency(R"([[-1.0, "20241121-00:00:01.50"]])"), "-1"},
      {"LatenciesWithAStampThatIsNone", kLatency, latency(R"([[1.0, "yesterday"]])"), "yesterday"},
      {"EngineInformationCutInHalf", kInfo, half, "ends early"},
      {"EngineInformationWithoutLayers", kInfo, [](const std::string&) { return "{}"; },
       "'Layers'"},
      {"ALayerInTheLatenciesAndNotInTheEngineInformation", kLatency,
       [](const std::string& text) { return replaced(text, "conv0", "conv9"); }, "conv9"},
      {"ALayerThatIsMissingFromTheEngineInformation", kInfo,
       [](const std::string&) { return std::string(R"({"Layers": []})"); }, "conv0"},
      {"IdlePowerCutInHalf", "../idling_power.json", half, "ends early"},
      {"IdlePowerThatIsNaN", "../idling_power.json",
       [](const std::string&) { return R"({"timestamp": "x", "avg_idle_power": NaN})"; }, "line 1"},
      {"IdlePowerThatIsNegative", "../idling_power.json",
       [](const std::string&) { return R"({"timestamp": "x", "avg_idle_power": -5.0})"; },
       "avg_idle_power"},
  };
}

class MapRefuses : public ::testing::TestWithParam<BadInput> {
 protected:
  TemporaryFolder folder_;
};

TEST_P(MapRefuses, WithOneMessageAndNoResult) {
  const BadInput& bad = GetParam();
  const auto raw = folder_ / "raw";
  const auto model = raw / "multiple_readings";
  std::filesystem::create_directory(raw);
  std::filesystem::copy(kExample, model, std::filesystem::copy_options::recursive);
  std::filesystem::copy(kExample.parent_path() / "idling_power.json", raw);
  const auto file = (model / bad.file).lexically_normal();
  const std::string good = slurp(file);
  const std::string spoiled = bad.spoil(good);
  ASSERT_NE(good, spoiled);
  std::ofstream(file, std::ios::binary | std::ios::trunc) << spoiled;

  const Outcome outcome = run_command({"map", "--raw-data-dir", raw.string(), "--result-dir",
                                       (folder_ / "out").string(), "--method", "window"});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.err, AllOf(HasSubstr(file.filename().string()), HasSubstr(bad.says)));
  EXPECT_THAT(outcome.err.size(), ::testing::Lt(700U)) << outcome.err;
  EXPECT_FALSE(std::filesystem::exists(folder_ / "out/multiple_readings"));
}

INSTANTIATE_TEST_SUITE_P(BadInput, MapRefuses, ::testing::ValuesIn(bad_inputs()),
                         [](const auto& test) { return test.param.name; });

/// Two seconds of a simulated recording, which has the NumPy files.
class OwnRecording : public ::testing::Test {
 protected:
  void SetUp() override {
    const Outcome made =
        run_command({"simulate", "--network", "lenet-like", "--duration", "1", "--schedule",
                     "weighing", "--result-dir", (folder_ / "raw").string()});
    ASSERT_EQ(made.code, 0) << made.err;
  }
  std::filesystem::path model() const { return folder_ / "raw/lenet-like"; }
  Outcome map() {
    return run_command({"map", "--raw-data-dir", (folder_ / "raw").string(), "--result-dir",
                        (folder_ / "out").string()});
  }
  void spoil(const std::string& name, const std::function<std::string(std::string)>& change) {
    const std::string text = change(slurp(model() / name));
    std::ofstream(model() / name, std::ios::binary | std::ios::trunc) << text;
  }
  void expect_refusal(const std::string& file, const std::string& says) {
    const Outcome outcome = map();
    EXPECT_EQ(outcome.code, 1) << file;
    EXPECT_THAT(outcome.err, AllOf(HasSubstr(file), HasSubstr(says)));
    EXPECT_FALSE(std::filesystem::exists(folder_ / "out/lenet-like"));
  }
  TemporaryFolder folder_;
};

TEST_F(OwnRecording, OfWhichTheNumPyHeaderClaimsTenGigabytesIsRefusedWithoutAllocatingThem) {
  for (const char* file : {"power.npy", "timeline.npy"}) {
    const std::string good = slurp(model() / file);
    spoil(file, [](std::string text) {
      // 250,000,000 records of 40 bytes and more, in the place that the header keeps for the
      // number.
      const std::size_t at = text.find("'shape': (") + 10;
      const std::size_t end = text.find(",)", at);
      const std::string claim = "250000000";
      return text.replace(at, end - at, std::string(end - at - claim.size(), ' ') + claim);
    });
    rusage before{};
    ::getrusage(RUSAGE_SELF, &before);
    expect_refusal(file, "250000000");
    rusage after{};
    ::getrusage(RUSAGE_SELF, &after);
    EXPECT_LT(after.ru_maxrss - before.ru_maxrss, 256 * 1024) << "KiB";
    spoil(file, [&](const std::string&) { return good; });
  }
}

TEST_F(OwnRecording, OfWhichRunJsonIsCutInHalfIsRefused) {
  spoil("run.json", [](const std::string& text) { return text.substr(0, text.size() / 2); });
  expect_refusal("run.json", "ends early");
}

TEST_F(OwnRecording, OfWhichANumPyFileIsCutIsRefused) {
  for (const char* file : {"power.npy", "timeline.npy"}) {
    const std::string good = slurp(model() / file);
    spoil(file, [](const std::string& text) { return text.substr(0, text.size() / 2); });
    expect_refusal(file, "");
    spoil(file, [](const std::string& text) { return text.substr(0, 20); });
    expect_refusal(file, "");
    spoil(file, [&](const std::string&) { return good; });
  }
}

TEST_F(OwnRecording, ThatIsWholeIsMapped) {
  const Outcome outcome = map();
  EXPECT_EQ(outcome.code, 0) << outcome.err;
}

}  // namespace
}  // namespace layerwatt::cli
