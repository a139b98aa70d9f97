#pragma once

#include <cstddef>

namespace layerwatt {

/// The system calls that attributes are read with. Plain files cannot answer EIO, ENODATA or (to
/// root) EACCES as sensors do; a test's own FileCalls can.
class FileCalls {
 public:
  virtual ~FileCalls() = default;

  /// A descriptor, or −errno.
  virtual int open(const char* path) const noexcept;
  /// Bytes read from the start of the file, or −errno. One call of pread(), never repeated: some
  /// drivers answer EAGAIN for as long as they are asked.
  virtual long read(int descriptor, char* buffer, std::size_t size) const noexcept;
  virtual void close(int descriptor) const noexcept;

  static const FileCalls& system();
};

}  // namespace layerwatt
