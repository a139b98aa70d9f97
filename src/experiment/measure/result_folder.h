#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "layerwatt/core/result.h"
#include "layerwatt/experiment/existing_result.h"

namespace layerwatt {

/// Where a run is recorded: `<result-dir>/<model>.recording/`, which becomes
/// `<result-dir>/<model>/` when the run is over, so that an earlier run stays whole until then and
/// a crash leaves the new one beside it. One at a time in a process and on a machine.
class ResultFolder {
 public:
  /// Makes and locks the folder, and tries to write into it. What a crash left there is moved aside
  /// to `<model>.interrupted-<time>`, and said in notes(). kInvalidArgument where a finished run
  /// stands in its place (place_of_result()); kTryAgain where another layerwatt is recording there.
  static Result<ResultFolder> create(const std::filesystem::path& result_dir,
                                     const std::string& model, ExistingResult existing);
  /// What create() will say of the place, before anything long begins. `model`: as a person wrote
  /// it, a path or a name.
  static Result<void> check(const std::filesystem::path& result_dir, const std::string& model,
                            ExistingResult existing);
  ResultFolder(ResultFolder&& other) noexcept;
  ResultFolder& operator=(ResultFolder&&) = delete;
  /// Leaves the files where they are.
  ~ResultFolder();

  /// Where to write now.
  const std::filesystem::path& path() const { return path_; }
  /// The run's name, which its files carry: the model's, or "alexnet-2" for a numbered one.
  std::string name() const { return place_.filename().string(); }
  const std::vector<std::string>& notes() const { return notes_; }

  /// Moves the folder to its place. A finished run there is replaced with kReplace alone; a partial
  /// one moves aside to `<model>.partial`. A partial run takes no other's place: it goes to
  /// `<model>.partial` itself. The place it got; what moved is said in notes().
  Result<std::filesystem::path> keep(bool partial);
  /// Removes it and all that is in it: nothing was measured.
  void discard();

 private:
  ResultFolder(std::filesystem::path place, std::filesystem::path path, int lock,
               ExistingResult existing)
      : place_(std::move(place)), path_(std::move(path)), lock_(lock), existing_(existing) {}
  Result<std::filesystem::path> make_room(bool partial);

  std::filesystem::path place_;
  std::filesystem::path path_;
  int lock_;
  ExistingResult existing_;
  std::vector<std::string> notes_;
};

}  // namespace layerwatt
