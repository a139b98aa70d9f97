#pragma once

#include <string>

#include "layerwatt/versioning/transfer.h"

#include "versioning/remotes/remote.h"
#include "versioning/transfer/object_set.h"

namespace layerwatt::versioning {

/// Has a `dvc` on PATH do what layerwatt does not do itself: `verb` ("push", "fetch") for a remote
/// of another kind. Without one, kUnsupported says what to install and what to type. DVC's lock
/// must be free.
Result<TransferReport> transfer_by_program(const Project& project, const RemoteShare& share,
                                           const RemoteKind& kind, const std::string& verb,
                                           const TransferOptions& options, const Watch& watch);

}  // namespace layerwatt::versioning
