#include "versioning/dvc/manifest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace layerwatt::versioning {
namespace {

using ::testing::HasSubstr;

constexpr const char* kEmptyFile = "d41d8cd98f00b204e9800998ecf8427e";

std::string list_of(std::initializer_list<const char*> paths) {
  std::string text;
  for (const char* path : paths) {
    text += std::string(text.empty() ? "[" : ",") + R"({"md5":")" + kEmptyFile +
            R"(","relpath":")" + path + "\"}";
  }
  return text + "]";
}

TEST(Manifest, OfAnEmptyFolderHasDvcsName) {
  EXPECT_EQ(Manifest{}.to_bytes(), "[]");
  EXPECT_EQ(Manifest{}.id().text(), "d751713988987e9331980363e24189ce.dir");
}

TEST(Manifest, IsSortedWhateverItsOrderWas) {
  const auto manifest = parse_manifest(list_of({"b", "a/b", "a-b"}));
  ASSERT_TRUE(manifest) << manifest.error().to_string();
  EXPECT_EQ(manifest->entries[0].path, "a-b");
  EXPECT_EQ(manifest->entries[1].path, "a/b");
  EXPECT_EQ(manifest->entries[2].path, "b");
}

TEST(Manifest, RefusesPathsThatLeadOutOfItsFolder) {
  for (const char* path : {"../x", "a/../../x", "/etc/passwd", "a//b", "./a", "", "..", "a/..",
                           ".git/hooks/post-checkout", "a/.dvc/config", "a\\u0000b"}) {
    const auto manifest = parse_manifest(list_of({"ok", path}));
    ASSERT_FALSE(manifest) << path;
    EXPECT_EQ(manifest.error().code(), ErrorCode::kParse);
    EXPECT_THAT(manifest.error().message(), HasSubstr("entry 2")) << path;
  }
}

TEST(Manifest, RefusesAFileThatIsAlsoAFolder) {
  EXPECT_FALSE(parse_manifest(list_of({"a", "a-b", "a/b"})));
  EXPECT_FALSE(parse_manifest(list_of({"a", "a"})));
}

TEST(Manifest, RefusesWhatIsNoList) {
  for (const char* text : {"", "{}", "[1]", R"([{"relpath": "a"}])",
                           R"([{"md5": "xyz", "relpath": "a"}])", R"([{"md5": 1, "relpath": "a"}])",
                           R"([{"md5": "d41d8cd98f00b204e9800998ecf8427e", "relp)"}) {
    EXPECT_FALSE(parse_manifest(text)) << text;
  }
}

}  // namespace
}  // namespace layerwatt::versioning
