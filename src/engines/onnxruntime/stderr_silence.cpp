#include "engines/onnxruntime/stderr_silence.h"

#include <fcntl.h>
#include <unistd.h>

#include <cstdio>

namespace layerwatt {

StderrSilence::StderrSilence() {
  std::fflush(stderr);
  const int saved = ::fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
  if (saved < 0) return;
  const int nowhere = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
  if (nowhere < 0 || ::dup2(nowhere, STDERR_FILENO) < 0) {
    ::close(saved);
  } else {
    saved_ = saved;
  }
  if (nowhere >= 0) ::close(nowhere);
}

StderrSilence::~StderrSilence() {
  if (saved_ < 0) return;
  std::fflush(stderr);
  ::dup2(saved_, STDERR_FILENO);
  ::close(saved_);
}

}  // namespace layerwatt
