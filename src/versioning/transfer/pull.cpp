#include <fmt/format.h>

#include <algorithm>
#include <mutex>

#include "layerwatt/versioning/transfer.h"

#include "versioning/dvc/cache.h"
#include "versioning/dvc/project_lock.h"
#include "versioning/transfer/connection_pool.h"
#include "versioning/transfer/dvc_program.h"
#include "versioning/transfer/object_set.h"
#include "versioning/workspace/checkout.h"
#include "versioning/workspace/parallel.h"
#include "versioning/workspace/project_paths.h"
#include "versioning/workspace/revision.h"

namespace layerwatt::versioning {
namespace {

/// Beyond these the count tells.
constexpr std::size_t kMostNamed = 5;

/// One fetch from one remote into the cache.
class Fetch {
 public:
  Fetch(const Project& project, const RemoteShare& share, Remote& remote, unsigned jobs,
        Meter& meter)
      : project_(project),
        share_(share),
        memory_(project),
        cache_(project, &memory_),
        pool_(remote, meter),
        jobs_(jobs),
        meter_(meter) {}

  Result<TransferReport> run() {
    meter_.begin(fmt::format("Pulling from {}", share_.remote.name), expected_bytes());
    if (auto fetched = fetch_lists(); !fetched) return std::move(fetched).error();
    std::vector<std::pair<ObjectKey, std::string>> missing;
    for (const auto& [key, path] : set_.files) {
      const auto there = cache_.has(key);
      if (!there) return there.error();
      if (*there) {
        ++report_.already_there;
        meter_.advance(static_cast<std::int64_t>(cache_.size_of(key).value_or(0)));
      } else {
        missing.emplace_back(key, path);
      }
    }
    if (auto fetched = fetch_all(missing); !fetched) return std::move(fetched).error();
    return report_;
  }

 private:
  std::int64_t expected_bytes() const {
    std::int64_t bytes = 0;
    for (const auto& [file, output] : share_.outputs) {
      bytes += static_cast<std::int64_t>(output->size.value_or(0));
    }
    return bytes;
  }

  Result<void> fetch_lists() {
    std::vector<std::pair<ObjectKey, std::string>> lists;
    for (const auto& [file, output] : share_.outputs) {
      const ObjectKey key{*output->id, output->hash};
      const std::string path = below_root(project_, file->output_path(*output));
      if (!output->id->is_folder()) {
        set_.files.try_emplace(key, path);
        continue;
      }
      set_.folders.push_back({key, path, {}});
      const auto there = cache_.has(key);
      if (!there) return there.error();
      if (!*there) lists.emplace_back(key, path);
    }
    if (auto fetched = fetch_all(lists); !fetched) return fetched;
    for (TrackedFolder& folder : set_.folders) {
      auto manifest = cache_.load_manifest(folder.key);
      if (!manifest) return std::move(manifest).error().with_context(folder.path);
      folder.files = *std::move(manifest);
      set_.add_files_of(folder);
    }
    return {};
  }

  /// An object that is damaged or missing does not keep the others from coming.
  Result<void> fetch_all(const std::vector<std::pair<ObjectKey, std::string>>& wanted) {
    std::mutex mutex;
    std::vector<std::string> bad;
    ErrorCode code = ErrorCode::kNotFound;
    const auto fetch = [&](std::size_t i) -> Result<void> {
      auto fetched = fetch_one(wanted[i].first);
      const std::lock_guard lock(mutex);
      if (fetched) {
        ++report_.transferred;
        report_.bytes += static_cast<std::int64_t>(cache_.size_of(wanted[i].first).value_or(0));
        return {};
      }
      Error error = std::move(fetched).error();
      const bool is_of_object =
          error.code() == ErrorCode::kParse || error.code() == ErrorCode::kNotFound;
      if (!is_of_object) {
        return std::move(error).with_context(
            fmt::format("'{}' from the remote '{}'", wanted[i].second, share_.remote.name));
      }
      if (error.code() == ErrorCode::kParse) code = ErrorCode::kParse;
      bad.push_back(fmt::format("'{}' ({}): {}", wanted[i].second, wanted[i].first.id.text(),
                                error.message()));
      return {};
    };
    if (auto done = for_each_in_parallel(wanted.size(), jobs_, meter_, fetch); !done) return done;
    if (bad.empty()) return {};
    std::sort(bad.begin(), bad.end());
    const std::size_t more = bad.size() > kMostNamed ? bad.size() - kMostNamed : 0;
    bad.resize(bad.size() - more, "");
    return Error(code, fmt::format("from the remote '{}': {}{}; nothing was checked out",
                                   share_.remote.name, fmt::join(bad, "; "),
                                   more > 0 ? fmt::format("; and {} more", more) : ""));
  }

