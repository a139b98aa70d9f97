#include "layerwatt/recording/earlier_forms.h"

#include <fmt/format.h>

#include <vector>

#include "layerwatt/core/atomic_file.h"
#include "layerwatt/core/local_time.h"
#include "layerwatt/recording/run_files.h"

#include "core/json_writer.h"

namespace layerwatt {
namespace fs = std::filesystem;
namespace {

/// The layers of one pass, in order; empty unless each ran once.
using Pass = std::vector<const Execution*>;

std::vector<Pass> whole_passes(const Timeline& timeline) {
  std::vector<Pass> passes(static_cast<std::size_t>(pass_count(timeline)));
  for (const Execution& execution : timeline.executions) {
    if (execution.segment == kWholePass) continue;
    passes[static_cast<std::size_t>(execution.pass)].push_back(&execution);
  }
  std::erase_if(passes, [&](const Pass& pass) {
    std::vector<bool> seen(timeline.layers.size(), false);
    for (const Execution* execution : pass) {
      const auto layer = static_cast<std::size_t>(execution->segment);
      if (seen[layer] || execution->runs != 1) return true;
      seen[layer] = true;
    }
    return pass.size() != timeline.layers.size();
  });
  return passes;
}

std::string stamp_of(const ClockMap& clocks) { return format_local_second(clocks.end().local); }

}  // namespace

Result<void> write_cycles_power_log(const fs::path& folder, std::int64_t passes,
                                    const PowerTrace& total, const ClockMap& clocks) {
  const std::string name = fmt::format("{}_cycles_power_log_{}.log", passes, stamp_of(clocks));
  return write_power_log(folder / name, total, clocks);
}

Result<fs::path> write_idling_power_log(const fs::path& folder, std::int64_t seconds,
                                        const PowerTrace& total, const ClockMap& clocks) {
  const fs::path path =
      folder / fmt::format("{}_seconds_idling_power_log_{}.log", seconds, stamp_of(clocks));
  if (auto r = write_power_log(path, total, clocks); !r) return std::move(r).error();
  return path;
}

Result<void> write_layerwise_latency(const fs::path& folder, const std::string& model,
                                     const Timeline& timeline, const ClockMap& clocks) {
  const std::vector<Pass> passes = whole_passes(timeline);
  if (passes.empty()) return {};
  auto file = AtomicFile::create(folder / (model + "_layerwise_latency.json"));
  if (!file) return std::move(file).error();
  {
    JsonWriter json(file->stream(), JsonWriter::Style::kCompact);
    json.begin_array();
    for (const Pass& pass : passes) {
      json.begin_object();
      for (const Execution* execution : pass) {
        const LocalTime start = clocks.to_local(execution->start) - clocks.begin().utc_offset;
        json.key(timeline.layers[static_cast<std::size_t>(execution->segment)].name).begin_object();
        json.member("elapsed_time", to_milliseconds(execution->run_time()));
        json.member("start_time", to_seconds(start.time_since_epoch()));
        json.end_object();
      }
      json.end_object();
    }
    json.end_array();
  }
  file->stream() << '\n';
  return file->commit();
}

}  // namespace layerwatt
