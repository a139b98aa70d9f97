#include "layerwatt/versioning/provenance.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "layerwatt/versioning/project.h"
#include "layerwatt/versioning/workspace.h"

#include "dataset/temporary_folder.h"
#include "versioning/golden_case.h"

namespace layerwatt::versioning {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;

class ProvenanceOf : public ::testing::Test {
 protected:
  ProvenanceOf() {
    const auto from = std::filesystem::path(LAYERWATT_TEST_DATA) / "edgeprofiler/mobilenet_v2_orin";
    std::filesystem::create_directories(scratch_.path() / "raw_data");
    std::filesystem::copy(from, run(), std::filesystem::copy_options::recursive);
  }
  std::filesystem::path run() const { return scratch_.path() / "raw_data/mobilenet_v2"; }
  Provenance found() const {
    auto result = provenance(run(), {});
    if (result) return *std::move(result);
    ADD_FAILURE() << result.error().to_string();
    return {};
  }

  TemporaryFolder scratch_;
};

TEST_F(ProvenanceOf, AnUntrackedRunSaysThatNothingIsRecorded) {
  const Provenance untracked = found();
  EXPECT_FALSE(untracked.files.empty());
  EXPECT_THAT(untracked.open, Contains(HasSubstr("no DVC project")));
  EXPECT_THAT(untracked.open, Contains(HasSubstr("no run.json")));
}

TEST_F(ProvenanceOf, ATrackedRunIsComparedFileByFile) {
  const auto project = Project::initialise(scratch_.path());
  ASSERT_TRUE(project);
  ASSERT_TRUE(add(*project, scratch_.path() / "raw_data", {}));
  const Provenance sound = found();
  EXPECT_TRUE(sound.tracked_by.has_value());
  for (const CheckedFile& file : sound.files) {
    EXPECT_EQ(file.verdict, CheckedFile::Verdict::kAsRecorded) << file.path;
  }
  const std::size_t before = sound.faults.size();
  const std::string victim = sound.files.front().path;
  testing::write_text(run() / victim, "changed");
  testing::write_text(run() / "more", "new");
  const Provenance changed = found();
  EXPECT_GT(changed.faults.size(), before);
  EXPECT_THAT(changed.faults, Contains(HasSubstr("'" + victim + "' has changed")));
  std::filesystem::remove(run() / victim);
  EXPECT_THAT(found().faults, Contains(HasSubstr("is recorded and not there")));
}

TEST_F(ProvenanceOf, ACampaignsLicenceAndCitationAreTold) {
  testing::write_text(scratch_.path() / "raw_data/campaign.json",
                      R"({"licence": "CC-BY-4.0", "citation": "A, B: Power of nets, 2026"})");
  std::ostringstream text;
  print_provenance(text, found());
  EXPECT_THAT(text.str(), HasSubstr("licence   CC-BY-4.0"));
  EXPECT_THAT(text.str(), HasSubstr("cite as   A, B: Power of nets, 2026"));
}

TEST_F(ProvenanceOf, AFolderOfSeveralRunsNamesThem) {
  std::filesystem::copy(run(), scratch_.path() / "raw_data/other",
                        std::filesystem::copy_options::recursive);
  const auto several = provenance(scratch_.path() / "raw_data", {});
  ASSERT_FALSE(several);
  EXPECT_EQ(several.error().code(), ErrorCode::kInvalidArgument);
  EXPECT_FALSE(provenance(scratch_.path() / "nowhere", {}));
}

}  // namespace
}  // namespace layerwatt::versioning
