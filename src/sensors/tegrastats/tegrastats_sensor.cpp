#include "layerwatt/sensors/tegrastats_sensor.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "core/child_process.h"
#include "sensors/tegrastats/line_log.h"
#include "sensors/tegrastats/line_reader.h"

namespace layerwatt {
namespace {

/// In so many lines that cannot be read there is none that can.
constexpr int kMostStrangeLines = 2000;

bool reads_standard_input(const TegrastatsOptions& options) { return options.program == "-"; }

/// A descriptor of our own, closed at the end.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const { return fd_; }

 private:
  int fd_;
};

/// Refuses what tegrastats cannot be printing into now.
Result<Descriptor> open_input(int input) {
  struct stat about {};
  if (::fstat(input, &about) != 0) return error_from_errno(errno, "read standard input");
  if (::isatty(input) == 1) {
    return Error(ErrorCode::kInvalidArgument,
                 "standard input is a terminal: pipe a running tegrastats into this command "
                 "(tegrastats --interval 20 | layerwatt … --sensor tegrastats --tegrastats -)");
  }
  if (S_ISREG(about.st_mode)) {
    return Error(ErrorCode::kInvalidArgument,
                 "standard input is a file: its lines were printed in the past. 'layerwatt "
                 "tegrastats FILE' reads logs");
  }
  const int own = ::fcntl(input, F_DUPFD_CLOEXEC, 3);
  if (own < 0) return error_from_errno(errno, "read standard input");
  return Descriptor(own);
}

Rail rail_named(std::string_view name, const TegrastatsOptions& options) {
  Rail rail;
  rail.name = std::string(name);
  rail.sensor = "tegrastats";
  rail.location = reads_standard_input(options) ? "standard input"
                  : options.program.empty()     ? "tegrastats"
                                                : options.program.string();
  rail.kind = RailKind::kPower;
  rail.model.lsb = milliwatts(1.0);
  rail.model.source =
      "tegrastats prints whole milliwatts of values that the chip has filtered already; "
      "the chip's settings are not in its lines";
  return rail;
}

/// The beginning of a line that may hold anything, for people.
std::string readable(std::string_view text) {
  std::string shown;
  for (const char c : text.substr(0, 80)) shown += (c < 0x20 || c > 0x7E) ? '?' : c;
  return shown;
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
      : child(std::move(process)), reader(child->output()), options(given) {}
  State(Descriptor pipe, const TegrastatsOptions& given)
      : input(std::move(pipe)), reader(input->get()), options(given) {}

  /// The next line that parses; other lines, however many come, take nothing off the time that it
  /// has. `line` holds views into the reader's buffer.
  Arrived next_line(std::chrono::milliseconds timeout) noexcept {
    const Instant deadline = MonotonicClock::now() + timeout;
    for (int strange = 0; strange < kMostStrangeLines; ++strange) {
      const auto left =
          std::chrono::ceil<std::chrono::milliseconds>(deadline - MonotonicClock::now());
      if (left.count() < 0) return Arrived::kTimeout;
      std::string_view text;
      // The names in `line` are views into what the reader is about to move.
      line.clear();
      const Arrived arrived = reader.next(left, text);
      if (arrived != Arrived::kLine) return arrived;
      if (!reader.came_with_the_one_before()) previous_arrival = last_arrival;
      last_arrival = MonotonicClock::now();
      if (parse_tegrastats_line(text, line)) {
        arrival = last_arrival;
        if (log) log->add(arrival, text);
        return Arrived::kLine;
      }
      ++dropped;
      last_words.assign(text.substr(0, last_words.capacity()));
    }
    return Arrived::kTimeout;
  }

  /// Of two, the one that there is.
  std::optional<ChildProcess> child;
  std::optional<Descriptor> input;
  LineReader reader;
  TegrastatsOptions options;
  TegrastatsLine line;
  std::optional<LineLog> log;
  std::vector<Rail> rails;
  /// For rails of equal names: which of them, from 0.
  std::vector<int> occurrence;
  /// Of the last line that could be read, and of the last that came at all.
  Instant arrival = MonotonicClock::now();
  Instant last_arrival = arrival;
  Instant previous_arrival = arrival;
  std::int64_t dropped = 0;
  std::string last_words;
  std::string_view why_gone;
};

TegrastatsSensor::TegrastatsSensor(std::unique_ptr<State> state) : state_(std::move(state)) {}
TegrastatsSensor::~TegrastatsSensor() = default;

Result<std::unique_ptr<TegrastatsSensor>> TegrastatsSensor::start(
    const TegrastatsOptions& options) {
  if (options.interval.count() < 1) {
    return Error(ErrorCode::kInvalidArgument, "the interval of tegrastats must be 1 ms or more");
  }
  auto state = begin(options);
  if (!state) return std::move(state).error();
  return learn_rails(*std::move(state));
}

Result<std::unique_ptr<TegrastatsSensor::State>> TegrastatsSensor::begin(
    const TegrastatsOptions& options) {
  std::unique_ptr<State> state;
  if (reads_standard_input(options)) {
    auto input = open_input(options.input);
    if (!input) return std::move(input).error();
    state = std::make_unique<State>(*std::move(input), options);
    state->reader.skip_what_waits();
    state->arrival = MonotonicClock::now();
    state->last_arrival = state->arrival;
  } else {
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
    state = std::make_unique<State>(*std::move(child), options);
  }
  if (!options.log.empty()) {
    auto log = LineLog::create(options.log);
    if (!log) return std::move(log).error();
    state->log.emplace(*std::move(log));
  }
  return state;
}

Result<std::unique_ptr<TegrastatsSensor>> TegrastatsSensor::learn_rails(
    std::unique_ptr<State> state) {
  const TegrastatsOptions& options = state->options;
  const bool is_pipe = reads_standard_input(options);
  const std::string source = is_pipe ? "standard input"
                             : options.program.empty()
                                 ? "'tegrastats'"
                                 : fmt::format("'{}'", options.program.string());
  state->last_words.reserve(400);
  const Arrived arrived = state->next_line(options.first_line_timeout);
  if (arrived == Arrived::kEnded) {
    std::string words = state->last_words + std::string(state->reader.rest().substr(0, 400));
    return Error(ErrorCode::kIo,
                 fmt::format("{} ended before {}{}{}", source,
                             is_pipe ? "a line that tegrastats prints now" : "its first line",
                             words.empty() ? "" : "; it printed: ", words));
  }
  if (arrived == Arrived::kTimeout) {
    const std::string doubt =
        state->dropped > 0
            ? fmt::format(", but {} other lines, the last of them '{}': is that tegrastats?",
                          state->dropped, readable(state->last_words))
        : is_pipe ? ": is tegrastats running at the other end of the pipe?"
                  : "";
    return Error(ErrorCode::kIo, fmt::format("{} {} no line that can be read within {} ms{}",
                                             source, is_pipe ? "brought" : "printed",
                                             options.first_line_timeout.count(), doubt));
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

void TegrastatsSensor::read(std::span<Reading> out) noexcept {
  State& s = *state_;
  const auto timeout = std::max(s.options.interval * 10, s.options.patience);
  const Instant asked = MonotonicClock::now();
  const Arrived arrived = s.next_line(timeout);
  Reading blank{s.previous_arrival, s.arrival,  kNoValue64,           kNoValue64,
                kNoValue32,         kNoValue32, ReadStatus::kTryAgain};
  if (arrived != Arrived::kLine) {
    blank.before = asked;
    blank.after = MonotonicClock::now();
    if (arrived == Arrived::kEnded) {
      blank.status = ReadStatus::kGone;
      s.why_gone = s.child ? "tegrastats ended (was it killed?)"
                           : "standard input ended: the tegrastats that printed it is gone";
    } else if (blank.after - s.arrival > std::max(s.options.silence, 20 * s.options.interval)) {
      blank.status = ReadStatus::kGone;
      s.why_gone = s.last_arrival > s.arrival
                       ? "tegrastats runs, and has printed no line that can be read for long"
                       : "tegrastats runs, and has printed nothing for long";
    }
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
      out[i].power_uw = power.present_uw;
      out[i].status = ReadStatus::kOk;
      break;
    }
  }
}

std::int64_t TegrastatsSensor::dropped_lines() const { return state_->dropped; }

std::string_view TegrastatsSensor::why_gone() const { return state_->why_gone; }

std::vector<std::string> TegrastatsSensor::field_names() const {
  std::vector<std::string> names;
  for (const TegrastatsField& field : fields_of(state_->line)) names.emplace_back(field.name);
  return names;
}

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
