#include "versioning/dvc/config_text.h"

#include <gtest/gtest.h>

namespace layerwatt::versioning {
namespace {

constexpr const char* kConfig =
    "[core]\n    remote = loc\n['remote \"loc\"']\n    url = ../store\n    USER = 'a # b'  # who\n";

TEST(ConfigText, ReadsWhatDvcWrites) {
  const auto config = parse_config(kConfig);
  ASSERT_TRUE(config) << config.error().to_string();
  EXPECT_EQ(config->at("core").at("remote"), "loc");
  EXPECT_EQ(config->at("remote \"loc\"").at("url"), "../store");
  EXPECT_EQ(config->at("remote \"loc\"").at("user"), "a # b");
}

TEST(ConfigText, TakesSectionsWithoutQuotesToo) {
  const auto config = parse_config("# ours\n\n[remote \"x\"]\nurl=s3://b/p\n");
  ASSERT_TRUE(config);
  EXPECT_EQ(config->at("remote \"x\"").at("url"), "s3://b/p");
}

TEST(ConfigText, NamesTheLineOfWhatIsNone) {
  for (const char* text : {"[core]\nremote\n", "a = b\n", "[core]\nx = 'open\n", "x\n[core\n"}) {
    const auto config = parse_config(text);
    ASSERT_FALSE(config) << text;
    EXPECT_TRUE(config.error().line().has_value());
  }
}

TEST(ConfigText, SetsValuesAndLeavesOtherLinesAlone) {
  std::string text = with_config_value(kConfig, "core", "remote", "other");
  text = with_config_value(text, remote_section("other"), "url", "s3://bucket/a#b");
  EXPECT_EQ(text,
            "[core]\n    remote = other\n['remote \"loc\"']\n    url = ../store\n"
            "    USER = 'a # b'  # who\n['remote \"other\"']\n    url = \"s3://bucket/a#b\"\n");
  const auto config = parse_config(text);
  ASSERT_TRUE(config);
  EXPECT_EQ(config->at("remote \"other\"").at("url"), "s3://bucket/a#b");
  text = without_config_section(text, remote_section("other"));
  EXPECT_EQ(without_config_value(text, "core", "remote"),
            "[core]\n['remote \"loc\"']\n    url = ../store\n    USER = 'a # b'  # who\n");
}

}  // namespace
}  // namespace layerwatt::versioning