  Result<void> fetch_one(const ObjectKey& key) {
    while (true) {
      auto draft = Draft::open(cache_, key);
      if (!draft) return std::move(draft).error();
      const bool was_begun = draft->size() > 0;
      auto got = pool_.with([&](RemoteConnection& connection) { return connection.get(*draft); });
      if (!got) return got;
      auto finished = draft->finish(cache_);
      const bool is_damaged = !finished && finished.error().code() == ErrorCode::kParse;
      // What an earlier attempt left may be what is damaged; it is gone now.
      if (!is_damaged || !was_begun) return finished;
    }
  }

  const Project& project_;
  const RemoteShare& share_;
  HashMemory memory_;
  Cache cache_;
  ConnectionPool pool_;
  unsigned jobs_;
  Meter& meter_;
  ObjectSet set_;
  TransferReport report_;
};

Result<TransferReport> fetch_natively(const Project& project, const RemoteShare& share,
                                      const RemoteKind& kind, const TransferOptions& options,
                                      Meter& meter) {
  const auto remote = kind.open(share.remote);
  if (!remote) return remote.error();
  const auto lock = ProjectLock::take(project);
  if (!lock) return lock.error();
  return Fetch(project, share, **remote, options.jobs.value_or((*remote)->connections()), meter)
      .run();
}

/// What is in the cache whole needs no remote.
bool is_complete(const Cache& cache, const TrackedOutput& output) {
  const ObjectKey key{*output.id, output.hash};
  const auto there = cache.has(key);
  if (!there || !*there) return false;
  if (!output.id->is_folder()) return true;
  const auto manifest = cache.load_manifest(key);
  return manifest && std::all_of(manifest->entries.begin(), manifest->entries.end(),
                                 [&](const ManifestEntry& entry) {
                                   const auto file = cache.has({entry.id, output.hash});
                                   return file && *file;
                                 });
}

Result<TransferReport> fetch(const Project& project, const std::vector<TrackingFile>& files,
                             const PullOptions& options, const Watch& watch, Meter& meter) {
  const Cache cache(project);
  TransferReport sum;
  std::vector<TrackingFile> incomplete = files;
  for (TrackingFile& file : incomplete) {
    std::erase_if(file.outputs, [&](const TrackedOutput& output) {
      const bool is_here = !output.id || !output.is_cached || is_complete(cache, output);
      if (is_here && output.id) sum.already_there += output.file_count.value_or(1);
      return is_here;
    });
  }
  const auto shares = shares_of(project, incomplete, options.remote, false);
  if (!shares) return shares.error();
  for (const RemoteShare& share : *shares) {
    const auto kind = remote_kind(share.remote);
    if (!kind) return kind.error();
    const auto report = (*kind)->open == nullptr
                            ? transfer_by_program(project, share, **kind, "fetch", options, watch)
                            : fetch_natively(project, share, **kind, options, meter);
    if (!report) return report.error();
    sum.transferred += report->transferred;
    sum.already_there += report->already_there;
    sum.bytes += report->bytes;
    sum.by_program = sum.by_program || report->by_program;
  }
  return sum;
}

}  // namespace

Result<PullReport> pull(const Project& project, const std::vector<std::filesystem::path>& targets,
                        const PullOptions& options, const Watch& watch) {
  const auto files = options.revision ? tracking_files_of_revision(project, *options.revision)
                                      : find_tracking_files(project, targets);
  if (!files) return files.error();
  Meter meter(watch);
  PullReport report;
  const auto fetched = fetch(project, *files, options, watch, meter);
  if (!fetched) return fetched.error();
  report.fetched = *fetched;
  if (options.only_fetch) return report;
  const auto lock = ProjectLock::take(project);
  if (!lock) return lock.error();
  const auto checked_out = checkout_files(project, *files, options.force, meter);
  if (!checked_out) return checked_out.error();
  report.checked_out = *checked_out;
  return report;
}

}  // namespace layerwatt::versioning
