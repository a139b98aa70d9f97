#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <vector>

#include "versioning/dvc/descriptor.h"
#include "versioning/dvc/file_copy.h"
#include "versioning/remotes/remote.h"
#include "versioning/workspace/parallel.h"

namespace layerwatt::versioning {
namespace {

constexpr std::size_t kBlock = std::size_t{1} << 18;

class FolderConnection : public RemoteConnection {
 public:
  FolderConnection(std::filesystem::path root, Meter& meter)
      : root_(std::move(root)), meter_(meter) {}

  Result<bool> has(const ObjectKey& key) override {
    struct stat found {};
    const auto path = root_ / key.path();
    if (::stat(path.c_str(), &found) == 0) return S_ISREG(found.st_mode);
    if (errno == ENOENT) return false;
    return error_from_errno(errno, "look for an object").at(path);
  }

  /// What is not known to be unchanged is hashed on its way: a damaged object never gets a good
  /// name.
  Result<void> put(const CachedObject& object) override {
    const Descriptor from(::open(object.file.c_str(), O_RDONLY | O_CLOEXEC));
    if (!from) return error_from_errno(errno, "open the object").at(object.file);
    const auto place = root_ / object.key.path();
    const auto draft =
        place.parent_path() / fmt::format(".layerwatt.{}.{}.tmp", ::getpid(), ::gettid());
    constexpr int kFlags = O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW;
    Descriptor to(::open(draft.c_str(), kFlags, 0644));
    if (!to && errno == ENOENT) {
      std::error_code error;
      std::filesystem::create_directories(place.parent_path(), error);
      to = Descriptor(::open(draft.c_str(), kFlags, 0644));
    }
    if (!to) return error_from_errno(errno, "create the file").at(place);
    auto published = publish(object, from.get(), to, draft, place);
    if (!published) ::unlink(draft.c_str());
    return published;
  }

  Result<void> get(Draft& draft) override {
    const auto path = root_ / draft.key().path();
    const Descriptor from(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!from) return error_from_errno(errno, "open the object").at(path);
    // A folder is quicker read again than trusted to be what it was.
    if (draft.size() > 0) {
      if (auto restarted = draft.restart(); !restarted) return restarted;
    }
    std::vector<char> buffer(kBlock);
    while (true) {
      if (meter_.is_cancelled()) return stopped_by_a_person();
      const ssize_t got = ::read(from.get(), buffer.data(), buffer.size());
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return error_from_errno(errno, "read the object").at(path);
      if (got == 0) return {};
      const std::string_view bytes(buffer.data(), static_cast<std::size_t>(got));
      if (auto appended = draft.append(bytes); !appended) return appended;
      meter_.advance(got);
    }
  }

 private:
  Result<void> publish(const CachedObject& object, int from, Descriptor& to,
                       const std::filesystem::path& draft, const std::filesystem::path& place) {
    if (auto copied = copy(object, from, to.get(), place); !copied) return copied;
    ::fchmod(to.get(), 0444);
    if (to.close() != 0) return error_from_errno(errno, "write the object").at(place);
    if (::rename(draft.c_str(), place.c_str()) != 0) {
      return error_from_errno(errno, "move the object into place").at(place);
    }
    struct stat sent {};
    if (::fstat(from, &sent) == 0) meter_.advance(sent.st_size);
    return {};
  }

  static Result<void> copy(const CachedObject& object, int from, int to,
                           const std::filesystem::path& place) {
    if (object.is_verified) {
      auto copied = copy_bytes(from, to);
      if (copied) return copied;
      return Error(copied.error().code(), copied.error().message()).at(place);
    }
    const auto copied = copy_and_hash(from, to, object.key.hash);
    if (!copied) return Error(copied.error().code(), copied.error().message()).at(place);
    if (copied->hex == object.key.id.hex()) return {};
    return Error(ErrorCode::kParse,
                 fmt::format("the object is damaged in the cache: its MD5 is {}; delete it there "
                             "and run 'layerwatt data add' or 'pull'",
                             copied->hex));
  }

  std::filesystem::path root_;
  Meter& meter_;
};

class FolderRemote : public Remote {
 public:
  explicit FolderRemote(std::filesystem::path root) : root_(std::move(root)) {}
  Result<std::unique_ptr<RemoteConnection>> connect(Meter& meter) override {
    return std::unique_ptr<RemoteConnection>(std::make_unique<FolderConnection>(root_, meter));
  }
  /// While one waits for the disk, another hashes.
  unsigned connections() const override { return 2 * processor_count(); }
  bool trusts_folder_lists() const override { return false; }

 private:
  std::filesystem::path root_;
};

}  // namespace

Result<std::unique_ptr<Remote>> open_folder_remote(const RemoteSettings& settings) {
  std::string path = settings.url;
  constexpr std::string_view kScheme = "file://";
  if (path.starts_with(kScheme)) path.erase(0, kScheme.size());
  return std::unique_ptr<Remote>(std::make_unique<FolderRemote>(path));
}

}  // namespace layerwatt::versioning
