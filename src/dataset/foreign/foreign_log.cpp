#include "layerwatt/dataset/foreign_log.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cmath>
#include <fstream>

#include "layerwatt/core/atomic_file.h"
#include "layerwatt/core/local_time.h"
#include "layerwatt/core/nearest_name.h"
#include "layerwatt/core/numbers.h"
#include "layerwatt/core/plausible.h"

#include "dataset/foreign/log_formats.h"
#include "dataset/foreign/log_units.h"
#include "dataset/text/unix_time.h"

namespace layerwatt {
namespace {

constexpr std::string_view kBlanks = " \t\r\"";
constexpr std::size_t kLongestLine = std::size_t{1} << 20;
/// Threads that write one log may swap lines that are so close; a clock that is set goes further.
constexpr Duration kSwapped = std::chrono::milliseconds(100);
/// What stands for watts in the published form: the power of a log that has no voltage.
constexpr double kNominalMillivolts = 1000.0;

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
}

std::string excerpt(std::string_view text) {
  std::string shown;
  for (const char c : text.substr(0, 60)) shown += (c < 0x20 || c > 0x7E) ? '?' : c;
  return text.size() > 60 ? shown + "..." : shown;
}

/// The character between fields, by the first line: blanks only where there is nothing else.
char separator_of(std::string_view line) {
  for (const char c : {',', ';', '\t'}) {
    if (line.find(c) != std::string_view::npos) return c;
  }
  return ' ';
}

/// Fields without the blanks and quotes around them; separators inside quotes do not count.
void split(std::string_view line, char separator, std::vector<std::string_view>& fields) {
  fields.clear();
  bool quoted = false;
  std::size_t begin = 0;
  for (std::size_t i = 0; i <= line.size(); ++i) {
    if (i < line.size() && line[i] == '"') quoted = !quoted;
    if (i < line.size() && (quoted || line[i] != separator)) continue;
    const std::string_view field = trimmed(line.substr(begin, i - begin));
    begin = i + 1;
    if (separator == ' ' && field.empty()) continue;
    fields.push_back(field);
  }
}

/// "2025-01-28 13:37:00.123", "2025/01/28T13:37:00", with or without a zone behind, which is left
/// out: the civil time is that of the run's own stamps. nullopt for anything else.
std::optional<LocalTime> parse_date_time(std::string_view text) {
  if (const auto published = parse_local_stamp(text)) return published;
  if (text.size() < 19) return std::nullopt;
  if (text[4] != text[7] || (text[4] != '-' && text[4] != '/')) return std::nullopt;
  if (text[10] != ' ' && text[10] != 'T') return std::nullopt;
  std::string stamp =
      fmt::format("{}{}{}-", text.substr(0, 4), text.substr(5, 2), text.substr(8, 2));
  std::string_view time = text.substr(11);
  time = time.substr(0, time.find_first_of("Z+- ", 8));
  // Digits beyond nanoseconds say nothing.
  stamp += time.substr(0, 18);
  return parse_local_stamp(stamp);
}

/// Which fields of a line are what.
struct Places {
  std::size_t time = 0;
  std::optional<std::size_t> voltage;
  std::optional<std::size_t> current;
  std::optional<std::size_t> power;
  std::optional<std::size_t> only;
  std::optional<std::size_t> device;
  std::size_t fields = 0;
};

/// "110 W" in a column of watts, "0.45 A": a unit that stands behind the number counts.
std::optional<double> quantity_of(std::string_view field, std::string_view role, double scale) {
  const std::size_t blank = field.find(' ');
  if (blank != std::string_view::npos) {
    const auto own = scale_of(role, trimmed(field.substr(blank)));
    if (!own) return std::nullopt;
    scale = *own;
    field = field.substr(0, blank);
  }
  const auto number = parse_double(field);
  if (!number) return std::nullopt;
  return *number * scale;
}

class Reader {
 public:
  explicit Reader(const ForeignLogOptions& options) : options_(options) {}

  Result<ForeignLog> read(std::istream& in) {
    for (std::string text; std::getline(in, text);) {
      ++line_;
      std::string_view line = text;
      if (line_ == 1 && line.starts_with("\xEF\xBB\xBF")) line.remove_prefix(3);
      if (line.size() > kLongestLine) return fail("the line is longer than any of a log");
      if (trimmed(line).empty()) continue;
      auto taken = is_begun_ ? take_sample(line) : take_first(line);
      if (!taken) return std::move(taken).error();
    }
    return finish();
  }

 private:
  Error fail(std::string_view what, ErrorCode code = ErrorCode::kParse) const {
    return Error(code, fmt::format("line {}: {}", line_, what));
  }

