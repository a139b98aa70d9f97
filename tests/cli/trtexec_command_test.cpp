#include <gmock/gmock.h>
#include <signal.h>

#include <fstream>
#include <thread>

#include "cli/command_process.h"
#include "cli/command_run.h"
#include "dataset/temporary_folder.h"

// `layerwatt measure --engine trtexec` and `layerwatt import`, with a stand-in for trtexec.

namespace layerwatt::cli {
namespace {

using layerwatt::testing::CommandProcess;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

const std::string kAlexnet = LAYERWATT_TEST_DATA "/trtexec/alexnet";

class TrtexecCommand : public ::testing::Test {
 protected:
  TrtexecCommand() {
    std::ofstream(program()) << "#!/bin/sh\nexport FAKE_TRTEXEC_EVENTS='" << events().string()
                             << "'\nexec '" << LAYERWATT_PYTHON << "' '" << LAYERWATT_FAKE_TRTEXEC
                             << "' \"$@\"\n";
    std::filesystem::permissions(program(), std::filesystem::perms::owner_all);
  }
  std::filesystem::path program() const { return folder_ / "trtexec"; }
  std::filesystem::path events() const { return folder_ / "events"; }
  std::filesystem::path raw() const { return folder_ / "raw"; }
  std::vector<std::string> measure(const std::string& runs) const {
    return {"measure",        "lenet",
            "--engine",       "trtexec",
            "--trtexec",      program().string(),
            "--engine-cache", (folder_ / "cache").string(),
            "--sensor",       "virtual:orin-nano",
            "--warmup",       "2",
            "--runs",         runs,
            "--result-dir",   raw().string()};
  }
  bool happened(const std::string& what) const {
    std::ifstream file(events());
    for (std::string line; std::getline(file, line);) {
      if (line.starts_with(what + " ")) return true;
    }
    return false;
  }
  TemporaryFolder folder_;
};

TEST_F(TrtexecCommand, MeasurePrintsHowItsTimelineCameAbout) {
  const Outcome done = run_command(measure("50"));
  EXPECT_EQ(done.code, 0) << done.err;
  EXPECT_THAT(done.out,
              AllOf(HasSubstr("52 passes"), HasSubstr("rebuilt from what trtexec exports"),
                    HasSubstr("VIRTUAL")));
  EXPECT_THAT(done.err, HasSubstr("builds the engine"));
  EXPECT_TRUE(std::filesystem::exists(raw() / "lenet/lenet_tensorrt.json"));
}

TEST_F(TrtexecCommand, CtrlCEndsTrtexecAndSaysThatNothingIsKept) {
  if (!CommandProcess::can_start()) GTEST_SKIP() << "no processes of this build here";
  CommandProcess process(measure("100000"));  // fifty seconds of passes
  for (int i = 0; i < 1000 && !happened("passes_begin"); ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  ASSERT_TRUE(happened("passes_begin"));
  process.signal_group(SIGINT);
  const auto ending = process.wait(std::chrono::seconds(20));
  ASSERT_TRUE(ending.in_time);
  EXPECT_EQ(ending.code, 1);
  EXPECT_THAT(ending.err, HasSubstr("nothing of this run could be kept"));
  EXPECT_TRUE(process.group_ends());
  EXPECT_FALSE(std::filesystem::exists(raw() / "lenet"));
  EXPECT_FALSE(std::filesystem::exists(raw() / "lenet.recording"));
}

TEST_F(TrtexecCommand, WithoutTrtexecThePackageIsNamed) {
  const Outcome none = run_command({"measure", "lenet", "--engine", "trtexec", "--trtexec",
                                    "/nonexistent/trtexec", "--sensor", "virtual:orin-nano"});
  EXPECT_EQ(none.code, 1);
  EXPECT_THAT(none.err, AllOf(HasSubstr("/nonexistent/trtexec"), HasSubstr("libnvinfer-bin")));
  const Outcome isolated =
      run_command({"isolate", "lenet", "--engine", "trtexec", "--device", "gpu", "--trtexec",
                   "/nonexistent/trtexec", "--sensor", "virtual:orin-nano"});
  EXPECT_EQ(isolated.code, 1);
  EXPECT_THAT(isolated.err, AllOf(HasSubstr("/nonexistent/trtexec"), HasSubstr("libnvinfer-bin")));
}

TEST_F(TrtexecCommand, ImportWritesADatasetThatReportTakes) {
  const Outcome imported = run_command(
      {"import", kAlexnet, "--times", kAlexnet + "/alexnet_fp16.timing_first200.json", "--profile",
       kAlexnet + "/alexnet_fp16.profile.json", "--layers", kAlexnet + "/alexnet_fp16.graph.json",
       "--result-dir", raw().string(), "--name", "alexnet"});
  ASSERT_EQ(imported.code, 0) << imported.err;
  EXPECT_THAT(imported.out,
              AllOf(HasSubstr("200 passes"), HasSubstr("+5."), HasSubstr("Imported")));
  const Outcome report = run_command({"report", (raw() / "alexnet").string()});
  EXPECT_EQ(report.code, 0) << report.err;
  EXPECT_THAT(report.out,
              AllOf(HasSubstr("__myl_Res_myl9_1"), HasSubstr("rebuilt from what trtexec exports")));
  const Outcome json =
      run_command({"import", "--times", kAlexnet + "/alexnet_fp16.timing_first200.json",
                   "--profile", kAlexnet + "/alexnet_fp16.profile.json", "--result-dir",
                   raw().string(), "--name", "again", "--json"});
  EXPECT_EQ(json.code, 0) << json.err;
  EXPECT_THAT(json.out, AllOf(HasSubstr("\"again\""), Not(HasSubstr("Imported"))));
}

TEST_F(TrtexecCommand, ImportSaysWhatIsMissing) {
  EXPECT_EQ(run_command({"import"}).code, 2);
  EXPECT_EQ(run_command({"import", kAlexnet, "--start", "yesterday", "--times",
                         kAlexnet + "/alexnet_fp16.timing_first200.json", "--profile",
                         kAlexnet + "/alexnet_fp16.profile.json"})
                .code,
            2);
  const Outcome empty = run_command({"import", folder_.path().string()});
  EXPECT_EQ(empty.code, 1);
  EXPECT_THAT(empty.err, HasSubstr("--exportProfile"));
}

}  // namespace
}  // namespace layerwatt::cli
