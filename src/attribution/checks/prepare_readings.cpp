#include "attribution/checks/prepare_readings.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "layerwatt/core/numbers.h"

#include "attribution/checks/load_alignment.h"

namespace layerwatt {
namespace {

/// Holes are shortened to this: a stock sensor has forgotten what was before (0.43 s).
constexpr double kShortHole = 6.0;
/// Beyond so much before and behind the load readings say nothing more of idle power.
constexpr double kIdleSeconds = 600.0;
/// Passes that overlap for less than this part of their time do so by rounding of stamps.
constexpr double kOverlap = 0.02;

class Preparation {
 public:
  Preparation(PowerTrace trace, LoadPieces load, const Timeline& timeline) : timeline_(timeline) {
    out_.trace = std::move(trace);
    out_.load = std::move(load);
  }

  PreparedReadings run(std::optional<Watts> idle_apart) && {
    busy_ = busy_stretches(out_.load);
    CheckedReadings checked = check_readings(out_.trace, busy_, out_.load.origin, idle_apart);
    out_.findings = std::move(checked.findings);
    out_.refusal = std::move(checked.refusal);
    if (!out_.refusal.empty()) return std::move(out_);
    out_.trace = std::move(checked.trace);
    take_times();
    holes();
    alignment();
    overlap();
    shorten_holes();
    return std::move(out_);
  }

 private:
  void take_times() {
    seconds_.clear();
    watts_.clear();
    for (std::size_t k = 0; k < out_.trace.size(); ++k) {
      seconds_.push_back(to_seconds(out_.trace.when(k) - out_.load.origin));
      watts_.push_back(out_.trace.power[k].value());
    }
  }

  void find(RecordingCheck check, std::string sentence) {
    out_.findings.push_back({check, std::move(sentence)});
  }

  void move(std::size_t first, double by) {
    const Duration shift = from_seconds(by);
    for (std::size_t k = first; k < out_.trace.size(); ++k) {
      out_.trace.before[k] += shift;
      out_.trace.after[k] += shift;
    }
    take_times();
  }

  void holes() {
    const std::vector<ReadingHole> holes = reading_holes(seconds_);
    if (holes.empty() || busy_.empty()) return;
    if (const auto step = clock_step(seconds_, watts_, busy_, holes)) {
      const ReadingHole& hole = holes[*step];
      find(RecordingCheck::kClockStep,
           fmt::format("The clock of the readings was set forward by {} at {} (no readings, and "
                       "behind it they follow the load only if moved back): they were moved back, "
                       "and layers are not told.",
                       format_si(hole.seconds, "s"),
                       format_si(seconds_[hole.behind] - hole.seconds, "s")));
      out_.hides_layers = "the clock of the readings was set within the recording";
      move(hole.behind, -hole.seconds);
      return;
    }
    double lost = 0.0;
    std::size_t count = 0;
    for (const ReadingHole& hole : holes) {
      const Stretch gap{seconds_[hole.behind] - hole.seconds, seconds_[hole.behind]};
      if (gap.end < busy_.front().begin || gap.begin > busy_.back().end) continue;
      lost += hole.seconds;
      ++count;
    }
    if (count == 0) return;
    find(RecordingCheck::kGap,
         fmt::format("There are no readings for {} while the network ran ({} gap{}, the first at "
                     "{}): what ran meanwhile is taken to have drawn what it drew elsewhere.",
                     format_si(lost, "s"), count, count > 1 ? "s" : "",
                     format_si(seconds_[holes.front().behind - 1], "s")));
  }

  void alignment() {
    const auto found = align_load(seconds_, watts_, busy_);
    if (!found || !found->is_off()) return;
    find(RecordingCheck::kClocks,
         fmt::format("The readings follow the load {} {} than the stamps say: samples and stamps "
                     "are of clocks that differ, or the start that was given is off. The total is "
                     "that of the load as the readings show it; layers are not told.",
                     format_si(std::abs(found->offset), "s"),
                     found->offset > 0.0 ? "later" : "earlier"));
    out_.hides_layers = "samples and stamps are of clocks that differ";
    move(0, -found->offset);
  }

  void overlap() {
    const double part = overlap_of_passes(timeline_);
    if (part < kOverlap) return;
    out_.hides_layers = fmt::format(
        "passes overlap ({} % of their time): layers of several passes draw at once, only the "
        "energy of a pass can be told",
        format_fixed(100.0 * part, 0));
  }

