#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "layerwatt/core/result.h"

#include "versioning/remotes/remote.h"

namespace layerwatt::versioning {

/// Connections to one remote, lent to one thread each and used again.
class ConnectionPool {
 public:
  ConnectionPool(Remote& remote, Meter& meter) : remote_(remote), meter_(meter) {}

  /// Calls `work(connection)` with one that nobody else uses meanwhile.
  template <class Work>
  auto with(Work work) -> decltype(work(std::declval<RemoteConnection&>())) {
    auto connection = take();
    if (!connection) return std::move(connection).error();
    auto result = work(**connection);
    const std::lock_guard lock(mutex_);
    idle_.push_back(*std::move(connection));
    return result;
  }

 private:
  Result<std::unique_ptr<RemoteConnection>> take() {
    {
      const std::lock_guard lock(mutex_);
      if (!idle_.empty()) {
        auto connection = std::move(idle_.back());
        idle_.pop_back();
        return connection;
      }
    }
    return remote_.connect(meter_);
  }

  Remote& remote_;
  Meter& meter_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<RemoteConnection>> idle_;
};

}  // namespace layerwatt::versioning
