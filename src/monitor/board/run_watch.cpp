#include "monitor/board/run_watch.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstring>
#include <fstream>
#include <system_error>
#include <utility>

#include "layerwatt/dataset/npy.h"
#include "layerwatt/dataset/records.h"
#include "layerwatt/dataset/run_file.h"

namespace layerwatt {
namespace {

namespace fs = std::filesystem;

/// timeline.npy is written twice a second while passes go on; a pass may take seconds.
constexpr std::chrono::seconds kStillRunning{30};
/// Passes and energy are told over this long.
constexpr Duration kWindow = std::chrono::seconds(10);
/// Of the end of a timeline: over ten seconds of passes, unless layers take microseconds.
constexpr std::size_t kTail = 16384;
constexpr std::size_t kHeaderAtMost = 4096;

struct Candidate {
  fs::path folder;
  fs::file_time_type written;
};

/// Folders below the roots (and the roots themselves) with a timeline that was written lately.
std::vector<Candidate> candidates(const std::vector<fs::path>& roots) {
  std::vector<Candidate> found;
  const auto now = fs::file_time_type::clock::now();
  const auto consider = [&](const fs::path& folder) {
    std::error_code error;
    const auto written = fs::last_write_time(folder / "timeline.npy", error);
    if (!error && now - written < kStillRunning) found.push_back({folder, written});
  };
  for (const fs::path& root : roots) {
    consider(root);
    std::error_code error;
    for (auto at = fs::directory_iterator(root, error); at != fs::directory_iterator();
         at.increment(error)) {
      if (error) break;
      consider(at->path());
    }
  }
  std::ranges::sort(found, [](const auto& a, const auto& b) { return a.written > b.written; });
  return found;
}

/// The last records of a timeline that another process is writing.
std::vector<TimelineRecord> read_tail(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::array<std::byte, kHeaderAtMost> head{};
  file.read(reinterpret_cast<char*>(head.data()), static_cast<std::streamsize>(head.size()));
  const auto have = static_cast<std::size_t>(file.gcount());
  const auto header = parse_npy_header(std::span(head.data(), have));
  if (!header || header->record_size != sizeof(TimelineRecord)) return {};
  file.clear();
  file.seekg(0, std::ios::end);
  const auto size = static_cast<std::size_t>(std::max<std::streamoff>(file.tellg(), 0));
  if (size <= header->data_offset) return {};
  const std::size_t count = (size - header->data_offset) / sizeof(TimelineRecord);
  const std::size_t wanted = std::min(count, kTail);
  std::vector<TimelineRecord> records(wanted);
  const std::size_t at = header->data_offset + (count - wanted) * sizeof(TimelineRecord);
  file.seekg(static_cast<std::streamoff>(at));
  const std::size_t bytes = wanted * sizeof(TimelineRecord);
  file.read(reinterpret_cast<char*>(records.data()), static_cast<std::streamsize>(bytes));
  records.resize(static_cast<std::size_t>(file.gcount()) / sizeof(TimelineRecord));
  return records;
}

struct PassEnd {
  std::int64_t pass;
  Instant when;
};

/// The end of each whole pass among the records; the last pass may still be running.
std::vector<PassEnd> pass_ends(const std::vector<TimelineRecord>& records) {
  std::vector<PassEnd> ends;
  for (const TimelineRecord& record : records) {
    const Instant end = instant_from_ns(record.end_ns);
    if (ends.empty() || record.pass > ends.back().pass) {
      ends.push_back({record.pass, end});
    } else if (record.pass == ends.back().pass) {
      ends.back().when = std::max(ends.back().when, end);
    }
  }
  return ends;
}

}  // namespace

RunWatch::RunWatch(std::vector<fs::path> roots) : roots_(std::move(roots)) {}

std::optional<Joules> RunWatch::energy_between(Instant from, Instant to) const {
  const auto at = [&](Instant t) -> std::optional<Joules> {
    const auto after = std::ranges::lower_bound(energies_, t, {}, &EnergyAt::when);
    if (after == energies_.end()) return std::nullopt;
    if (after->when == t) return after->energy;
    if (after == energies_.begin()) return std::nullopt;
    const auto before = std::prev(after);
    const double part = to_seconds(t - before->when) / to_seconds(after->when - before->when);
    return before->energy + part * (after->energy - before->energy);
  };
  const auto begin = at(from);
  const auto end = at(to);
  if (!begin || !end) return std::nullopt;
  return *end - *begin;
}

void RunWatch::read_passes(const fs::path& timeline, Instant now) {
  const std::vector<PassEnd> ends = pass_ends(read_tail(timeline));
  if (ends.empty()) return;
  running_->passes = ends.back().pass + 1;
  // The energy is known until the last look, the passes until the last write.
  const Instant known = energies_.empty() ? now : energies_.back().when;
  const auto last = std::ranges::find_if(ends.rbegin(), ends.rend(),
                                         [&](const PassEnd& end) { return end.when <= known; });
  if (last == ends.rend()) return;
  const auto first = std::ranges::find_if(
      ends, [&](const PassEnd& end) { return end.when >= last->when - kWindow; });
  if (first->pass >= last->pass) return;
  const auto passes = static_cast<double>(last->pass - first->pass);
  running_->passes_per_second = passes / to_seconds(last->when - first->when);
  if (running_->schedule != to_string(Schedule::kWhole)) return;
  if (const auto energy = energy_between(first->when, last->when)) {
    running_->energy_per_inference = *energy / passes;
  }
}

void RunWatch::look(Instant now, std::optional<Joules> energy) {
  if (energy) energies_.push_back({now, *energy});
  while (!energies_.empty() && now - energies_.front().when > 3 * kWindow) energies_.pop_front();
  running_.reset();
  for (const Candidate& candidate : candidates(roots_)) {
    const auto run = read_run_file(candidate.folder / "run.json");
    if (!run || run->is_finished) continue;
    running_.emplace();
    running_->folder = candidate.folder;
    running_->network = run->model;
    running_->engine = run->engine;
    running_->schedule = std::string(to_string(run->schedule));
    read_passes(candidate.folder / "timeline.npy", now);
    return;
  }
}

}  // namespace layerwatt
