#include "layerwatt/sensors/tegrastats_sensor.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "core/child_process.h"

namespace layerwatt {
namespace {

enum class Arrived { kLine, kTimeout, kEnded };

/// Cuts what comes through a pipe into lines, without allocating. A line longer than the buffer
/// (real ones stay under 1 kB) is dropped whole.
class LineReader {
 public:
  explicit LineReader(int fd) : fd_(fd) {}

  /// The next line, valid until the next call.
  Arrived next(std::chrono::milliseconds timeout, std::string_view& line) noexcept {
    const Instant deadline = MonotonicClock::now() + timeout;
    drop_last_line();
    for (;;) {
      if (const auto* newline =
              static_cast<const char*>(std::memchr(buffer_.data(), '\n', filled_))) {
        length_ = static_cast<std::size_t>(newline - buffer_.data());
        line = std::string_view(buffer_.data(), length_);
        has_line_ = true;
        return Arrived::kLine;
      }
      if (filled_ == buffer_.size()) filled_ = 0;
      const auto left =
          std::chrono::ceil<std::chrono::milliseconds>(deadline - MonotonicClock::now());
      if (left.count() < 0) return Arrived::kTimeout;
      pollfd waiting{fd_, POLLIN, 0};
      const int ready = ::poll(&waiting, 1, static_cast<int>(left.count()));
      if (ready < 0 && errno == EINTR) return Arrived::kTimeout;
      if (ready == 0) return Arrived::kTimeout;
      const ssize_t got = ::read(fd_, buffer_.data() + filled_, buffer_.size() - filled_);
      if (got == 0) return Arrived::kEnded;
      if (got < 0 && errno != EAGAIN && errno != EINTR) return Arrived::kEnded;
      if (got > 0) filled_ += static_cast<std::size_t>(got);
    }
  }

  /// What stands there without a newline: the last words of a process that failed.
  std::string_view rest() const { return {buffer_.data(), filled_}; }

 private:
  void drop_last_line() noexcept {
    if (!has_line_) return;
    const std::size_t used = length_ + 1;
    std::memmove(buffer_.data(), buffer_.data() + used, filled_ - used);
    filled_ -= used;
    has_line_ = false;
  }

  int fd_;
  std::array<char, 16384> buffer_;
  std::size_t filled_ = 0;
  std::size_t length_ = 0;
  bool has_line_ = false;
};

Rail rail_named(std::string_view name, const TegrastatsOptions& options) {
  Rail rail;
  rail.name = std::string(name);
  rail.sensor = "tegrastats";
  rail.location = options.program.empty() ? "tegrastats" : options.program.string();
  rail.kind = RailKind::kPower;
  rail.model.lsb = milliwatts(1.0);
  rail.model.source =
      "tegrastats prints whole milliwatts of values that the chip has filtered already; "
      "the chip's settings are not in its lines";
  return rail;
}

Error no_rails() {
  return Error(
      ErrorCode::kPermissionDenied,
      "tegrastats prints no power rails: JetPack 4 and 5 show them to root alone (run with "
      "sudo), and the Jetson Nano 2GB has none");
}

}  // namespace

struct TegrastatsSensor::State {
  State(ChildProcess process, const TegrastatsOptions& given)
      : child(std::move(process)), reader(child.output()), options(given) {}

  /// The next line that parses. `line` holds views into the reader's buffer.
  Arrived next_line(std::chrono::milliseconds timeout) noexcept {
    for (;;) {
      std::string_view text;
      // The names in `line` are views into what the reader is about to move.
      line.clear();
      const Arrived arrived = reader.next(timeout, text);
      if (arrived != Arrived::kLine) return arrived;
      previous_arrival = arrival;
      arrival = MonotonicClock::now();
      if (parse_tegrastats_line(text, line)) return Arrived::kLine;
      ++dropped;
      last_words.assign(text.substr(0, last_words.capacity()));
    }
  }

