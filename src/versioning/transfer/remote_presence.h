#pragma once

#include <set>
#include <vector>

#include "layerwatt/core/result.h"

#include "versioning/transfer/connection_pool.h"

namespace layerwatt::versioning {

/// Which of `wanted` the remote has: by one list where that is quicker, else one by one on
/// `threads` threads.
Result<std::set<ObjectKey>> find_present(Remote& remote, ConnectionPool& pool,
                                         const std::vector<ObjectKey>& wanted, unsigned threads,
                                         Meter& meter);

}  // namespace layerwatt::versioning
