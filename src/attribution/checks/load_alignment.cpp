#include "attribution/checks/load_alignment.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "attribution/model/read_times.h"

namespace layerwatt {
namespace {

/// Readings are pooled to so many means: a shift is told to a part of a bin, and work stays
/// bounded.
constexpr std::size_t kMostBins = 1500;
/// Fewer follow any load by chance.
constexpr std::size_t kLeastReadings = 20;
/// Stretches beyond these many are joined across their shortest pauses.
constexpr std::size_t kMostStretches = 8;
/// Time constants that are tried, in seconds: none, fast settings, the stock one of 0.43 s, slower.
constexpr std::array kFilters = {0.0, 0.02, 0.06, 0.15, 0.3, 0.43, 0.6, 1.0, 2.0, 4.0};
constexpr std::array kCoarseFilters = {0.0, 0.06, 0.43};
/// Steps of the search over shifts, of which a short run in a long log needs more: parts of its
/// length; and halvings of the step about the best.
constexpr double kShifts = 300.0;
constexpr double kMostShifts = 3000.0;
constexpr double kPartOfRun = 0.3;
constexpr int kRefinements = 12;
/// A shift that explains at least so much is one.
constexpr double kExplains = 0.6;
/// Where so little is left to explain, nothing is looked for.
constexpr double kAllExplained = 0.97;
/// Seconds; less is what a read and its stamp may differ by on a loaded machine.
constexpr double kLeastOffset = 0.04;
constexpr std::size_t kMostHoles = 20;

struct Bins {
  std::vector<double> time;
  std::vector<double> watts;
  double mean = 0.0;
  double squares = 0.0;
};

Bins bins_of(std::span<const double> seconds, std::span<const double> watts) {
  Bins bins;
  const std::size_t each = (seconds.size() + kMostBins - 1) / kMostBins;
  for (std::size_t k = 0; k < seconds.size(); k += each) {
    const std::size_t end = std::min(seconds.size(), k + each);
    double t = 0.0;
    double w = 0.0;
    for (std::size_t i = k; i < end; ++i) {
      t += seconds[i];
      w += watts[i];
    }
    bins.time.push_back(t / static_cast<double>(end - k));
    bins.watts.push_back(w / static_cast<double>(end - k));
    bins.mean += bins.watts.back();
  }
  const auto n = static_cast<double>(bins.time.size());
  bins.mean /= std::max(n, 1.0);
  for (const double w : bins.watts) bins.squares += (w - bins.mean) * (w - bins.mean);
  return bins;
}

std::vector<Stretch> few_stretches(std::span<const Stretch> busy) {
  std::vector<Stretch> few(busy.begin(), busy.end());
  if (few.size() <= kMostStretches) return few;
  std::vector<double> pauses;
  for (std::size_t i = 1; i < few.size(); ++i) pauses.push_back(few[i].begin - few[i - 1].end);
  std::ranges::sort(pauses, std::greater<>());
  const double kept = pauses[kMostStretches - 1];
  std::vector<Stretch> joined;
  for (const Stretch& stretch : few) {
    if (!joined.empty() && stretch.begin - joined.back().end <= kept) {
      joined.back().end = stretch.end;
    } else {
      joined.push_back(stretch);
    }
  }
  return joined;
}

/// What a filter shows of the load at `t`, 0 to 1.
double shown(std::span<const Stretch> busy, double filter, double t) {
  double sum = 0.0;
  for (const Stretch& s : busy) {
    if (t <= s.begin) break;
    if (filter <= 0.0) {
      sum += t < s.end ? 1.0 : 0.0;
      continue;
    }
    sum += -std::expm1(-(t - s.begin) / filter);
    if (t > s.end) sum += std::expm1(-(t - s.end) / filter);
  }
  return sum;
}

double explained(const Bins& bins, std::span<const Stretch> busy, double filter, double offset) {
  double sum = 0.0;
  double squares = 0.0;
  double products = 0.0;
  for (std::size_t i = 0; i < bins.time.size(); ++i) {
    const double x = shown(busy, filter, bins.time[i] - offset);
    sum += x;
    squares += x * x;
    products += x * (bins.watts[i] - bins.mean);
  }
  const auto n = static_cast<double>(bins.time.size());
  const double spread = squares - sum * sum / n;
  // A load that draws less than nothing explains nothing.
  if (spread <= 1e-9 * n || products <= 0.0 || bins.squares <= 0.0) return 0.0;
  return products * products / spread / bins.squares;
}

double best_explained(const Bins& bins, std::span<const Stretch> busy, double offset,
                      std::span<const double> filters = kFilters) {
  double best = 0.0;
  for (const double filter : filters) {
    best = std::max(best, explained(bins, busy, filter, offset));
  }
  return best;
}

/// Shifts stand so close that the load of a short run in a long log is not stepped over.
double coarse_step(std::span<const Stretch> busy, double range) {
  double shortest = range;
  for (const Stretch& s : busy) shortest = std::min(shortest, s.length());
  return std::clamp(kPartOfRun * shortest, range / kMostShifts, range / kShifts);
}

}  // namespace

bool LoadAlignment::is_off(double least_gain, double sensor_delay) const {
  const double beyond = offset > 0.0 ? std::max(0.0, offset - sensor_delay) : -offset;
  return explained > kExplains && explained > explained_as_stamped + least_gain &&
         beyond > std::max(kLeastOffset, 3.0 * resolution);
}

std::optional<LoadAlignment> align_load(std::span<const double> seconds,
                                        std::span<const double> watts,
                                        std::span<const Stretch> busy) {
  if (seconds.size() < kLeastReadings || busy.empty()) return std::nullopt;
  const Bins bins = bins_of(seconds, watts);
  const std::vector<Stretch> few = few_stretches(busy);
  LoadAlignment found;
  found.resolution = usual_distance(bins.time);
  found.explained_as_stamped = best_explained(bins, few, 0.0);
  found.explained = found.explained_as_stamped;
  if (found.explained_as_stamped > kAllExplained) return found;
  const double range = seconds.back() - seconds.front();
  double step = coarse_step(few, range);
  double coarse = 0.0;
  double at = 0.0;
  for (double offset = -range; offset <= range; offset += step) {
    const double here = best_explained(bins, few, offset, kCoarseFilters);
    if (here <= coarse) continue;
    coarse = here;
    at = offset;
  }
  const double there = best_explained(bins, few, at);
  if (there > found.explained) {
    found.explained = there;
    found.offset = at;
  }
  for (int i = 0; i < kRefinements && step > 0.25 * found.resolution; ++i) {
    step *= 0.5;
    const double centre = found.offset;
    for (const double tried : {centre - step, centre + step}) {
      const double here = best_explained(bins, few, tried);
      if (here <= found.explained) continue;
      found.explained = here;
      found.offset = tried;
    }
  }
  return found;
}

double explained_by_load(std::span<const double> seconds, std::span<const double> watts,
                         std::span<const Stretch> busy) {
  if (seconds.size() < kLeastReadings || busy.empty()) return 0.0;
  return best_explained(bins_of(seconds, watts), few_stretches(busy), 0.0);
}

std::vector<ReadingHole> reading_holes(std::span<const double> seconds) {
  std::vector<ReadingHole> holes;
  const double usual = usual_distance({seconds.begin(), seconds.end()});
  const double least = least_hole(usual);
  for (std::size_t k = 1; k < seconds.size(); ++k) {
    const double apart = seconds[k] - seconds[k - 1];
    if (apart > least) holes.push_back({k, apart - usual});
  }
  return holes;
}

std::optional<std::size_t> clock_step(std::span<const double> seconds,
                                      std::span<const double> watts, std::span<const Stretch> busy,
                                      std::span<const ReadingHole> holes, double least_gain) {
  const double as_stamped = explained_by_load(seconds, watts, busy);
  double best = std::max(kExplains, as_stamped + least_gain);
  std::optional<std::size_t> found;
  for (std::size_t h = 0; h < holes.size() && h < kMostHoles; ++h) {
    std::vector<double> moved(seconds.begin(), seconds.end());
    for (std::size_t k = holes[h].behind; k < moved.size(); ++k) moved[k] -= holes[h].seconds;
    const double here = explained_by_load(moved, watts, busy);
    if (here <= best) continue;
    best = here;
    found = h;
  }
  return found;
}

}  // namespace layerwatt
