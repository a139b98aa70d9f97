#pragma once

#include "layerwatt/versioning/workspace.h"

#include "versioning/workspace/meter.h"

namespace layerwatt::versioning {

/// checkout() for a caller that holds DVC's lock and has found the files.
Result<CheckoutReport> checkout_files(const Project& project,
                                      const std::vector<TrackingFile>& files, bool force,
                                      Meter& meter);

}  // namespace layerwatt::versioning
