#pragma once

#include <memory>

#include "layerwatt/core/result.h"

#include "engines/onnxruntime/onnxruntime_api.h"

namespace layerwatt {

/// ONNX Runtime's environment: one in a process, with one pool of threads. The first session
/// decides how many threads the pool has and whether they spin; sessions that ask for the same
/// share it, so that a hundred segments do not bring a hundred pools whose threads spin beside the
/// one that works. A session that asks for something else gets a pool of its own.
class OrtEnvironment {
 public:
  /// The environment of this process, made where there is none. It goes with its last owner.
  static Result<std::shared_ptr<OrtEnvironment>> share(OrtFunctions functions, int threads,
                                                       bool spinning);

  OrtEnv* get() const { return environment_.get(); }
  bool shares_threads(int threads, bool spinning) const {
    return threads == threads_ && spinning == spinning_;
  }

 private:
  OrtEnvironment(OrtEnvPtr environment, int threads, bool spinning)
      : environment_(std::move(environment)), threads_(threads), spinning_(spinning) {}

  OrtEnvPtr environment_;
  int threads_;
  bool spinning_;
};

}  // namespace layerwatt
