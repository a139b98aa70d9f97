#include "layerwatt/monitor/watch.h"

#include <time.h>

#include <algorithm>
#include <utility>

#include "monitor/board/board_monitor.h"
#include "monitor/watch/screen.h"
#include "monitor/watch/watch_frame.h"
#include "monitor/watch/watch_lines.h"
#include "monitor/watch/watch_view.h"

namespace layerwatt {
namespace {

constexpr Duration kShortestInterval = std::chrono::milliseconds(100);
constexpr Duration kLongestInterval = std::chrono::seconds(60);
/// How long a wish to stop waits at most.
constexpr Duration kNap = std::chrono::milliseconds(100);

/// The grid of ticks, kept whatever a tick takes.
class Ticks {
 public:
  Ticks(Duration interval, std::optional<Duration> duration)
      : interval_(interval),
        duration_(duration),
        begin_(MonotonicClock::now()),
        next_(begin_ + interval) {}
  bool over(Instant now) const { return duration_ && now - begin_ > *duration_; }
  bool due(Instant now) const { return now >= next_; }
  Duration until_due(Instant now) const { return std::max(next_ - now, Duration(0)); }
  void pass(Instant now) { next_ += interval_ * ((now - next_) / interval_ + 1); }
  Duration interval() const { return interval_; }
  void set_interval(Duration interval) {
    interval_ = std::clamp(interval, kShortestInterval, kLongestInterval);
    next_ = MonotonicClock::now() + interval_;
  }

 private:
  Duration interval_;
  /// Absent: without an end.
  std::optional<Duration> duration_;
  Instant begin_;
  Instant next_;
};

void nap(Duration time) {
  const timespec some{0, static_cast<long>(std::min(time, kNap).count())};
  ::nanosleep(&some, nullptr);
}

void print(WatchFormat format, const WatchFrame& frame, std::ostream& out) {
  if (format == WatchFormat::kJson) {
    write_json_line(frame, out);
  } else if (format == WatchFormat::kCsv) {
    write_csv_row(frame, out);
  } else {
    write_line(frame, out);
  }
  out.flush();
}

void watch_lines(const WatchOptions& options, const Cancellation& stop, FrameMaker& frames,
                 std::ostream& out) {
  if (options.format == WatchFormat::kCsv) write_csv_header(frames.frame(), out);
  Ticks ticks(options.interval, options.duration);
  frames.tick();
  while (!stop.requested() && out) {
    const Instant now = MonotonicClock::now();
    if (ticks.over(now)) return;
    if (!ticks.due(now)) {
      nap(ticks.until_due(now));
      continue;
    }
    ticks.pass(now);
    print(options.format, frames.tick(), out);
  }
}

/// What a key does; false ends the view.
bool obey(int key, FrameMaker& frames, Ticks& ticks, bool& ascii) {
  switch (key) {
    case 'q':
    case 'Q':
      return false;
    case 'r':
      frames.set_back();
      return true;
    case 'p':
    case ' ':
      frames.pause(!frames.frame().is_paused);
      return true;
    case 'a':
      ascii = !ascii;
      return true;
    case '+':
    case '-':
      ticks.set_interval(key == '+' ? ticks.interval() / 2 : ticks.interval() * 2);
      frames.set_interval(ticks.interval());
      return true;
    default:
      return true;
  }
}

void watch_screen(const WatchOptions& options, const Cancellation& stop, FrameMaker& frames,
                  Screen& screen) {
  bool ascii = options.ascii || !screen.shows_unicode();
  Ticks ticks(options.interval, options.duration);
  frames.tick();
  screen.show(draw(frames.frame(), screen.size(), ascii));
  while (!stop.requested() && !ticks.over(MonotonicClock::now())) {
    const Instant now = MonotonicClock::now();
    const int key = screen.wait_for_key(std::min(ticks.until_due(now), kNap));
    if (key != Screen::kNothing && !obey(key, frames, ticks, ascii)) return;
    const bool due = ticks.due(MonotonicClock::now());
    if (due) {
      ticks.pass(MonotonicClock::now());
      if (!frames.frame().is_paused) frames.tick();
    }
    if (due || key != Screen::kNothing) {
      screen.show(draw(frames.frame(), screen.size(), ascii));
    }
  }
}

}  // namespace

Result<void> watch(const WatchOptions& options, const Cancellation& stop, std::ostream& out) {
  auto monitor = BoardMonitor::start(options.open, {options.period});
  if (!monitor) return std::move(monitor).error();
  FrameMaker frames(**monitor, options.root, options.run_folders, options.interval);
  if (options.format == WatchFormat::kScreen) {
    if (auto screen = Screen::open(options.color)) {
      watch_screen(options, stop, frames, **screen);
      return {};
    }
  }
  watch_lines(options, stop, frames, out);
  return {};
}

}  // namespace layerwatt
