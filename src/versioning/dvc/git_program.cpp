#include "versioning/dvc/git_program.h"

#include <fmt/format.h>

#include "versioning/dvc/program_run.h"

namespace layerwatt::versioning {

Result<std::string> git(const std::filesystem::path& folder,
                        const std::vector<std::string>& arguments) {
  std::vector<std::string> words{"git", "-c", "core.quotepath=off"};
  words.insert(words.end(), arguments.begin(), arguments.end());
  auto run = run_program(folder, words);
  if (!run) {
    return Error(ErrorCode::kNotFound, run.error().message() + "; install it: apt-get install git");
  }
  if (run->exit_code == 0) return std::move(run->out);
  std::string words_of_git = run->err;
  while (words_of_git.ends_with('\n')) words_of_git.pop_back();
  return Error(ErrorCode::kInvalidArgument,
               fmt::format("git {} failed: {}", arguments.front(), words_of_git));
}

bool is_in_git(const std::filesystem::path& root, const std::filesystem::path& path) {
  const auto listed = git(root, {"ls-files", "--", path.string()});
  return listed && !listed->empty();
}

}  // namespace layerwatt::versioning
