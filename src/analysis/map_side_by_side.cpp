#include "layerwatt/analysis/map_side_by_side.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <filesystem>
#include <future>
#include <mutex>
#include <set>
#include <system_error>
#include <thread>
#include <utility>

#include "layerwatt/core/numbers.h"

namespace layerwatt {
namespace {

/// Begun and not yet handed out, a job. A slow model at the front lets the others go on meanwhile;
/// a finished profile of 500 layers is less than a megabyte.
constexpr std::size_t kAhead = 8;

std::uint64_t bytes_of(const std::filesystem::path& path) {
  if (path.empty()) return 0;
  std::error_code error;
  const auto size = std::filesystem::file_size(path, error);
  return error ? 0 : size;
}

}  // namespace

std::uint64_t expected_map_memory(const RawModel& model) {
  constexpr std::uint64_t kProgram = 64'000'000;
  constexpr std::uint64_t kTimesItsFiles = 6;
  const std::uint64_t exact = bytes_of(model.power_npy) + bytes_of(model.timeline_npy);
  // The texts hold the same in about as many bytes.
  const std::uint64_t text = bytes_of(model.power_log) + bytes_of(model.layer_latency);
  return kProgram + kTimesItsFiles * std::max(exact, text);
}

std::optional<std::uint64_t> half_of_available_memory(std::string_view meminfo) {
  constexpr std::string_view kKey = "MemAvailable:";
  const std::size_t at = meminfo.find(kKey);
  if (at == std::string_view::npos) return std::nullopt;
  std::string_view rest = meminfo.substr(at + kKey.size());
  rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
  const auto kibibytes = parse_int64(rest.substr(0, rest.find_first_of(" \n")));
  if (!kibibytes || *kibibytes < 0) return std::nullopt;
  return static_cast<std::uint64_t>(*kibibytes) * 1024 / 2;
}

class MapSideBySide::Work {
 public:
  Work(std::span<const RawModel> models, MapOne map_one, SideBySideLimits limits)
      : models_(models), map_one_(std::move(map_one)), limits_(limits) {
    limits_.jobs = std::max<std::size_t>(limits_.jobs, 1);
    const std::size_t threads = std::min(limits_.jobs, models_.size());
    for (std::size_t i = 0; i < threads; ++i) threads_.emplace_back([this] { run(); });
  }
  ~Work() {
    stop();
    for (std::thread& thread : threads_) thread.join();
  }

  std::optional<Result<LayerProfile>> next(std::chrono::milliseconds wait) {
    std::unique_lock lock(mutex_);
    if (!changed_.wait_for(lock, wait, [&] { return !begun_.empty() || is_stopped_; }) ||
        begun_.empty()) {
      return std::nullopt;
    }
    // A reference to a deque's front stays good while others are put behind it.
    std::future<Result<LayerProfile>>& front = begun_.front();
    lock.unlock();
    if (front.wait_for(wait) != std::future_status::ready) return std::nullopt;
    std::future<Result<LayerProfile>> ready = std::move(front);
    lock.lock();
    begun_.pop_front();
    ++handed_out_;
    lock.unlock();
    changed_.notify_all();
    return ready.get();
  }

  bool has_next() const {
    const std::lock_guard lock(mutex_);
    return is_stopped_ ? !begun_.empty() : handed_out_ < models_.size();
  }

  void stop() {
    {
      const std::lock_guard lock(mutex_);
      is_stopped_ = true;
    }
    changed_.notify_all();
  }

  std::vector<std::string> at_work() const {
    const std::lock_guard lock(mutex_);
    std::vector<std::string> names;
    for (const std::size_t i : at_work_) names.push_back(models_[i].name);
    return names;
  }

 private:
  std::size_t begun_count() const { return handed_out_ + begun_.size(); }

  bool may_begin(std::uint64_t needed) const {
    if (begun_.size() >= kAhead * limits_.jobs) return false;
    return at_work_.empty() || !limits_.memory || taken_ + needed <= *limits_.memory;
  }

  void run() {
    std::unique_lock lock(mutex_);
    while (true) {
      std::uint64_t needed = 0;
      changed_.wait(lock, [&] {
        if (is_stopped_ || begun_count() == models_.size()) return true;
        needed = expected_map_memory(models_[begun_count()]);
        return may_begin(needed);
      });
      if (is_stopped_ || begun_count() == models_.size()) return;
      const std::size_t index = begun_count();
      std::packaged_task<Result<LayerProfile>()> task(
          [this, index] { return map_one_(models_[index]); });
      begun_.push_back(task.get_future());
      at_work_.insert(index);
      taken_ += needed;
      lock.unlock();
      changed_.notify_all();
      task();
      lock.lock();
      at_work_.erase(index);
      taken_ -= needed;
      changed_.notify_all();
    }
  }

  std::span<const RawModel> models_;
  MapOne map_one_;
  SideBySideLimits limits_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  /// Results to come, from the one that is to be handed out next.
  std::deque<std::future<Result<LayerProfile>>> begun_;
  std::size_t handed_out_ = 0;
  std::set<std::size_t> at_work_;
  /// Of those at work, in bytes.
  std::uint64_t taken_ = 0;
  bool is_stopped_ = false;
  std::vector<std::thread> threads_;
};

MapSideBySide::MapSideBySide(std::span<const RawModel> models, MapOne map_one,
                             SideBySideLimits limits)
    : work_(std::make_unique<Work>(models, std::move(map_one), limits)) {}
MapSideBySide::~MapSideBySide() = default;
std::optional<Result<LayerProfile>> MapSideBySide::next(std::chrono::milliseconds wait) {
  return work_->next(wait);
}
bool MapSideBySide::has_next() const { return work_->has_next(); }
void MapSideBySide::stop() { work_->stop(); }
std::vector<std::string> MapSideBySide::at_work() const { return work_->at_work(); }

}  // namespace layerwatt
