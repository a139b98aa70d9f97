#pragma once

#include <chrono>

#include "layerwatt/core/result.h"
#include "layerwatt/versioning/project.h"

#include "versioning/dvc/descriptor.h"

namespace layerwatt::versioning {

/// DVC's own lock on a project, `.dvc/tmp/lock` (dvc/lock.py: zc.lockfile, which is flock() and the
/// process's number in the file): while it is held neither another layerwatt nor DVC changes the
/// project. Let go with the object, and by the kernel where the process dies.
class ProjectLock {
 public:
  /// Tries for `patience` (DVC: 3 s), then kTryAgain with the number of who holds it.
  static Result<ProjectLock> take(const Project& project,
                                  std::chrono::milliseconds patience = std::chrono::seconds(3));

 private:
  explicit ProjectLock(Descriptor file) : file_(std::move(file)) {}
  Descriptor file_;
};

}  // namespace layerwatt::versioning
