#include "layerwatt/attribution/isolated_energy.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "layerwatt/core/numbers.h"

namespace layerwatt {
namespace {

/// A layer's executions that count.
struct Stay {
  std::optional<Instant> arrival;
  std::optional<Instant> begin;
  Instant end;
  std::int64_t executions = 0;
};

std::map<std::int32_t, Stay> stays_of(const Timeline& timeline, Duration settle) {
  std::map<std::int32_t, Stay> stays;
  for (const Execution& e : timeline.executions) {
    if (e.segment == kWholePass) continue;
    Stay& stay = stays[e.segment];
    if (!stay.arrival) stay.arrival = e.start;
    if (e.start < *stay.arrival + settle) continue;
    if (!stay.begin) stay.begin = e.start;
    stay.end = e.end;
    stay.executions += e.runs;
  }
  return stays;
}

/// What a trace shows at an instant, by interpolation; at its ends the outermost sample.
Watts shown_at(const PowerTrace& trace, Instant t) {
  std::size_t low = 0;
  std::size_t high = trace.size() - 1;
  if (t <= trace.when(low)) return trace.power[low];
  if (t >= trace.when(high)) return trace.power[high];
  while (high - low > 1) {
    const std::size_t middle = (low + high) / 2;
    (trace.when(middle) <= t ? low : high) = middle;
  }
  const Duration span = trace.when(high) - trace.when(low);
  if (span <= Duration(0)) return trace.power[high];
  const double part = to_seconds(t - trace.when(low)) / to_seconds(span);
  return trace.power[low] + (trace.power[high] - trace.power[low]) * part;
}

std::vector<Watts> samples_within(const PowerTrace& trace, Instant begin, Instant end) {
  std::vector<Watts> samples;
  const bool counter = trace.rail.kind == RailKind::kEnergyCounter;
  std::optional<std::size_t> last;
  for (std::size_t i = 0; i < trace.size(); ++i) {
    const Instant when = trace.when(i);
    if (when < begin) continue;
    if (when > end) break;
    if (!counter) {
      samples.push_back(trace.power[i]);
      continue;
    }
    if (last && trace.energy[i] != trace.energy[*last] && when > trace.when(*last)) {
      samples.push_back((trace.energy[i] - trace.energy[*last]) / (when - trace.when(*last)));
      last = i;
    }
    if (!last) last = i;
  }
  return samples;
}

/// The samples that a reader which polls at a fixed interval would have had.
std::vector<Watts> polled(const PowerTrace& trace, Instant begin, Instant end, Duration interval) {
  std::vector<Watts> samples;
  std::size_t i = 0;
  for (Instant t = begin; t < end; t += interval) {
    while (i + 1 < trace.size() && trace.when(i + 1) <= t) ++i;
    samples.push_back(trace.power[i]);
  }
  return samples;
}

}  // namespace

Result<Joules> filtered_energy(const PowerTrace& trace, Instant from, Instant to,
                               const std::optional<Duration>& time_constant) {
  auto shown = integrate(trace, from, to);
  if (!shown || !time_constant || trace.rail.kind == RailKind::kEnergyCounter) return shown;
  return *shown + (shown_at(trace, to) - shown_at(trace, from)) * *time_constant;
}

Result<std::vector<IsolatedLayer>> isolated_energies(const PowerTrace& total,
                                                     const Timeline& timeline,
                                                     const IsolatedOptions& options,
                                                     std::vector<std::string>& notes) {
  if (timeline.schedule != Schedule::kIsolated) {
    return Error(ErrorCode::kInvalidArgument,
                 fmt::format("the schedule is '{}': energies of isolated layers need 'isolated'",
                             to_string(timeline.schedule)));
  }
  if (options.as_published && total.rail.kind == RailKind::kEnergyCounter) {
    return Error(ErrorCode::kInvalidArgument,
                 "the published way adds up samples of power; this sensor counts energy");
  }
  std::map<std::int32_t, Stay> stays = stays_of(timeline, options.settle);
  std::vector<IsolatedLayer> layers;
  for (std::size_t i = 0; i < timeline.layers.size(); ++i) {
    const auto index = static_cast<std::int32_t>(i);
    const std::string& name = timeline.layers[i].name;
    const auto stay = stays.find(index);
    if (stay == stays.end() || !stay->second.begin) {
      notes.push_back(fmt::format(
          "{}: {}", name,
          stay == stays.end() ? "it did not run alone" : "it did not run after the settling time"));
      continue;
    }
    IsolatedLayer layer{index,
                        *stay->second.begin,
                        stay->second.end,
                        stay->second.executions,
                        Joules(0.0),
                        Watts(0.0),
                        {}};
    if (layer.duration() <= Duration(0)) continue;
    if (options.as_published) {
      layer.samples = polled(total, layer.begin, layer.end, *options.as_published);
      for (const Watts sample : layer.samples) layer.energy += sample * *options.as_published;
    } else {
      const auto energy = filtered_energy(total, layer.begin, layer.end, options.time_constant);
      if (!energy) {
        notes.push_back(fmt::format("{}: {}", name, energy.error().message()));
        continue;
      }
      layer.samples = samples_within(total, layer.begin, layer.end);
      layer.energy = *energy;
    }
    layer.mean_power = layer.energy / layer.duration();
    layers.push_back(std::move(layer));
  }
  return layers;
}

}  // namespace layerwatt
