#include "layerwatt/recording/run_files.h"

#include <algorithm>
#include <cmath>

#include "layerwatt/core/atomic_file.h"
#include "layerwatt/dataset/engine_info.h"
#include "layerwatt/dataset/layer_latency.h"
#include "layerwatt/dataset/npy.h"
#include "layerwatt/dataset/power_log.h"
#include "layerwatt/dataset/records.h"

namespace layerwatt {
namespace fs = std::filesystem;
namespace {

/// What stands for the voltage where there is none.
constexpr double kNominalMillivolts = 1000.0;

void write_line(AtomicFile& file, LocalTime when, double millivolts, double milliamperes) {
  file.write(format_power_log_line(when, millivolts, milliamperes));
}

/// Milliwatts without the dust of a conversion ("5302.000000000001"): no sensor tells nanowatts.
double to_nanowatt(double milliwatts) { return std::round(milliwatts * 1e6) / 1e6; }

/// One line each time that the counter moved: the mean power since it moved last.
void write_counter(AtomicFile& file, const PowerTrace& total, const ClockMap& clocks) {
  std::size_t last = 0;
  for (std::size_t i = 1; i < total.size(); ++i) {
    if (total.energy[i] == total.energy[last]) continue;
    const Watts power = (total.energy[i] - total.energy[last]) / (total.when(i) - total.when(last));
    write_line(file, clocks.to_local(total.when(i)), kNominalMillivolts, in_milliwatts(power));
    last = i;
  }
}

/// Writes the records beside `path` and renames them into place.
template <class Record>
class NpyFile {
 public:
  static Result<NpyFile> create(const fs::path& path) {
    fs::path draft = path;
    draft += ".tmp";
    auto writer = NpyWriter<Record>::create(draft);
    if (!writer) return std::move(writer).error();
    return NpyFile(path, draft, *std::move(writer));
  }
  Result<void> append(const Record& record) { return writer_.append(record); }
  Result<void> commit() {
    if (auto closed = writer_.close(); !closed) return closed;
    std::error_code error;
    fs::rename(draft_, path_, error);
    if (error) return error_from_errno(error.value(), "move the new file into place").at(path_);
    return {};
  }

 private:
  NpyFile(fs::path path, fs::path draft, NpyWriter<Record> writer)
      : path_(std::move(path)), draft_(std::move(draft)), writer_(std::move(writer)) {}
  fs::path path_;
  fs::path draft_;
  NpyWriter<Record> writer_;
};

}  // namespace

RunPaths::RunPaths(const fs::path& run_folder, const std::string& model, const std::string& engine)
    : folder(run_folder),
      power_log(folder / (model + "_power_log.log")),
      summary(folder / (model + "_" + engine + ".json")),
      engine_info(folder / "trt_profiling" / "trt_engine_info.json"),
      layer_latency(folder / "trt_profiling" / "trt_layer_latency.json"),
      run_file(folder / "run.json"),
      power_npy(folder / "power.npy"),
      timeline_npy(folder / "timeline.npy") {}

Result<void> write_power_log(const fs::path& path, const PowerTrace& total,
                             const ClockMap& clocks) {
  auto file = AtomicFile::create(path);
  if (!file) return std::move(file).error();
  if (total.rail.kind == RailKind::kEnergyCounter) {
    write_counter(*file, total, clocks);
    return file->commit();
  }
  const bool has_voltage = !total.voltage.empty() && !total.current.empty();
  for (std::size_t i = 0; i < total.size(); ++i) {
    const LocalTime when = clocks.to_local(total.when(i));
    if (has_voltage) {
      write_line(*file, when, in_millivolts(total.voltage[i]), in_milliamperes(total.current[i]));
    } else {
      write_line(*file, when, kNominalMillivolts, to_nanowatt(in_milliwatts(total.power[i])));
    }
  }
  return file->commit();
}

Result<void> write_layer_latencies(const fs::path& path, const Timeline& timeline,
                                   const ClockMap& clocks) {
  std::vector<std::vector<const Execution*>> of_layer(timeline.layers.size());
  for (const Execution& e : timeline.executions) {
    if (e.segment != kWholePass) of_layer[static_cast<std::size_t>(e.segment)].push_back(&e);
  }
  if (timeline.schedule != Schedule::kWhole) return {};
  if (of_layer.empty() || of_layer.front().empty()) return {};
  auto writer = LayerLatencyWriter::create(path);
  if (!writer) return std::move(writer).error();
  for (std::size_t i = 0; i < of_layer.size(); ++i) {
    writer->begin_layer(timeline.layers[i].name);
    for (const Execution* e : of_layer[i]) {
      writer->add(to_milliseconds(e->run_time()), clocks.to_local(e->end));
    }
  }
  return writer->commit();
}

Result<void> write_latencies_in_place(const fs::path& path, std::span<const Layer> layers,
                                      std::span<const std::vector<Duration>> run_times) {
  const auto has_none = [](const std::vector<Duration>& times) { return times.empty(); };
  if (run_times.size() != layers.size() || std::ranges::all_of(run_times, has_none)) return {};
  auto writer = LayerLatencyWriter::create(path);
  if (!writer) return std::move(writer).error();
  for (std::size_t i = 0; i < layers.size(); ++i) {
    writer->begin_layer(layers[i].name);
    for (const Duration time : run_times[i]) writer->add(to_milliseconds(time));
  }
  return writer->commit();
}

Result<void> write_engine_layers(const fs::path& path, std::span<const Layer> layers) {
  auto file = AtomicFile::create(path);
  if (!file) return std::move(file).error();
  write_engine_info(file->stream(), layers, {});
  return file->commit();
}

Result<void> write_summary_file(const fs::path& path, const InferenceSummary& summary) {
  auto file = AtomicFile::create(path);
  if (!file) return std::move(file).error();
  write_inference_summary(file->stream(), summary);
  return file->commit();
}

Result<void> write_timeline_npy(const fs::path& path, const Timeline& timeline) {
  auto file = NpyFile<TimelineRecord>::create(path);
  if (!file) return std::move(file).error();
  for (const Execution& e : timeline.executions) {
    if (auto kept = file->append(record_of(e)); !kept) return kept;
  }
  return file->commit();
}

Result<void> write_power_npy(const fs::path& path,
                             const std::vector<std::vector<Reading>>& readings) {
  std::vector<PowerRecord> records;
  for (std::size_t rail = 0; rail < readings.size(); ++rail) {
    for (std::size_t i = 0; i < readings[rail].size(); ++i) {
      records.push_back(record_of(readings[rail][i], rail, static_cast<std::uint32_t>(i)));
    }
  }
  std::stable_sort(records.begin(), records.end(), [](const PowerRecord& a, const PowerRecord& b) {
    return a.before_ns < b.before_ns;
  });
  auto file = NpyFile<PowerRecord>::create(path);
  if (!file) return std::move(file).error();
  for (const PowerRecord& record : records) {
    if (auto kept = file->append(record); !kept) return kept;
  }
  return file->commit();
}

}  // namespace layerwatt
