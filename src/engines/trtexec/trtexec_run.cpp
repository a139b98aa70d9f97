#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <thread>
#include <utility>

#include "layerwatt/engines/trtexec_program.h"

#include "core/child_process.h"

namespace layerwatt {
namespace {

/// What is kept of the output, for errors.
constexpr std::size_t kLongestLog = std::size_t{256} << 10;
/// A longer line is none that trtexec prints.
constexpr std::size_t kLongestLine = std::size_t{1} << 20;
constexpr int kLookMilliseconds = 100;

}  // namespace

class TrtexecRun::State {
 public:
  explicit State(ChildProcess process) : process_(std::move(process)) {}

  Result<std::optional<Line>> next_line(const Cancellation& cancellation) {
    for (;;) {
      if (auto line = take_line()) return std::optional(*std::move(line));
      if (closed_) return std::optional<Line>();
      if (cancellation.requested()) return Error(ErrorCode::kCancelled, "trtexec was stopped");
      pollfd waited{.fd = process_.output(), .events = POLLIN, .revents = 0};
      if (::poll(&waited, 1, kLookMilliseconds) > 0) read_more();
    }
  }

  /// Its exit code, once its output has ended.
  int wait_for_end() {
    for (;;) {
      if (const auto code = process_.ended()) return *code;
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
  }

  const std::string& log() const { return log_; }

 private:
  void read_more() {
    char buffer[8192];
    const ssize_t got = ::read(process_.output(), buffer, sizeof buffer);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (got <= 0) {
      closed_ = true;
      if (!pending_.empty()) pending_ += '\n';
      return;
    }
    arrived_ = MonotonicClock::now();
    pending_.append(buffer, static_cast<std::size_t>(got));
    if (pending_.size() > kLongestLine && pending_.find('\n') == std::string::npos) {
      pending_ += '\n';
    }
  }

  std::optional<Line> take_line() {
    const std::size_t end = pending_.find('\n');
    if (end == std::string::npos) return std::nullopt;
    Line line{arrived_, pending_.substr(0, end)};
    pending_.erase(0, end + 1);
    if (log_.size() + line.text.size() > kLongestLog) log_.erase(0, log_.size() / 2);
    log_.append(line.text, 0, kLongestLog / 2);
    log_ += '\n';
    return line;
  }

  ChildProcess process_;
  bool closed_ = false;
  Instant arrived_;
  std::string pending_;
  std::string log_;
};

TrtexecRun::TrtexecRun(std::unique_ptr<State> state) : state_(std::move(state)) {}
TrtexecRun::TrtexecRun(TrtexecRun&&) noexcept = default;
TrtexecRun& TrtexecRun::operator=(TrtexecRun&&) noexcept = default;
TrtexecRun::~TrtexecRun() = default;

Result<TrtexecRun> TrtexecRun::start(const TrtexecProgram& program,
                                     const std::vector<std::string>& arguments) {
  std::vector<std::string> command{program.path.string()};
  command.insert(command.end(), arguments.begin(), arguments.end());
  auto process = ChildProcess::start(command);
  if (!process) return std::move(process).error();
  return TrtexecRun(std::make_unique<State>(*std::move(process)));
}

Result<std::optional<TrtexecRun::Line>> TrtexecRun::next_line(const Cancellation& cancellation) {
  return state_->next_line(cancellation);
}

const std::string& TrtexecRun::log() const { return state_->log(); }

Result<void> TrtexecRun::finish(std::string_view what) {
  const int code = state_->wait_for_end();
  if (code == 0) return {};
  constexpr int kKilled = 128;
  std::string message = fmt::format("cannot {}: trtexec ended ", what);
  message += code > kKilled ? fmt::format("by signal {}", code - kKilled)
                            : fmt::format("with exit code {}", code);
  const std::string said = tensorrt_errors(state_->log());
  if (!said.empty()) message += "\n  " + said;
  const std::string advice = tensorrt_advice(state_->log());
  if (!advice.empty()) message += "\n" + advice;
  return Error(ErrorCode::kUnsupported, std::move(message));
}

}  // namespace layerwatt
