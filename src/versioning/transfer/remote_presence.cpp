#include "versioning/transfer/remote_presence.h"

#include <algorithm>
#include <mutex>

#include "versioning/workspace/parallel.h"

namespace layerwatt::versioning {
namespace {

/// A page of a list tells of 1000 objects and costs about as much as asking for this many.
constexpr std::size_t kQuestionsPerPage = 20;

bool is_of_dvc_3(const ObjectKey& key) { return key.hash == HashKind::kMd5; }

}  // namespace

Result<std::set<ObjectKey>> find_present(Remote& remote, ConnectionPool& pool,
                                         const std::vector<ObjectKey>& wanted, unsigned threads,
                                         Meter& meter) {
  std::set<ObjectKey> present;
  const std::size_t pages = wanted.size() / kQuestionsPerPage;
  // Lists are of files/md5/; DVC 2 keeps its objects elsewhere.
  if (pages > 0 && std::all_of(wanted.begin(), wanted.end(), is_of_dvc_3)) {
    auto listed = remote.list(meter, pages);
    if (!listed) return std::move(listed).error();
    if (*listed) {
      for (const ObjectKey& key : wanted) {
        if ((*listed)->contains(key.path())) present.insert(key);
      }
      return present;
    }
  }
  std::mutex mutex;
  const auto ask = [&](std::size_t i) -> Result<void> {
    const auto there =
        pool.with([&](RemoteConnection& remote_end) { return remote_end.has(wanted[i]); });
    if (!there) return there.error();
    if (!*there) return {};
    const std::lock_guard lock(mutex);
    present.insert(wanted[i]);
    return {};
  };
  if (auto asked = for_each_in_parallel(wanted.size(), threads, meter, ask); !asked) {
    return std::move(asked).error();
  }
  return present;
}

}  // namespace layerwatt::versioning
