#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "layerwatt/core/result.h"
#include "layerwatt/versioning/tracking_file.h"

#include "versioning/dvc/cache.h"
#include "versioning/dvc/manifest.h"

namespace layerwatt::versioning {

/// A tracked folder: its list, and the files that the list names.
struct TrackedFolder {
  ObjectKey key;
  /// Relative to the project's root.
  std::string path;
  Manifest files;
};

/// What is to be carried, each object once, with a path that people know it by.
struct ObjectSet {
  std::map<ObjectKey, std::string> files;
  std::vector<TrackedFolder> folders;

  void add_files_of(const TrackedFolder& folder) {
    for (const ManifestEntry& entry : folder.files.entries) {
      files.try_emplace(ObjectKey{entry.id, folder.key.hash}, folder.path + '/' + entry.path);
    }
  }
};

/// The outputs that one remote keeps.
struct RemoteShare {
  RemoteSettings remote;
  std::vector<const TrackingFile*> files;
  std::vector<std::pair<const TrackingFile*, const TrackedOutput*>> outputs;
};

/// Splits outputs by remote: the one asked for, else an output's own, else the default. For a push,
/// outputs that are never pushed are left out.
Result<std::vector<RemoteShare>> shares_of(const Project& project,
                                           const std::vector<TrackingFile>& files,
                                           const std::optional<std::string>& remote, bool is_push);

}  // namespace layerwatt::versioning
