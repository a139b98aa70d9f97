#include "versioning/dvc/git_ignore.h"

#include "layerwatt/core/file_text.h"

#include "versioning/dvc/program_run.h"

namespace layerwatt::versioning {
namespace {

bool has_line(std::string_view text, std::string_view line) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    if (text.substr(0, end) == line) return true;
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return false;
}

}  // namespace

std::string git_ignore_line(std::string_view name) {
  std::string line = "/";
  for (std::size_t i = 0; i < name.size(); ++i) {
    const char c = name[i];
    const bool is_special = std::string_view("*?[]\\").find(c) != std::string_view::npos ||
                            (i == 0 && (c == '#' || c == '!'));
    // Git takes blanks off the end of a line.
    const bool is_last_blank = c == ' ' && i + 1 == name.size();
    if (is_special || is_last_blank) line += '\\';
    line += c;
  }
  return line;
}

Result<void> ignore_in_git(const Project& project, const std::filesystem::path& output) {
  if (!project.is_git_repository()) return {};
  const auto checked = run_program(
      project.root(), {"git", "check-ignore", "--quiet", "--no-index", "--", output.string()});
  if (checked && checked->exit_code == 0) return {};
  const auto file = output.parent_path() / ".gitignore";
  std::string text;
  std::error_code ignored;
  if (std::filesystem::exists(file, ignored)) {
    auto there = read_file(file, std::size_t{16} << 20);
    if (!there) return std::move(there).error();
    text = *std::move(there);
  }
  const std::string line = git_ignore_line(output.filename().string());
  if (has_line(text, line)) return {};
  if (!text.empty() && text.back() != '\n') text += '\n';
  return write_file_atomically(file, text + line + '\n');
}

}  // namespace layerwatt::versioning
