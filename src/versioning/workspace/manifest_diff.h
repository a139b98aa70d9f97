#pragma once

#include <vector>

#include "layerwatt/versioning/workspace.h"

#include "versioning/dvc/manifest.h"

namespace layerwatt::versioning {

/// What must happen to `from` to make it `to`, by path.
std::vector<FileChange> changes_between(const Manifest& from, const Manifest& to);

}  // namespace layerwatt::versioning
