#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "layerwatt/core/result.h"

namespace layerwatt::versioning {

/// Patterns of one `.dvcignore` (the syntax of gitignore, gitignore(5)), relative to its folder.
class IgnorePatterns {
 public:
  explicit IgnorePatterns(std::string_view text);

  enum class Verdict { kSilent, kIgnored, kKept };
  /// What the last matching pattern says of `path`, which is relative to the file's folder.
  Verdict judge(std::string_view path, bool is_folder) const;

 private:
  struct Pattern {
    std::vector<std::string> parts;
    bool is_negated = false;
    bool only_folders = false;
  };
  std::vector<Pattern> patterns_;
};

/// The `.dvcignore` files from a project's root down to a folder, and what DVC never tracks: .git,
/// .hg, .dvc.
class IgnoreRules {
 public:
  /// Reads those of `root` and of every folder between it and `folder`.
  static Result<IgnoreRules> read(const std::filesystem::path& root,
                                  const std::filesystem::path& folder);
  /// `path` is absolute.
  bool ignores(const std::filesystem::path& path, bool is_folder) const;

 private:
  struct Level {
    std::string folder;
    IgnorePatterns patterns;
  };
  std::vector<Level> levels_;
};

}  // namespace layerwatt::versioning
