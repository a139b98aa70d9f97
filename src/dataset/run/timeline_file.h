#pragma once

#include <filesystem>
#include <memory>

#include "layerwatt/core/execution_source.h"
#include "layerwatt/dataset/npy.h"

namespace layerwatt {

/// The executions in a timeline.npy, read anew each time that they are asked for.
class TimelineFile final : public ExecutionSource {
 public:
  /// `counts_runs`: layers ran one by one, and a record may span several runs (docs/files.md).
  static Result<std::shared_ptr<const TimelineFile>> open(const std::filesystem::path& path,
                                                          CutFile cut, bool counts_runs);

  std::int64_t count() const override { return count_; }
  /// Names the file in errors, in those of `take` too.
  Result<void> visit(const Take& take) const override;
  /// Whether the file was shorter than its header claims.
  bool was_cut() const { return was_cut_; }

 private:
  TimelineFile(std::filesystem::path path, CutFile cut, bool counts_runs)
      : path_(std::move(path)), cut_(cut), counts_runs_(counts_runs) {}

  std::filesystem::path path_;
  CutFile cut_;
  bool counts_runs_;
  std::int64_t count_ = 0;
  bool was_cut_ = false;
};

}  // namespace layerwatt