  /// The header, or the first sample of a table without one.
  Result<void> take_first(std::string_view line) {
    separator_ = separator_of(line);
    std::string_view names = trimmed(line);
    if (names.starts_with('#')) names.remove_prefix(1);
    split(names, separator_, fields_);
    std::vector<std::string> header(fields_.begin(), fields_.end());
    const bool is_only = options_.columns && options_.columns->time.name.empty();
    if (options_.columns && !is_only) {
      columns_ = *options_.columns;
    } else {
      format_ = find_log_format(header);
      if (format_ == nullptr) {
        return fail(
            fmt::format("no log that is known by its header ({}), and not of the published "
                        "form: say which columns are what with --columns. It begins: '{}'",
                        known_log_formats(), excerpt(line)));
      }
      columns_ = columns_of(*format_, header);
      if (is_only) {
        columns_.only_column = options_.columns->only_column;
        columns_.only_value = options_.columns->only_value;
      }
    }
    if (auto found = find_places(header); !found) return found;
    is_begun_ = true;
    // All columns by number, and a number where the time should be named: no header.
    const bool is_sample = columns_.time.name.starts_with('#') && places_.time < fields_.size() &&
                           time_of(fields_[places_.time]).has_value();
    return is_sample ? take_sample(line) : Result<void>();
  }

  Result<std::size_t> place_of(const std::string& name, const std::vector<std::string>& header) {
    if (name.starts_with('#')) {
      const auto number = parse_int64(std::string_view(name).substr(1));
      if (number && *number >= 1 && *number <= static_cast<std::int64_t>(header.size())) {
        return static_cast<std::size_t>(*number - 1);
      }
      return fail(fmt::format("there is no column {}: the line has {}", name, header.size()),
                  ErrorCode::kInvalidArgument);
    }
    const auto at = std::ranges::find(header, name);
    if (at != header.end()) return static_cast<std::size_t>(at - header.begin());
    std::vector<std::string_view> names(header.begin(), header.end());
    const auto near = nearest_name(name, names);
    return fail(fmt::format("there is no column '{}'{}", excerpt(name),
                            near ? fmt::format(" (did you mean '{}'?)", excerpt(*near)) : ""),
                ErrorCode::kInvalidArgument);
  }

  Result<void> find_places(const std::vector<std::string>& header) {
    const auto find = [&](const std::string& name, auto& place) -> Result<void> {
      auto at = place_of(name, header);
      if (!at) return std::move(at).error();
      place = *at;
      return {};
    };
    places_.fields = header.size();
    if (auto ok = find(columns_.time.name, places_.time); !ok) return ok;
    for (const auto& [column, place] : {std::pair(&columns_.voltage, &places_.voltage),
                                        std::pair(&columns_.current, &places_.current),
                                        std::pair(&columns_.power, &places_.power)}) {
      if (!*column) continue;
      if (auto ok = find((*column)->name, *place); !ok) return ok;
    }
    if (!columns_.only_column.empty()) {
      if (auto ok = find(columns_.only_column, places_.only); !ok) return ok;
    } else if (format_ != nullptr && !format_->device.empty()) {
      const auto at = std::ranges::find(header, format_->device);
      if (at != header.end()) places_.device = static_cast<std::size_t>(at - header.begin());
    }
    return {};
  }

  std::optional<LocalTime> time_of(std::string_view field) const {
    if (columns_.clock == LogClock::kStamp) return parse_date_time(field);
    const auto number = parse_double(field);
    if (!number) return std::nullopt;
    if (columns_.clock == LogClock::kUnix) return local_of_unix(*number);
    const double seconds = *number * columns_.time.scale;
    if (!(std::fabs(seconds) < 1e9)) return std::nullopt;
    return options_.begin.value_or(LocalTime()) + from_seconds(seconds);
  }

  /// Of several cards in one log only one can be meant.
  Result<void> check_device(std::string_view field) {
    if (!places_.device) return {};
    if (device_.empty()) device_ = field;
    if (device_ == field) return {};
    return fail(fmt::format("the log has several devices ({} '{}' and '{}'): choose one with "
                            "--columns only={}:{}",
                            format_->device, excerpt(device_), excerpt(field), format_->device,
                            excerpt(device_)),
                ErrorCode::kInvalidArgument);
  }

