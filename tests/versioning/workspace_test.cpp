#include "layerwatt/versioning/workspace.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <sstream>

#include "layerwatt/versioning/state_text.h"

#include "dataset/temporary_folder.h"
#include "versioning/dvc/git_program.h"
#include "versioning/golden_case.h"

namespace layerwatt::versioning {
namespace {

using ::testing::HasSubstr;
using testing::text_of;
using testing::write_text;

class Workspace : public ::testing::Test {
 protected:
  Workspace() : project_(*Project::initialise(scratch_.path())) {}
  std::filesystem::path at(const std::string& path) const { return scratch_.path() / path; }
  void add_all(const std::string& path) {
    const auto added = add(project_, at(path), {});
    ASSERT_TRUE(added) << added.error().to_string();
  }
  OutputState only_state() {
    const auto states = status(project_, {}, {});
    if (!states || states->size() != 1) {
      ADD_FAILURE() << (states ? "not one output" : states.error().to_string());
      return {};
    }
    return states->front();
  }

  TemporaryFolder scratch_;
  Project project_;
};

TEST_F(Workspace, StatusNamesWhatChangedInAFolder) {
  write_text(at("data/a"), "1");
  write_text(at("data/b"), "2");
  write_text(at("data/c"), "3");
  add_all("data");
  write_text(at("data/a"), "changed");
  std::filesystem::remove(at("data/b"));
  write_text(at("data/sub/d"), "new");
  const OutputState state = only_state();
  EXPECT_EQ(state.kind, OutputState::Kind::kModified);
  std::ostringstream text;
  print_states(text, std::vector{state}, 10);
  EXPECT_EQ(text.str(),
            "modified   data  (1 added, 1 modified, 1 deleted)\n    modified  a\n    deleted   b\n"
            "    added     sub/d\n");
}

TEST_F(Workspace, AddingAgainChangesNothing) {
  write_text(at("data/a"), "1");
  add_all("data");
  const auto again = add(project_, at("data"), {});
  ASSERT_TRUE(again);
  EXPECT_FALSE(again->has_changed);
}

TEST_F(Workspace, CheckoutRefusesToLoseWhatIsNowhereElse) {
  write_text(at("data/a"), "1");
  add_all("data");
  write_text(at("data/a"), "precious");
  write_text(at("data/b"), "also");
  const auto refused = checkout(project_, {}, {}, {});
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().to_string(), HasSubstr("would be lost"));
  EXPECT_EQ(text_of(at("data/a")), "precious");
  CheckoutOptions force;
  force.force = true;
  const auto report = checkout(project_, {}, force, {});
  ASSERT_TRUE(report) << report.error().to_string();
  EXPECT_EQ(text_of(at("data/a")), "1");
  EXPECT_FALSE(std::filesystem::exists(at("data/b")));
}

TEST_F(Workspace, CheckoutTurnsAFileIntoAFolderAndBack) {
  write_text(at("data"), "a file");
  add_all("data");
  const std::string as_file = text_of(at("data.dvc"));
  std::filesystem::remove(at("data"));
  write_text(at("data/x/y"), "a folder");
  add_all("data");
  const std::string as_folder = text_of(at("data.dvc"));
  write_text(at("data.dvc"), as_file);
  ASSERT_TRUE(checkout(project_, {}, {}, {}));
  EXPECT_EQ(text_of(at("data")), "a file");
  write_text(at("data.dvc"), as_folder);
  ASSERT_TRUE(checkout(project_, {}, {}, {}));
  EXPECT_EQ(text_of(at("data/x/y")), "a folder");
}

TEST_F(Workspace, ExecutableFilesStayExecutable) {
  write_text(at("tool"), "#!/bin/sh\n");
  std::filesystem::permissions(at("tool"), std::filesystem::perms(0755));
  add_all("tool");
  EXPECT_THAT(text_of(at("tool.dvc")), HasSubstr("isexec: true"));
  std::filesystem::remove(at("tool"));
  ASSERT_TRUE(checkout(project_, {}, {}, {}));
  struct stat status {};
  ASSERT_EQ(::stat(at("tool").c_str(), &status), 0);
  EXPECT_NE(status.st_mode & S_IXUSR, 0U);
  std::filesystem::permissions(at("tool"), std::filesystem::perms(0644));
  EXPECT_EQ(only_state().kind, OutputState::Kind::kModified);
  ASSERT_TRUE(checkout(project_, {}, {}, {}));
  EXPECT_EQ(only_state().kind, OutputState::Kind::kUnchanged);
}

TEST_F(Workspace, AddRefusesALinkOutOfTheFolderAndNamesIt) {
  write_text(at("outside"), "secret");
  write_text(at("data/a"), "1");
  std::filesystem::create_symlink(at("outside"), at("data/link"));
  const auto added = add(project_, at("data"), {});
  ASSERT_FALSE(added);
  EXPECT_THAT(added.error().to_string(), HasSubstr("data/link: the symbolic link leads out"));
  EXPECT_FALSE(std::filesystem::exists(at("data.dvc")));
}

TEST_F(Workspace, AddFollowsLinksInsideTheFolder) {
  write_text(at("data/a"), "1");
  std::filesystem::create_symlink("a", at("data/link"));
  add_all("data");
  EXPECT_THAT(text_of(at("data.dvc")), HasSubstr("nfiles: 2"));
  EXPECT_EQ(only_state().kind, OutputState::Kind::kUnchanged);
}

TEST_F(Workspace, AddRefusesPipesAndWhatIsElsewhere) {
  std::filesystem::create_directory(at("data"));
  ASSERT_EQ(::mkfifo(at("data/pipe").c_str(), 0644), 0);
  EXPECT_FALSE(add(project_, at("data"), {}));
  const TemporaryFolder other;
  write_text(other.path() / "x", "1");
  const auto outside = add(project_, other.path() / "x", {});
  ASSERT_FALSE(outside);
  EXPECT_EQ(outside.error().code(), ErrorCode::kInvalidArgument);
  EXPECT_FALSE(add(project_, scratch_.path(), {}));
  EXPECT_FALSE(add(project_, at(".dvc/config"), {}));
  EXPECT_FALSE(add(project_, at("nothing"), {}));
}

TEST_F(Workspace, AddRefusesWhatAnotherFileTracks) {
  write_text(at("data/sub/a"), "1");
  add_all("data");
  EXPECT_FALSE(add(project_, at("data/sub"), {}));
  write_text(at("other/sub/a"), "1");
  add_all("other/sub");
  EXPECT_FALSE(add(project_, at("other"), {}));
}

TEST_F(Workspace, CheckoutRefusesAListThatLeadsOutOfItsFolder) {
  const std::string list =
      R"([{"md5": "d41d8cd98f00b204e9800998ecf8427e", "relpath": "../../evil"}])";
  write_text(at(".dvc/cache/files/md5/ab/cdefabcdefabcdefabcdefabcdefab.dir"), list);
  std::filesystem::permissions(at(".dvc/cache/files/md5/ab/cdefabcdefabcdefabcdefabcdefab.dir"),
                               std::filesystem::perms(0444));
  write_text(at("data.dvc"),
             "outs:\n- md5: abcdefabcdefabcdefabcdefabcdefab.dir\n  hash: md5\n  path: data\n");
  const auto report = checkout(project_, {}, {}, {});
  ASSERT_FALSE(report);
  EXPECT_THAT(report.error().to_string(), HasSubstr("'..' leads out of its folder"));
}

TEST_F(Workspace, TrackingFilesMayNotNamePathsElsewhere) {
  write_text(at("x.dvc"),
             "outs:\n- md5: d41d8cd98f00b204e9800998ecf8427e\n  hash: md5\n"
             "  path: ../../evil\n");
  EXPECT_FALSE(checkout(project_, {}, {}, {}));
  EXPECT_FALSE(status(project_, {}, {}));
}

TEST_F(Workspace, CheckoutNeverWritesThroughALink) {
  write_text(at("data/sub/a"), "1");
  add_all("data");
  std::filesystem::remove_all(at("data/sub"));
  const TemporaryFolder other;
  std::filesystem::create_directory_symlink(other.path(), at("data/sub"));
  EXPECT_FALSE(checkout(project_, {}, {}, {}));
  EXPECT_TRUE(std::filesystem::is_empty(other.path()));
}

TEST_F(Workspace, DiffComparesRevisions) {
  const auto run = [&](std::vector<std::string> words) {
    words.insert(words.begin(), {"-c", "user.name=a", "-c", "user.email=a@b"});
    return git(scratch_.path(), words);
  };
  if (!run({"init", "-q"})) GTEST_SKIP() << "git is not installed";
  write_text(at("data/a"), "1");
  add_all("data");
  ASSERT_TRUE(run({"add", "-A"}));
  ASSERT_TRUE(run({"commit", "-qm", "one"}));
  write_text(at("data/b"), "2");
  const auto changed = diff(project_, "HEAD", std::nullopt, {});
  ASSERT_TRUE(changed) << changed.error().to_string();
  ASSERT_EQ(changed->size(), 1U);
  EXPECT_EQ(changed->front().files.at(0).path, "b");
  add_all("data");
  ASSERT_TRUE(run({"commit", "-qam", "two"}));
  const auto between = diff(project_, "HEAD~1", "HEAD", {});
  ASSERT_TRUE(between);
  ASSERT_EQ(between->size(), 1U);
  EXPECT_EQ(between->front().files.at(0).kind, FileChange::Kind::kAdded);
  EXPECT_FALSE(diff(project_, "no-such-revision", std::nullopt, {}));
  CheckoutOptions old;
  old.revision = "HEAD~1";
  ASSERT_TRUE(checkout(project_, {}, old, {}));
  EXPECT_FALSE(std::filesystem::exists(at("data/b")));
}

TEST_F(Workspace, FilesNamedInDvcignoreAreLeftOutAndLeftAlone) {
  write_text(at(".dvcignore"), "*.tmp\n");
  write_text(at("data/a"), "1");
  write_text(at("data/b.tmp"), "2");
  add_all("data");
  EXPECT_THAT(text_of(at("data.dvc")), HasSubstr("nfiles: 1"));
  ASSERT_TRUE(checkout(project_, {}, {}, {}));
  EXPECT_TRUE(std::filesystem::exists(at("data/b.tmp")));
}

}  // namespace
}  // namespace layerwatt::versioning
