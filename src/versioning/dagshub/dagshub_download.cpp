#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <mutex>
#include <set>

#include "layerwatt/versioning/dagshub.h"
#include "layerwatt/versioning/object_id.h"

#include "versioning/dagshub/dagshub_client.h"
#include "versioning/dvc/descriptor.h"
#include "versioning/dvc/file_hash.h"
#include "versioning/dvc/relative_path.h"
#include "versioning/workspace/parallel.h"

namespace layerwatt::versioning {
namespace {

constexpr unsigned kThreads = 8;

/// A file to fetch, and where to.
struct Wanted {
  DagsHubEntry entry;
  /// Below the local folder.
  std::string below;
};

/// Lists folder by folder, the widest first.
Result<std::vector<Wanted>> find_files(DagsHubClient& client, const std::string& root,
                                       Meter& meter) {
  std::vector<Wanted> files;
  std::vector<std::string> folders{root};
  std::set<std::string> seen{root};
  for (std::size_t i = 0; i < folders.size(); ++i) {
    if (meter.is_cancelled()) return stopped_by_a_person();
    const auto entries = client.list(folders[i]);
    if (!entries) return entries.error();
    for (const DagsHubEntry& entry : *entries) {
      if (auto safe = check_relative_path(entry.path); !safe) return std::move(safe).error();
      const bool is_inside =
          root.empty() || entry.path == root || entry.path.starts_with(root + '/');
      if (!is_inside) {
        return Error(
            ErrorCode::kParse,
            fmt::format("DagsHub lists '{}' below '{}', where it is not", entry.path, root));
      }
      if (!entry.is_file) {
        if (seen.insert(entry.path).second) folders.push_back(entry.path);
        continue;
      }
      const std::string below = root.empty() ? entry.path
                                : entry.path == root
                                    ? std::filesystem::path(root).filename().string()
                                    : entry.path.substr(root.size() + 1);
      files.push_back({entry, below});
    }
  }
  return files;
}

bool is_there(const Wanted& wanted, const std::filesystem::path& place) {
  struct stat status {};
  if (::lstat(place.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return false;
  if (wanted.entry.size && static_cast<std::uint64_t>(status.st_size) != *wanted.entry.size) {
    return false;
  }
  // Without an MD5 nothing tells that the bytes are the same.
  if (!ObjectId::parse(wanted.entry.hash)) return false;
  const auto hashed = hash_file(place, HashKind::kMd5);
  return hashed && hashed->hex == wanted.entry.hash;
}

Result<void> check_content(const Wanted& wanted, std::uint64_t size, const std::string& hex) {
  if (wanted.entry.size && *wanted.entry.size != size) {
    return Error(ErrorCode::kParse,
                 fmt::format("'{}' came with {} bytes instead of {}; it was not written",
                             wanted.entry.path, size, *wanted.entry.size));
  }
  const auto expected = ObjectId::parse(wanted.entry.hash);
  if (!expected || expected->is_folder() || expected->text() == hex) return {};
  return Error(ErrorCode::kParse,
               fmt::format("'{}' came damaged: its MD5 is {} instead of {}; it was not written",
                           wanted.entry.path, hex, wanted.entry.hash));
}

/// One file into a draft beside its place, then renamed.
Result<std::uint64_t> fetch(DagsHubClient& client, const Wanted& wanted,
                            const std::filesystem::path& place, Meter& meter) {
  auto draft = place;
  draft += fmt::format(".{}.part", ::getpid());
  Descriptor file(
      ::open(draft.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644));
  if (!file) return error_from_errno(errno, "create the file").at(place);
  std::uint64_t size = 0;
  ContentHash hash(HashKind::kMd5);
  int write_errno = 0;
  const auto make = [&] {
    HttpRequest request = client.file_request(wanted.entry);
    size = 0;
    hash = ContentHash(HashKind::kMd5);
    request.sink = [&](std::string_view bytes, bool) {
      hash.update(bytes);
      while (!bytes.empty()) {
        const ssize_t written =
            ::pwrite(file.get(), bytes.data(), bytes.size(), static_cast<off_t>(size));
        if (written < 0) write_errno = errno;
        if (written < 0) return false;
        size += static_cast<std::uint64_t>(written);
        bytes.remove_prefix(static_cast<std::size_t>(written));
        meter.advance(written);
      }
      return true;
    };
    return request;
  };
  const auto answer = client.connection().send_with_retries(make);
  Result<void> done;
  if (write_errno != 0) {
    done = error_from_errno(write_errno, "write the file").at(place);
  } else if (!answer) {
    done = answer.error();
  } else if (!answer->is_success()) {
    done = client.refused(*answer, fmt::format("downloading '{}'", wanted.entry.path));
  } else {
    done = check_content(wanted, size, hash.hex());
  }
  // A broken attempt may have written more than the last one.
  if (done && (::ftruncate(file.get(), static_cast<off_t>(size)) != 0 || file.close() != 0 ||
               ::rename(draft.c_str(), place.c_str()) != 0)) {
    done = error_from_errno(errno, "write the file").at(place);
  }
  if (done) return size;
  ::unlink(draft.c_str());
  return std::move(done).error();
}

Result<void> make_folder(const std::filesystem::path& root, const std::string& below) {
  if (auto safe = check_no_link_on_the_way(root, below); !safe) return safe;
  std::error_code error;
  const auto folder = (root / below).parent_path();
  std::filesystem::create_directories(folder, error);
  if (error) return error_from_errno(error.value(), "create the folder").at(folder);
  return {};
}

}  // namespace

Result<DagsHubDownloadReport> download(const DagsHubRepository& repository,
                                       const DagsHubDownload& what, const Watch& watch) {
  std::string root = what.remote_folder;
  while (root.ends_with('/')) root.pop_back();
  if (root == ".") root.clear();
  Meter meter(watch);
  DagsHubClient client(repository, meter);
  meter.begin("Listing", 0, true);
  const auto files = find_files(client, root, meter);
  if (!files) return files.error();
  std::int64_t total = 0;
  for (const Wanted& wanted : *files)
    total += static_cast<std::int64_t>(wanted.entry.size.value_or(0));
  meter.begin("Downloading", total);
  std::mutex mutex;
  DagsHubDownloadReport report;
  const auto fetch_one = [&](std::size_t i) -> Result<void> {
    const Wanted& wanted = (*files)[i];
    const auto place = what.local_folder / wanted.below;
    if (auto made = make_folder(what.local_folder, wanted.below); !made) return made;
    if (is_there(wanted, place)) {
      const std::lock_guard lock(mutex);
      ++report.unchanged;
      return {};
    }
    DagsHubClient own(repository, meter);
    const auto size = fetch(own, wanted, place, meter);
    if (!size) return size.error();
    const std::lock_guard lock(mutex);
    ++report.files;
    report.bytes += static_cast<std::int64_t>(*size);
    return {};
  };
  if (auto done = for_each_in_parallel(files->size(), kThreads, meter, fetch_one); !done) {
    return std::move(done).error();
  }
  return report;
}

}  // namespace layerwatt::versioning
