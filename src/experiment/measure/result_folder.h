#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "layerwatt/core/result.h"

namespace layerwatt {

/// Where a run is recorded: `<result-dir>/<model>.recording/`, which becomes
/// `<result-dir>/<model>/` when the run is over, so that an earlier run stays whole until then and
/// a crash leaves the new one beside it. One at a time in a process and on a machine.
class ResultFolder {
 public:
  /// Makes and locks the folder, and tries to write into it. What a crash left there is moved aside
  /// to `<model>.interrupted-<time>`, and said in notes(). kTryAgain where another layerwatt is
  /// recording there.
  static Result<ResultFolder> create(const std::filesystem::path& result_dir,
                                     const std::string& model);
  ResultFolder(ResultFolder&& other) noexcept;
  ResultFolder& operator=(ResultFolder&&) = delete;
  /// Leaves the files where they are.
  ~ResultFolder();

  /// Where to write now.
  const std::filesystem::path& path() const { return path_; }
  const std::vector<std::string>& notes() const { return notes_; }

  /// Moves the folder to its place; an earlier run there is replaced. A partial run never replaces
  /// an earlier one: it goes to `<model>.partial`. The place it got.
  Result<std::filesystem::path> keep(bool partial);
  /// Removes it and all that is in it: nothing was measured.
  void discard();

 private:
  ResultFolder(std::filesystem::path place, std::filesystem::path path, int lock)
      : place_(std::move(place)), path_(std::move(path)), lock_(lock) {}

  std::filesystem::path place_;
  std::filesystem::path path_;
  int lock_;
  std::vector<std::string> notes_;
};

}  // namespace layerwatt
