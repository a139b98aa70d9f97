#include "layerwatt/simulation/bent_readings.h"

#include <algorithm>
#include <cstdlib>
#include <utility>
#include <vector>

namespace layerwatt {
namespace {

void scale(PowerTrace& trace, double volts, double amperes) {
  for (std::size_t k = 0; k < trace.size(); ++k) {
    if (!trace.voltage.empty()) trace.voltage[k] = trace.voltage[k] * volts;
    if (!trace.current.empty()) trace.current[k] = trace.current[k] * amperes;
    trace.power[k] = trace.power[k] * (volts * amperes);
  }
}

void scale_one(PowerTrace& trace, std::size_t k, double factor) {
  if (!trace.current.empty()) trace.current[k] = trace.current[k] * factor;
  trace.power[k] = trace.power[k] * factor;
}

void copy_value(PowerTrace& trace, std::size_t from, std::size_t to) {
  if (!trace.voltage.empty()) trace.voltage[to] = trace.voltage[from];
  if (!trace.current.empty()) trace.current[to] = trace.current[from];
  trace.power[to] = trace.power[from];
}

void shift(PowerTrace& trace, std::size_t first, double seconds) {
  for (std::size_t k = first; k < trace.size(); ++k) {
    trace.before[k] += from_seconds(seconds);
    trace.after[k] += from_seconds(seconds);
  }
}

/// A moment between a quarter and three quarters of the recording.
std::size_t somewhere(const PowerTrace& trace, Random& random) {
  return static_cast<std::size_t>(random.uniform(0.25, 0.75) * static_cast<double>(trace.size()));
}

template <class Keep>
PowerTrace filtered(const PowerTrace& trace, const Keep& keep) {
  PowerTrace kept;
  kept.rail = trace.rail;
  for (std::size_t k = 0; k < trace.size(); ++k) {
    if (!keep(k)) continue;
    kept.before.push_back(trace.before[k]);
    kept.after.push_back(trace.after[k]);
    kept.power.push_back(trace.power[k]);
    if (!trace.voltage.empty()) kept.voltage.push_back(trace.voltage[k]);
    if (!trace.current.empty()) kept.current.push_back(trace.current[k]);
  }
  return kept;
}

PowerTrace without(const PowerTrace& trace, Instant from, Duration length) {
  return filtered(trace, [&](std::size_t k) {
    return trace.before[k] < from || trace.before[k] > from + length;
  });
}

void stick(PowerTrace& trace, std::size_t first, Duration length) {
  for (std::size_t k = first + 1; k < trace.size(); ++k) {
    if (trace.before[k] - trace.before[first] > length) break;
    copy_value(trace, first, k);
  }
}

}  // namespace

std::string_view to_string(Bend bend) {
  switch (bend) {
    case Bend::kNone:
      return "none";
    case Bend::kMicroUnits:
      return "microvolts and microamperes";
    case Bend::kWholeUnits:
      return "volts and amperes";
    case Bend::kMicroAmperes:
      return "microamperes";
    case Bend::kNegative:
      return "negative";
    case Bend::kClockStep:
      return "clock step";
    case Bend::kClockOffset:
      return "clock offset";
    case Bend::kSpikes:
      return "spikes";
    case Bend::kZeros:
      return "zeros";
    case Bend::kStuck:
      return "stuck";
    case Bend::kStuckForAWhile:
      return "stuck for a while";
    case Bend::kGap:
      return "gap";
    case Bend::kGaps:
      return "gaps";
    case Bend::kThinned:
      return "thinned";
  }
  std::abort();
}

PowerTrace bend_readings(PowerTrace trace, Bend bend, Random& random) {
  switch (bend) {
    case Bend::kNone:
      break;
    case Bend::kMicroUnits:
      scale(trace, 1e3, 1e3);
      break;
    case Bend::kWholeUnits:
      scale(trace, 1e-3, 1e-3);
      break;
    case Bend::kMicroAmperes:
      scale(trace, 1.0, 1e3);
      break;
    case Bend::kNegative:
      scale(trace, 1.0, -1.0);
      break;
    case Bend::kClockStep:
      shift(trace, somewhere(trace, random), random.uniform(0.5, 30.0));
      break;
    case Bend::kClockOffset:
      shift(trace, 0, random.uniform(0.3, 3.0) * (random.uniform(0.0, 1.0) < 0.5 ? -1.0 : 1.0));
      break;
    case Bend::kSpikes: {
      const double share = random.uniform(0.0002, 0.01);
      for (std::size_t k = 0; k < trace.size(); ++k) {
        if (random.uniform(0.0, 1.0) < share) scale_one(trace, k, random.uniform(3.0, 100.0));
      }
      break;
    }
    case Bend::kZeros: {
      const double share = random.uniform(0.0005, 0.03);
      for (std::size_t k = 0; k < trace.size(); ++k) {
        if (random.uniform(0.0, 1.0) < share) scale_one(trace, k, 0.0);
      }
      break;
    }
    case Bend::kStuck:
      for (std::size_t k = 1; k < trace.size(); ++k) copy_value(trace, 0, k);
      break;
    case Bend::kStuckForAWhile:
      stick(trace, somewhere(trace, random), from_seconds(random.uniform(1.0, 5.0)));
      break;
    case Bend::kGap:
      return without(trace, trace.before[somewhere(trace, random)],
                     from_seconds(random.uniform(0.5, 5.0)));
    case Bend::kGaps:
      for (int i = 0; i < 4; ++i) {
        trace = without(trace, trace.before[somewhere(trace, random)],
                        from_seconds(random.uniform(0.05, 1.0)));
      }
      break;
    case Bend::kThinned: {
      const auto each = static_cast<std::size_t>(random.uniform(3.0, 100.0));
      return filtered(trace, [&](std::size_t k) { return k % each == 0; });
    }
  }
  return trace;
}

}  // namespace layerwatt
