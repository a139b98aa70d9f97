#include "sensors/tegrastats/line_times.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdlib>

#include "layerwatt/core/numbers.h"

namespace layerwatt {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

/// Summer time moves the clock by this much; two lines on either side may be seconds apart.
constexpr Duration kHour = hours(1);
constexpr Duration kHourDoubt = seconds(2);
/// Nobody's log pauses for so long: a board without a battery found out what day it is.
constexpr Duration kSetForward = hours(24);
/// A pause is told from here on, and from so many usual distances.
constexpr Duration kLeastPause = seconds(3);
constexpr int kPauseDistances = 20;
constexpr std::size_t kMostNotes = 3;

/// A line's time on the clock that stamped it.
struct OwnTime {
  std::size_t line = 0;
  Duration before{0};
  Duration after{0};
};

/// Lines that one clock stamped: from `first` up to the one before `last`.
struct Stretch {
  std::size_t first = 0;
  std::size_t last = 0;
  std::size_t size() const { return last - first; }
};

bool was_set(Duration step) {
  const Duration forward = step - kHour;
  return step < Duration(0) || step >= kSetForward || std::chrono::abs(forward) <= kHourDoubt;
}

/// `apart(i)`: by how much line i was stamped later than the one before it.
template <class Apart>
std::vector<Stretch> cut_where_set(std::size_t count, const Apart& apart) {
  std::vector<Stretch> stretches{{0, count}};
  for (std::size_t i = 1; i < count; ++i) {
    if (!was_set(apart(i))) continue;
    stretches.back().last = i;
    stretches.push_back({i, count});
  }
  return stretches;
}

Duration median_of(std::vector<Duration> values) {
  if (values.empty()) return Duration(0);
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

std::string in_words(Duration time) {
  const double s = std::fabs(to_seconds(time));
  return s < 3600.0 ? format_fixed(s, 1) + " s" : fmt::format("{} h", format_fixed(s / 3600.0, 2));
}

/// Lines of one whole second.
struct Second {
  std::size_t first = 0;
  std::size_t count = 0;
  Duration begin{0};
};

/// Spreads the lines of one stretch over their seconds.
class SecondsSpread {
 public:
  SecondsSpread(std::vector<Second> seconds_of_stretch, std::optional<Duration> interval)
      : seconds_(std::move(seconds_of_stretch)), usual_(usual_count()) {
    if (usual_ == 0 && interval) {
      usual_ = static_cast<std::size_t>(seconds(1) / std::max(*interval, Duration(1)));
    }
  }

  void fill(std::vector<OwnTime>& times) const {
    for (std::size_t j = 0; j < seconds_.size(); ++j) {
      const Second& second = seconds_[j];
      const bool is_partial = second.count < usual_;
      const bool is_head = is_partial && !goes_on(j, -1) && goes_on(j, +1);
      const bool is_tail = is_partial && goes_on(j, -1) && !goes_on(j, +1);
      const std::size_t in_second = is_head || is_tail ? usual_ : second.count;
      const Duration step = Duration(seconds(1)) / static_cast<Duration::rep>(in_second);
      const auto missing = static_cast<Duration::rep>(is_head ? usual_ - second.count : 0);
      Duration at = second.begin + missing * step;
      for (std::size_t i = 0; i < second.count; ++i, at += step) {
        times[second.first + i].before = at;
        times[second.first + i].after = at + step;
      }
    }
  }

 private:
  /// Whether the second beside it has lines too.
  bool goes_on(std::size_t j, int direction) const {
    if (direction < 0 ? j == 0 : j + 1 == seconds_.size()) return false;
    const Second& other = direction < 0 ? seconds_[j - 1] : seconds_[j + 1];
    return std::chrono::abs(other.begin - seconds_[j].begin) <= seconds(1);
  }
  /// Of the seconds that were whole; else of the fullest, which is the least that fits.
  std::size_t usual_count() const {
    std::vector<std::size_t> whole;
    std::size_t fullest = 0;
    for (std::size_t j = 0; j < seconds_.size(); ++j) {
      const bool before = goes_on(j, -1);
      const bool after = goes_on(j, +1);
      if (before && after) whole.push_back(seconds_[j].count);
      if (before || after) fullest = std::max(fullest, seconds_[j].count);
    }
    if (whole.empty()) return fullest;
    const auto middle = whole.begin() + static_cast<std::ptrdiff_t>(whole.size() / 2);
    std::nth_element(whole.begin(), middle, whole.end());
    return *middle;
  }

  std::vector<Second> seconds_;
  std::size_t usual_;
};

std::vector<Second> seconds_of(const std::vector<LineTime>& lines,
                               const std::vector<OwnTime>& times, const Stretch& stretch) {
  std::vector<Second> found;
  for (std::size_t i = stretch.first; i < stretch.last; ++i) {
    const Duration begin = lines[times[i].line].stamp->time_since_epoch();
    if (found.empty() || found.back().begin != begin) found.push_back({i, 0, begin});
    ++found.back().count;
  }
  return found;
}

/// Puts stretches end to end, around the longest, and tells of it.
class Chain {
 public:
  Chain(const std::vector<LineTime>& lines, std::vector<OwnTime> times,
        std::vector<Stretch> stretches)
      : lines_(lines), times_(std::move(times)), stretches_(std::move(stretches)) {
    for (std::size_t k = 0; k < stretches_.size(); ++k) {
      if (stretches_[k].size() >= stretches_[main_].size()) main_ = k;
    }
    shift_.assign(stretches_.size(), Duration(0));
    for (std::size_t k = main_; k + 1 < stretches_.size(); ++k) {
      shift_[k + 1] = end_of(k) + shift_[k] - begin_of(k + 1);
    }
    for (std::size_t k = main_; k > 0; --k) shift_[k - 1] = begin_of(k) + shift_[k] - end_of(k - 1);
  }

  /// On the clock of most lines.
  Duration begin() const { return begin_of(0) + shift_[0]; }
  const OwnTime& first_of_main() const { return times_[stretches_[main_].first]; }

  void fill(PlacedLines& placed) const {
    placed.spans.assign(lines_.size(), std::nullopt);
    Instant latest{};
    for (std::size_t k = 0; k < stretches_.size(); ++k) {
      for (std::size_t i = stretches_[k].first; i < stretches_[k].last; ++i) {
        const Duration by = shift_[k] - begin();
        const Instant before = std::max(latest, Instant(times_[i].before + by));
        placed.spans[times_[i].line] =
            LineSpan{before, std::max(before, Instant(times_[i].after + by))};
        latest = before;
      }
    }
    tell_settings(placed.notes);
    tell_pauses(placed.notes);
  }

 private:
  Duration begin_of(std::size_t stretch) const { return times_[stretches_[stretch].first].before; }
  Duration end_of(std::size_t stretch) const { return times_[stretches_[stretch].last - 1].after; }
  std::int64_t file_line(std::size_t i) const { return lines_[times_[i].line].file_line; }

  void tell_settings(std::vector<std::string>& notes) const {
    for (std::size_t k = 1; k < stretches_.size(); ++k) {
      if (k > kMostNotes) {
        notes.push_back(fmt::format("The clock was set {} times in all.", stretches_.size() - 1));
        break;
      }
      const Duration step = begin_of(k) - end_of(k - 1);
      const bool is_summer_time = std::chrono::abs(std::chrono::abs(step) - kHour) <= kHourDoubt;
      notes.push_back(fmt::format(
          "The clock was set {} by {}{} before line {}.", step < Duration(0) ? "back" : "forward",
          in_words(step), is_summer_time ? " (summer time)" : "", file_line(stretches_[k].first)));
    }
    if (stretches_.size() < 2) return;
    const Stretch& main = stretches_[main_];
    notes.push_back(fmt::format(
        "Times are those of the clock under which most lines were printed (lines {} to {}); the "
        "others stand before and behind those without a gap.",
        file_line(main.first), file_line(main.last - 1)));
  }

  void tell_pauses(std::vector<std::string>& notes) const {
    std::vector<Duration> lengths;
    for (const OwnTime& time : times_) lengths.push_back(time.after - time.before);
    const Duration least = std::max(kLeastPause, kPauseDistances * median_of(lengths));
    std::size_t pauses = 0;
    for (const Stretch& stretch : stretches_) {
      for (std::size_t i = stretch.first + 1; i < stretch.last; ++i) {
        const Duration pause = times_[i].after - times_[i - 1].after;
        if (pause <= least || ++pauses > kMostNotes) continue;
        notes.push_back(
            fmt::format("No line for {} before line {}: the log paused, or the clock was set.",
                        in_words(pause), file_line(i)));
      }
    }
    if (pauses > kMostNotes) notes.push_back(fmt::format("{} such pauses in all.", pauses));
  }

  const std::vector<LineTime>& lines_;
  std::vector<OwnTime> times_;
  std::vector<Stretch> stretches_;
  std::vector<Duration> shift_;
  std::size_t main_ = 0;
};

PlacedLines place_by_prefix(const std::vector<LineTime>& lines, std::vector<OwnTime> times) {
  // From the first line: a double of seconds since 1970 has no nanoseconds to lose.
  const double origin = *lines[times.front().line].prefix_seconds;
  const auto arrival = [&](std::size_t i) {
    return from_seconds(*lines[times[i].line].prefix_seconds - origin);
  };
  const auto apart = [&](std::size_t i) { return arrival(i) - arrival(i - 1); };
  std::vector<Duration> distances;
  for (std::size_t i = 1; i < times.size(); ++i) {
    if (!was_set(apart(i))) distances.push_back(apart(i));
  }
  const Duration usual = median_of(std::move(distances));
  std::vector<Stretch> stretches = cut_where_set(times.size(), apart);
  for (const Stretch& stretch : stretches) {
    for (std::size_t i = stretch.first; i < stretch.last; ++i) {
      times[i].after = arrival(i);
      times[i].before = i > stretch.first ? arrival(i - 1)
                        : i > 0           ? arrival(i) - usual
                                          : arrival(i);
    }
  }
  const Chain chain(lines, std::move(times), std::move(stretches));
  PlacedLines placed;
  placed.times = TegrastatsTimes::kPrefix;
  chain.fill(placed);
  const OwnTime& first = chain.first_of_main();
  if (const auto& stamp = lines[first.line].stamp) {
    const double prefix = *lines[first.line].prefix_seconds;
    // A double holds seconds since 1970 to a quarter of a microsecond.
    const auto fraction =
        std::chrono::microseconds(std::llround((prefix - std::floor(prefix)) * 1e6));
    placed.begin = *stamp + fraction - (placed.spans[first.line]->after - Instant());
  }
  return placed;
}

PlacedLines place_by_stamp(const std::vector<LineTime>& lines, std::vector<OwnTime> times,
                           std::optional<Duration> interval) {
  const auto stamp = [&](std::size_t i) { return *lines[times[i].line].stamp; };
  std::vector<Stretch> stretches =
      cut_where_set(times.size(), [&](std::size_t i) { return stamp(i) - stamp(i - 1); });
  for (const Stretch& stretch : stretches) {
    SecondsSpread(seconds_of(lines, times, stretch), interval).fill(times);
  }
  const Chain chain(lines, std::move(times), std::move(stretches));
  PlacedLines placed;
  placed.times = TegrastatsTimes::kStamp;
  chain.fill(placed);
  placed.begin = LocalTime(chain.begin());
  return placed;
}

PlacedLines place_by_interval(std::size_t count, Duration interval) {
  PlacedLines placed;
  placed.times = TegrastatsTimes::kInterval;
  for (std::size_t i = 0; i < count; ++i) {
    const Instant before(interval * static_cast<Duration::rep>(i));
    placed.spans.push_back(LineSpan{before, before + interval});
  }
  return placed;
}

/// Those that have a time; empty where they are not most of all.
template <class HasTime>
std::vector<OwnTime> with_time(const std::vector<LineTime>& lines, const HasTime& has_time) {
  std::vector<OwnTime> times;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (has_time(lines[i])) times.push_back({i, {}, {}});
  }
  if (2 * times.size() <= lines.size()) times.clear();
  return times;
}

}  // namespace

std::optional<PlacedLines> place_lines(const std::vector<LineTime>& lines,
                                       std::optional<std::chrono::milliseconds> interval) {
  auto times = with_time(lines, [](const LineTime& t) { return t.prefix_seconds.has_value(); });
  if (!times.empty()) return place_by_prefix(lines, std::move(times));
  times = with_time(lines, [](const LineTime& t) { return t.stamp.has_value(); });
  if (!times.empty()) return place_by_stamp(lines, std::move(times), interval);
  if (!interval || interval->count() <= 0) return std::nullopt;
  return place_by_interval(lines.size(), *interval);
}

}  // namespace layerwatt
