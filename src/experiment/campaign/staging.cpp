#include "experiment/campaign/staging.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <thread>
#include <utility>

#include "layerwatt/core/file_text.h"
#include "layerwatt/core/time.h"
#include "layerwatt/dataset/run_file.h"

#include "core/fingerprint.h"

namespace layerwatt {
namespace fs = std::filesystem;
namespace {

constexpr std::string_view kFolder = ".campaign";
/// In a step's folder from before its result moves to its place until the folder goes.
constexpr std::string_view kMoving = "moving";

/// Whether a process still holds the lock that measure takes on its folder (ResultFolder).
bool is_locked(const fs::path& folder) {
  const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return false;
  const bool locked = ::flock(descriptor, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;
  ::close(descriptor);
  return locked;
}

/// A folder below the staging folder into which somebody records; empty where there is none.
fs::path find_orphan(const fs::path& staging) {
  std::error_code error;
  for (fs::recursive_directory_iterator at(staging, error), end; !error && at != end;
       at.increment(error)) {
    if (at->is_directory(error) && is_locked(at->path())) return at->path();
  }
  return {};
}

std::string name_of(const CampaignStep& step) {
  Fingerprint name;
  name.add(step.id);
  return name.text().substr(0, 16);
}

}  // namespace

Staging::Staging(const fs::path& result_dir, const CampaignStep& step, int attempt)
    : folder_(result_dir / kFolder / fmt::format("{}-{}", name_of(step), attempt)), step_(step) {}

fs::path Staging::made() const { return folder_ / step_.result.filename(); }

Result<fs::path> Staging::make_empty() {
  std::error_code error;
  fs::remove_all(folder_, error);
  fs::create_directories(folder_, error);
  if (error) return error_from_errno(error.value(), "make the folder of a step").at(folder_);
  return folder_;
}

bool Staging::is_complete() const {
  // An idle measurement that was cut short looks like a whole one: it is made again.
  if (step_.kind != CampaignStep::Kind::kMeasure) return false;
  const auto run = read_run_file(made() / "run.json");
  return run && !run->is_partial;
}

Result<void> Staging::move_into_place() {
  std::error_code error;
  fs::create_directories(step_.result.parent_path(), error);
  if (error) return error_from_errno(error.value(), "make the folder").at(step_.result);
  if (auto marked = write_file_atomically(folder_ / kMoving, ""); !marked) return marked;
  const fs::path old = folder_ / "replaced";
  if (fs::is_directory(step_.result, error)) {
    fs::rename(step_.result, old, error);
    if (error) return error_from_errno(error.value(), "move the old result away").at(step_.result);
  }
  fs::rename(made(), step_.result, error);
  if (error) {
    const int cause = error.value();
    if (fs::exists(old, error)) fs::rename(old, step_.result, error);
    return error_from_errno(cause, "move the result into place").at(step_.result);
  }
  return {};
}

bool Staging::is_in_place() const {
  std::error_code error;
  return fs::exists(folder_ / kMoving, error) && !fs::exists(made(), error) &&
         fs::exists(step_.result, error);
}

Result<void> Staging::wait_for_orphans(const fs::path& result_dir, Duration at_most) {
  const Instant until = MonotonicClock::now() + at_most;
  for (;;) {
    const fs::path orphan = find_orphan(result_dir / kFolder);
    if (orphan.empty()) return {};
    if (MonotonicClock::now() > until) {
      return Error(
                 ErrorCode::kTryAgain,
                 "a measurement that an earlier campaign began still runs; wait for it, or end it")
          .at(orphan);
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
  }
}

void Staging::remove() {
  std::error_code ignored;
  fs::remove_all(folder_, ignored);
}

}  // namespace layerwatt
