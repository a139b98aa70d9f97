#include "layerwatt/core/cancellation.h"

#include <signal.h>

#include <array>

namespace layerwatt {
namespace {

constexpr std::array<int, 3> kSignals{SIGINT, SIGTERM, SIGHUP};
std::atomic<Cancellation*> g_target{nullptr};
std::array<struct sigaction, kSignals.size()> g_previous;
struct sigaction g_previous_pipe;

void on_signal(int number) {
  Cancellation* target = g_target.load(std::memory_order_relaxed);
  if (target == nullptr || (number == SIGINT && target->requested())) {
    ::signal(number, SIG_DFL);
    ::raise(number);
    return;
  }
  target->request();
}

}  // namespace

SignalCancellation::SignalCancellation(Cancellation& target) {
  g_target.store(&target);
  struct sigaction action {};
  action.sa_handler = on_signal;
  ::sigemptyset(&action.sa_mask);
  // No SA_RESTART: a sleeping or reading call returns with EINTR and sees the wish at once.
  for (std::size_t i = 0; i < kSignals.size(); ++i) {
    ::sigaction(kSignals[i], &action, &g_previous[i]);
  }
  struct sigaction ignore {};
  ignore.sa_handler = SIG_IGN;
  ::sigaction(SIGPIPE, &ignore, &g_previous_pipe);
}

SignalCancellation::~SignalCancellation() {
  ::sigaction(SIGPIPE, &g_previous_pipe, nullptr);
  for (std::size_t i = 0; i < kSignals.size(); ++i) {
    ::sigaction(kSignals[i], &g_previous[i], nullptr);
  }
  g_target.store(nullptr);
}

}  // namespace layerwatt
