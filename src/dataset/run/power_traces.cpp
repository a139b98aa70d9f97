#include "dataset/run/power_traces.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "layerwatt/core/reading.h"
#include "layerwatt/dataset/raw_dataset.h"
#include "layerwatt/dataset/records.h"

namespace layerwatt {
namespace {

/// A trace and the ticks of its samples.
struct RailReader {
  explicit RailReader(const Rail& rail) : builder(rail) {}
  bool add(const PowerRecord& record) {
    if (!builder.add(reading_of(record))) return false;
    ticks.push_back(record.tick);
    return true;
  }

  TraceBuilder builder;
  std::vector<std::uint32_t> ticks;
};

/// The samples of `rail` at the ticks in `ticks`, which all are among its own.
PowerTrace at_ticks(const TracedRail& rail, const std::vector<std::uint32_t>& ticks) {
  PowerTrace out;
  out.rail = rail.trace.rail;
  const auto take = [](const auto& from, std::size_t i, auto& to) {
    if (!from.empty()) to.push_back(from[i]);
  };
  std::size_t next = 0;
  for (std::size_t i = 0; i < rail.ticks.size() && next < ticks.size(); ++i) {
    if (rail.ticks[i] != ticks[next]) continue;
    ++next;
    take(rail.trace.before, i, out.before);
    take(rail.trace.after, i, out.after);
    take(rail.trace.power, i, out.power);
    take(rail.trace.voltage, i, out.voltage);
    take(rail.trace.current, i, out.current);
    take(rail.trace.energy, i, out.energy);
  }
  return out;
}

}  // namespace

Result<std::vector<TracedRail>> load_traced_rails(const std::filesystem::path& power_npy,
                                                  const std::vector<Rail>& rails, CutFile cut,
                                                  std::vector<std::string>& notes) {
  auto reader = NpyReader<PowerRecord>::open(power_npy, cut);
  if (!reader) return std::move(reader).error();
  if (reader->was_cut()) {
    notes.push_back(fmt::format("{} was cut short; the {} whole readings in it were taken.",
                                power_npy.filename().string(), reader->count()));
  }
  std::vector<RailReader> readers(rails.begin(), rails.end());
  std::vector<PowerRecord> chunk(8192);
  std::int64_t failed = 0;
  for (std::uint64_t index = 0;;) {
    auto got = reader->read(chunk);
    if (!got) return std::move(got).error();
    if (*got == 0) break;
    for (std::size_t i = 0; i < *got; ++i, ++index) {
      const PowerRecord& record = chunk[i];
      if (record.rail < 0 || static_cast<std::size_t>(record.rail) >= rails.size()) {
        return Error(ErrorCode::kParse,
                     fmt::format("record {}: rail {} is not one of the {} in run.json", index,
                                 record.rail, rails.size()))
            .at(power_npy);
      }
      if (!readers[static_cast<std::size_t>(record.rail)].add(record)) ++failed;
    }
  }
  if (failed > 0) {
    notes.push_back(fmt::format("{} readings failed while recording and were left out.", failed));
  }
  std::vector<TracedRail> traced;
  for (RailReader& rail : readers) {
    traced.push_back({rail.builder.take(), std::move(rail.ticks)});
    if (auto valid = validate(traced.back().trace); !valid) {
      return std::move(valid)
          .error()
          .with_context("rail " + traced.back().trace.rail.name)
          .at(power_npy);
    }
  }
  return traced;
}

Result<PowerTrace> total_of(const std::vector<const TracedRail*>& rails, Rail total) {
  std::vector<std::uint32_t> common = rails.front()->ticks;
  for (const TracedRail* rail : rails) {
    std::vector<std::uint32_t> both;
    std::set_intersection(common.begin(), common.end(), rail->ticks.begin(), rail->ticks.end(),
                          std::back_inserter(both));
    common = std::move(both);
  }
  std::vector<PowerTrace> aligned;
  for (const TracedRail* rail : rails) aligned.push_back(at_ticks(*rail, common));
  return sum_rails(aligned, std::move(total));
}

Result<std::vector<PowerTrace>> load_power_traces(const std::filesystem::path& power_npy,
                                                  const std::vector<Rail>& rails,
                                                  std::vector<std::string>& notes) {
  auto traced = load_traced_rails(power_npy, rails, CutFile::kTakeWholeRecords, notes);
  if (!traced) return std::move(traced).error();
  std::vector<PowerTrace> traces;
  for (TracedRail& rail : *traced) traces.push_back(std::move(rail.trace));
  return traces;
}

}  // namespace layerwatt
