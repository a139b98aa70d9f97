#pragma once

#include <cstddef>
#include <functional>

#include "layerwatt/core/result.h"

#include "versioning/workspace/meter.h"

namespace layerwatt::versioning {

/// Calls `work` for 0 … `count` − 1 on up to `threads` threads. After the first failure, or a wish
/// to stop, no new call begins; that failure (kCancelled) is returned.
Result<void> for_each_in_parallel(std::size_t count, unsigned threads, const Meter& meter,
                                  const std::function<Result<void>(std::size_t)>& work);

/// For work that computes: as many threads as there are processors.
unsigned processor_count();

/// What work ends with that a person stopped.
Error stopped_by_a_person();

}  // namespace layerwatt::versioning
