#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <functional>
#include <sstream>

#include "layerwatt/core/local_time.h"
#include "layerwatt/dataset/power_log.h"

#include "cli/command_run.h"
#include "core/json.h"
#include "dataset/temporary_folder.h"

// Situations that people met with power logs and trtexec's files, rebuilt small.

namespace layerwatt::cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

/// A power log of a virtual board, in the published files alone, bent line by line.
class BentPowerLog : public ::testing::Test {
 protected:
  static constexpr double kPassMillijoules = 58.7;

  void SetUp() override {
    const Outcome made =
        run_command({"simulate", "--board", "orin-nano", "--published-only", "--sensor-samples",
                     "1", "--network", "alexnet-like", "--duration", "6", "--result-dir", raw()});
    ASSERT_EQ(made.code, 0) << made.err;
  }
  std::string raw() const { return (folder_ / "raw").string(); }
  std::filesystem::path log() const {
    return folder_ / "raw/alexnet-like/alexnet-like_power_log.log";
  }

  struct Sample {
    LocalTime time;
    double millivolts = 0.0;
    double milliamperes = 0.0;
  };
  void bend(const std::function<void(std::size_t k, std::size_t count, Sample&)>& change) {
    const auto read = read_power_log(log());
    ASSERT_TRUE(read) << read.error().to_string();
    std::string text;
    for (std::size_t k = 0; k < read->size(); ++k) {
      Sample sample{read->time[k], read->millivolts[k], read->milliamperes[k]};
      change(k, read->size(), sample);
      text += format_power_log_line(sample.time, sample.millivolts, sample.milliamperes);
    }
    folder_.write("raw/alexnet-like/alexnet-like_power_log.log", text);
  }
  Outcome map() {
    return run_command({"map", "--raw-data-dir", raw(), "--result-dir", (folder_ / "pp").string()});
  }
  /// The energy of a pass with its interval, as layer_profile.json has it; none where it has none.
  struct Pass {
    double value, low, high;
  };
  std::optional<Pass> pass() const {
    const auto json = parse_json(slurp(folder_ / "pp/alexnet-like/layer_profile.json"));
    if (!json || !json->HasMember("pass_energy_joule")) return std::nullopt;
    const auto& energy = (*json)["pass_energy_joule"];
    if (!energy.IsObject()) return std::nullopt;
    return Pass{energy["value"].GetDouble(), energy["low"].GetDouble(), energy["high"].GetDouble()};
  }
  TemporaryFolder folder_;
};

TEST_F(BentPowerLog, UnbentTellsTheEnergyOfAPass) {
  const Outcome outcome = map();
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  ASSERT_TRUE(pass());
  EXPECT_NEAR(1e3 * pass()->value, kPassMillijoules, 0.3);
}

TEST_F(BentPowerLog, NegativeThroughoutIsRefused) {
  bend([](std::size_t, std::size_t, Sample& s) { s.milliamperes = -s.milliamperes; });
  const Outcome outcome = map();
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, AllOf(HasSubstr("are negative: the rail is read the wrong way round"),
                                 Not(HasSubstr("0 W … 0 W")), Not(HasSubstr("One pass: 0 J"))));
  EXPECT_FALSE(pass());
}

TEST_F(BentPowerLog, AClockThatStepsForwardIsToldAndTheTotalHolds) {
  bend([](std::size_t k, std::size_t count, Sample& s) {
    if (k > count / 2) s.time += std::chrono::seconds(5);
  });
  const Outcome outcome = map();
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.out,
              HasSubstr("Check 'clock-step': The clock of the readings was set forward "
                        "by 5.00 s"));
  ASSERT_TRUE(pass());
  EXPECT_NEAR(1e3 * pass()->value, kPassMillijoules, 0.6);
  EXPECT_LE(1e3 * pass()->low, kPassMillijoules + 0.1);
  EXPECT_GE(1e3 * pass()->high, kPassMillijoules - 0.1);
}

