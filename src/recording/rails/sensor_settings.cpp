#include "layerwatt/recording/sensor_settings.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <sstream>
#include <string_view>
#include <utility>

#include "layerwatt/core/file_text.h"
#include "layerwatt/core/numbers.h"
#include "layerwatt/core/power_chips.h"

namespace layerwatt {
namespace {

/// One attribute and the text that it held.
struct Original {
  std::filesystem::path file;
  std::string value;
};

std::string trimmed(std::string text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
  return text;
}

/// Writes in place, as a shell's redirection does: an attribute of sysfs cannot be renamed over.
/// Async-signal-safe.
bool write_attribute(const char* path, const char* value, std::size_t length) noexcept {
  const int fd = ::open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
  if (fd < 0) return false;
  const bool written = ::write(fd, value, length) == static_cast<ssize_t>(length);
  const int cause = errno;
  ::close(fd);
  errno = cause;
  return written;
}

/// Whether the chip has lost its driver. Bound anew, the driver resets the chip, so nothing is left
/// to put back (drivers/hwmon/ina3221.c, ina3221_resume).
bool is_gone(int cause) noexcept { return cause == ENOENT || cause == ENODEV || cause == ENXIO; }

Result<void> write_text(const std::filesystem::path& path, const std::string& value) {
  const std::string line = value + "\n";
  if (write_attribute(path.c_str(), line.data(), line.size())) return {};
  const int cause = errno;
  if (is_gone(cause)) {
    return Error(ErrorCode::kGone, "the chip's driver is not there any more").at(path);
  }
  return error_from_errno(cause, fmt::format("set it to {}", value)).at(path);
}

/// The first line is the process that will restore, then a line "value path" each.
std::string describe(pid_t guard, const std::vector<Original>& originals) {
  std::string text = fmt::format("{}\n", guard);
  for (const Original& original : originals) {
    text += fmt::format("{} {}\n", original.value, original.file.string());
  }
  return text;
}

/// The life of the guard: waits until the pipe to its parent closes, which it does however the
/// parent ends, restores, and leaves. Only async-signal-safe calls, on memory made before the fork.
[[noreturn]] void guard(int pipe, const std::vector<Original>& originals,
                        const std::vector<std::string>& lines, const char* state_file) {
  ::setsid();  // a Ctrl-C at the terminal is for the parent
  for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGPIPE}) ::signal(number, SIG_IGN);
  char byte = 0;
  ssize_t got = 0;
  do {
    got = ::read(pipe, &byte, 1);
  } while (got < 0 && errno == EINTR);
  bool restored = true;
  for (std::size_t i = 0; i < originals.size(); ++i) {
    if (write_attribute(originals[i].file.c_str(), lines[i].data(), lines[i].size())) continue;
    restored = is_gone(errno) && restored;
  }
  if (restored) ::unlink(state_file);
  ::_exit(restored ? 0 : 1);
}

/// Warning limits of the chip's channels that are in force.
std::vector<std::string> limit_warnings(const std::filesystem::path& chip) {
  std::vector<std::string> warnings;
  for (int channel = 1; channel <= 3; ++channel) {
    const auto limit = read_file(chip / fmt::format("curr{}_max", channel), 64);
    const auto milliamperes = limit ? parse_leading_int64(*limit) : std::nullopt;
    // Without a limit the register holds its largest value, above 16 A with any shunt of these
    // boards.
    if (!milliamperes || *milliamperes <= 0 || *milliamperes >= 16'000) continue;
    const auto label = read_file(chip / fmt::format("in{}_label", channel), 256);
    warnings.push_back(fmt::format(
        "{}: the over-current warning at {} mA compares with the averaged value; with fewer "
        "samples "
        "short peaks can trigger it and throttle the board.",
        label ? trimmed(*label) : fmt::format("{} channel {}", chip.filename().string(), channel),
        *milliamperes));
  }
  return warnings;
}

Result<void> check_arguments(std::span<const std::filesystem::path> chips, int samples) {
  if (std::find(ina3221::kAverages.begin(), ina3221::kAverages.end(), samples) ==
      ina3221::kAverages.end()) {
    return Error(
        ErrorCode::kInvalidArgument,
        fmt::format("the INA3221 averages 1, 4, 16, 64, 128, 256, 512 or 1024 samples, not {}",
                    samples));
  }
  if (chips.empty()) {
    return Error(
        ErrorCode::kInvalidArgument,
        "no INA3221 with a 'samples' attribute: JetPack 4 has none, nor have other sensors");
  }
  return {};
}

Result<std::vector<Original>> read_originals(std::span<const std::filesystem::path> chips) {
  std::vector<Original> originals;
  for (const std::filesystem::path& chip : chips) {
    auto text = read_file(chip / "samples", 64);
    if (!text) return std::move(text).error();
    const std::string value = trimmed(*text);
    if (!parse_int64(value)) {
      return Error(ErrorCode::kParse, fmt::format("expected a number, found '{}'", value))
          .at(chip / "samples");
    }
    // With bus and address in it: hwmonN may be another chip tomorrow.
    std::error_code error;
    const auto place = std::filesystem::canonical(chip / "samples", error);
    originals.push_back({error ? chip / "samples" : place, value});
  }
  return originals;
}

/// The process that will restore what `text` describes; absent where it names none.
std::optional<pid_t> guard_of(std::string_view text) {
  const auto number = parse_int64(text.substr(0, text.find('\n')));
  if (!number || *number <= 0) return std::nullopt;
  return static_cast<pid_t>(*number);
}

/// Whoever changed the settings last would take the other's for the original ones.
Result<void> check_nobody_else(const std::filesystem::path& state_file) {
  const auto text = read_file(state_file, 64 << 10);
  const auto guard = text ? guard_of(*text) : std::nullopt;
  if (!guard || ::kill(*guard, 0) != 0) return {};
  return Error(ErrorCode::kUnsupported,
               "another run has changed the sensor's settings for its time; wait until it ends, or "
               "measure without --sensor-samples")
      .at(state_file);
}

}  // namespace

