#include "layerwatt/core/cancellation.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <functional>
#include <thread>

namespace layerwatt {
namespace {

/// Runs `body` in a child process, where signals cannot disturb other tests, and returns its status
/// as waitpid() gives it.
int status_of_child(const std::function<int()>& body) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(body());
  int status = -1;
  ::waitpid(child, &status, 0);
  return status;
}

TEST(Cancellation, IsSetOnceAndStays) {
  Cancellation cancellation;
  EXPECT_FALSE(cancellation.requested());
  cancellation.request();
  cancellation.request();
  EXPECT_TRUE(cancellation.requested());
}

TEST(Cancellation, IsSeenByAnotherThread) {
  Cancellation cancellation;
  std::thread waiter([&] {
    while (!cancellation.requested()) std::this_thread::yield();
  });
  cancellation.request();
  waiter.join();
}

TEST(SignalCancellation, TurnsASignalIntoAWish) {
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) {
    const int status = status_of_child([number] {
      Cancellation cancellation;
      const SignalCancellation guard(cancellation);
      ::raise(number);
      return cancellation.requested() ? 0 : 1;
    });
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << number;
  }
}

TEST(SignalCancellation, ASecondInterruptEndsTheProcess) {
  const int status = status_of_child([] {
    Cancellation cancellation;
    const SignalCancellation guard(cancellation);
    ::raise(SIGINT);
    ::raise(SIGINT);
    return 0;
  });
  EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGINT);
}

TEST(SignalCancellation, ASecondTerminateDoesNot) {
  const int status = status_of_child([] {
    Cancellation cancellation;
    const SignalCancellation guard(cancellation);
    ::raise(SIGTERM);
    ::raise(SIGTERM);
    return 0;
  });
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

TEST(SignalCancellation, InterruptsASleepingCall) {
  int pipe_ends[2];
  ASSERT_EQ(::pipe(pipe_ends), 0);
  const int status = status_of_child([&] {
    Cancellation cancellation;
    const SignalCancellation guard(cancellation);
    ::alarm(20);  // ends the child, should read() go on after the signal
    const pid_t self = ::getpid();
    const pid_t sender = ::fork();
    if (sender == 0) {
      // Again and again, since the first may come before read() sleeps.
      while (::getppid() == self) {
        ::kill(self, SIGHUP);
        ::usleep(1000);
      }
      ::_exit(0);
    }
    char byte = 0;
    const bool interrupted = ::read(pipe_ends[0], &byte, 1) < 0 && errno == EINTR;
    ::kill(sender, SIGKILL);
    ::waitpid(sender, nullptr, 0);
    return interrupted && cancellation.requested() ? 0 : 1;
  });
  ::close(pipe_ends[0]);
  ::close(pipe_ends[1]);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

TEST(SignalCancellation, GivesTheSignalsBack) {
  const int status = status_of_child([] {
    Cancellation cancellation;
    { const SignalCancellation guard(cancellation); }
    ::raise(SIGTERM);
    return 0;
  });
  EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
}

}  // namespace
}  // namespace layerwatt
