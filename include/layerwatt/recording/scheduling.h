#pragma once

#include <string>

#include "layerwatt/core/result.h"

namespace layerwatt {

/// Keeps this thread on one CPU. kInvalidArgument names the CPUs that it may run on.
Result<void> pin_to_cpu(int cpu);

/// SCHED_FIFO at `priority` (1 to 99), memory locked. kPermissionDenied says how to allow it.
Result<void> become_realtime(int priority);

/// Wakes this thread as near to its deadlines as the kernel can: the default slack of 50 µs lets it
/// come late to save power. A request that the kernel may ignore.
void ask_for_exact_wakeups();

/// "SCHED_FIFO 50" or "SCHED_OTHER": how this thread is scheduled now.
std::string describe_scheduler();

}  // namespace layerwatt
