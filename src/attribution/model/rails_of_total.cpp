#include "attribution/model/rails_of_total.h"

#include <cstddef>

#include "attribution/model/read_times.h"

namespace layerwatt {
namespace {

PowerTrace at(const PowerTrace& rail, const std::vector<std::size_t>& samples) {
  PowerTrace out;
  out.rail = rail.rail;
  const auto take = [&](const auto& from, auto& to) {
    if (from.empty()) return;
    to.reserve(samples.size());
    for (const std::size_t i : samples) to.push_back(from[i]);
  };
  take(rail.before, out.before);
  take(rail.after, out.after);
  take(rail.power, out.power);
  take(rail.voltage, out.voltage);
  take(rail.current, out.current);
  return with_read_times(std::move(out));
}

}  // namespace

std::vector<PowerTrace> rails_at(std::span<const PowerTrace> parts, const PowerTrace& total) {
  const PowerTrace& first = parts.front();
  const PowerTrace& last = parts.back();
  // The middle of a read stays where it was when times of reads were assumed.
  const auto when = [&](std::size_t i) {
    return first.before[i] + (last.after[i] - first.before[i]) / 2;
  };
  std::vector<std::size_t> samples;
  samples.reserve(total.size());
  std::size_t next = 0;
  for (std::size_t k = 0; k < total.size(); ++k) {
    while (next < first.size() && when(next) < total.when(k)) ++next;
    if (next == first.size() || when(next) != total.when(k)) return {};
    samples.push_back(next++);
  }
  std::vector<PowerTrace> rails;
  for (const PowerTrace& part : parts) rails.push_back(at(part, samples));
  return rails;
}

}  // namespace layerwatt
