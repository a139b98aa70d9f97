#pragma once

#include <string>
#include <vector>

#include "layerwatt/core/result.h"
#include "layerwatt/versioning/project.h"
#include "layerwatt/versioning/tracking_file.h"

namespace layerwatt::versioning {

/// The .dvc files of a git revision, by path. kInvalidArgument where git does not know it.
Result<std::vector<TrackingFile>> tracking_files_of_revision(const Project& project,
                                                             const std::string& revision);

}  // namespace layerwatt::versioning
