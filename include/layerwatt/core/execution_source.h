#pragma once

#include <cstdint>
#include <functional>
#include <span>

#include "layerwatt/core/result.h"
#include "layerwatt/core/timeline.h"

namespace layerwatt {

/// Executions in their order, some at a time, as often as they are asked for: those of a recording
/// of half an hour take half a gigabyte, and whoever has them in a file need not hold them.
class ExecutionSource {
 public:
  ExecutionSource() = default;
  ExecutionSource(const ExecutionSource&) = delete;
  ExecutionSource& operator=(const ExecutionSource&) = delete;
  virtual ~ExecutionSource() = default;

  virtual std::int64_t count() const = 0;
  /// Gives all of them to `take`, until it returns an error, which is returned then.
  using Take = std::function<Result<void>(std::span<const Execution>)>;
  virtual Result<void> visit(const Take& take) const = 0;
};

/// Those of a timeline that is in memory, kept by reference.
class HeldExecutions final : public ExecutionSource {
 public:
  explicit HeldExecutions(const Timeline& timeline) : timeline_(timeline) {}
  std::int64_t count() const override {
    return static_cast<std::int64_t>(timeline_.executions.size());
  }
  Result<void> visit(const Take& take) const override { return take(timeline_.executions); }

 private:
  const Timeline& timeline_;
};

}  // namespace layerwatt