TEST_F(BentPowerLog, MicrovoltsAndMicroamperesAreRefused) {
  bend([](std::size_t, std::size_t, Sample& s) {
    s.millivolts *= 1e3;
    s.milliamperes *= 1e3;
  });
  const Outcome outcome = map();
  EXPECT_THAT(outcome.out + outcome.err,
              AllOf(HasSubstr("another unit than millivolts and milliamperes"),
                    Not(HasSubstr("One pass: 58"))));
  EXPECT_FALSE(pass());
}

TEST_F(BentPowerLog, ASensorThatIsStuckIsRefused) {
  bend([](std::size_t, std::size_t, Sample& s) {
    s.millivolts = 5080;
    s.milliamperes = 712;
  });
  const Outcome outcome = map();
  EXPECT_THAT(outcome.out, AllOf(HasSubstr("readings are equal"), Not(HasSubstr("lies between"))));
  EXPECT_FALSE(pass());
}

TEST_F(BentPowerLog, ALogOfAnotherTimeSaysByHowMuchItIsOff) {
  bend([](std::size_t, std::size_t, Sample& s) { s.time += std::chrono::hours(1); });
  const Outcome outcome = map();
  EXPECT_THAT(outcome.out,
              AllOf(HasSubstr("do not overlap"), HasSubstr("after the end of the last pass"),
                    HasSubstr("time zone")));
  EXPECT_FALSE(pass());
}

TEST_F(BentPowerLog, ALogThatBeginsWithinTheRunSaysWhatItMisses) {
  const auto read = read_power_log(log());
  ASSERT_TRUE(read);
  std::string text;
  for (std::size_t k = read->size() * 6 / 10; k < read->size(); ++k) {
    text += format_power_log_line(read->time[k], read->millivolts[k], read->milliamperes[k]);
  }
  folder_.write("raw/alexnet-like/alexnet-like_power_log.log", text);
  const Outcome outcome = map();
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, AllOf(HasSubstr("Check 'coverage': The readings begin"),
                                 HasSubstr("of what ran has none")));
  ASSERT_TRUE(pass());
  EXPECT_NEAR(1e3 * pass()->value, kPassMillijoules, 1.2);
}

/// trtexec's three files, and a power log of 720 mA, 1,520 mA from the first pass to the last.
class ImportedTrtexec : public ::testing::Test {
 protected:
  /// `streams` passes at a time, each as many times 2.7 ms.
  void write_files(int passes, int streams) {
    std::string times;
    double t = 10.0;
    for (int i = 0; i < passes; ++i) {
      const double length = 2.7 * streams;
      times += fmt::format(
          R"({}{{"startEnqMs": {:.3f}, "endEnqMs": {:.3f}, "startH2dMs": {:.3f}, "endH2dMs": {:.3f}, )"
          R"("startComputeMs": {:.3f}, "endComputeMs": {:.3f}, "startD2hMs": {:.3f}, )"
          R"("endD2hMs": {:.3f}, "h2dMs": 0, "computeMs": {:.3f}, "d2hMs": 0, "latencyMs": {:.3f}}})",
          i > 0 ? ",\n" : "[", t, t, t, t, t, t + length, t + length, t + length, length, length);
      t += 2.7;
    }
    end_ms_ = t + 2.7 * (streams - 1);
    folder_.write("run/m.timing.json", times + "]\n");
    folder_.write(
        "run/m.profile.json",
        R"([{"count": 100}, {"name": "A", "timeMs": 90, "averageMs": 0.9, "percentage": 33},
                     {"name": "B", "timeMs": 180, "averageMs": 1.8, "percentage": 67}])");
    folder_.write("run/m.graph.json", R"({"Layers": ["A", "B"], "Bindings": ["x", "y"]})");
    folder_.write("out/idling_power.json",
                  R"({"timestamp": "20241121-052000", "avg_idle_power": 3600000.0})");
  }
  void write_log(double seconds_before, double seconds_behind) {
    const auto start = parse_local_stamp("20241121-05:20:04.0");
    ASSERT_TRUE(start);
    std::string text;
    const int first = -static_cast<int>(seconds_before * 1e3);
    const int last = static_cast<int>(end_ms_ + seconds_behind * 1e3);
    for (int ms = first; ms < last; ++ms) {
      const bool runs = ms >= 10 && ms < end_ms_;
      text +=
          format_power_log_line(*start + std::chrono::milliseconds(ms), 5000, runs ? 1520 : 720);
    }
    log_ = folder_.write("power.log", text).string();
  }
  Outcome import_from(const std::string& start) {
    return run_command({"import", (folder_ / "run").string(), "--power-log", log_, "--start", start,
                        "--result-dir", (folder_ / "out").string()});
  }
  Outcome map(const std::string& method) {
    return run_command({"map", "--raw-data-dir", (folder_ / "out").string(), "--method", method,
                        "--result-dir", (folder_ / method).string()});
  }
  double end_ms_ = 0.0;
  std::string log_;
  TemporaryFolder folder_;
};

