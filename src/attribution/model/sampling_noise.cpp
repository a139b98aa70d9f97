#include "attribution/model/sampling_noise.h"

#include <algorithm>
#include <cmath>

#include "attribution/model/design_matrix.h"

namespace layerwatt {
namespace {

/// Windows of a cycle that are looked at, at most.
constexpr double kMostWindows = 8.0;
constexpr double kShortestWindow = 1e-6;

}  // namespace

std::vector<double> sampling_noise(const SamplingInput& input, const BinnedRows& rows) {
  std::vector<double> noise(rows.number.size(), 1.0);
  const double window = std::max(input.window, kShortestWindow);
  const auto in_cycle =
      static_cast<std::size_t>(std::clamp(input.period / window, 1.0, kMostWindows));
  if (in_cycle < 2 || rows.number.empty()) return noise;
  SensorKernel kernel;
  kernel.window = window;
  kernel.board_low_pass = kUsualBoardLowPass;
  std::vector<double> ends;
  const double last = (rows.number.back() + 1.0) * rows.bin_length;
  for (double end = rows.begin; end < last; end += window) ends.push_back(end);
  const std::vector<double> levels = expected_levels(*input.load, input.watts, kernel, ends);
  std::vector<double> variance(noise.size(), 0.0);
  std::vector<double> cycles(noise.size(), 0.0);
  const auto n = static_cast<double>(in_cycle);
  std::size_t row = 0;
  for (std::size_t first = 0; first + in_cycle <= levels.size(); first += in_cycle) {
    double sum = 0.0;
    double squares = 0.0;
    for (std::size_t i = first; i < first + in_cycle; ++i) {
      sum += levels[i];
      squares += levels[i] * levels[i];
    }
    const double number = std::floor((ends[first] + 0.5 * n * window) / rows.bin_length);
    while (row + 1 < noise.size() && rows.number[row + 1] <= number) ++row;
    variance[row] += std::max(0.0, squares - sum * sum / n) / (n - 1.0);
    cycles[row] += 1.0;
  }
  double mean = 0.0;
  for (std::size_t r = 0; r < noise.size(); ++r) {
    noise[r] =
        input.conversion_noise * input.conversion_noise + variance[r] / std::max(cycles[r], 1.0);
    mean += noise[r] / static_cast<double>(noise.size());
  }
  for (double& part : noise) part = mean > 0.0 ? part / mean : 1.0;
  return noise;
}

}  // namespace layerwatt
