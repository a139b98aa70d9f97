#include "layerwatt/core/power_trace.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>

namespace layerwatt {
namespace {

template <class Column>
Result<void> check_column(const PowerTrace& trace, const Column& column, std::string_view what) {
  if (column.empty()) return {};
  if (column.size() != trace.size()) {
    return Error(ErrorCode::kParse,
                 fmt::format("rail {}: {} {} values for {} samples", trace.rail.name, column.size(),
                             what, trace.size()));
  }
  for (std::size_t i = 0; i < column.size(); ++i) {
    if (!std::isfinite(column[i].value())) {
      return Error(ErrorCode::kParse, fmt::format("rail {}: the {} of sample {} is not a number",
                                                  trace.rail.name, what, i));
    }
  }
  return {};
}

/// The value at `t` on the straight line between samples i and i + 1.
double interpolate(double a, double b, Instant ta, Instant tb, Instant t) {
  if (tb <= ta) return b;
  return a + (b - a) * to_seconds(t - ta) / to_seconds(tb - ta);
}

/// Counters that are added up are renewed about equally often: within this factor.
constexpr double kLikeRenewal = 2.0;

bool is_counter(const PowerTrace& trace) { return trace.rail.kind == RailKind::kEnergyCounter; }

Result<void> check_renewals(const std::vector<PowerTrace>& counters) {
  const Rail* slowest = nullptr;
  const Rail* fastest = nullptr;
  for (const PowerTrace& counter : counters) {
    const Rail& rail = counter.rail;
    if (!rail.model.period) continue;
    if (slowest == nullptr || *rail.model.period > *slowest->model.period) slowest = &rail;
    if (fastest == nullptr || *rail.model.period < *fastest->model.period) fastest = &rail;
  }
  if (slowest == nullptr ||
      to_seconds(*slowest->model.period) <= kLikeRenewal * to_seconds(*fastest->model.period)) {
    return {};
  }
  return Error(ErrorCode::kUnsupported,
               fmt::format("the energy counter {} is renewed every {:.3g} ms, {} every {:.3g} ms: "
                           "their readings are not of one time and cannot be added up; choose "
                           "rails of one kind with --rail",
                           fastest->name, to_milliseconds(*fastest->model.period), slowest->name,
                           to_milliseconds(*slowest->model.period)));
}

/// All of one length, which the caller has checked.
Result<PowerTrace> sum_counters(const std::vector<PowerTrace>& counters, PowerTrace sum) {
  if (auto like = check_renewals(counters); !like) return std::move(like).error();
  sum.rail.kind = RailKind::kEnergyCounter;
  sum.rail.counter_range.reset();
  sum.energy.assign(sum.size(), Joules(0.0));
  for (const PowerTrace& counter : counters) {
    for (std::size_t i = 0; i < sum.size(); ++i) {
      sum.energy[i] += counter.energy[i] - counter.energy.front();
    }
  }
  return sum;
}

}  // namespace

Result<void> validate(const PowerTrace& trace) {
  if (trace.after.size() != trace.before.size()) {
    return Error(ErrorCode::kParse,
                 fmt::format("rail {}: {} instants before a read, {} after", trace.rail.name,
                             trace.before.size(), trace.after.size()));
  }
  const bool counter = trace.rail.kind == RailKind::kEnergyCounter;
  if ((counter ? trace.energy.size() : trace.power.size()) != trace.size()) {
    return Error(ErrorCode::kParse, fmt::format("rail {}: {} samples have no {}", trace.rail.name,
                                                trace.size(), counter ? "energy" : "power"));
  }
  for (std::size_t i = 0; i < trace.size(); ++i) {
    if (trace.after[i] < trace.before[i] || (i > 0 && trace.before[i] < trace.before[i - 1])) {
      return Error(ErrorCode::kParse,
                   fmt::format("rail {}: time runs backwards at sample {}", trace.rail.name, i));
    }
  }
  if (auto ok = check_column(trace, trace.power, "power"); !ok) return ok;
  if (auto ok = check_column(trace, trace.voltage, "voltage"); !ok) return ok;
  if (auto ok = check_column(trace, trace.current, "current"); !ok) return ok;
  if (auto ok = check_column(trace, trace.energy, "energy"); !ok) return ok;
  const auto falls = std::adjacent_find(trace.energy.begin(), trace.energy.end(), std::greater<>());
  if (falls != trace.energy.end()) {
    return Error(ErrorCode::kParse, fmt::format("rail {}: the energy counter falls after sample {}",
                                                trace.rail.name, falls - trace.energy.begin()));
  }
  return {};
}

Result<Joules> integrate(const PowerTrace& trace, Instant from, Instant to) {
  if (to < from) return Error(ErrorCode::kInvalidArgument, "the interval ends before it begins");
  if (trace.size() < 2 || from < trace.when(0) || to > trace.when(trace.size() - 1)) {
    return Error(ErrorCode::kUnknowable,
                 fmt::format("the {} samples of rail {} do not cover the interval asked for",
                             trace.size(), trace.rail.name));
  }
  const bool counter = trace.rail.kind == RailKind::kEnergyCounter;
  const auto value = [&](std::size_t i) {
    return counter ? trace.energy[i].value() : trace.power[i].value();
  };
  // The first sample after `from`, found by bisection over the instants.
  std::size_t low = 0;
  std::size_t high = trace.size() - 1;
  while (high - low > 1) {
    const std::size_t middle = low + (high - low) / 2;
    (trace.when(middle) <= from ? low : high) = middle;
  }
  const auto value_at = [&](std::size_t i, Instant t) {
    return interpolate(value(i), value(i + 1), trace.when(i), trace.when(i + 1), t);
  };
  const double first = value_at(low, from);
  double total = 0.0;
  double last = first;
  Instant last_time = from;
  for (std::size_t i = low; i + 1 < trace.size(); ++i) {
    const Instant next_time = std::min(trace.when(i + 1), to);
    const double next = value_at(i, next_time);
    total += 0.5 * (last + next) * to_seconds(next_time - last_time);
    last = next;
    last_time = next_time;
    if (next_time == to) break;
  }
  return counter ? Joules(last - first) : Joules(total);
}

Result<PowerTrace> sum_rails(const std::vector<PowerTrace>& traces, Rail total) {
  if (traces.empty()) return Error(ErrorCode::kInvalidArgument, "no rails to add up");
  PowerTrace sum;
  sum.rail = std::move(total);
  sum.rail.kind = RailKind::kPower;
  sum.before = traces.front().before;
  sum.after = traces.back().after;
  const PowerTrace& first = traces.front();
  for (const PowerTrace& trace : traces) {
    if (is_counter(trace) != is_counter(first)) {
      const PowerTrace& counter = is_counter(trace) ? trace : first;
      const PowerTrace& power = is_counter(trace) ? first : trace;
      return Error(ErrorCode::kUnsupported,
                   fmt::format("rail {} counts energy, rail {} shows power: they cannot be added "
                               "up reading by reading; choose rails of one kind with --rail",
                               counter.rail.name, power.rail.name));
    }
    const std::size_t values = is_counter(trace) ? trace.energy.size() : trace.power.size();
    if (trace.size() != first.size() || values != first.size()) {
      return Error(ErrorCode::kInvalidArgument,
                   fmt::format("rail {} has {} samples, rail {} has {}: they were not sampled "
                               "together",
                               trace.rail.name, values, first.rail.name, first.size()));
    }
    sum.rail.is_virtual = sum.rail.is_virtual || trace.rail.is_virtual;
  }
  if (is_counter(first)) return sum_counters(traces, std::move(sum));
  sum.power.assign(first.size(), Watts(0.0));
  for (const PowerTrace& trace : traces) {
    for (std::size_t i = 0; i < sum.power.size(); ++i) sum.power[i] += trace.power[i];
  }
  if (traces.size() > 1) sum.parts = traces;
  return sum;
}

}  // namespace layerwatt
