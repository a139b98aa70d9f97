#include "layerwatt/recording/region_timeline.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

namespace layerwatt {
namespace {

/// Threads in any number of regions could make up any number of combinations.
constexpr std::size_t kMostSegments = 256;
constexpr std::string_view kManyAtOnce = "(several regions at once)";

class Parting {
 public:
  Parting(const RegionMarks& marks, Instant begin, Instant end)
      : marks_(marks), begin_(begin), end_(end), now_(begin) {}

  RegionTimeline part() {
    std::vector<RegionMark> in_order = marks_.marks;
    // Threads are heard in the order in which they got their turn. Each by itself is in order.
    std::ranges::stable_sort(in_order, {}, &RegionMark::at);
    for (RegionMark& mark : in_order) {
      if (mark.at > end_) break;
      mark.at = std::max(mark.at, begin_);
      if (mark.begins) {
        open(mark);
      } else {
        close(mark);
      }
    }
    piece_until(end_);
    close_the_rest();
    tell();
    return std::move(timeline_);
  }

 private:
  void piece_until(Instant until) {
    if (until <= now_) return;
    const std::int32_t segment = segment_now();
    timeline_.pieces.push_back({segment, now_, until});
    now_ = until;
  }

  /// Of what is open innermost in each lane.
  std::int32_t segment_now() {
    if (!state_changed_) return segment_;
    state_changed_ = false;
    std::vector<std::uint32_t> regions;
    for (const auto& [lane, open] : lanes_) {
      if (!open.empty()) regions.push_back(timeline_.instances[open.back()].region);
    }
    std::ranges::sort(regions);
    if (regions.empty()) return segment_ = kOutsideRegions;
    const auto next = static_cast<std::int32_t>(timeline_.segments.size());
    const bool is_room = timeline_.segments.size() < kMostSegments || regions.size() == 1;
    if (!is_room && many_ >= 0) return segment_ = many_;
    if (!is_room) {
      timeline_.segments.emplace_back(kManyAtOnce);
      return segment_ = many_ = next;
    }
    const auto [found, is_new] = segments_.try_emplace(regions, next);
    if (is_new) timeline_.segments.push_back(name_of(regions));
    return segment_ = found->second;
  }

  std::string name_of(const std::vector<std::uint32_t>& regions) const {
    std::string name;
    for (std::size_t i = 0; i < regions.size();) {
      std::size_t next = i;
      while (next < regions.size() && regions[next] == regions[i]) ++next;
      if (!name.empty()) name += " + ";
      name += marks_.names[regions[i]];
      if (next - i > 1) name += fmt::format(" ×{}", next - i);
      i = next;
    }
    return name;
  }

  void open(const RegionMark& mark) {
    piece_until(mark.at);
    auto& lane = lanes_[mark.lane];
    RegionInstance instance;
    instance.region = mark.region;
    instance.start = instance.end = mark.at;
    instance.depth = static_cast<std::uint32_t>(lane.size());
    instance.lane = mark.lane;
    for (const std::size_t outer : lane) timeline_.instances[outer].holds_others = true;
    lane.push_back(timeline_.instances.size());
    timeline_.instances.push_back(instance);
    state_changed_ = true;
  }

  void close(const RegionMark& mark) {
    const auto lane = lanes_.find(mark.lane);
    const auto is_it = [&](std::size_t i) { return timeline_.instances[i].region == mark.region; };
    const auto found = lane == lanes_.end()
                           ? std::vector<std::size_t>::reverse_iterator()
                           : std::find_if(lane->second.rbegin(), lane->second.rend(), is_it);
    if (lane == lanes_.end() || found == lane->second.rend()) {
      ++ends_alone_[mark.region];
      return;
    }
    if (found == lane->second.rbegin()) {
      piece_until(mark.at);
      state_changed_ = true;
    } else {
      ++crossings_[mark.region];
    }
    timeline_.instances[*found].end = mark.at;
    lane->second.erase(std::next(found).base());
    // Lanes come and go with threads and coroutines.
    if (lane->second.empty()) lanes_.erase(lane);
  }

  void close_the_rest() {
    for (const auto& [lane, open] : lanes_) {
      for (const std::size_t i : open) {
        timeline_.instances[i].end = end_;
        timeline_.instances[i].is_cut = true;
      }
    }
  }

  std::string list(const std::map<std::uint32_t, std::size_t>& counts) const {
    std::vector<std::string> texts;
    for (const auto& [region, count] : counts) {
      if (texts.size() == 5) {
        texts.emplace_back("…");
        break;
      }
      texts.push_back(fmt::format("'{}' ({}×)", marks_.names[region], count));
    }
    return fmt::format("{}", fmt::join(texts, ", "));
  }

  void tell() {
    std::map<std::uint32_t, std::size_t> never_ended;
    for (const RegionInstance& i : timeline_.instances) {
      if (i.is_cut) ++never_ended[i.region];
    }
    if (!never_ended.empty()) {
      timeline_.notes.push_back(fmt::format(
          "No end was marked of {}: taken to end with the program.", list(never_ended)));
    }
    if (!ends_alone_.empty()) {
      timeline_.notes.push_back(
          fmt::format("An end was marked of {} that had not begun: left out.", list(ends_alone_)));
    }
    if (!crossings_.empty()) {
      timeline_.notes.push_back(fmt::format(
          "Regions cross: {} ended while a region that began inside was open. From there on time "
          "belongs to the inner one alone.",
          list(crossings_)));
    }
    if (marks_.lost > 0) {
      timeline_.notes.push_back(fmt::format(
          "{} marks were lost, because the program marked faster than they could be read: what it "
          "says of regions is not whole.",
          marks_.lost));
    }
    if (many_ >= 0) {
      timeline_.notes.push_back(
          fmt::format("More than {} combinations of regions ran at once; the later ones are one "
                      "segment, \"{}\".",
                      kMostSegments, kManyAtOnce));
    }
  }

  const RegionMarks& marks_;
  Instant begin_;
  Instant end_;
  Instant now_;
  RegionTimeline timeline_;
  /// Per lane, indices of open instances, the innermost last.
  std::map<std::uint32_t, std::vector<std::size_t>> lanes_;
  std::map<std::vector<std::uint32_t>, std::int32_t> segments_;
  std::int32_t many_ = -1;
  std::int32_t segment_ = kOutsideRegions;
  bool state_changed_ = false;
  std::map<std::uint32_t, std::size_t> ends_alone_;
  std::map<std::uint32_t, std::size_t> crossings_;
};

}  // namespace

RegionTimeline part_by_regions(const RegionMarks& marks, Instant begin, Instant end) {
  return Parting(marks, begin, end).part();
}

std::vector<Instant> passes_of(const RegionTimeline& timeline, Instant begin) {
  std::vector<Instant> begins{begin};
  if (timeline.instances.empty()) return begins;
  const std::uint32_t lane = timeline.instances.front().lane;
  std::set<std::uint32_t> had;
  for (const RegionInstance& instance : timeline.instances) {
    if (instance.lane != lane || instance.depth > 0) continue;
    if (had.insert(instance.region).second) continue;
    begins.push_back(instance.start);
    had = {instance.region};
  }
  return begins;
}

}  // namespace layerwatt
