#include "layerwatt/analysis/kept_profile.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "layerwatt/dataset/profile_file.h"

#include "dataset/temporary_folder.h"

namespace layerwatt {
namespace {

namespace fs = std::filesystem;

/// A recording of two layers by turns that a slow sensor saw, and the file that stands for it.
class KeptProfile : public testing::Test {
 protected:
  void SetUp() override {
    setenv("LAYERWATT_SOLVED", (folder_ / "solved").c_str(), 1);
    model_.name = "two";
    model_.folder = folder_.path();
    model_.power_log = folder_.path() / "two_power_log.log";
    std::ofstream(model_.power_log) << "recorded\n";
    recording_.timeline.layers.resize(2);
    recording_.timeline.layers[0].name = "first";
    recording_.timeline.layers[1].name = "second";
    for (int pass = 0; pass < 100; ++pass) {
      const Instant begin{std::chrono::milliseconds(10 * pass)};
      recording_.timeline.executions.push_back(
          {0, pass, 0, 0, begin, begin + std::chrono::milliseconds(3)});
      recording_.timeline.executions.push_back({1, pass, 0, 0, begin + std::chrono::milliseconds(3),
                                                begin + std::chrono::milliseconds(9)});
    }
  }

  void TearDown() override { setenv("LAYERWATT_SOLVED", "", 1); }

  std::string solved(const SolveOptions& options) const {
    const auto profile = solve_kept(model_, recording_, options);
    if (!profile) return profile.error().to_string();
    std::ostringstream text;
    write_profile_json(text, *profile);
    return text.str();
  }
  std::vector<fs::path> kept() const {
    std::vector<fs::path> files;
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(*kept_profiles_folder(), error)) {
      files.push_back(entry.path());
    }
    return files;
  }

  TemporaryFolder folder_;
  RawModel model_;
  Recording recording_;
};

TEST_F(KeptProfile, IsTakenWhereNothingChanged) {
  const std::string first = solved({});
  ASSERT_EQ(kept().size(), 1U);
  EXPECT_EQ(solved({}), first);
  // It is the file that is taken: another word in it shows.
  auto profile = read_profile_json(kept().front());
  ASSERT_TRUE(profile.has_value());
  profile->notes = {"kept"};
  std::ofstream out(kept().front());
  write_profile_json(out, *profile);
  out.close();
  EXPECT_NE(solved({}).find("\"kept\""), std::string::npos);
}

TEST_F(KeptProfile, IsNotTakenForOtherOptionsOrAnotherFile) {
  solved({});
  SolveOptions with_idle;
  with_idle.idle_power = watts(2.0);
  solved(with_idle);
  EXPECT_EQ(kept().size(), 2U);
  std::ofstream(model_.power_log) << "recorded anew, longer\n";
  solved({});
  EXPECT_EQ(kept().size(), 3U);
}

TEST_F(KeptProfile, IsSolvedForEachTimeWhereItCannotBeRead) {
  const std::string first = solved({});
  std::ofstream(kept().front()) << "{";
  EXPECT_EQ(solved({}), first);
  EXPECT_EQ(solved({}), first);
}

}  // namespace
}  // namespace layerwatt
