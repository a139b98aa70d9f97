#include "sensors/file_calls.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

namespace layerwatt {

int FileCalls::open(const char* path) const noexcept {
  const int descriptor = ::open(path, O_RDONLY | O_CLOEXEC);
  return descriptor >= 0 ? descriptor : -errno;
}

long FileCalls::read(int descriptor, char* buffer, std::size_t size) const noexcept {
  const ssize_t got = ::pread(descriptor, buffer, size, 0);
  return got >= 0 ? got : -errno;
}

void FileCalls::close(int descriptor) const noexcept { ::close(descriptor); }

const FileCalls& FileCalls::system() {
  static const FileCalls kSystem;
  return kSystem;
}

}  // namespace layerwatt
