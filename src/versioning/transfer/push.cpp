#include <fmt/format.h>

#include <algorithm>

#include "layerwatt/versioning/transfer.h"

#include "versioning/dvc/cache.h"
#include "versioning/dvc/project_lock.h"
#include "versioning/transfer/connection_pool.h"
#include "versioning/transfer/dvc_program.h"
#include "versioning/transfer/object_set.h"
#include "versioning/transfer/remote_presence.h"
#include "versioning/workspace/parallel.h"
#include "versioning/workspace/project_paths.h"

namespace layerwatt::versioning {
namespace {

/// One push to one remote.
class Push {
 public:
  Push(const Project& project, const RemoteShare& share, Remote& remote, unsigned jobs,
       Meter& meter)
      : project_(project),
        share_(share),
        memory_(project),
        cache_(project, &memory_),
        remote_(remote),
        pool_(remote, meter),
        jobs_(jobs),
        meter_(meter) {}

  Result<TransferReport> run() {
    if (auto found = find_work(); !found) return std::move(found).error();
    if (auto there = check_cache(); !there) return std::move(there).error();
    std::int64_t bytes = 0;
    for (const ObjectKey& key : missing_) bytes += size_of(key);
    for (const TrackedFolder* folder : missing_folders_) bytes += size_of(folder->key);
    meter_.begin(fmt::format("Pushing to {}", share_.remote.name), bytes);
    const auto send_file = [&](std::size_t i) {
      return send(missing_[i], set_.files.at(missing_[i]));
    };
    if (auto sent = for_each_in_parallel(missing_.size(), jobs_, meter_, send_file); !sent) {
      return std::move(sent).error();
    }
    // A list at the remote says that its files are there: it comes last.
    const auto send_list = [&](std::size_t i) {
      return send(missing_folders_[i]->key, missing_folders_[i]->path);
    };
    if (auto sent = for_each_in_parallel(missing_folders_.size(), jobs_, meter_, send_list);
        !sent) {
      return std::move(sent).error();
    }
    report_.bytes = bytes;
    report_.transferred = static_cast<std::int64_t>(missing_.size() + missing_folders_.size());
    return report_;
  }

 private:
  Error failed(Error error, const std::string& path) const {
    return std::move(error).with_context(
        fmt::format("'{}' to the remote '{}'", path, share_.remote.name));
  }

  Error not_told(Error error) const {
    return std::move(error).with_context(
        fmt::format("asking the remote '{}' what it has", share_.remote.name));
  }

  std::int64_t size_of(const ObjectKey& key) const {
    return static_cast<std::int64_t>(cache_.size_of(key).value_or(0));
  }

  /// What the remote lacks.
  Result<void> find_work() {
    meter_.begin("Asking what is there", 0);
    std::vector<ObjectKey> lists;
    for (const auto& [file, output] : share_.outputs) {
      const ObjectKey key{*output->id, output->hash};
      const std::string path = below_root(project_, file->output_path(*output));
      if (!output->id->is_folder()) {
        set_.files.try_emplace(key, path);
        continue;
      }
      auto manifest = cache_.load_manifest(key);
      if (!manifest) return failed(std::move(manifest).error(), path);
      set_.folders.push_back({key, path, *std::move(manifest)});
      lists.push_back(key);
    }
    auto present = find_present(remote_, pool_, lists, jobs_, meter_);
    if (!present) return not_told(std::move(present).error());
    for (const TrackedFolder& folder : set_.folders) {
      const bool is_there = present->contains(folder.key);
      if (is_there) ++report_.already_there;
      if (!is_there) missing_folders_.push_back(&folder);
      if (is_there && remote_.trusts_folder_lists()) {
        report_.already_there += static_cast<std::int64_t>(folder.files.entries.size());
      } else {
        set_.add_files_of(folder);
      }
    }
    return find_missing_files();
  }

  Result<void> find_missing_files() {
    std::vector<ObjectKey> wanted;
    for (const auto& [key, path] : set_.files) wanted.push_back(key);
    const auto present = find_present(remote_, pool_, wanted, jobs_, meter_);
    if (!present) return not_told(present.error());
    for (const ObjectKey& key : wanted) {
      if (!present->contains(key)) missing_.push_back(key);
    }
    report_.already_there += static_cast<std::int64_t>(present->size());
    return {};
  }

  /// Before anything is sent: what is neither at the remote nor here cannot be pushed.
  Result<void> check_cache() const {
    for (const ObjectKey& key : missing_) {
      const auto there = cache_.has(key);
      if (!there) return there.error();
      if (*there) continue;
      const std::string& path = set_.files.at(key);
      return Error(
          ErrorCode::kNotFound,
          fmt::format("'{}' ({}) is neither in the cache nor at the remote '{}'; nothing was "
                      "pushed. 'layerwatt data add' keeps it again, or 'pull' it from a remote "
                      "that has it",
                      path, key.id.text(), share_.remote.name));
    }
    return {};
  }

  Result<void> send(const ObjectKey& key, const std::string& path) {
    const CachedObject object{key, cache_.path_of(key), cache_.is_unchanged(key)};
    auto sent = pool_.with([&](RemoteConnection& connection) { return connection.put(object); });
    if (sent) return sent;
    return failed(std::move(sent).error(), path);
  }

  const Project& project_;
  const RemoteShare& share_;
  HashMemory memory_;
  Cache cache_;
  Remote& remote_;
  ConnectionPool pool_;
  unsigned jobs_;
  Meter& meter_;
  ObjectSet set_;
  std::vector<ObjectKey> missing_;
  std::vector<const TrackedFolder*> missing_folders_;
  TransferReport report_;
};

void add_to(TransferReport& sum, const TransferReport& part) {
  sum.transferred += part.transferred;
  sum.already_there += part.already_there;
  sum.bytes += part.bytes;
  sum.by_program = sum.by_program || part.by_program;
}

Result<TransferReport> push_natively(const Project& project, const RemoteShare& share,
                                     const RemoteKind& kind, const TransferOptions& options,
                                     Meter& meter) {
  const auto remote = kind.open(share.remote);
  if (!remote) return remote.error();
  const auto lock = ProjectLock::take(project);
  if (!lock) return lock.error();
  return Push(project, share, **remote, options.jobs.value_or((*remote)->connections()), meter)
      .run();
}

}  // namespace

Result<TransferReport> push(const Project& project,
                            const std::vector<std::filesystem::path>& targets,
                            const TransferOptions& options, const Watch& watch) {
  const auto files = find_tracking_files(project, targets);
  if (!files) return files.error();
  const auto shares = shares_of(project, *files, options.remote, true);
  if (!shares) return shares.error();
  Meter meter(watch);
  TransferReport sum;
  for (const RemoteShare& share : *shares) {
    const auto kind = remote_kind(share.remote);
    if (!kind) return kind.error();
    const auto report = (*kind)->open == nullptr
                            ? transfer_by_program(project, share, **kind, "push", options, watch)
                            : push_natively(project, share, **kind, options, meter);
    if (!report) return report.error();
    add_to(sum, *report);
  }
  return sum;
}

}  // namespace layerwatt::versioning
