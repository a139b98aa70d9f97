#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "layerwatt/core/result.h"
#include "layerwatt/versioning/object_id.h"
#include "layerwatt/versioning/project.h"

#include "versioning/dvc/hash_memory.h"
#include "versioning/dvc/manifest.h"

namespace layerwatt::versioning {

/// DVC's cache: each content once, under its name, mode 0444. DVC takes an object with exactly that
/// mode as verified, so nothing gets it before its MD5 was compared. Safe to use from several
/// threads and processes: objects are renamed into place.
class Cache {
 public:
  /// With a memory, which must outlive it: what is verified on its way in is remembered there.
  explicit Cache(const Project& project, HashMemory* memory = nullptr);

  std::filesystem::path path_of(const ObjectKey& key) const { return root_ / key.path(); }
  /// Whether the object is there. One that is not marked as verified (another mode than 0444: DVC
  /// on some file systems, a copy by hand) is hashed, and marked or deleted.
  Result<bool> has(const ObjectKey& key) const;
  /// Whether the object is known to be as it was when its MD5 was compared: same inode, size and
  /// times. False where that is not known.
  bool is_unchanged(const ObjectKey& key) const;
  /// Size in bytes; nullopt where it is not there.
  std::optional<std::uint64_t> size_of(const ObjectKey& key) const;

  /// Copies a plain file in and returns its name and size.
  struct Stored {
    ObjectId id;
    std::uint64_t size;
  };
  Result<Stored> store_file(const std::filesystem::path& file) const;
  Result<void> store_manifest(const Manifest& manifest) const;
  Result<Manifest> load_manifest(const ObjectKey& key) const;

  /// Where what is being fetched grows; on the cache's file system, named by the object, so that a
  /// later attempt goes on with it.
  Result<std::filesystem::path> draft_of(const ObjectKey& key) const;
  /// Moves a finished draft, whose content its caller has verified, into place.
  Result<void> adopt(const std::filesystem::path& draft, const ObjectKey& key) const;

 private:
  Result<std::filesystem::path> drafts_folder() const;

  /// What lies in `path` was verified.
  void remember(const ObjectKey& key, const std::filesystem::path& path) const;

  std::filesystem::path root_;
  bool is_shared_;
  HashMemory* memory_;
};

}  // namespace layerwatt::versioning
