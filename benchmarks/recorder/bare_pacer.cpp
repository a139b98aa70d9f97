// What waking up costs on this machine: sleeps until absolute deadlines, as the recorder does, and
// does nothing else. The reference of recorder_benchmark.py: in a virtual machine it may be more
// than all that the recorder does between two sleeps. Prints the share of a core, as JSON.
//
// Usage: bare_pacer PERIOD_NS TICKS

#include <fmt/format.h>
#include <time.h>

#include "layerwatt/core/numbers.h"

namespace {

constexpr long kSecond = 1'000'000'000;

double seconds_of(clockid_t clock) {
  timespec now{};
  ::clock_gettime(clock, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

}  // namespace

int main(int argc, char** argv) {
  const auto period = layerwatt::parse_int64(argc == 3 ? argv[1] : "");
  const auto ticks = layerwatt::parse_int64(argc == 3 ? argv[2] : "");
  if (!period || !ticks || *period < 1 || *period > kSecond || *ticks < 1) {
    fmt::print(stderr, "usage: bare_pacer PERIOD_NS TICKS\n");
    return 2;
  }
  const double worked_before = seconds_of(CLOCK_PROCESS_CPUTIME_ID);
  const double begin = seconds_of(CLOCK_MONOTONIC);
  timespec deadline{};
  ::clock_gettime(CLOCK_MONOTONIC, &deadline);
  for (std::int64_t tick = 0; tick < *ticks; ++tick) {
    deadline.tv_nsec += static_cast<long>(*period);
    if (deadline.tv_nsec >= kSecond) {
      deadline.tv_nsec -= kSecond;
      ++deadline.tv_sec;
    }
    ::clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &deadline, nullptr);
  }
  const double worked = seconds_of(CLOCK_PROCESS_CPUTIME_ID) - worked_before;
  const double elapsed = seconds_of(CLOCK_MONOTONIC) - begin;
  fmt::print("{{\"cpu_share\": {}}}\n", layerwatt::format_shortest(worked / elapsed));
  return 0;
}
