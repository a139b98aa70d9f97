#include "layerwatt/attribution/step_response.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "layerwatt/core/numbers.h"

namespace layerwatt {
namespace {

/// Three unknowns are fitted to them; fewer leave too little to tell how well.
constexpr std::size_t kLeastReadings = 20;
/// Of the decay over what scatters about it: below it the time constant is not known to 10 %.
constexpr double kLeastSignalToNoise = 5.0;
/// Of the grid before refinement: steps of 5 %.
constexpr double kGridRatio = 1.05;
/// Of a step: how far a value may lie from the grid.
constexpr double kOffGrid = 0.25;

struct LineFit {
  double offset = 0.0;
  double amplitude = 0.0;
  double squares = 0.0;
};

/// offset + amplitude·exp(−t/τ) for a fixed τ: two unknowns, least squares about the means.
LineFit fit_amplitude(std::span<const double> seconds, std::span<const double> values, double tau) {
  const auto n = static_cast<double>(seconds.size());
  double mean_x = 0.0;
  double mean_y = 0.0;
  for (std::size_t i = 0; i < seconds.size(); ++i) {
    mean_x += std::exp(-seconds[i] / tau) / n;
    mean_y += values[i] / n;
  }
  double xx = 0.0;
  double xy = 0.0;
  double yy = 0.0;
  for (std::size_t i = 0; i < seconds.size(); ++i) {
    const double x = std::exp(-seconds[i] / tau) - mean_x;
    const double y = values[i] - mean_y;
    xx += x * x;
    xy += x * y;
    yy += y * y;
  }
  if (xx <= 0.0) return {mean_y, 0.0, yy};
  const double amplitude = xy / xx;
  return {mean_y - amplitude * mean_x, amplitude, std::max(0.0, yy - amplitude * xy)};
}

Error unknowable(std::string message) { return Error(ErrorCode::kUnknowable, std::move(message)); }

}  // namespace

std::optional<double> register_step(std::span<const double> values) {
  std::vector<double> distinct(values.begin(), values.end());
  std::sort(distinct.begin(), distinct.end());
  distinct.erase(std::unique(distinct.begin(), distinct.end()), distinct.end());
  if (distinct.size() < 3) return std::nullopt;
  double step = distinct[1] - distinct[0];
  for (std::size_t i = 2; i < distinct.size(); ++i) {
    step = std::min(step, distinct[i] - distinct[i - 1]);
  }
  // Each distance is a whole number of steps; the farther two values are apart, the better the step
  // is known from them.
  for (const double value : distinct) {
    const double distance = value - distinct.front();
    const double steps = std::round(distance / step);
    if (std::fabs(distance - steps * step) > kOffGrid * step) return std::nullopt;
    if (steps > 0.0) step = distance / steps;
  }
  return step;
}

Result<StepResponse> fit_step_response(std::span<const double> seconds,
                                       std::span<const double> values,
                                       std::optional<double> before) {
  if (seconds.size() != values.size() || seconds.size() < kLeastReadings) {
    return unknowable(fmt::format("{} readings after the step are too few: {} are needed",
                                  seconds.size(), kLeastReadings));
  }
  const double length = seconds.back() - seconds.front();
  const double shortest = length / static_cast<double>(seconds.size());
  if (length <= 0.0) return unknowable("the readings after the step are all of one moment");
  const auto squares = [&](double tau) { return fit_amplitude(seconds, values, tau).squares; };

  double best = shortest;
  for (double tau = shortest; tau <= length; tau *= kGridRatio) {
    if (squares(tau) < squares(best)) best = tau;
  }
  // Golden section within the neighbouring points of the grid.
  constexpr double kGolden = 0.6180339887498949;
  double low = best / kGridRatio;
  double high = best * kGridRatio;
  for (int i = 0; i < 40; ++i) {
    const double left = high - kGolden * (high - low);
    const double right = low + kGolden * (high - low);
    (squares(left) < squares(right) ? high : low) = squares(left) < squares(right) ? right : left;
  }
  const double tau = 0.5 * (low + high);
  const LineFit fit = fit_amplitude(seconds, values, tau);
  const double residual = std::sqrt(fit.squares / static_cast<double>(seconds.size()));
  const bool is_clear =
      std::fabs(fit.amplitude) > kLeastSignalToNoise * residual && fit.amplitude != 0.0;
  const bool is_fastest = best <= shortest * kGridRatio;
  if (before && (!is_clear || is_fastest)) {
    const double step = fit.offset - *before;
    if (std::fabs(step) > kLeastSignalToNoise * residual && step != 0.0) {
      return StepResponse{from_seconds(shortest), true, *before, fit.offset, residual};
    }
  }
  if (!is_clear) {
    return unknowable(fmt::format(
        "the step of {} W is not clear of the noise of {} W: another load is running, or this rail "
        "does not feed the processor",
        format_significant(std::fabs(fit.amplitude), 2), format_significant(residual, 2)));
  }
  if (best * kGridRatio >= length) {
    return unknowable("the readings did not come to rest after the step");
  }
  return StepResponse{from_seconds(tau), is_fastest, fit.offset + fit.amplitude, fit.offset,
                      residual};
}

}  // namespace layerwatt
