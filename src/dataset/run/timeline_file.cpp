#include "dataset/run/timeline_file.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "layerwatt/dataset/records.h"

namespace layerwatt {
namespace {

/// Read at a time: a quarter of a megabyte.
constexpr std::size_t kRecords = 8192;

Execution execution_of(const TimelineRecord& r) {
  return {
      r.segment, r.pass, r.repeat, r.block, instant_from_ns(r.start_ns), instant_from_ns(r.end_ns)};
}

/// Of a record of layers that ran one by one: as many as the number of the next one's first run is
/// higher. The last in a place is one run.
void count_runs(Execution& e, const Execution& next) {
  if (next.segment != e.segment || next.pass != e.pass || next.block != e.block) return;
  e.runs = std::max(1, next.repeat - e.repeat);
}

}  // namespace

Result<std::shared_ptr<const TimelineFile>> TimelineFile::open(const std::filesystem::path& path,
                                                               CutFile cut, bool counts_runs) {
  auto reader = NpyReader<TimelineRecord>::open(path, cut);
  if (!reader) return std::move(reader).error();
  std::shared_ptr<TimelineFile> file(new TimelineFile(path, cut, counts_runs));
  file->count_ = static_cast<std::int64_t>(reader->count());
  file->was_cut_ = reader->was_cut();
  return std::shared_ptr<const TimelineFile>(std::move(file));
}

Result<void> TimelineFile::visit(const Take& take) const {
  auto reader = NpyReader<TimelineRecord>::open(path_, cut_);
  if (!reader) return std::move(reader).error();
  std::vector<TimelineRecord> records(kRecords);
  std::vector<Execution> executions;
  executions.reserve(kRecords + 1);
  const auto give = [&](std::size_t count) -> Result<void> {
    if (auto taken = take(std::span(executions).first(count)); !taken) {
      return std::move(taken).error().at(path_);
    }
    executions.erase(executions.begin(), executions.begin() + static_cast<std::ptrdiff_t>(count));
    return {};
  };
  for (;;) {
    auto got = reader->read(records);
    if (!got) return std::move(got).error();
    if (*got == 0) return executions.empty() ? Result<void>() : give(executions.size());
    for (const TimelineRecord& record : std::span(records).first(*got)) {
      executions.push_back(execution_of(record));
      if (!counts_runs_ || executions.size() < 2) continue;
      count_runs(executions[executions.size() - 2], executions.back());
    }
    // How many runs the last one is is known with the next.
    if (auto given = give(executions.size() - 1); !given) return given;
  }
}

}  // namespace layerwatt