  /// Where readings pause for long the time in between is taken out, and what ran meanwhile with
  /// it; likewise readings long before the load or behind it.
  void shorten_holes() {
    if (seconds_.empty() || busy_.empty()) return;
    drop_far_readings();
    std::vector<Stretch> holes;
    for (std::size_t k = 1; k < seconds_.size(); ++k) {
      if (seconds_[k] - seconds_[k - 1] > 2.0 * kShortHole) {
        holes.push_back({seconds_[k - 1] + 0.5 * kShortHole, seconds_[k] - 0.5 * kShortHole});
      }
    }
    // What ran long before the first reading or behind the last was never seen.
    cut_load(seconds_.front() - kShortHole, seconds_.back() + kShortHole);
    if (holes.empty()) return;
    double taken = 0.0;
    std::size_t next = 0;
    for (std::size_t k = 0; k < out_.trace.size(); ++k) {
      while (next < holes.size() && seconds_[k] >= holes[next].end) taken += holes[next++].length();
      out_.trace.before[k] -= from_seconds(taken);
      out_.trace.after[k] -= from_seconds(taken);
    }
    take_out(holes);
    take_times();
  }

  void drop_far_readings() {
    const double from = busy_.front().begin - kIdleSeconds;
    const double to = busy_.back().end + kIdleSeconds;
    if (seconds_.front() >= from && seconds_.back() <= to) return;
    PowerTrace kept;
    kept.rail = out_.trace.rail;
    const PowerTrace& all = out_.trace;
    for (std::size_t k = 0; k < all.size(); ++k) {
      if (seconds_[k] < from || seconds_[k] > to) continue;
      kept.before.push_back(all.before[k]);
      kept.after.push_back(all.after[k]);
      kept.power.push_back(all.power[k]);
      if (!all.voltage.empty()) kept.voltage.push_back(all.voltage[k]);
      if (!all.current.empty()) kept.current.push_back(all.current[k]);
    }
    if (kept.size() < 2) return;
    out_.trace = std::move(kept);
    take_times();
  }

  void cut_load(double from, double to) {
    if (out_.load.begin() >= from && out_.load.end() <= to) return;
    std::erase_if(out_.load.pieces,
                  [&](const LoadPiece& p) { return p.end < from || p.begin > to; });
    std::erase_if(out_.load.pass_begins, [&](double t) { return t < from || t > to; });
    count_time();
  }

  void take_out(const std::vector<Stretch>& holes) {
    const auto place = [&](double t) {
      double taken = 0.0;
      for (const Stretch& hole : holes) {
        if (t >= hole.end) taken += hole.length();
      }
      return t - taken;
    };
    const auto is_inside = [&](double begin, double end) {
      return std::ranges::any_of(
          holes, [&](const Stretch& hole) { return end > hole.begin && begin < hole.end; });
    };
    std::erase_if(out_.load.pieces, [&](const LoadPiece& p) { return is_inside(p.begin, p.end); });
    std::erase_if(out_.load.pass_begins, [&](double t) { return is_inside(t, t); });
    for (LoadPiece& piece : out_.load.pieces) {
      const double length = piece.end - piece.begin;
      piece.begin = place(piece.begin);
      piece.end = piece.begin + length;
    }
    for (double& t : out_.load.pass_begins) t = place(t);
    count_time();
  }

  void count_time() {
    std::ranges::fill(out_.load.on_time, 0.0);
    for (const LoadPiece& p : out_.load.pieces) {
      out_.load.on_time[static_cast<std::size_t>(p.column)] += p.end - p.begin;
    }
  }

  const Timeline& timeline_;
  PreparedReadings out_;
  std::vector<Stretch> busy_;
  std::vector<double> seconds_;
  std::vector<double> watts_;
};

}  // namespace

double overlap_of_passes(const Timeline& timeline) {
  const auto passes = static_cast<std::size_t>(std::max(0, pass_count(timeline)));
  struct Span {
    Instant begin = Instant::max();
    Instant end = Instant::min();
  };
  std::vector<Span> spans(passes);
  for (const Execution& e : timeline.executions) {
    Span& span = spans[static_cast<std::size_t>(e.pass)];
    span.begin = std::min(span.begin, e.start);
    span.end = std::max(span.end, e.end);
  }
  std::erase_if(spans, [](const Span& s) { return s.end <= s.begin; });
  std::ranges::sort(spans, {}, &Span::begin);
  double shared = 0.0;
  double all = 0.0;
  Instant until = Instant::min();
  for (const Span& span : spans) {
    all += to_seconds(span.end - span.begin);
    if (span.begin < until) shared += to_seconds(std::min(until, span.end) - span.begin);
    until = std::max(until, span.end);
  }
  return all > 0.0 ? shared / all : 0.0;
}

PreparedReadings prepare_readings(PowerTrace trace, LoadPieces load, const Timeline& timeline,
                                  std::optional<Watts> idle_apart) {
  return Preparation(std::move(trace), std::move(load), timeline).run(idle_apart);
}

}  // namespace layerwatt
