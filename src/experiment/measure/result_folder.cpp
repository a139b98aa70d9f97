#include "experiment/measure/result_folder.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "layerwatt/core/file_text.h"
#include "layerwatt/core/local_time.h"

namespace layerwatt {
namespace fs = std::filesystem;
namespace {

fs::path with_ending(const fs::path& place, const std::string& ending) {
  return place.parent_path() / (place.filename().string() + ending);
}

Result<void> move_to(const fs::path& from, const fs::path& to) {
  std::error_code error;
  fs::rename(from, to, error);
  if (error) {
    return error_from_errno(error.value(), fmt::format("move {} into place", from.string())).at(to);
  }
  return {};
}

/// Locks the folder for as long as the descriptor is open; it moves along when it is renamed.
Result<int> lock(const fs::path& folder) {
  const int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return error_from_errno(errno, "open the result folder").at(folder);
  if (::flock(fd, LOCK_EX | LOCK_NB) == 0) return fd;
  const int cause = errno;
  ::close(fd);
  if (cause == EWOULDBLOCK) {
    return Error(ErrorCode::kTryAgain,
                 "another layerwatt is recording into this folder; wait for it, or choose another "
                 "--result-dir")
        .at(folder);
  }
  return error_from_errno(cause, "lock the result folder").at(folder);
}

/// "alexnet.partial", or "alexnet.partial-2" where that is taken: two runs may be cut short within
/// a second.
fs::path free_name(const fs::path& place, const std::string& ending) {
  fs::path name = with_ending(place, ending);
  std::error_code error;
  for (int number = 2; fs::exists(name, error); ++number) {
    name = with_ending(place, fmt::format("{}-{}", ending, number));
  }
  return name;
}

fs::path interrupted_name(const fs::path& place) {
  return free_name(place, ".interrupted-" + format_local_second(read_clock_anchor().local));
}

/// The folder of a run of this name.
fs::path place_in(const fs::path& result_dir, const std::string& model) {
  return fs::absolute(result_dir).lexically_normal() / model;
}

Result<void> try_writing(const fs::path& folder) {
  const fs::path probe = folder / ".writable";
  auto written = write_file_atomically(probe, "layerwatt\n");
  std::error_code ignored;
  fs::remove(probe, ignored);
  return written;
}

}  // namespace

Result<void> ResultFolder::check(const fs::path& result_dir, const std::string& model,
                                 ExistingResult existing) {
  // A program of the user's has its name from elsewhere.
  if (model.empty()) return {};
  fs::path named = model;
  if (!named.has_filename()) named = named.parent_path();  // "raw_data/alexnet/"
  const fs::path place = place_in(result_dir, named.stem().string());
  auto found = place_of_result(place, holds_finished_run(place), existing);
  if (!found) return std::move(found).error();
  return {};
}

Result<ResultFolder> ResultFolder::create(const fs::path& result_dir, const std::string& model,
                                          ExistingResult existing) {
  const fs::path wanted = place_in(result_dir, model);
  auto found = place_of_result(wanted, holds_finished_run(wanted), existing);
  if (!found) return std::move(found).error();
  const fs::path place = *std::move(found);
  const fs::path path = with_ending(place, ".recording");
  std::error_code error;
  fs::create_directories(path, error);
  if (error) return error_from_errno(error.value(), "make the result folder").at(path);
  auto locked = lock(path);
  if (!locked) return std::move(locked).error();
  ResultFolder folder(place, path, *locked, existing);
  if (!fs::is_empty(path, error)) {
    const fs::path aside = interrupted_name(place);
    if (auto moved = move_to(path, aside); !moved) return std::move(moved).error();
    folder.notes_.push_back(
        fmt::format("an earlier recording that was cut short is kept in {}", aside.string()));
    ::close(std::exchange(folder.lock_, -1));
    fs::create_directories(path, error);
    if (error) return error_from_errno(error.value(), "make the result folder").at(path);
    auto again = lock(path);
    if (!again) return std::move(again).error();
    folder.lock_ = *again;
  }
  if (auto writable = try_writing(path); !writable) return std::move(writable).error();
  return folder;
}

ResultFolder::ResultFolder(ResultFolder&& other) noexcept
    : place_(std::move(other.place_)),
      path_(std::move(other.path_)),
      lock_(std::exchange(other.lock_, -1)),
      existing_(other.existing_),
      notes_(std::move(other.notes_)) {}

ResultFolder::~ResultFolder() {
  if (lock_ >= 0) ::close(lock_);
}

/// Where the folder can go now, with nothing finished in the way.
Result<fs::path> ResultFolder::make_room(bool partial) {
  std::error_code error;
  if (!fs::exists(place_, error)) return place_;
  if (partial) return free_name(place_, ".partial");
  if (!holds_finished_run(place_)) {
    if (fs::is_empty(place_, error)) return place_;
    const fs::path aside = free_name(place_, ".partial");
    if (auto moved = move_to(place_, aside); !moved) return std::move(moved).error();
    notes_.push_back(fmt::format("an earlier run that was partial is kept in {}", aside.string()));
    return place_;
  }
  if (existing_ == ExistingResult::kReplace) return place_;
  // Another run came to its end meanwhile: both are kept.
  return place_of_result(place_, true, ExistingResult::kNumber);
}

Result<fs::path> ResultFolder::keep(bool partial) {
  auto target = make_room(partial);
  if (!target) return target;
  std::error_code error;
  const fs::path old = with_ending(place_, ".replaced");
  fs::remove_all(old, error);
  const bool replaces = fs::exists(*target, error);
  if (replaces) {
    if (auto moved = move_to(*target, old); !moved) return std::move(moved).error();
  }
  if (auto moved = move_to(path_, *target); !moved) {
    if (replaces) (void)move_to(old, *target);
    return std::move(moved).error();
  }
  path_ = *target;
  fs::remove_all(old, error);
  return target;
}

void ResultFolder::discard() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

}  // namespace layerwatt
