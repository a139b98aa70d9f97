#pragma once

#include <filesystem>
#include <memory>
#include <ostream>
#include <string_view>

#include "layerwatt/core/result.h"

namespace layerwatt {

/// A file that is written as a stream beside its place and renamed into it by commit(): readers see
/// the old file or the whole new one. Without commit() nothing is left. What is no plain file
/// (/dev/stdout, a pipe) is written straight through and never replaced. Not thread-safe.
class AtomicFile {
 public:
  /// Whether commit() waits until the data are on the disk. kWhenConvenient is for files that can
  /// be made again from others: after a power cut they may be empty.
  enum class Durability { kOnDisk, kWhenConvenient };

  static Result<AtomicFile> create(const std::filesystem::path& path,
                                   Durability durability = Durability::kOnDisk);
  AtomicFile(AtomicFile&&) noexcept;
  AtomicFile& operator=(AtomicFile&&) noexcept;
  ~AtomicFile();

  /// Buffered. A failure (a full disk) is kept and told by commit(); later writes do nothing.
  void write(std::string_view text);
  /// The same as a stream, for JsonWriter and the like.
  std::ostream& stream();
  /// Writes what is buffered and moves the file into place. Once.
  Result<void> commit();

 private:
  class Buffer;
  explicit AtomicFile(std::unique_ptr<Buffer> buffer);
  std::unique_ptr<Buffer> buffer_;
  std::unique_ptr<std::ostream> stream_;
};

}  // namespace layerwatt
