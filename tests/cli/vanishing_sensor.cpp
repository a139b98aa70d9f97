// Loaded into the command ahead of the C library: from the moment at which the file named by
// LAYERWATT_TEST_ERRNO exists, pread() of sensors' attributes fails with the error number written
// there, as a sensor does whose driver is gone (EIO) or channel is switched off
// (ENODATA). Plain files cannot fail so.
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace {

/// 0 where reads are to succeed.
int wanted_error() {
  static const char* const path = ::getenv("LAYERWATT_TEST_ERRNO");
  if (path == nullptr) return 0;
  const int file = ::open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) return 0;
  char text[16] = {};
  const ssize_t got = ::read(file, text, sizeof(text) - 1);
  ::close(file);
  return got > 0 ? ::atoi(text) : 0;
}

bool is_attribute(int file) {
  char link[64];
  char path[4096] = {};
  std::snprintf(link, sizeof(link), "/proc/self/fd/%d", file);
  return ::readlink(link, path, sizeof(path) - 1) > 0 && std::strstr(path, "/hwmon") != nullptr;
}

ssize_t failing_pread(int file, void* buffer, std::size_t size, off_t offset) {
  if (const int error = wanted_error(); error != 0 && is_attribute(file)) {
    errno = error;
    return -1;
  }
  return ::syscall(SYS_pread64, file, buffer, size, offset);
}

}  // namespace

extern "C" {
ssize_t pread(int file, void* buffer, std::size_t size, off_t offset) {
  return failing_pread(file, buffer, size, offset);
}
ssize_t pread64(int file, void* buffer, std::size_t size, off_t offset) {
  return failing_pread(file, buffer, size, offset);
}
// What _FORTIFY_SOURCE makes of them.
ssize_t __pread_chk(int file, void* buffer, std::size_t size, off_t offset, std::size_t) {
  return failing_pread(file, buffer, size, offset);
}
ssize_t __pread64_chk(int file, void* buffer, std::size_t size, off_t offset, std::size_t) {
  return failing_pread(file, buffer, size, offset);
}
}
