#include "attribution/clock/load_clock.h"

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace layerwatt {
namespace {

/// A reading says at most so much against a clock: stalls and straddling reads are no evidence.
constexpr double kMostLoss = 4.5;
/// Mean loss of a reading from which a stretch counts as lost.
constexpr double kLostLoss = 1.2;
/// By how much a stretch must be against some clocks nearby for it to tell which is right.
constexpr double kTelling = 5.0;

/// std::floor() of what fits an integer. That is a call where a compiler may not ask for SSE4.1.
double whole_below(double x) {
  const auto whole = static_cast<double>(static_cast<std::int64_t>(x));
  return whole > x ? whole - 1.0 : whole;
}

}  // namespace

LoadClockSearch::LoadClockSearch(const PredictedLoad& load, const LatchedReadings& readings,
                                 double noise)
    : load_(&load), readings_(&readings), per_variance_(0.5 / (noise * noise)) {}

LoadClockSearch::LoadClockSearch(PredictedStretches& load, const LatchedReadings& readings,
                                 double noise)
    : stretches_(&load), readings_(&readings), per_variance_(0.5 / (noise * noise)) {}

double LoadClockSearch::loss(std::size_t first, std::size_t last, double period, double end,
                             double enough) const {
  double sum = 0.0;
  const double per_period = 1.0 / period;
  const double jitter = readings_->jitter;
  for (std::size_t k = first; k < last; ++k) {
    const double t = readings_->time[k];
    const double y = readings_->watts[k];
    const double position = (t - end) * per_period;
    const double latest = end + whole_below(position) * period;
    double r = y - load_->at(latest);
    double least = r * r;
    // Near an end the read may have latched the conversion before or after.
    if (t - latest < jitter) {
      r = y - load_->at(latest - period);
      least = std::min(least, r * r);
    } else if (latest + period - t < jitter) {
      r = y - load_->at(latest + period);
      least = std::min(least, r * r);
    }
    sum += std::min(least * per_variance_, kMostLoss);
    if (sum > enough) break;
  }
  return sum;
}

/// On ever finer grids around a clock that is nearly right.
LoadClockSearch::Lock LoadClockSearch::refine(Lock lock, std::size_t first, std::size_t last,
                                              double period_step) const {
  double end_step = readings_->end_step;
  for (int round = 0; round < 4; ++round) {
    end_step *= 0.5;
    period_step *= 0.5;
    const Lock centre = lock;
    for (int i = -2; i <= 2; ++i) {
      for (int j = -2; j <= 2; ++j) {
        const double period = centre.period + i * period_step;
        const double end = centre.end + j * end_step;
        const double found = loss(first, last, period, end, lock.loss);
        if (found < lock.loss) lock = {period, end, found, lock.middle};
      }
    }
  }
  return lock;
}

std::vector<LoadClockSearch::Lock> LoadClockSearch::acquire(std::size_t first, std::size_t last,
                                                            double low, double high,
                                                            std::size_t most) const {
  const double begin = readings_->time[first];
  const double length = readings_->time[last - 1] - begin;
  const double middle = begin + 0.5 * length;
  // The outermost reading moves by one step of the end when the period moves by one of its own.
  const double relative_step = readings_->end_step / (0.5 * length);
  std::vector<Lock> tried;
  double enough = kNoLimit;
  for (double period = low; period <= high; period *= 1.0 + relative_step) {
    const auto ends = static_cast<int>(std::ceil(period / readings_->end_step));
    for (int e = 0; e < ends; ++e) {
      const double end = middle + period * e / ends;
      const double found = loss(first, last, period, end, enough);
      if (found <= enough) tried.push_back({period, end, found, middle});
    }
    // Only the best are ever looked at again.
    if (tried.size() > 40000) {
      std::nth_element(tried.begin(), tried.begin() + 2000, tried.end(),
                       [](const Lock& a, const Lock& b) { return a.loss < b.loss; });
      enough = tried[2000].loss;
      tried.resize(2000);
    }
  }
  std::ranges::sort(tried, {}, &Lock::loss);
  std::vector<Lock> best;
  for (const Lock& lock : tried) {
    const bool is_neighbour = std::ranges::any_of(best, [&](const Lock& better) {
      const double apart = lock.end - better.end;
      const double distance = std::abs(apart - better.period * std::round(apart / better.period));
      return std::abs(lock.period / better.period - 1.0) < 4.0 * relative_step &&
             distance < 4.0 * readings_->end_step;
    });
    if (is_neighbour) continue;
    best.push_back(lock);
    if (best.size() == most) break;
  }
  for (Lock& lock : best) lock = refine(lock, first, last, lock.period * relative_step);
  // Finer grids may turn two around.
  std::ranges::stable_sort(best, {}, &Lock::loss);
  return best;
}

std::vector<ConversionClock::Knot> LoadClockSearch::track(const Lock& lock, double stretch) {
  const auto& time = readings_->time;
  std::vector<ConversionClock::Knot> knots = {{0.0, lock.end}};
  for (const int direction : {-1, +1}) {
    double period = lock.period;
    double end = lock.end;
    double conversion = 0.0;
    double middle = lock.middle;
    bool first_stretch = true;
    for (;;) {
      // The first stretch overlaps the one of the lock, so that the period is known well enough.
      middle += direction * (first_stretch ? 0.5 : 1.0) * stretch;
      first_stretch = false;
      const auto from = std::lower_bound(time.begin(), time.end(), middle - 0.5 * stretch);
      const auto to = std::lower_bound(time.begin(), time.end(), middle + 0.5 * stretch);
      if (direction < 0 ? middle + 0.5 * stretch <= time.front()
                        : middle - 0.5 * stretch >= time.back()) {
        break;
      }
      const double ahead = std::round((middle - end) / period);
      const double predicted = end + ahead * period;
      const auto a = static_cast<std::size_t>(from - time.begin());
      const auto b = static_cast<std::size_t>(to - time.begin());
      double best = predicted;
      if (stretches_ != nullptr) load_ = &stretches_->over(middle - stretch, middle + stretch);
      if (b > a + 20) {
        double least = loss(a, b, period, predicted);
        double worst = least;
        for (double step = 16e-6; step >= 1e-6; step *= 0.5) {
          const double centre = best;
          for (int i = -3; i <= 3; ++i) {
            if (i == 0) continue;
            const double found = loss(a, b, period, centre + i * step, least + 2.0 * kTelling);
            worst = std::max(worst, found);
            if (found < least) {
              least = found;
              best = centre + i * step;
            }
          }
        }
        // Lost: look everywhere within a period.
        if (least > kLostLoss * static_cast<double>(b - a)) {
          double elsewhere = least;
          double there = best;
          for (double shift = -0.5 * period; shift < 0.5 * period;
               shift += 0.7 * readings_->end_step) {
            const double found = loss(a, b, period, predicted + shift, elsewhere);
            if (found < elsewhere) {
              elsewhere = found;
              there = predicted + shift;
            }
          }
          if (elsewhere < 0.7 * least) {
            least = elsewhere;
            best = there;
          }
        }
        // Idle or a steady load says nothing: keep the line.
        if (worst - least < kTelling) best = predicted;
      }
      conversion += ahead;
      // Take over a part of the change of slope: single stretches are noisy.
      period += 0.3 * (best - predicted) / std::max(1.0, std::abs(ahead)) * direction;
      end = best;
      knots.push_back({conversion, end});
    }
  }
  std::ranges::sort(knots, {}, &ConversionClock::Knot::conversion);
  return knots;
}

}  // namespace layerwatt
