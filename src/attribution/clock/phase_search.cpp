#include "attribution/clock/phase_search.h"

#include <algorithm>
#include <cmath>

namespace layerwatt {
namespace {

/// Chance that a change is seen where the model has no conversion's end: latching jitters within a
/// read by a tenth of it.
constexpr double kMisplacedChange = 0.03;
constexpr int kMostEnds = 6;
/// Below this probability of a change the logarithm for repeats is proportional to their ends, up
/// to kMostEnds + 1 of them: (1 − 0.39)^7 is above kMisplacedChange.
constexpr double kSeldom = 0.39;

struct CountLikelihood {
  std::array<double, kMostEnds + 2> changed;
  std::array<double, kMostEnds + 2> repeated;
};

CountLikelihood likelihood(double change_probability) {
  CountLikelihood table{};
  for (int n = 0; n < kMostEnds + 2; ++n) {
    const double none = std::pow(1.0 - change_probability, n);
    const auto i = static_cast<std::size_t>(n);
    table.changed[i] = std::log(std::max(1.0 - none, kMisplacedChange * change_probability));
    table.repeated[i] = std::log(std::max(none, kMisplacedChange));
  }
  return table;
}

}  // namespace

PhaseSearch::PhaseSearch(std::span<const RegisterEvent> events, double reference)
    : events_(events), reference_(reference) {
  double changes = 0.0;
  double time = 0.0;
  for (const RegisterEvent& e : events) {
    changes += e.changed ? 1.0 : 0.0;
    time += e.to - e.from;
    length_ = std::max(length_, std::abs(e.to - reference));
    if (e.changed) changes_.push_back(e);
    if (!stretches_.empty() && stretches_.back().to == e.from) {
      stretches_.back().to = e.to;
    } else {
      stretches_.push_back({e.from, e.to, false});
    }
  }
  change_rate_ = time > 0.0 ? changes / time : 0.0;
}

/// Adds what one event says: `score(n)` for n ends of conversions in it. Returns the part that all
/// phases have in common; the rest goes to `scores_` as differences from one bin to the next.
template <class Score>
double PhaseSearch::add_event(const RegisterEvent& event, double per_period, const Score& score) {
  const std::size_t count = scores_.size() - 1;
  const double bins = static_cast<double>(count);
  const double width = (event.to - event.from) * per_period;
  const double whole = std::floor(width);
  const double common = score(whole);
  const double more = score(whole + 1.0) - common;
  const double begin = (event.from - reference_) * per_period;
  // Phases in (begin, begin + rest] hold one end more.
  const double from = (begin - std::floor(begin)) * bins;
  const double to = from + (width - whole) * bins;
  const auto first = static_cast<std::size_t>(from) + 1;
  const auto last = static_cast<std::size_t>(to) + 1;  // one behind the last
  if (last <= first) return common;
  if (first < count) scores_[first] += more;
  if (last < count) {
    scores_[last] -= more;
    return common;
  }
  const std::size_t wrapped = last - count;
  if (first >= count) {
    scores_[first - count] += more;
  } else if (wrapped > 0) {
    scores_[0] += more;
  }
  if (wrapped < count) scores_[wrapped] -= more;
  return common;
}

void PhaseSearch::fill(double period, int bins) {
  const double change_probability = std::clamp(change_rate_ * period, 1e-3, 0.95);
  const CountLikelihood table = likelihood(change_probability);
  const auto of = [](const auto& row, double ends) {
    return row[static_cast<std::size_t>(std::min(ends, kMostEnds + 1.0))];
  };
  scores_.assign(static_cast<std::size_t>(bins) + 1, 0.0);
  double base = 0.0;
  const double per_period = 1.0 / period;
  if (change_probability < kSeldom) {
    // Each end without a change costs the same, so repeats need not be looked at one by one.
    const double quiet = std::log(1.0 - change_probability);
    for (const RegisterEvent& stretch : stretches_) {
      base += add_event(stretch, per_period, [&](double ends) { return ends * quiet; });
    }
    for (const RegisterEvent& change : changes_) {
      base += add_event(change, per_period,
                        [&](double ends) { return of(table.changed, ends) - ends * quiet; });
    }
  } else {
    for (const RegisterEvent& e : events_) {
      base += add_event(e, per_period, [&](double ends) {
        return of(e.changed ? table.changed : table.repeated, ends);
      });
    }
  }
  double sum = base;
  scores_.pop_back();
  for (double& score : scores_) {
    sum += score;
    score = sum;
  }
}

PulseTrain PhaseSearch::best_phase(double period, int bins) {
  fill(period, bins);
  const auto best = std::max_element(scores_.begin(), scores_.end());
  return {period, period * static_cast<double>(best - scores_.begin()) / bins, *best};
}

PhaseSearch::Posterior PhaseSearch::phase_posterior(double period, double around,
                                                    double around_deviation, int bins) {
  fill(period, bins);
  std::vector<double> offset(scores_.size());
  std::vector<double> value(scores_.size());
  for (std::size_t i = 0; i < scores_.size(); ++i) {
    double d = period * static_cast<double>(i) / bins - around;
    d -= period * std::round(d / period);
    offset[i] = d;
    const double prior = around_deviation > 0.0 ? d / around_deviation : 0.0;
    value[i] = scores_[i] - 0.5 * prior * prior;
  }
  const double best = *std::ranges::max_element(value);
  double weight = 0.0;
  double mean = 0.0;
  double square = 0.0;
  for (std::size_t i = 0; i < scores_.size(); ++i) {
    const double w = std::exp(value[i] - best);
    weight += w;
    mean += w * offset[i];
    square += w * offset[i] * offset[i];
  }
  mean /= weight;
  const double variance = std::max(square / weight - mean * mean, 0.0);
  const double bin = period / bins;
  return {around + mean, std::sqrt(variance + bin * bin / 12.0), best};
}

PhaseSearch::Period PhaseSearch::best_period(double low, double high, int bins, double apart) {
  const double step = low / std::max(length_, low) / kStepsPerPeriod;
  std::vector<PulseTrain> tried;
  for (double period = low; period <= high; period *= 1.0 + step) {
    tried.push_back(best_phase(period, bins));
  }
  Period found{*std::ranges::max_element(tried, {}, &PulseTrain::score), std::nullopt};
  for (const PulseTrain& train : tried) {
    if (std::abs(train.period / found.best.period - 1.0) <= apart) continue;
    found.rival = std::max(found.rival.value_or(train.score), train.score);
  }
  return found;
}

}  // namespace layerwatt
