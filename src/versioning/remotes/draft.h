#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "layerwatt/core/result.h"
#include "layerwatt/versioning/object_id.h"

#include "versioning/dvc/cache.h"
#include "versioning/dvc/descriptor.h"
#include "versioning/dvc/file_hash.h"

namespace layerwatt::versioning {

/// An object on its way into the cache: a file named by it that grows, is kept when the transfer
/// breaks, and is gone on with later. Its MD5 is compared over the whole before the cache gets it.
class Draft {
 public:
  /// What an earlier attempt left is taken over. Where another process fetches the same object now,
  /// a file of its own.
  static Result<Draft> open(const Cache& cache, const ObjectKey& key);
  /// What is there is kept for a later attempt, unless nothing is.
  ~Draft();
  Draft(Draft&&) noexcept = default;
  Draft& operator=(Draft&&) = delete;

  const ObjectKey& key() const { return key_; }
  std::uint64_t size() const { return size_; }
  /// Throws away what is there.
  Result<void> restart();
  /// Blocks of zeros become holes.
  Result<void> append(std::string_view bytes);

  /// Compares the MD5 and moves the file into the cache. Another MD5 is kParse; the file is
  /// deleted.
  Result<void> finish(const Cache& cache);

 private:
  Draft(ObjectKey key, std::filesystem::path path, Descriptor file);
  Result<void> take_over();

  ObjectKey key_;
  std::filesystem::path path_;
  Descriptor file_;
  std::unique_ptr<ContentHash> hash_;
  std::uint64_t size_ = 0;
};

}  // namespace layerwatt::versioning
