#pragma once

#include <filesystem>

namespace layerwatt {

/// Removes what an AtomicFile was writing in this folder when its process was killed: files named
/// "….<process>.tmp" of other processes. Folders below are left alone. Precondition: no other
/// process writes files of this folder now (a lock); whether that process lives cannot be asked,
/// because numbers of processes come again.
void remove_abandoned_drafts(const std::filesystem::path& folder);

}  // namespace layerwatt
