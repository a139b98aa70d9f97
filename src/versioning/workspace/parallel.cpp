#include "versioning/workspace/parallel.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

namespace layerwatt::versioning {

Error stopped_by_a_person() {
  return Error(ErrorCode::kCancelled,
               "stopped; what was done so far is kept, run it again to go on");
}

unsigned processor_count() { return std::max(1U, std::thread::hardware_concurrency()); }

Result<void> for_each_in_parallel(std::size_t count, unsigned threads, const Meter& meter,
                                  const std::function<Result<void>(std::size_t)>& work) {
  std::atomic<std::size_t> next{0};
  std::atomic<bool> stop{false};
  std::mutex mutex;
  std::optional<Error> first;
  const auto fail = [&](Error error) {
    const std::lock_guard lock(mutex);
    if (!first) first = std::move(error);
    stop = true;
  };
  const auto run = [&] {
    for (std::size_t i = next++; i < count && !stop; i = next++) {
      if (meter.is_cancelled()) return fail(stopped_by_a_person());
      if (auto done = work(i); !done) return fail(std::move(done).error());
    }
  };
  std::vector<std::thread> others;
  const std::size_t wanted = std::min<std::size_t>(std::max(threads, 1U), count);
  for (std::size_t i = 1; i < wanted; ++i) others.emplace_back(run);
  run();
  for (std::thread& thread : others) thread.join();
  if (first) return *std::move(first);
  return {};
}

}  // namespace layerwatt::versioning