struct SensorSettings::State {
  std::vector<Original> originals;
  std::vector<std::string> warnings;
  std::filesystem::path state_file;
  pid_t guard = -1;
  int pipe = -1;

  /// Closing the pipe makes the guard restore; its exit code tells whether it could.
  Result<void> restore() {
    if (pipe < 0) return {};
    ::close(std::exchange(pipe, -1));
    int status = 0;
    pid_t waited = 0;
    do {
      waited = ::waitpid(guard, &status, 0);
    } while (waited < 0 && errno == EINTR);
    if (waited == guard && WIFEXITED(status) && WEXITSTATUS(status) == 0) return {};
    // The guard is gone or failed: do its work here.
    for (const Original& original : originals) {
      auto written = write_text(original.file, original.value);
      if (!written && written.error().code() != ErrorCode::kGone) return written;
    }
    std::error_code ignored;
    std::filesystem::remove(state_file, ignored);
    return {};
  }
};

SensorSettings::SensorSettings(std::unique_ptr<State> state) : state_(std::move(state)) {}
SensorSettings::SensorSettings(SensorSettings&&) noexcept = default;
SensorSettings& SensorSettings::operator=(SensorSettings&& other) noexcept {
  if (this != &other) {
    if (state_) static_cast<void>(state_->restore());
    state_ = std::move(other.state_);
  }
  return *this;
}
SensorSettings::~SensorSettings() {
  if (state_) static_cast<void>(state_->restore());
}

Result<void> SensorSettings::restore() { return state_->restore(); }
const std::vector<std::string>& SensorSettings::warnings() const { return state_->warnings; }

Result<SensorSettings> SensorSettings::set_samples(std::span<const std::filesystem::path> chips,
                                                   int samples,
                                                   const std::filesystem::path& state_file) {
  if (auto ok = check_arguments(chips, samples); !ok) return std::move(ok).error();
  if (auto alone = check_nobody_else(state_file); !alone) return std::move(alone).error();
  auto originals = read_originals(chips);
  if (!originals) return std::move(originals).error();
  auto state = std::make_unique<State>();
  state->originals = *std::move(originals);
  state->state_file = state_file;
  for (const auto& chip : chips) {
    for (std::string& warning : limit_warnings(chip)) state->warnings.push_back(std::move(warning));
  }
  std::vector<std::string> lines;
  for (const Original& original : state->originals) lines.push_back(original.value + "\n");
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return error_from_errno(errno, "make a pipe");
  const pid_t child = ::fork();
  if (child < 0) {
    const int cause = errno;
    ::close(ends[0]);
    ::close(ends[1]);
    return error_from_errno(cause, "start the guard that restores the sensor's settings");
  }
  if (child == 0) {
    ::close(ends[1]);
    guard(ends[0], state->originals, lines, state_file.c_str());
  }
  ::close(ends[0]);
  state->guard = child;
  state->pipe = ends[1];
  // From here on every way out restores. The file is there before the first change.
  if (auto kept = write_file_atomically(state_file, describe(child, state->originals)); !kept) {
    return std::move(kept).error().with_context("cannot remember the sensor's settings");
  }
  const std::string wanted = fmt::format("{}", samples);
  for (const Original& original : state->originals) {
    if (auto written = write_text(original.file, wanted); !written)
      return std::move(written).error();
    auto back = read_file(original.file, 64);
    if (!back) return std::move(back).error();
    if (trimmed(*back) != wanted) {
      return Error(ErrorCode::kUnsupported,
                   fmt::format("the driver took {} instead of {}", trimmed(*back), wanted))
          .at(original.file);
    }
  }
  return SensorSettings(std::move(state));
}

Result<std::vector<std::string>> recover_sensor_settings(const std::filesystem::path& state_file) {
  std::vector<std::string> restored;
  auto text = read_file(state_file, 64 << 10);
  if (!text) {
    if (text.error().code() == ErrorCode::kNotFound) return restored;
    return std::move(text).error();
  }
  std::istringstream lines(*text);
  std::string line;
  std::getline(lines, line);
  const auto guard = guard_of(line);
  if (!guard) {
    return Error(ErrorCode::kParse,
                 "expected the number of a process; remove the file if it is not "
                 "layerwatt's")
        .at(state_file, 1);
  }
  if (::kill(*guard, 0) == 0) return restored;
  for (long number = 2; std::getline(lines, line); ++number) {
    const std::size_t blank = line.find(' ');
    const std::string value = line.substr(0, blank);
    if (blank == std::string::npos || !parse_int64(value)) {
      return Error(ErrorCode::kParse, "expected a value and the path of an attribute")
          .at(state_file, number);
    }
    const std::filesystem::path file = line.substr(blank + 1);
    if (file.filename() != "samples") {
      return Error(ErrorCode::kParse, "expected the path of a 'samples' attribute")
          .at(state_file, number);
    }
    if (auto written = write_text(file, value); !written) {
      if (written.error().code() != ErrorCode::kGone) return std::move(written).error();
      restored.push_back(
          fmt::format("{} was left at another value by a run that died, and is not there any more.",
                      file.string()));
      continue;
    }
    restored.push_back(fmt::format(
        "{} was left at another value by a run that died; it is {} again.", file.string(), value));
  }
  std::error_code ignored;
  std::filesystem::remove(state_file, ignored);
  return restored;
}

std::filesystem::path default_settings_state_file() { return "/run/layerwatt-sensor-settings"; }

}  // namespace layerwatt
