#include "layerwatt/core/abandoned_drafts.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <string>

#include "dataset/temporary_folder.h"

namespace layerwatt {
namespace {

TEST(AbandonedDrafts, OfOtherProcessesAreRemovedAndNothingElse) {
  const TemporaryFolder folder;
  const std::string gone = "campaign.json." + std::to_string(::getpid() + 1) + ".tmp";
  const std::string ours = "campaign.json." + std::to_string(::getpid()) + ".tmp";
  for (const std::string& name : {gone, ours, std::string("notes.tmp"), std::string("a.b.tmp")}) {
    std::ofstream(folder.path() / name) << "x";
  }
  remove_abandoned_drafts(folder.path());
  EXPECT_FALSE(std::filesystem::exists(folder.path() / gone));
  EXPECT_TRUE(std::filesystem::exists(folder.path() / ours));
  EXPECT_TRUE(std::filesystem::exists(folder.path() / "notes.tmp"));
  EXPECT_TRUE(std::filesystem::exists(folder.path() / "a.b.tmp"));
  remove_abandoned_drafts(folder.path() / "not there");
}

}  // namespace
}  // namespace layerwatt
