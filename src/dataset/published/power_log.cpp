#include "layerwatt/dataset/power_log.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <optional>

#include "layerwatt/core/local_time.h"
#include "layerwatt/core/numbers.h"
#include "layerwatt/core/plausible.h"

namespace layerwatt {
namespace {

struct Fields {
  std::string_view stamp;
  std::string_view millivolts;
  std::string_view milliamperes;
};

std::optional<Fields> split(std::string_view line) {
  const std::size_t first = line.find(',');
  if (first == std::string_view::npos) return std::nullopt;
  const std::size_t second = line.find(',', first + 1);
  if (second == std::string_view::npos) return std::nullopt;
  const std::string_view last = line.substr(second + 1);
  if (last.find(',') != std::string_view::npos) return std::nullopt;
  return Fields{line.substr(0, first), line.substr(first + 1, second - first - 1), last};
}

std::size_t decimals(std::string_view number) {
  const std::size_t point = number.find('.');
  return point == std::string_view::npos ? 0 : number.size() - point;
}

Error line_error(long line, std::string_view what) {
  return Error(ErrorCode::kParse, fmt::format("line {}: {}", line, what));
}

/// What a person sees of a line that may hold anything.
std::string excerpt(std::string_view text) {
  std::string shown;
  for (const char c : text.substr(0, 60)) shown += (c < 0x20 || c > 0x7E) ? '?' : c;
  return text.size() > 60 ? shown + "..." : shown;
}

}  // namespace

struct PowerLogParser::State {
  PowerLog log;
  std::string rest;  // the beginning of a line that the next chunk continues
  long line = 0;
  std::size_t last_decimals = 0;

  Result<void> take_line(std::string_view text) {
    ++line;
    if (!text.empty() && text.back() == '\r') text.remove_suffix(1);
    if (text.empty()) return {};
    const auto fields = split(text);
    if (!fields) {
      return line_error(
          line, fmt::format("expected 'YYYYMMDD-HH:MM:SS.ffffff,millivolts,milliamperes', found "
                            "'{}'; was the line cut off, or did two recorders write this file?",
                            excerpt(text)));
    }
    const auto stamp = parse_local_stamp(fields->stamp);
    if (!stamp) {
      return line_error(line, fmt::format("'{}' is not a time; expected YYYYMMDD-HH:MM:SS.ffffff",
                                          excerpt(fields->stamp)));
    }
    const auto millivolts = parse_double(fields->millivolts);
    const auto milliamperes = parse_double(fields->milliamperes);
    if (!millivolts || !milliamperes) {
      const std::string_view bad = millivolts ? fields->milliamperes : fields->millivolts;
      return line_error(line, fmt::format("'{}' is not a number of {}", excerpt(bad),
                                          millivolts ? "milliamperes" : "millivolts"));
    }
    if (*millivolts < 0.0) {
      return line_error(line,
                        fmt::format("{} millivolts is negative; a current may be, where power "
                                    "flows back, but not the voltage of a supply",
                                    excerpt(fields->millivolts)));
    }
    if (!plausible::is_logged(layerwatt::millivolts(*millivolts),
                              layerwatt::milliamperes(*milliamperes))) {
      leave_out(text);
      return {};
    }
    if (!log.time.empty() && *stamp < log.time.back()) {
      return line_error(
          line, fmt::format("the time {} is earlier than the {} of the line before; the clock was "
                            "set back while recording: use the part before or after this line",
                            fields->stamp, format_local_stamp(log.time.back())));
    }
    log.time.push_back(*stamp);
    log.millivolts.push_back(*millivolts);
    log.milliamperes.push_back(*milliamperes);
    last_decimals = decimals(fields->milliamperes);
    return {};
  }

  void leave_out(std::string_view text) {
    if (++log.implausible > 1) return;
    log.first_implausible = line;
    log.first_implausible_text = excerpt(text);
  }

