#include "attribution/checks/prepare_readings.h"

#include <algorithm>
#include <array>
#include <utility>

#include "attribution/checks/checked_readings.h"
#include "attribution/checks/clock_check.h"
#include "attribution/checks/coverage_check.h"
#include "attribution/checks/negative_check.h"
#include "attribution/checks/overlap_check.h"
#include "attribution/checks/spike_check.h"
#include "attribution/checks/stuck_check.h"
#include "attribution/checks/units_check.h"
#include "attribution/checks/zero_check.h"

namespace layerwatt {
namespace {

/// Holes are shortened to this: a stock sensor has forgotten what was before (0.43 s).
constexpr double kShortHole = 6.0;
/// Beyond so much before and behind the load readings say nothing more of idle power.
constexpr double kIdleSeconds = 600.0;
/// Readings that stood still no longer than this part of what they did before the clock was moved
/// had stood still at levels of the load.
constexpr double kStuckNoMore = 0.5;

class Preparation {
 public:
  explicit Preparation(RecordingToCheck recording)
      : pass_times_(recording.pass_times), interludes_(recording.interludes) {
    out_.trace = std::move(recording.trace);
    out_.load = std::move(recording.load);
    if (recording.idle_apart) idle_apart_ = recording.idle_apart->value();
    doubt_ = recording.doubt;
  }

  PreparedReadings run() && {
    busy_ = busy_stretches(out_.load);
    // What the values alone say comes first: what is left can be held against the load.
    constexpr std::array kOfValues = {check_units, check_negative, check_all_equal, check_zeros,
                                      check_spikes};
    for (const auto& check : kOfValues) {
      if (!take(check(look()))) return std::move(out_);
    }
    if (!clocks_and_stuck()) return std::move(out_);
    const CheckedReadings readings = look();
    for (const Interlude& i : interludes_) {
      stuck_.push_back(
          {to_seconds(i.start - out_.load.origin), to_seconds(i.end - out_.load.origin)});
    }
    if (auto gaps = check_gaps(readings, stuck_)) out_.findings.push_back(*std::move(gaps));
    if (auto found = check_coverage(readings)) out_.findings.push_back(*std::move(found));
    if (auto passes = check_overlap(pass_times_)) {
      out_.findings.push_back(*std::move(passes));
      out_.hides_layers = "passes overlap: only the energy of a pass can be told";
    }
    take_times();
    shorten_holes();
    return std::move(out_);
  }

 private:
  CheckedReadings look() const { return checked_readings(out_.trace, out_.load, idle_apart_); }

  /// False if nothing can be known any more.
  bool take(std::optional<CheckVerdict> verdict) {
    if (!verdict) return true;
    out_.findings.push_back(verdict->finding);
    if (verdict->is_refusal) {
      out_.refusal = std::move(verdict->finding.sentence);
      return false;
    }
    out_.trace = without(out_.trace, verdict->left_out);
    return true;
  }

  void take(const ClockMove& move) {
    out_.findings.push_back(move.finding);
    out_.hides_layers = move.hides_layers;
    const Duration shift = from_seconds(move.seconds);
    for (std::size_t k = move.first; k < out_.trace.size(); ++k) {
      out_.trace.before[k] += shift;
      out_.trace.after[k] += shift;
    }
  }

  /// Readings that stand still at their level of the load look stuck where the load is looked for
  /// at another time than it ran, so a clock that is off is asked for first. Readings that are
  /// stuck stay so, wherever the load is.
  bool clocks_and_stuck() {
    const CheckedReadings readings = look();
    StuckReadings stuck = find_stuck(readings, busy_, doubt_.sensor_delay);
    bool is_moved = false;
    if (!stuck.numbers.empty()) {
      const auto move = check_clock_match(readings, doubt_);
      if (move) {
        StuckReadings left = find_stuck(moved(readings, *move), busy_, doubt_.sensor_delay);
        if (left.seconds < kStuckNoMore * stuck.seconds) {
          take(*move);
          stuck = std::move(left);
          is_moved = true;
        }
      }
    }
    stuck_ = stuck.stretches;
    if (!take(stuck_verdict(std::move(stuck)))) return false;
    if (is_moved) return true;
    if (const auto move = check_clock_match(look(), doubt_)) take(*move);
    return true;
  }

  void take_times() {
    seconds_.clear();
    for (std::size_t k = 0; k < out_.trace.size(); ++k) {
      seconds_.push_back(to_seconds(out_.trace.when(k) - out_.load.origin));
    }
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
    std::vector<std::size_t> far;
    for (std::size_t k = 0; k < seconds_.size(); ++k) {
      if (seconds_[k] < from || seconds_[k] > to) far.push_back(k);
    }
    PowerTrace kept = without(out_.trace, far);
    if (kept.size() < 2) return;
    out_.trace = std::move(kept);
    take_times();
  }

  void cut_load(double from, double to) {
    if (out_.load.begin() >= from && out_.load.end() <= to) return;
    out_.load.pieces =
        out_.load.pieces.changed([&](const LoadPiece& p) { return p.end >= from && p.begin <= to; },
                                 [](const LoadPiece& p) { return p; });
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
    out_.load.pieces =
        out_.load.pieces.changed([&](const LoadPiece& p) { return !is_inside(p.begin, p.end); },
                                 [&](const LoadPiece& p) {
                                   const double begin = place(p.begin);
                                   return LoadPiece{begin, begin + (p.end - p.begin), p.column};
                                 });
    std::erase_if(out_.load.pass_begins, [&](double t) { return is_inside(t, t); });
    for (double& t : out_.load.pass_begins) t = place(t);
    count_time();
  }

  void count_time() {
    std::ranges::fill(out_.load.on_time, 0.0);
    for (const LoadPiece& p : out_.load.pieces) {
      out_.load.on_time[static_cast<std::size_t>(p.column)] += p.end - p.begin;
    }
  }

  PassTimes pass_times_;
  std::span<const Interlude> interludes_;
  PreparedReadings out_;
  std::optional<double> idle_apart_;
  ClockDoubt doubt_;
  std::vector<Stretch> busy_;
  /// Without readings for a reason that is told, or known.
  std::vector<Stretch> stuck_;
  std::vector<double> seconds_;
};

}  // namespace

PreparedReadings prepare_readings(RecordingToCheck recording) {
  return Preparation(std::move(recording)).run();
}

}  // namespace layerwatt
