#include "layerwatt/versioning/tracking_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dataset/temporary_folder.h"
#include "versioning/dvc/yaml_scalar.h"
#include "versioning/golden_case.h"

namespace layerwatt::versioning {
namespace {

using ::testing::HasSubstr;

constexpr const char* kFile =
    "outs:\n- md5: eadbb35b313dcc85f0eccec4cb9cddd1\n  size: 29\n  hash: md5\n  path: power.csv\n";

TEST(TrackingFile, ReadsBackWhatItWrites) {
  TrackedOutput output;
  output.id = ObjectId::parse("3ce36c0212a8c780aef10574ea31b066.dir");
  output.size = 16;
  output.file_count = 5;
  for (const char* path :
       {"data", "a: b",       "'quoted'", "\"double\"", "tab\there", "line\nbreak",
        "0x10", "1e5",        "~",        "-",          "- a",       "#x",
        "a #b", "2024-11-21", " lead",    "trail ",     "\u2028",    "\xC2\x85",
        "é",    "😀",          "[a]",      "true",       "a:",        "a\\b",
        "a  b", "%x",         "@x",       "`x",         "...",       "---"}) {
    output.path = path;
    const auto file = parse_tracking_file(format_tracking_file(output));
    ASSERT_TRUE(file) << path << ": " << file.error().to_string();
    EXPECT_EQ(file->outputs.at(0).path, path);
    EXPECT_EQ(file->outputs.at(0).id, output.id);
    EXPECT_EQ(file->outputs.at(0).file_count, 5);
    EXPECT_EQ(file->outputs.at(0).hash, HashKind::kMd5);
  }
}

TEST(TrackingFile, QuotesAHashThatLooksLikeANumber) {
  EXPECT_EQ(yaml_scalar("25665366562683890729723055813036", 7),
            "'25665366562683890729723055813036'");
  EXPECT_EQ(yaml_scalar("12345678901234e12345678901234567", 7),
            "'12345678901234e12345678901234567'");
  EXPECT_EQ(yaml_scalar("1234567890123ae12345678901234567", 7), "1234567890123ae12345678901234567");
}

TEST(TrackingFile, WithoutAHashKindIsOfDvc2) {
  const auto file =
      parse_tracking_file("outs:\n- md5: 38a558a30867c6004bbe96459f4cbda8.dir\n  path: data\n");
  ASSERT_TRUE(file);
  EXPECT_EQ(file->outputs[0].hash, HashKind::kMd5Dos2Unix);
  const ObjectKey key{*file->outputs[0].id, file->outputs[0].hash};
  EXPECT_EQ(key.path(), "38/a558a30867c6004bbe96459f4cbda8.dir");
}

TEST(TrackingFile, CutAtAnyPlaceIsRefusedOrWhole) {
  const TemporaryFolder scratch;
  const std::string whole = kFile;
  for (std::size_t length = 0; length + 1 < whole.size(); ++length) {
    const auto path = scratch.path() / "power.csv.dvc";
    testing::write_text(path, whole.substr(0, length));
    const auto file = read_tracking_file(path);
    ASSERT_FALSE(file) << whole.substr(0, length);
    EXPECT_EQ(file.error().file(), path);
  }
}

TEST(TrackingFile, LeavesImportsAndPipelinesToDvc) {
  for (const char* text :
       {"deps:\n- path: x\nouts:\n- path: y\n", "cmd: make\nouts:\n- path: y\n",
        "outs:\n- path: y\n  files:\n  - relpath: z\n", "outs:\n- path: y\n  hash: sha256\n"}) {
    const auto file = parse_tracking_file(text);
    ASSERT_FALSE(file) << text;
    EXPECT_EQ(file.error().code(), ErrorCode::kUnsupported);
    EXPECT_THAT(file.error().message(), HasSubstr("DVC"));
  }
}

TEST(TrackingFile, NamesTheLineOfWhatIsWrong) {
  const auto file = parse_tracking_file("outs:\n- path: a\n  md5: 12\n");
  ASSERT_FALSE(file);
  EXPECT_EQ(file.error().line(), 3);
}

TEST(TrackingFile, KeepsWhatPeopleWroteIntoIt) {
  const TemporaryFolder scratch;
  const auto path = scratch.path() / "power.csv.dvc";
  testing::write_text(path, std::string("# of the second night\n") + kFile +
                                "  desc: two nights\nmeta:\n  board: orin\n");
  auto file = read_tracking_file(path);
  ASSERT_TRUE(file) << file.error().to_string();
  EXPECT_TRUE(file->has_annotations);
  TrackedOutput output = file->outputs[0];
  output.id = ObjectId::parse("d41d8cd98f00b204e9800998ecf8427e");
  output.size = 0;
  const auto text = changed_tracking_file(*file, output);
  ASSERT_TRUE(text) << text.error().to_string();
  EXPECT_EQ(*text,
            "# of the second night\nouts:\n- md5: d41d8cd98f00b204e9800998ecf8427e\n  size: 0\n"
            "  hash: md5\n  path: power.csv\n  desc: two nights\nmeta:\n  board: orin\n");
}

}  // namespace
}  // namespace layerwatt::versioning