  Result<void> take_sample(std::string_view line) {
    split(line, separator_, fields_);
    if (format_ != nullptr && !format_->marker.empty() && fields_.front() != format_->marker) {
      ++markers_;
      return {};
    }
    if (fields_.size() < places_.fields) {
      // A program that was killed leaves a line without its end.
      ++skipped_;
      return {};
    }
    if (places_.only && fields_[*places_.only] != columns_.only_value) return {};
    if (places_.device) {
      if (auto one = check_device(fields_[*places_.device]); !one) return one;
    }
    const auto value = [&](const std::optional<LogColumn>& column,
                           const std::optional<std::size_t>& place, std::string_view role) {
      return place ? quantity_of(fields_[*place], role, column->scale) : std::nullopt;
    };
    const auto time = time_of(fields_[places_.time]);
    const auto volts = value(columns_.voltage, places_.voltage, "voltage");
    const auto amperes = value(columns_.current, places_.current, "current");
    const auto watts = value(columns_.power, places_.power, "power");
    const bool has_value =
        places_.power ? watts && plausible::is_logged(Watts(*watts))
                      : volts && amperes && plausible::is_logged(Volts(*volts), Amperes(*amperes));
    if (!time || !has_value) {
      if (++skipped_ == 1) first_skipped_ = fmt::format("line {}: '{}'", line_, excerpt(line));
      return {};
    }
    return add(*time, volts, amperes, watts);
  }

  Result<void> add(LocalTime time, std::optional<double> volts, std::optional<double> amperes,
                   std::optional<double> watts) {
    PowerLog& log = out_.log;
    if (!log.time.empty() && time < log.time.back()) {
      if (log.time.back() - time > kSwapped) {
        return fail(
            fmt::format("the time {} is earlier than the {} of the line before; the clock "
                        "was set back while recording: use the part before or after this "
                        "line",
                        format_local_stamp(time), format_local_stamp(log.time.back())));
      }
      ++skipped_;
      return {};
    }
    log.time.push_back(time);
    log.millivolts.push_back(watts ? kNominalMillivolts : 1e3 * *volts);
    log.milliamperes.push_back(1e3 * (watts ? *watts : *amperes));
    return {};
  }

  Result<ForeignLog> finish() {
    if (out_.log.size() == 0) {
      return Error(ErrorCode::kParse,
                   first_skipped_.empty()
                       ? std::string("the log has no samples")
                       : "no line of the log has a time and a number in the columns that were "
                         "taken, as " +
                             first_skipped_);
    }
    if (columns_.clock == LogClock::kRelative && !options_.begin) {
      return Error(
          ErrorCode::kInvalidArgument,
          "the times of this log count from its own begin: say when that was, in the local "
          "time of the run, with --power-begin YYYYMMDD-HH:MM:SS.ffffff");
    }
    const std::string what =
        columns_.power
            ? fmt::format("power from '{}'", excerpt(columns_.power->name))
            : fmt::format("voltage from '{}' and current from '{}'",
                          excerpt(columns_.voltage->name), excerpt(columns_.current->name));
    out_.notes.push_back(fmt::format("Power is that of another log ({}): time from '{}', {}.",
                                     format_ != nullptr ? format_->name : "columns as given",
                                     excerpt(columns_.time.name), what));
    if (skipped_ > 0) {
      out_.notes.push_back(
          fmt::format("{} lines of the power log without a time or a number that can "
                      "be a reading were left out{}.",
                      skipped_, first_skipped_.empty() ? "" : ", the first " + first_skipped_));
    }
    return std::move(out_);
  }

  const ForeignLogOptions& options_;
  const LogFormat* format_ = nullptr;
  LogColumns columns_;
  Places places_;
  char separator_ = ',';
  bool is_begun_ = false;
  std::vector<std::string_view> fields_;
  std::string device_;
  std::int64_t line_ = 0;
  std::int64_t skipped_ = 0;
  std::int64_t markers_ = 0;
  std::string first_skipped_;
  ForeignLog out_;
};

/// Whether a log begins as the published ones do: a stamp and two numbers.
bool is_published(std::istream& in) {
  std::array<char, 256> text{};
  in.read(text.data(), text.size());
  std::string_view line(text.data(), static_cast<std::size_t>(in.gcount()));
  in.clear();
  in.seekg(0);
  line = line.substr(0, line.find_first_of("\r\n"));
  return parse_local_stamp(line.substr(0, line.find(','))).has_value();
}

}  // namespace

Result<ForeignLog> read_foreign_log(std::istream& in, const ForeignLogOptions& options) {
  return Reader(options).read(in);
}

Result<ForeignLog> read_any_power_log(const std::filesystem::path& path,
                                      const ForeignLogOptions& options) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return error_from_errno(errno, "open the power log").at(path);
  if (!options.columns && is_published(in)) {
    auto log = read_power_log(path);
    if (!log) return std::move(log).error();
    return ForeignLog{*std::move(log), {}};
  }
  auto log = read_foreign_log(in, options);
  if (!log) return std::move(log).error().at(path);
  return log;
}

Result<void> store_power_log(const std::filesystem::path& path, const PowerLog& log) {
  auto file = AtomicFile::create(path);
  if (!file) return std::move(file).error();
  for (std::size_t i = 0; i < log.size(); ++i) {
    file->write(format_power_log_line(log.time[i], log.millivolts[i], log.milliamperes[i]));
  }
  return file->commit();
}

}  // namespace layerwatt
