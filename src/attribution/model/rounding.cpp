#include "attribution/model/rounding.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <optional>

namespace layerwatt {
namespace {

using std::numbers::pi;
using std::numbers::sqrt2;

/// What further ones add is below a hundredth of the step's error.
constexpr int kHarmonics = 60;

/// Probability between a and b, exact in the tails.
double between(double a, double b) {
  if (a > 0.0) return 0.5 * (std::erfc(a / sqrt2) - std::erfc(b / sqrt2));
  return 0.5 * (std::erfc(-b / sqrt2) - std::erfc(-a / sqrt2));
}

}  // namespace

double noise_before_rounding(std::span<const double> residuals, double step) {
  double best = step;
  std::optional<double> most;
  for (double noise = 0.02 * step; noise < step; noise *= 1.35) {
    double sum = 0.0;
    for (const double r : residuals) {
      if (std::abs(r) > 2.0 * step) continue;
      sum += std::log(std::max(between((r - 0.5 * step) / noise, (r + 0.5 * step) / noise), 1e-6));
    }
    if (most && sum <= *most) continue;
    most = sum;
    best = noise;
  }
  return best;
}

/// The mean of a rounded normal variable is off by a series of sines of its place in the step, the
/// characteristic function of the noise at their frequencies being their amplitudes (Widrow and
/// Kollár, Quantization Noise, 2008, chapter 4); its phase may be any. Without noise that is the
/// step over √12.
double rounding_error(double noise, double step) {
  if (step <= 0.0) return 0.0;
  const double x = pi * noise / step;
  double squares = 0.0;
  for (int k = 1; k <= kHarmonics; ++k) {
    const double amplitude = std::exp(-2.0 * k * k * x * x) / k;
    squares += amplitude * amplitude;
  }
  return step / (pi * sqrt2) * std::sqrt(squares);
}

}  // namespace layerwatt
