#include "versioning/workspace/folder_hash.h"

#include <cerrno>

#include "versioning/dvc/file_hash.h"
#include "versioning/workspace/parallel.h"

namespace layerwatt::versioning {
namespace {

Result<ObjectId> hash_one(const std::filesystem::path& file, const struct stat& status,
                          HashKind kind, HashMemory& memory) {
  if (kind == HashKind::kMd5) {
    if (const auto known = memory.find(status)) return *ObjectId::parse(*known);
  }
  const auto hashed = hash_file(file, kind);
  if (!hashed) return hashed.error();
  if (kind == HashKind::kMd5) memory.remember(status, hashed->hex);
  return *ObjectId::parse(hashed->hex);
}

}  // namespace

Result<ObjectId> hash_remembered(const std::filesystem::path& file, HashKind kind,
                                 HashMemory& memory) {
  struct stat status {};
  if (::stat(file.c_str(), &status) != 0) return error_from_errno(errno, "read").at(file);
  return hash_one(file, status, kind, memory);
}

Result<Manifest> hash_folder(const std::filesystem::path& folder, const FolderScan& scan,
                             HashKind kind, HashMemory& memory, Meter& meter) {
  std::vector<std::optional<ObjectId>> ids(scan.files.size());
  const auto hash = [&](std::size_t i) -> Result<void> {
    const ScannedFile& file = scan.files[i];
    auto id = hash_one(folder / file.path, file.status, kind, memory);
    if (!id) return std::move(id).error();
    ids[i] = *std::move(id);
    meter.advance(file.status.st_size);
    return {};
  };
  if (auto done = for_each_in_parallel(ids.size(), processor_count(), meter, hash); !done) {
    return std::move(done).error();
  }
  Manifest manifest;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    manifest.entries.push_back({scan.files[i].path, *ids[i]});
  }
  return manifest;
}

}  // namespace layerwatt::versioning
