#include "versioning/workspace/manifest_diff.h"

namespace layerwatt::versioning {

std::vector<FileChange> changes_between(const Manifest& from, const Manifest& to) {
  std::vector<FileChange> changes;
  auto a = from.entries.begin();
  auto b = to.entries.begin();
  while (a != from.entries.end() || b != to.entries.end()) {
    if (b == to.entries.end() || (a != from.entries.end() && a->path < b->path)) {
      changes.push_back({FileChange::Kind::kDeleted, (a++)->path});
    } else if (a == from.entries.end() || b->path < a->path) {
      changes.push_back({FileChange::Kind::kAdded, (b++)->path});
    } else {
      if (a->id != b->id) changes.push_back({FileChange::Kind::kModified, a->path});
      ++a;
      ++b;
    }
  }
  return changes;
}

}  // namespace layerwatt::versioning
