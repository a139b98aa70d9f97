#include "attribution/fit/slow_noise.h"

#include <array>

namespace layerwatt {
namespace {

/// Of filtered to white noise, from none to nothing else, three a decade where it usually is: the
/// likelihood is flat between neighbours. Those of drift likewise.
constexpr std::array kFilteredRatios = {0.0, 1e-3, 1e-2, 0.03, 0.1,   0.3,
                                        1.0, 3.0,  10.0, 30.0, 100.0, 1000.0};
constexpr std::array kDriftRatios = {0.0, 1e-3, 3e-3, 0.01, 0.03, 0.1, 0.3, 1.0, 10.0, 100.0};
/// Of the filter's time constant: what rounding leaves lasts while the register stands still, not
/// as long as the filter holds.
constexpr double kShorter = 0.5;

/// The likeliest of what `fit` makes of the values, uphill from the one numbered `place`.
template <class Values, class Fit>
NoiseFit uphill(const Values& values, std::size_t& place, const Fit& fit) {
  NoiseFit best = fit(values[place]);
  for (const bool up : {true, false}) {
    const std::size_t begin = place;
    while (up ? place + 1 < values.size() : place > 0) {
      const std::size_t next = up ? place + 1 : place - 1;
      const NoiseFit tried = fit(values[next]);
      if (tried.value >= best.value) break;
      best = tried;
      place = next;
    }
    if (place != begin) break;
  }
  return best;
}

}  // namespace

NoiseModel SlowNoiseSearch::of_known(const NoisyRows& rows, double time_constant, double white) {
  return search(rows, time_constant, white, NoiseScale::kGiven);
}

NoiseModel SlowNoiseSearch::of_ratios(const NoisyRows& rows, double time_constant) {
  return search(rows, time_constant, 1.0, NoiseScale::kFound);
}

NoiseModel SlowNoiseSearch::search(const NoisyRows& rows, double time_constant, double white,
                                   NoiseScale scale) {
  const auto with = [&](NoiseModel noise) {
    return likeliest_noise(rows, std::span(&noise, 1), scale);
  };
  NoiseModel noise;
  noise.white = white;
  noise.filter_time = time_constant;
  NoiseFit best = uphill(kFilteredRatios, filtered_, [&](double ratio) {
    noise.filtered = ratio * white;
    return with(noise);
  });
  for (const double part : {1.0, 0.5}) {
    NoiseModel shorter = best.noise;
    shorter.filter_time = kShorter * time_constant;
    shorter.filtered *= part;
    if (const NoiseFit fit = with(shorter); fit.value < best.value) best = fit;
  }
  noise = best.noise;
  const NoiseFit drifting = uphill(kDriftRatios, drift_, [&](double ratio) {
    noise.drift = ratio * noise.white;
    return with(noise);
  });
  return drifting.noise;
}

}  // namespace layerwatt
