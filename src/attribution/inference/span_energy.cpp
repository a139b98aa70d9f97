#include "layerwatt/attribution/span_energy.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "attribution/inference/student_t.h"

namespace layerwatt {
namespace {

/// Mean of the readings within `around` of `at`; the nearest one where there is none.
Watts reading_at(const PowerTrace& trace, Instant at, Duration around) {
  const auto begin = std::lower_bound(trace.before.begin(), trace.before.end(), at - around) -
                     trace.before.begin();
  double sum = 0.0;
  std::size_t count = 0;
  for (auto i = static_cast<std::size_t>(begin); i < trace.size(); ++i) {
    if (trace.before[i] > at + around) break;
    sum += trace.power[i].value();
    ++count;
  }
  if (count > 0) return Watts(sum / static_cast<double>(count));
  const auto next = std::min<std::size_t>(static_cast<std::size_t>(begin), trace.size() - 1);
  return trace.power[next];
}

}  // namespace

Result<Joules> energy_between(const PowerTrace& trace, Instant from, Instant to) {
  auto seen = integrate(trace, from, to);
  if (!seen || trace.power.empty()) return seen;
  const auto filter = effective_time_constant(trace.rail.model);
  if (!filter || trace.rail.model.averaging != Averaging::kExponential) return seen;
  const Duration around = *filter / 20;
  const double change =
      reading_at(trace, to, around).value() - reading_at(trace, from, around).value();
  return Joules(seen->value() + to_seconds(*filter) * change);
}

std::optional<Watts> peak_between(const PowerTrace& trace, Instant from, Instant to) {
  if (trace.power.empty()) return std::nullopt;
  const auto begin = std::lower_bound(trace.before.begin(), trace.before.end(), from);
  const auto end = std::upper_bound(begin, trace.before.end(), to);
  if (begin == end) return std::nullopt;
  const auto first = trace.power.begin() + (begin - trace.before.begin());
  const auto last = trace.power.begin() + (end - trace.before.begin());
  return *std::max_element(first, last, [](Watts a, Watts b) { return a.value() < b.value(); });
}

RepeatedMean mean_of_repeats(std::span<const double> values) {
  RepeatedMean result;
  if (values.empty()) return result;
  const auto n = static_cast<double>(values.size());
  for (const double value : values) result.mean += value / n;
  if (values.size() < 2) return result;
  double squares = 0.0;
  for (const double value : values) squares += (value - result.mean) * (value - result.mean);
  result.half_width = student_t975(n - 1) * std::sqrt(squares / (n - 1) / n);
  return result;
}

}  // namespace layerwatt