  /// Whether a last line without its newline is whole. A number that lost its end still is a
  /// number, so it must also look like the one before.
  bool is_whole(std::string_view text) const {
    const auto fields = split(text);
    if (!fields || !parse_local_stamp(fields->stamp) || !parse_double(fields->millivolts) ||
        !parse_double(fields->milliamperes)) {
      return false;
    }
    return log.time.empty() || decimals(fields->milliamperes) == last_decimals;
  }
};

std::vector<std::string> PowerLog::notes() const {
  std::vector<std::string> notes;
  if (implausible > 0) {
    notes.push_back(fmt::format(
        "{} {} of the power log {} beyond any voltage or current and {} "
        "left out, the first in line {}: '{}'.",
        implausible, implausible == 1 ? "reading" : "readings", implausible == 1 ? "is" : "are",
        implausible == 1 ? "was" : "were", first_implausible, first_implausible_text));
  }
  if (last_line_cut) {
    notes.emplace_back("The last line of the power log was cut off and left out.");
  }
  return notes;
}

PowerLogParser::PowerLogParser() : state_(std::make_unique<State>()) {}
PowerLogParser::PowerLogParser(PowerLogParser&&) noexcept = default;
PowerLogParser::~PowerLogParser() = default;

Result<void> PowerLogParser::feed(std::string_view chunk) {
  State& s = *state_;
  // No line of a log is nearly as long; a file without newlines is something else.
  constexpr std::size_t kLongestLine = 4096;
  while (!chunk.empty()) {
    const std::size_t end = chunk.find('\n');
    const std::string_view part = chunk.substr(0, end);
    if (s.rest.size() + part.size() > kLongestLine) {
      return line_error(s.line + 1, "the line is longer than any line of a power log");
    }
    if (end == std::string_view::npos) {
      s.rest += part;
      return {};
    }
    chunk.remove_prefix(end + 1);
    if (s.rest.empty()) {
      if (auto taken = s.take_line(part); !taken) return taken;
    } else {
      s.rest += part;
      auto taken = s.take_line(s.rest);
      s.rest.clear();
      if (!taken) return taken;
    }
  }
  return {};
}

Result<PowerLog> PowerLogParser::finish() {
  State& s = *state_;
  if (!s.rest.empty()) {
    // Without a line before it nothing says that this is a power log at all.
    if (s.is_whole(s.rest) || s.log.time.empty()) {
      if (auto taken = s.take_line(s.rest); !taken) return std::move(taken).error();
    } else {
      s.log.last_line_cut = true;
    }
    s.rest.clear();
  }
  return std::move(s.log);
}

Result<PowerLog> read_power_log(const std::filesystem::path& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return error_from_errno(errno, "open the power log").at(path);
  PowerLogParser parser;
  std::array<char, 1 << 16> chunk;
  Result<void> state;
  for (;;) {
    const ssize_t got = ::read(fd, chunk.data(), chunk.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) state = error_from_errno(errno, "read the power log");
    if (got <= 0) break;
    state = parser.feed({chunk.data(), static_cast<std::size_t>(got)});
    if (!state) break;
  }
  ::close(fd);
  if (!state) return std::move(state).error().at(path);
  auto log = parser.finish();
  if (!log) return std::move(log).error().at(path);
  if (log->size() == 0 && log->implausible > 0) {
    return Error(ErrorCode::kParse,
                 fmt::format("line {}: '{}': no reading of a board's power is as large, and no "
                             "other line of the log is one; expected millivolts and milliamperes",
                             log->first_implausible, log->first_implausible_text))
        .at(path);
  }
  if (log->size() == 0) {
    return Error(ErrorCode::kParse,
                 "the power log has no samples; was the recorder stopped before it began?")
        .at(path);
  }
  return log;
}

PowerTrace to_power_trace(const PowerLog& log, Rail rail) {
  PowerTrace trace;
  trace.rail = std::move(rail);
  const ClockMap clock = ClockMap::identity();
  for (std::size_t i = 0; i < log.size(); ++i) {
    const Instant when = clock.to_monotonic(log.time[i]);
    trace.before.push_back(when);
    trace.after.push_back(when);
    trace.voltage.push_back(millivolts(log.millivolts[i]));
    trace.current.push_back(milliamperes(log.milliamperes[i]));
    trace.power.push_back(microwatts(log.microwatts(i)));
  }
  return trace;
}

std::string format_power_log_line(LocalTime time, double millivolts, double milliamperes) {
  return format_local_stamp(time) + ',' + format_shortest(millivolts) + ',' +
         format_shortest(milliamperes) + '\n';
}

}  // namespace layerwatt
