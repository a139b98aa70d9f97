#include "layerwatt/versioning/project.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "dataset/temporary_folder.h"
#include "versioning/dvc/project_lock.h"
#include "versioning/golden_case.h"

namespace layerwatt::versioning {
namespace {

using ::testing::HasSubstr;
using testing::text_of;

TEST(Project, IsMadeAsDvcMakesIt) {
  const TemporaryFolder scratch;
  ASSERT_TRUE(Project::initialise(scratch.path()));
  EXPECT_EQ(text_of(scratch.path() / ".dvc/config"), "");
  EXPECT_EQ(text_of(scratch.path() / ".dvc/.gitignore"), "/config.local\n/tmp\n/cache\n");
  EXPECT_TRUE(std::filesystem::exists(scratch.path() / ".dvcignore"));
  const auto again = Project::initialise(scratch.path());
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code(), ErrorCode::kInvalidArgument);
}

TEST(Project, IsFoundFromInside) {
  const TemporaryFolder scratch;
  ASSERT_TRUE(Project::initialise(scratch.path()));
  std::filesystem::create_directories(scratch.path() / "a/b");
  const auto project = Project::find(scratch.path() / "a/b");
  ASSERT_TRUE(project);
  EXPECT_EQ(project->root(), scratch.path());
  const TemporaryFolder other;
  const auto none = Project::find(other.path());
  ASSERT_FALSE(none);
  EXPECT_THAT(none.error().message(), HasSubstr("data init"));
}

TEST(Project, KeepsSecretsOutOfWhatIsCommitted) {
  const TemporaryFolder scratch;
  const auto project = Project::initialise(scratch.path());
  ASSERT_TRUE(project);
  NewRemote remote;
  remote.name = "store";
  remote.url = "s3://bucket/prefix";
  remote.options = {{"endpointurl", "http://localhost:9000"}, {"secret_access_key", "hush"}};
  remote.make_default = true;
  ASSERT_TRUE(add_remote(*project, remote));
  EXPECT_EQ(text_of(scratch.path() / ".dvc/config"),
            "[core]\n    remote = store\n['remote \"store\"']\n    url = s3://bucket/prefix\n"
            "    endpointurl = http://localhost:9000\n");
  struct stat status {};
  ASSERT_EQ(::stat((scratch.path() / ".dvc/config.local").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600U);

  const auto again = Project::find(scratch.path());
  ASSERT_TRUE(again);
  const auto settings = again->remote(std::nullopt);
  ASSERT_TRUE(settings);
  EXPECT_EQ(settings->option("secret_access_key"), "hush");
  EXPECT_FALSE(add_remote(*again, remote));
  ASSERT_TRUE(remove_remote(*again, "store"));
  EXPECT_EQ(text_of(scratch.path() / ".dvc/config"), "[core]\n");
  EXPECT_EQ(text_of(scratch.path() / ".dvc/config.local"), "");
  EXPECT_FALSE(remove_remote(*again, "store"));
}

TEST(Project, RefusesOptionsThatDvcDoesNotKnow) {
  const TemporaryFolder scratch;
  const auto project = Project::initialise(scratch.path());
  NewRemote remote;
  remote.name = "store";
  remote.url = "s3://bucket";
  remote.options = {{"endpoint_url", "x"}};
  const auto added = add_remote(*project, remote);
  ASSERT_FALSE(added);
  Error error = Result<void>(added).error();
  EXPECT_THAT(error.message(), HasSubstr("endpointurl"));
}

TEST(Project, FoldersOfRemotesAreRelativeToTheConfiguration) {
  const TemporaryFolder scratch;
  ASSERT_TRUE(Project::initialise(scratch.path()));
  testing::write_text(scratch.path() / ".dvc/config",
                      "['remote \"loc\"']\n    url = ../../store\n");
  const auto project = Project::find(scratch.path());
  ASSERT_TRUE(project);
  const auto remote = project->remote(std::nullopt);
  ASSERT_TRUE(remote);
  EXPECT_EQ(remote->url, (scratch.path().parent_path() / "store").string());
  EXPECT_FALSE(project->remote("other"));
}

TEST(Project, IsLockedForOneAtATime) {
  const TemporaryFolder scratch;
  const auto project = Project::initialise(scratch.path());
  {
    const auto lock = ProjectLock::take(*project);
    ASSERT_TRUE(lock);
    const auto second = ProjectLock::take(*project, std::chrono::milliseconds(0));
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code(), ErrorCode::kTryAgain);
    EXPECT_THAT(second.error().message(), HasSubstr("another layerwatt or DVC (process "));
  }
  EXPECT_TRUE(ProjectLock::take(*project, std::chrono::milliseconds(0)));
}

TEST(Project, ShowsUrlsWithoutPasswords) {
  EXPECT_EQ(url_without_secrets("https://me:hush@host/x@y"), "https://…@host/x@y");
  EXPECT_EQ(url_without_secrets("https://host/a@b"), "https://host/a@b");
  EXPECT_EQ(url_without_secrets("/srv/store"), "/srv/store");
}

}  // namespace
}  // namespace layerwatt::versioning
