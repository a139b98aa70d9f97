#include "versioning/dvc/cache.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>

#include "layerwatt/core/file_text.h"

#include "versioning/dvc/descriptor.h"
#include "versioning/dvc/file_copy.h"

namespace layerwatt::versioning {
namespace {

constexpr mode_t kVerified = 0444;
/// A manifest of ten million files.
constexpr std::size_t kLargestManifest = std::size_t{2} << 30;

std::string unique_name() {
  static std::atomic<unsigned> counter{0};
  return fmt::format("new.{}.{}", ::getpid(), counter++);
}

}  // namespace

Cache::Cache(const Project& project, HashMemory* memory)
    : root_(project.cache_folder()), is_shared_(project.is_cache_shared()), memory_(memory) {}

Result<bool> Cache::has(const ObjectKey& key) const {
  const auto path = path_of(key);
  struct stat found {};
  if (::stat(path.c_str(), &found) != 0) {
    if (errno == ENOENT || errno == ENOTDIR) return false;
    return error_from_errno(errno, "look into the cache").at(path);
  }
  if ((found.st_mode & 07777) == kVerified) return true;
  const auto hashed = hash_file(path, key.hash);
  if (!hashed) return hashed.error();
  if (hashed->hex == key.id.hex()) {
    // A file system without modes leaves it as it is; it is hashed again next time.
    (void)::chmod(path.c_str(), kVerified);
    return true;
  }
  if (::unlink(path.c_str()) != 0)
    return error_from_errno(errno, "delete a damaged object").at(path);
  return false;
}

bool Cache::is_unchanged(const ObjectKey& key) const {
  struct stat found {};
  if (memory_ == nullptr || key.hash != HashKind::kMd5) return false;
  return ::stat(path_of(key).c_str(), &found) == 0 && memory_->find(found) == key.id.text();
}

void Cache::remember(const ObjectKey& key, const std::filesystem::path& path) const {
  struct stat written {};
  if (memory_ == nullptr || key.hash != HashKind::kMd5) return;
  if (::stat(path.c_str(), &written) == 0) memory_->remember_sealed(written, key.id.text());
}

std::optional<std::uint64_t> Cache::size_of(const ObjectKey& key) const {
  struct stat found {};
  if (::stat(path_of(key).c_str(), &found) != 0) return std::nullopt;
  return static_cast<std::uint64_t>(found.st_size);
}

Result<std::filesystem::path> Cache::drafts_folder() const {
  auto folder = root_ / "layerwatt";
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) return error_from_errno(error.value(), "create the folder").at(folder);
  return folder;
}

Result<std::filesystem::path> Cache::draft_of(const ObjectKey& key) const {
  auto folder = drafts_folder();
  if (!folder) return folder;
  return *folder / (key.id.text() + (key.hash == HashKind::kMd5 ? ".part" : ".dvc2.part"));
}

Result<void> Cache::adopt(const std::filesystem::path& draft, const ObjectKey& key) const {
  const auto path = path_of(key);
  ::chmod(draft.c_str(), kVerified);
  if (::rename(draft.c_str(), path.c_str()) != 0) {
    std::error_code error;
    std::filesystem::create_directories(path.parent_path(), error);
    if (is_shared_) ::chmod(path.parent_path().c_str(), 02775);
    if (error || ::rename(draft.c_str(), path.c_str()) != 0) {
      return error_from_errno(errno, "move an object into the cache").at(path);
    }
  }
  remember(key, path);
  return {};
}

Result<Cache::Stored> Cache::store_file(const std::filesystem::path& file) const {
  const auto folder = drafts_folder();
  if (!folder) return folder.error();
  // Without waiting: a pipe in a file's place would never end.
  const Descriptor from(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!from) return error_from_errno(errno, "open the file").at(file);
  const auto draft = *folder / unique_name();
  Descriptor to(::open(draft.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0644));
  if (!to) return error_from_errno(errno, "create the file").at(draft);
  auto copied = copy_and_hash(from.get(), to.get(), HashKind::kMd5);
  if (copied && to.close() != 0) copied = error_from_errno(errno, "write a copy");
  if (!copied) {
    ::unlink(draft.c_str());
    return std::move(copied).error().with_context("keeping it in the cache").at(file);
  }
  const Stored stored{*ObjectId::parse(copied->hex), copied->size};
  const ObjectKey key{stored.id};
  const auto is_there = has(key);
  if (is_there && *is_there) {
    ::unlink(draft.c_str());
    return stored;
  }
  if (auto adopted = adopt(draft, key); !adopted) {
    ::unlink(draft.c_str());
    return std::move(adopted).error();
  }
  return stored;
}

Result<void> Cache::store_manifest(const Manifest& manifest) const {
  const auto folder = drafts_folder();
  if (!folder) return folder.error();
  const auto draft = *folder / unique_name();
  if (auto written = write_file_atomically(draft, manifest.to_bytes()); !written) return written;
  return adopt(draft, ObjectKey{manifest.id()});
}

Result<Manifest> Cache::load_manifest(const ObjectKey& key) const {
  const auto path = path_of(key);
  const auto bytes = read_file(path, kLargestManifest);
  if (!bytes) {
    if (bytes.error().code() != ErrorCode::kNotFound) return bytes.error();
    return Error(ErrorCode::kNotFound,
                 fmt::format("the cache has no list of the folder's files ({}); 'layerwatt data "
                             "pull' fetches it",
                             key.id.text()))
        .at(path);
  }
  auto manifest = parse_manifest(*bytes);
  if (!manifest) return Error(manifest.error().code(), manifest.error().message()).at(path);
  return manifest;
}

}  // namespace layerwatt::versioning
