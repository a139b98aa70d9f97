#include "versioning/transfer/object_set.h"

#include <algorithm>

namespace layerwatt::versioning {

Result<std::vector<RemoteShare>> shares_of(const Project& project,
                                           const std::vector<TrackingFile>& files,
                                           const std::optional<std::string>& remote, bool is_push) {
  std::vector<RemoteShare> shares;
  for (const TrackingFile& file : files) {
    for (const TrackedOutput& output : file.outputs) {
      if (!output.id || !output.is_cached || (is_push && !output.is_pushed)) continue;
      const auto settings = project.remote(remote ? remote : output.remote);
      if (!settings) return settings.error();
      auto share = std::find_if(shares.begin(), shares.end(), [&](const RemoteShare& known) {
        return known.remote.name == settings->name;
      });
      if (share == shares.end()) {
        shares.push_back({*settings, {}, {}});
        share = shares.end() - 1;
      }
      if (share->files.empty() || share->files.back() != &file) share->files.push_back(&file);
      share->outputs.emplace_back(&file, &output);
    }
  }
  return shares;
}

}  // namespace layerwatt::versioning
