#include "versioning/dvc/ignore_patterns.h"

#include <gtest/gtest.h>

namespace layerwatt::versioning {
namespace {

using Verdict = IgnorePatterns::Verdict;

struct Case {
  const char* patterns;
  const char* path;
  bool is_folder;
  Verdict verdict;
};

/// The examples of gitignore(5).
TEST(IgnorePatterns, FollowGitignore) {
  constexpr Case kCases[] = {
      {"*.log", "a/b.log", false, Verdict::kIgnored},
      {"*.log", "a/b.txt", false, Verdict::kSilent},
      {"*.log\n!keep.log", "a/keep.log", false, Verdict::kKept},
      {"/top", "top", false, Verdict::kIgnored},
      {"/top", "a/top", false, Verdict::kSilent},
      {"folder/", "a/folder", true, Verdict::kIgnored},
      {"folder/", "a/folder", false, Verdict::kSilent},
      {"a/**/b", "a/b", false, Verdict::kIgnored},
      {"a/**/b", "a/x/y/b", false, Verdict::kIgnored},
      {"a/**", "a/x/y", false, Verdict::kIgnored},
      {"a/**", "a", true, Verdict::kSilent},
      {"**/b", "x/y/b", false, Verdict::kIgnored},
      {"doc/frotz", "a/doc/frotz", false, Verdict::kSilent},
      {"#comment", "#comment", false, Verdict::kSilent},
      {"\\#name", "#name", false, Verdict::kIgnored},
      {"a[0-9]", "a7", false, Verdict::kIgnored},
      {"trailing   ", "trailing", false, Verdict::kIgnored},
  };
  for (const Case& c : kCases) {
    EXPECT_EQ(IgnorePatterns(c.patterns).judge(c.path, c.is_folder), c.verdict)
        << c.patterns << " against " << c.path;
  }
}

TEST(IgnorePatterns, ManyStarsCostNoMoreThanOne) {
  std::string pattern;
  std::string path;
  for (int i = 0; i < 60; ++i) {
    pattern += "**/a/";
    path += "a/";
  }
  EXPECT_EQ(IgnorePatterns(pattern + "b").judge(path + "c", false), Verdict::kSilent);
}

}  // namespace
}  // namespace layerwatt::versioning
