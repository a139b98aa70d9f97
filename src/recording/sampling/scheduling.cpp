#include "layerwatt/recording/scheduling.h"

#include <fmt/format.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>

#include <cerrno>

namespace layerwatt {
namespace {

/// "0-3,6" from a set of CPUs.
std::string describe(const cpu_set_t& set) {
  std::string text;
  for (std::size_t cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (!CPU_ISSET(cpu, &set)) continue;
    std::size_t last = cpu;
    while (last + 1 < CPU_SETSIZE && CPU_ISSET(last + 1, &set)) ++last;
    text += fmt::format("{}{}", text.empty() ? "" : ",", cpu);
    if (last > cpu) text += fmt::format("-{}", last);
    cpu = last;
  }
  return text;
}

}  // namespace

Result<void> pin_to_cpu(int cpu) {
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  ::sched_getaffinity(0, sizeof(allowed), &allowed);
  cpu_set_t wanted;
  CPU_ZERO(&wanted);
  if (cpu >= 0 && cpu < CPU_SETSIZE) CPU_SET(static_cast<std::size_t>(cpu), &wanted);
  if (::sched_setaffinity(0, sizeof(wanted), &wanted) == 0) return {};
  return Error(
      ErrorCode::kInvalidArgument,
      fmt::format("cannot stay on CPU {}: this process may run on CPU {}", cpu, describe(allowed)));
}

Result<void> become_realtime(int priority) {
  sched_param param{};
  param.sched_priority = priority;
  if (::sched_setscheduler(0, SCHED_FIFO, &param) != 0) {
    const int cause = errno;
    if (cause == EINVAL) {
      return Error(ErrorCode::kInvalidArgument,
                   fmt::format("a real-time priority is 1 to 99, not {}", priority));
    }
    return Error(ErrorCode::kPermissionDenied,
                 fmt::format("the system does not grant real-time priority {}; run with sudo, or "
                             "add 'rtprio {}' for your user to /etc/security/limits.conf",
                             priority, priority));
  }
  if (::mlockall(MCL_CURRENT | MCL_FUTURE) != 0) {
    return Error(ErrorCode::kPermissionDenied,
                 "the system does not let the recorder lock its memory; raise 'memlock' in "
                 "/etc/security/limits.conf");
  }
  return {};
}

void ask_for_exact_wakeups() { ::prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL); }

std::string describe_scheduler() {
  sched_param param{};
  ::sched_getparam(0, &param);
  switch (::sched_getscheduler(0) & ~SCHED_RESET_ON_FORK) {
    case SCHED_FIFO:
      return fmt::format("SCHED_FIFO {}", param.sched_priority);
    case SCHED_RR:
      return fmt::format("SCHED_RR {}", param.sched_priority);
    case SCHED_BATCH:
      return "SCHED_BATCH";
    case SCHED_IDLE:
      return "SCHED_IDLE";
    default:
      return "SCHED_OTHER";
  }
}

}  // namespace layerwatt