TEST_F(ImportedTrtexec, AStartThatIsTooLateIsFoundByTheStepOfTheLoad) {
  write_files(400, 1);
  write_log(1.5, 1.5);
  for (const char* start : {"20241121-05:20:05.2", "20241121-05:20:03.3"}) {
    folder_.write("out/idling_power.json",
                  R"({"timestamp": "20241121-052000", "avg_idle_power": 3600000.0})");
    ASSERT_EQ(import_from(start).code, 0);
    const Outcome outcome = map("solve");
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    EXPECT_THAT(outcome.out, AllOf(HasSubstr("One pass: 10.8 mJ"), HasSubstr("Idle power 3.60 W"),
                                   HasSubstr("Check 'clocks': The readings follow the load"),
                                   HasSubstr("or the start that was given is off"),
                                   Not(HasSubstr("stood still"))))
        << start;
    std::filesystem::remove_all(folder_ / "out");
  }
}

TEST_F(ImportedTrtexec, ALogFromBehindTheRunIsToldAsSuch) {
  write_files(400, 1);
  write_log(1.5, 1.5);
  ASSERT_EQ(import_from("20241121-05:10:00.0").code, 0);
  const Outcome outcome = map("solve");
  EXPECT_THAT(outcome.out,
              AllOf(HasSubstr("do not overlap"), HasSubstr("after the end of the last pass"),
                    HasSubstr("--start")));
}

TEST_F(ImportedTrtexec, SeveralStreamsTellTheEnergyOfAPassAlone) {
  write_files(300, 3);
  write_log(0.5, 0.8);
  const Outcome imported = import_from("20241121-05:20:04.0");
  ASSERT_EQ(imported.code, 0) << imported.err;
  EXPECT_THAT(imported.out, HasSubstr("several streams (--infStreams)"));
  const Outcome window = map("window");
  EXPECT_EQ(window.code, 1);
  EXPECT_THAT(window.err, HasSubstr("--method solve"));
  const Outcome solved = map("solve");
  EXPECT_EQ(solved.code, 0) << solved.err;
  EXPECT_THAT(solved.out, AllOf(HasSubstr("One pass: 10.9 mJ"), HasSubstr("Idle power 3.60 W"),
                                HasSubstr("Check 'passes': Passes overlap"),
                                HasSubstr("unresolved"), Not(HasSubstr("stood still"))));
}

TEST_F(ImportedTrtexec, NamesWithControlCharactersAreRead) {
  write_files(40, 1);
  write_log(0.5, 0.5);
  folder_.write("run/m.graph.json",
                "{\"Layers\": [{\"Name\": \"A\", \"LayerType\": \"Convolution\", \"Inputs\": [], "
                "\"Outputs\": [], \"Metadata\": \"[ONNX Layer: a\x1e[ONNX Layer: b]\"}, {\"Name\": "
                "\"B\", \"LayerType\": \"Pooling\", \"Inputs\": [], \"Outputs\": []}], "
                "\"Bindings\": [\"x\", \"y\"]}");
  const Outcome imported = import_from("20241121-05:20:04.0");
  EXPECT_EQ(imported.code, 0) << imported.err;
  EXPECT_THAT(imported.out, HasSubstr("Convolution"));
}

}  // namespace
}  // namespace layerwatt::cli
