#include "versioning/dvc/ignore_patterns.h"

#include <fnmatch.h>

#include "layerwatt/core/file_text.h"

namespace layerwatt::versioning {
namespace {

std::vector<std::string> split(std::string_view path) {
  std::vector<std::string> parts;
  while (!path.empty()) {
    const std::size_t end = std::min(path.find('/'), path.size());
    if (end > 0) parts.emplace_back(path.substr(0, end));
    path.remove_prefix(std::min(end + 1, path.size()));
  }
  return parts;
}

/// Parts of a pattern against parts of a path; `**` stands for any number of folders. The table's
/// row is what the pattern so far matches, so that many `**` cost no more than one.
bool matches(const std::vector<std::string>& pattern, const std::vector<std::string>& path) {
  std::vector<bool> reached(path.size() + 1, false);
  reached[0] = true;
  for (std::size_t p = 0; p < pattern.size(); ++p) {
    const bool is_last = p + 1 == pattern.size();
    std::vector<bool> next(path.size() + 1, false);
    bool any = false;
    for (std::size_t i = 0; i <= path.size(); ++i) {
      if (pattern[p] == "**") {
        // At the end it stands for at least one part: what is inside, not the folder itself.
        if (!is_last) any = any || reached[i];
        next[i] = any;
        if (is_last) any = any || reached[i];
      } else if (i > 0 && reached[i - 1]) {
        next[i] = ::fnmatch(pattern[p].c_str(), path[i - 1].c_str(), 0) == 0;
      }
    }
    reached = std::move(next);
  }
  return reached[path.size()];
}

std::string_view without_trailing_blanks(std::string_view line) {
  while (!line.empty() && (line.back() == ' ' || line.back() == '\r' || line.back() == '\t')) {
    if (line.size() > 1 && line[line.size() - 2] == '\\') break;
    line.remove_suffix(1);
  }
  return line;
}

}  // namespace

IgnorePatterns::IgnorePatterns(std::string_view text) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = without_trailing_blanks(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.empty() || line.front() == '#') continue;
    Pattern pattern;
    if (line.front() == '!') {
      pattern.is_negated = true;
      line.remove_prefix(1);
    }
    if (line.ends_with('/')) {
      pattern.only_folders = true;
      line.remove_suffix(1);
    }
    // Without a slash inside it matches at any depth.
    const bool is_anchored = line.find('/') != std::string_view::npos;
    pattern.parts = split(line);
    if (pattern.parts.empty()) continue;
    if (!is_anchored) pattern.parts.insert(pattern.parts.begin(), "**");
    patterns_.push_back(std::move(pattern));
  }
}

IgnorePatterns::Verdict IgnorePatterns::judge(std::string_view path, bool is_folder) const {
  const std::vector<std::string> parts = split(path);
  for (auto pattern = patterns_.rbegin(); pattern != patterns_.rend(); ++pattern) {
    if (pattern->only_folders && !is_folder) continue;
    if (!matches(pattern->parts, parts)) continue;
    return pattern->is_negated ? Verdict::kKept : Verdict::kIgnored;
  }
  return Verdict::kSilent;
}

Result<IgnoreRules> IgnoreRules::read(const std::filesystem::path& root,
                                      const std::filesystem::path& folder) {
  IgnoreRules rules;
  std::filesystem::path level = root;
  const auto below = folder.lexically_relative(root);
  std::vector<std::filesystem::path> folders{root};
  for (const auto& part : below) {
    if (part == "." || part == "..") continue;
    level /= part;
    folders.push_back(level);
  }
  for (const auto& at : folders) {
    std::error_code ignored;
    const auto file = at / ".dvcignore";
    if (!std::filesystem::is_regular_file(file, ignored)) continue;
    const auto text = read_file(file, std::size_t{1} << 20);
    if (!text) return text.error();
    rules.levels_.push_back({at.string() + '/', IgnorePatterns(*text)});
  }
  return rules;
}

bool IgnoreRules::ignores(const std::filesystem::path& path, bool is_folder) const {
  const std::string& text = path.native();
  const std::string_view name = std::string_view(text).substr(text.rfind('/') + 1);
  if (name == ".git" || name == ".hg" || name == ".dvc") return true;
  bool ignored = false;
  for (const Level& level : levels_) {
    if (!text.starts_with(level.folder)) continue;
    const auto verdict =
        level.patterns.judge(std::string_view(text).substr(level.folder.size()), is_folder);
    if (verdict != IgnorePatterns::Verdict::kSilent) {
      ignored = verdict == IgnorePatterns::Verdict::kIgnored;
    }
  }
  return ignored;
}

}  // namespace layerwatt::versioning
