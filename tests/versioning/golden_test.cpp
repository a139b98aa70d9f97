#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>

#include "layerwatt/versioning/project.h"
#include "layerwatt/versioning/workspace.h"

#include "core/json.h"
#include "dataset/temporary_folder.h"
#include "versioning/dvc/cache.h"
#include "versioning/golden_case.h"

namespace layerwatt::versioning {
namespace {

using testing::GoldenCase;
using testing::text_of;

class Golden : public ::testing::TestWithParam<std::string> {};

void make_git_repository(const std::filesystem::path& folder) {
  std::filesystem::create_directory(folder / ".git");
}

TEST_P(Golden, AddWritesWhatDvcWrites) {
  const TemporaryFolder scratch;
  make_git_repository(scratch.path());
  const auto project = Project::initialise(scratch.path());
  ASSERT_TRUE(project) << project.error().to_string();
  const GoldenCase golden = testing::unpack_golden(GetParam(), scratch.path());
  const auto added = add(*project, scratch.path() / golden.target, {});
  ASSERT_TRUE(added) << added.error().to_string();

  EXPECT_EQ(text_of(scratch.path() / golden.tracking_file), golden.out_dvc);
  const auto ignore = (scratch.path() / golden.target).parent_path() / ".gitignore";
  EXPECT_EQ(text_of(ignore), golden.git_ignore);
  for (const auto& [path, size] : golden.objects) {
    struct stat status {};
    ASSERT_EQ(::stat((project->cache_folder() / path).c_str(), &status), 0) << path;
    EXPECT_EQ(status.st_size, size) << path;
    EXPECT_EQ(status.st_mode & 07777, 0444U) << path;
    if (path.ends_with(".dir")) {
      EXPECT_EQ(text_of(project->cache_folder() / path), golden.manifest);
    }
  }
}

TEST_P(Golden, CheckoutBringsBackWhatWasAdded) {
  const TemporaryFolder scratch;
  const auto project = Project::initialise(scratch.path());
  ASSERT_TRUE(project);
  const GoldenCase golden = testing::unpack_golden(GetParam(), scratch.path());
  const auto target = scratch.path() / golden.target;
  ASSERT_TRUE(add(*project, target, {}));
  const auto before = status(*project, {}, {});
  ASSERT_TRUE(before) << before.error().to_string();
  ASSERT_EQ(before->size(), 1U);
  EXPECT_EQ(before->front().kind, OutputState::Kind::kUnchanged);

  std::filesystem::remove_all(target);
  const auto report = checkout(*project, {}, {}, {});
  ASSERT_TRUE(report) << report.error().to_string();
  const auto after = status(*project, {}, {});
  ASSERT_TRUE(after);
  EXPECT_EQ(after->front().kind, OutputState::Kind::kUnchanged);
  EXPECT_TRUE(after->front().is_in_cache);
}

INSTANTIATE_TEST_SUITE_P(Dvc3, Golden, ::testing::ValuesIn(testing::golden_names()),
                         [](const auto& name) { return name.param; });

/// Data of DVC 2: objects stand a level higher and are named by the MD5 with LF for CR LF.
TEST(GoldenOfDvc2, IsCheckedOutAndComparedByItsOwnRules) {
  const TemporaryFolder scratch;
  const auto project = Project::initialise(scratch.path());
  ASSERT_TRUE(project);
  const auto folder = testing::golden_folder("legacy_md5_dos2unix");
  auto tree = read_json(folder / "tree.json");
  ASSERT_TRUE(tree);
  const auto put = [&](const std::string& name, const std::string& content) {
    const auto path = project->cache_folder() / name.substr(0, 2) / name.substr(2);
    testing::write_text(path, content);
  };
  for (const auto& file : (*tree)["files"].GetArray()) {
    put(file["md5_dos2unix"].GetString(), testing::from_base64(file["base64"].GetString()));
  }
  put((*tree)["dir_oid"].GetString(), (*tree)["dir_bytes"].GetString());
  testing::write_text(scratch.path() / "data.dvc", text_of(folder / "out.dvc"));

  const auto report = checkout(*project, {}, {}, {});
  ASSERT_TRUE(report) << report.error().to_string();
  // Two of its files differ in their line ends alone, and share an object.
  EXPECT_EQ(text_of(scratch.path() / "data/crlf.txt"), text_of(scratch.path() / "data/lf.txt"));
  const auto after = status(*project, {}, {});
  ASSERT_TRUE(after);
  EXPECT_EQ(after->front().kind, OutputState::Kind::kUnchanged);
}

}  // namespace
}  // namespace layerwatt::versioning