  ChildProcess child;
  LineReader reader;
  TegrastatsOptions options;
  TegrastatsLine line;
  std::vector<Rail> rails;
  /// For rails of equal names: which of them, from 0.
  std::vector<int> occurrence;
  Instant arrival = MonotonicClock::now();
  Instant previous_arrival = arrival;
  std::int64_t dropped = 0;
  std::string last_words;
};

TegrastatsSensor::TegrastatsSensor(std::unique_ptr<State> state) : state_(std::move(state)) {}
TegrastatsSensor::~TegrastatsSensor() = default;

Result<std::unique_ptr<TegrastatsSensor>> TegrastatsSensor::start(
    const TegrastatsOptions& options) {
  if (options.interval.count() < 1) {
    return Error(ErrorCode::kInvalidArgument, "the interval of tegrastats must be 1 ms or more");
  }
  const std::string program = options.program.empty() ? "tegrastats" : options.program.string();
  auto child =
      ChildProcess::start({program, "--interval", fmt::format("{}", options.interval.count())});
  if (!child) {
    Error error = std::move(child).error();
    if (error.code() != ErrorCode::kNotFound) return error;
    return Error(
        ErrorCode::kNotFound,
        fmt::format("'{}' is not there: it comes with JetPack (package nvidia-l4t-tools); in a "
                    "container mount the host's with -v /usr/bin/tegrastats:/usr/bin/tegrastats",
                    program));
  }
  auto state = std::make_unique<State>(*std::move(child), options);
  state->last_words.reserve(400);
  const Arrived arrived = state->next_line(options.first_line_timeout);
  if (arrived == Arrived::kEnded) {
    std::string words = state->last_words + std::string(state->reader.rest().substr(0, 400));
    return Error(ErrorCode::kIo, fmt::format("'{}' ended before its first line{}{}", program,
                                             words.empty() ? "" : "; it printed: ", words));
  }
  if (arrived == Arrived::kTimeout) {
    return Error(ErrorCode::kIo, fmt::format("'{}' printed no line that can be read within {} ms",
                                             program, options.first_line_timeout.count()));
  }
  if (state->line.power.empty()) return no_rails();
  std::vector<std::string_view> printed;
  std::vector<std::string> names;
  for (const auto& power : state->line.power) {
    const auto seen = static_cast<int>(std::count(printed.begin(), printed.end(), power.name));
    printed.push_back(power.name);
    Rail rail = rail_named(power.name, options);
    if (seen > 0) rail.name += fmt::format("#{}", seen + 1);
    names.push_back(rail.name);
    const auto& wanted = options.rails;
    if (!wanted.empty() && std::find(wanted.begin(), wanted.end(), rail.name) == wanted.end()) {
      continue;
    }
    state->rails.push_back(std::move(rail));
    state->occurrence.push_back(seen);
  }
  for (const std::string& wanted : options.rails) {
    if (std::find(names.begin(), names.end(), wanted) == names.end()) {
      return Error(ErrorCode::kNotFound,
                   fmt::format("tegrastats prints no rail '{}' on this board; it has {}", wanted,
                               fmt::join(names, ", ")));
    }
  }
  return std::unique_ptr<TegrastatsSensor>(new TegrastatsSensor(std::move(state)));
}

std::span<const Rail> TegrastatsSensor::rails() const { return state_->rails; }

void TegrastatsSensor::read(std::span<RawReading> out) noexcept {
  State& s = *state_;
  const auto timeout = std::max(s.options.interval * 10, std::chrono::milliseconds(1000));
  const Instant asked = MonotonicClock::now();
  const Arrived arrived = s.next_line(timeout);
  RawReading blank{s.previous_arrival, s.arrival,      kNotMeasured64,       kNotMeasured64,
                   kNotMeasured32,     kNotMeasured32, ReadStatus::kTryAgain};
  if (arrived != Arrived::kLine) {
    blank.before = asked;
    blank.after = MonotonicClock::now();
    if (arrived == Arrived::kEnded) blank.status = ReadStatus::kGone;
    std::fill(out.begin(), out.end(), blank);
    return;
  }
  for (std::size_t i = 0; i < out.size(); ++i) {
    out[i] = blank;
    // The rail's name up to the "#2" that tells equal names apart.
    const std::string_view name =
        std::string_view(s.rails[i].name).substr(0, s.rails[i].name.find('#'));
    int left = s.occurrence[i];
    for (const auto& power : s.line.power) {
      if (power.name != name || left-- > 0) continue;
      out[i].power_uw = power.present_mw * 1000;
      out[i].status = ReadStatus::kOk;
      break;
    }
  }
}

std::int64_t TegrastatsSensor::dropped_lines() const { return state_->dropped; }

TegrastatsEnvironment TegrastatsSensor::environment() const {
  const TegrastatsLine& line = state_->line;
  TegrastatsEnvironment environment{state_->arrival, line.ram, line.swap, line.cpu, {}, {}};
  for (const auto& t : line.temperatures) {
    environment.temperatures.push_back({std::string(t.name), t.milli_celsius / 1000.0});
  }
  for (const auto& engine : line.engines) {
    environment.engines.push_back({std::string(engine.name), engine});
    environment.engines.back().state.name = {};
  }
  return environment;
}

}  // namespace layerwatt
