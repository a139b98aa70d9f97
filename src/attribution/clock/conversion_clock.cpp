#include "layerwatt/attribution/conversion_clock.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <span>

#include "attribution/clock/phase_search.h"
#include "attribution/clock/register_changes.h"

namespace layerwatt {
namespace {

/// Events of the rarer kind (changes under averaging, repeats without) that a block must hold.
constexpr std::size_t kTellingEvents = 150;
/// With fewer of them no clock has the evidence that is asked for (kEnoughEvidence), as one speaks
/// for a clock by less than 3.6.
constexpr std::size_t kFewTelling = 4;
/// Work of a search: events times periods that are tried. A block ends where it would be more, some
/// tenths of a second, though it then has fewer telling events.
constexpr double kMostWork = 1e8;
/// A block is never longer than this many conversions: the oscillator's drift would blur it.
constexpr double kLongestBlock = 30000.0;
/// Nor shorter than this many.
constexpr double kLeastBlock = 300.0;
constexpr int kSearchBins = 32;
constexpr int kTrackBins = 192;
/// Natural logarithm of the odds that a clock must have over all others.
constexpr double kEnoughEvidence = 12.0;
/// How much the period may change between blocks, relative.
constexpr double kDriftPerBlock = 2e-5;

/// That best_period() tries for events within `reach` of its reference.
double periods_between(double low, double high, double reach) {
  return std::log(high / low) * PhaseSearch::kStepsPerPeriod * std::max(reach, low) / low;
}

struct Block {
  std::size_t first = 0;
  std::size_t last = 0;  ///< one behind
  /// Telling events, of which more than kTellingEvents are no better.
  std::size_t telling = 0;
};

/// Cuts the events into blocks of enough telling events each, or as many as can be searched for
/// periods between `low` and `high`.
std::vector<Block> cut_blocks(const std::vector<RegisterEvent>& events, bool changes_tell,
                              double low, double high) {
  const double shortest = kLeastBlock * low;
  std::vector<Block> blocks;
  std::size_t first = 0;
  std::size_t telling = 0;
  const auto is_full = [&](std::size_t last, double length) {
    if (telling >= kTellingEvents) return true;
    // Where changes tell, repeats between them are looked at together.
    const std::size_t looked_at = changes_tell ? 2 * telling : last - first;
    const double periods = periods_between(low, high, 0.5 * length);
    return static_cast<double>(looked_at) * periods >= kMostWork;
  };
  for (std::size_t i = 0; i < events.size(); ++i) {
    if (events[i].changed == changes_tell) ++telling;
    const double length = events[i].to - events[first].from;
    if (length >= shortest && is_full(i + 1, length)) {
      blocks.push_back({first, i + 1, std::min(telling, kTellingEvents)});
      first = i + 1;
      telling = 0;
    }
  }
  if (first < events.size()) {
    if (blocks.empty()) {
      blocks.push_back({first, events.size(), std::min(telling, kTellingEvents)});
    } else {
      blocks.back().last = events.size();
    }
  }
  return blocks;
}

double middle_of(const std::vector<RegisterEvent>& events, const Block& block) {
  return 0.5 * (events[block.first].from + events[block.last - 1].to);
}

std::span<const RegisterEvent> of(const std::vector<RegisterEvent>& events, const Block& block) {
  return std::span(events).subspan(block.first, block.last - block.first);
}

struct FirstLock {
  PulseTrain train;
  std::size_t block = 0;
  double fraction = 0.5;
  double evidence = 0.0;
};

/// Follows the clock from block `lock.block` to one side and appends its knots, outward.
void track(const std::vector<RegisterEvent>& events, const std::vector<Block>& blocks,
           const FirstLock& lock, int direction, double start_time,
           std::vector<ConversionClock::Knot>& knots, std::vector<double>& errors) {
  double period = lock.train.period;
  double time = start_time;
  double conversion = 0.0;
  double period_error = lock.train.period / std::max(1.0, middle_of(events, blocks[lock.block])) /
                        15.0 / lock.train.period;
  period_error = std::max(period_error, 1e-7);
  double last_error = lock.train.period / 30.0;
  for (auto b = static_cast<std::ptrdiff_t>(lock.block) + direction;
       b >= 0 && b < static_cast<std::ptrdiff_t>(blocks.size()); b += direction) {
    const Block& block = blocks[static_cast<std::size_t>(b)];
    const double middle = middle_of(events, block);
    const double ahead = std::round((middle - time) / period);
    const double predicted = time + ahead * period;
    const double span = std::abs(middle - time);
    const double doubt = std::hypot(last_error, span * (period_error + kDriftPerBlock));
    PhaseSearch search(of(events, block), middle);
    // The period within the block may differ a little from the last one: try a few.
    std::optional<PhaseSearch::Posterior> tried_best;
    double best_period = period;
    const double around = predicted - middle;
    for (int i = -4; i <= 4; ++i) {
      const double tried = period * (1.0 + 0.5 * i * (period_error + kDriftPerBlock));
      const auto posterior = search.phase_posterior(tried, around, 3.0 * doubt, kTrackBins);
      if (!tried_best || posterior.best_score > tried_best->best_score) {
        tried_best = posterior;
        best_period = tried;
      }
    }
    const PhaseSearch::Posterior& best = *tried_best;
    const double found = middle + best.mean;
    const double moved = ahead * period + (found - predicted);
    conversion += ahead;
    const double slope = ahead != 0.0 ? moved / ahead : best_period;
    const double slope_error = std::hypot(best.deviation, last_error) / std::abs(ahead) / period;
    // Weigh the slope between blocks against what was known.
    const double known = 1.0 / std::pow(period_error + kDriftPerBlock, 2);
    const double fresh = 1.0 / std::pow(slope_error, 2);
    period = (period * known + slope * fresh) / (known + fresh);
    period_error = 1.0 / std::sqrt(known + fresh);
    time = found;
    last_error = best.deviation;
    knots.push_back({conversion, found});
    errors.push_back(best.deviation);
  }
}

}  // namespace

ConversionClock::ConversionClock(Instant origin, std::vector<Knot> knots)
    : origin_(origin), knots_(std::move(knots)) {}

double ConversionClock::time_of(double conversion) const {
  std::size_t i = 1;
  if (conversion > knots_[1].conversion) {
    const auto after =
        std::upper_bound(knots_.begin() + 1, knots_.end() - 1, conversion,
                         [](double value, const Knot& knot) { return value < knot.conversion; });
    i = static_cast<std::size_t>(after - knots_.begin());
  }
  const Knot& a = knots_[i - 1];
  const Knot& b = knots_[i];
  return a.time + (conversion - a.conversion) * (b.time - a.time) / (b.conversion - a.conversion);
}

double ConversionClock::conversion_at(double time) const {
  std::size_t i = 1;
  if (time > knots_[1].time) {
    const auto after =
        std::upper_bound(knots_.begin() + 1, knots_.end() - 1, time,
                         [](double value, const Knot& knot) { return value < knot.time; });
    i = static_cast<std::size_t>(after - knots_.begin());
  }
  const Knot& a = knots_[i - 1];
  const Knot& b = knots_[i];
  return a.conversion + (time - a.time) * (b.conversion - a.conversion) / (b.time - a.time);
}

double ConversionClock::period() const {
  const Knot& a = knots_.front();
  const Knot& b = knots_.back();
  return (b.time - a.time) / (b.conversion - a.conversion);
}

ConversionClock ConversionClock::shifted(double later) const {
  ConversionClock clock = *this;
  for (Knot& knot : clock.knots_) knot.time += later;
  return clock;
}

ConversionClock ConversionClock::counted_from(Instant origin) const {
  ConversionClock clock = shifted(to_seconds(origin_ - origin));
  clock.origin_ = origin;
  return clock;
}

Result<RecoveredClock> recover_conversion_clock(const PowerTrace& trace,
                                                const ClockSearch& search) {
  if (trace.size() < 100) {
    return Error(ErrorCode::kUnknowable,
                 fmt::format("{} samples are too few to recover the sensor's conversion clock",
                             trace.size()));
  }
  const Instant origin = trace.before.front();
  double low = to_seconds(search.least_period);
  double high = to_seconds(search.greatest_period);
  if (search.expected_period) {
    const double expected = to_seconds(*search.expected_period);
    low = expected * (1.0 - search.tolerance);
    high = expected * (1.0 + search.tolerance);
  }
  std::optional<FirstLock> lock;
  std::vector<Block> blocks;
  std::vector<RegisterEvent> events;
  std::size_t best_block = 0;
  for (const double fraction : {0.4, 0.15, 0.65, 0.9}) {
    auto tried_events = register_events(trace, origin, fraction);
    const auto changes = static_cast<std::size_t>(
        std::ranges::count_if(tried_events, [](const RegisterEvent& e) { return e.changed; }));
    if (changes < 20) {
      return Error(ErrorCode::kUnknowable,
                   fmt::format("the register of rail {} changed only {} times in {} reads",
                               trace.rail.name, changes, trace.size()));
    }
    const bool changes_tell = 2 * changes < tried_events.size();
    const auto telling = changes_tell ? changes : tried_events.size() - changes;
    if (telling < kFewTelling) break;
    const auto tried_blocks = cut_blocks(tried_events, changes_tell, low, high);
    // The block that takes the least time for what it tells.
    std::size_t shortest = 0;
    const auto length = [&](const Block& b) {
      return tried_events[b.last - 1].to - tried_events[b.first].from;
    };
    const auto seconds_each = [&](const Block& b) {
      return length(b) / std::max(static_cast<double>(b.telling), 0.5);
    };
    for (std::size_t b = 1; b < tried_blocks.size(); ++b) {
      if (seconds_each(tried_blocks[b]) < seconds_each(tried_blocks[shortest])) shortest = b;
    }
    const Block& block = tried_blocks[shortest];
    if (length(block) > kLongestBlock * high) continue;
    PhaseSearch phase_search(of(tried_events, block), middle_of(tried_events, block));
    const double apart = std::max(3.0 * low / length(block), 1e-4);
    const auto [train, rival] = phase_search.best_period(low, high, kSearchBins, apart);
    // Where nothing else may be, nothing speaks for anything else.
    const double evidence = rival ? train.score - *rival : std::numeric_limits<double>::infinity();
    if (!lock || train.score > lock->train.score) {
      lock = {train, shortest, fraction, evidence};
      events = std::move(tried_events);
      blocks = tried_blocks;
      best_block = shortest;
    }
    if (trace.before == trace.after) break;
  }
  if (!lock || lock->evidence < kEnoughEvidence) {
    return Error(
        ErrorCode::kUnknowable,
        fmt::format("the reads of rail {} are too slow against its conversions to tell when they "
                    "end; read it faster, or one rail alone",
                    trace.rail.name));
  }
  const double middle = middle_of(events, blocks[best_block]);
  PhaseSearch at_lock(of(events, blocks[best_block]), middle);
  const auto posterior =
      at_lock.phase_posterior(lock->train.period, lock->train.phase, 0.0, kTrackBins);
  const double start = middle + posterior.mean;
  std::vector<ConversionClock::Knot> knots;
  std::vector<double> errors;
  track(events, blocks, *lock, -1, start, knots, errors);
  std::ranges::reverse(knots);
  std::ranges::reverse(errors);
  knots.push_back({0.0, start});
  errors.push_back(posterior.deviation);
  track(events, blocks, *lock, +1, start, knots, errors);
  if (knots.size() == 1) {
    knots.push_back({1000.0, start + 1000.0 * lock->train.period});
    errors.push_back(errors.front());
  }
  const double span = knots.back().time - knots.front().time;
  const double error = std::hypot(errors.front(), errors.back()) / std::max(span, 1e-9);
  return RecoveredClock{
      ConversionClock(origin, std::move(knots)), {lock->fraction}, error, lock->evidence};
}

}  // namespace layerwatt
