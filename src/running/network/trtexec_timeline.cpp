#include "layerwatt/running/trtexec_timeline.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "layerwatt/core/nearest_name.h"
#include "layerwatt/core/numbers.h"
#include "layerwatt/dataset/engine_info.h"

namespace layerwatt {
namespace {

/// What the last of six significant digits is worth.
Duration resolution_of(Duration stamp) {
  constexpr int kDigits = 6;
  const double ms = std::max(1e-3, std::fabs(to_milliseconds(stamp)));
  return from_seconds(1e-3 * std::pow(10.0, std::floor(std::log10(ms)) - (kDigits - 1)));
}

/// Inspector's layers by name, first come first served.
class ByName {
 public:
  explicit ByName(const std::vector<Layer>& layers) {
    for (std::size_t i = 0; i < layers.size(); ++i) places_.emplace(layers[i].name, i);
  }
  /// Engines of several optimisation profiles carry the profile's number behind the name.
  std::optional<std::size_t> take(const std::string& name) {
    for (const std::string& written : {name, name + " [profile 0]"}) {
      const auto found = places_.find(written);
      if (found == places_.end()) continue;
      const std::size_t place = found->second;
      places_.erase(found);
      return place;
    }
    return std::nullopt;
  }
  std::optional<std::string> nearest(const std::string& name) const {
    std::vector<std::string_view> names;
    for (const auto& [known, place] : places_) names.push_back(known);
    const auto found = nearest_name(name, names);
    return found ? std::optional<std::string>(*found) : std::nullopt;
  }
  std::size_t left() const { return places_.size(); }

 private:
  std::multimap<std::string, std::size_t> places_;
};

Duration median_compute(std::span<const TrtexecPass> passes) {
  std::vector<Duration> times;
  for (const TrtexecPass& pass : passes) times.push_back(pass.compute);
  if (times.empty()) return Duration(0);
  const auto middle = times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2);
  std::nth_element(times.begin(), middle, times.end());
  return *middle;
}

/// Whether passes of several streams (--infStreams) run at once: most begin well before the one
/// before them has ended, by more than six digits leave open.
bool passes_overlap(std::span<const TrtexecPass> passes) {
  constexpr double kClearly = 0.1;  // of a pass
  std::size_t early = 0;
  for (std::size_t i = 1; i < passes.size(); ++i) {
    const Duration before = passes[i - 1].compute_start + passes[i - 1].compute;
    const Duration coarse = 2 * resolution_of(passes[i].compute_start);
    const Duration clearly =
        from_seconds(kClearly * to_seconds(std::min(passes[i].compute, passes[i - 1].compute)));
    if (passes[i].compute_start + std::max(coarse, clearly) < before) ++early;
  }
  return 2 * early > passes.size();
}

/// Layers of one pass, by their shares.
void place_layers(const Execution& pass, const TrtexecLayers& layers, std::vector<Execution>& out) {
  const double scale = to_seconds(pass.run_time()) / to_seconds(layers.sum);
  Duration before{0};
  for (std::size_t i = 0; i < layers.averages.size(); ++i) {
    const auto at = [&](Duration d) {
      return std::min(pass.end, pass.start + from_seconds(to_seconds(d) * scale));
    };
    Execution e = pass;
    e.segment = static_cast<std::int32_t>(i);
    e.start = at(before);
    before += layers.averages[i];
    e.end = at(before);
    out.push_back(e);
  }
}

}  // namespace

Result<TrtexecLayers> join_trtexec_layers(const TrtexecProfile& profile,
                                          const std::optional<std::string>& engine_info) {
  TrtexecLayers out;
  out.inferences = profile.inferences;
  EngineInfo info;
  if (engine_info) {
    auto parsed = parse_engine_info(*engine_info);
    if (!parsed) return std::move(parsed).error();
    info = *std::move(parsed);
  }
  ByName known(info.layers);
  std::vector<std::size_t> order;
  for (const TrtexecLayer& timed : profile.layers) {
    out.averages.push_back(timed.average);
    out.sum += timed.average;
    Layer& layer = out.layers.emplace_back();
    layer.name = timed.name;
    if (!engine_info) continue;
    const auto place = known.take(timed.name);
    if (!place) {
      const auto near = known.nearest(timed.name);
      return Error(ErrorCode::kParse,
                   fmt::format("layer '{}' has run times, but the engine's inspector does not know "
                               "it{}; are both files of the same engine?",
                               timed.name, near ? fmt::format(" (nearest: '{}')", *near) : ""));
    }
    layer = info.layers[*place];
    order.push_back(*place);
  }
  if (out.sum <= Duration(0)) {
    return Error(ErrorCode::kParse, "every layer of the profile took no time at all");
  }
  if (engine_info) out.engine_info = arrange_engine_info(*engine_info, order);
  out.overlap = info.streams > 1;
  if (info.without_details > 0) {
    out.notes.emplace_back(
        "The engine was built without detailed verbosity: its layers have names alone. Build it "
        "with --profilingVerbosity=detailed to know their types and shapes.");
  }
  if (engine_info && known.left() > 0) {
    out.notes.push_back(
        fmt::format("{} layers that the engine's inspector lists were not timed, and are left out.",
                    known.left()));
  }
  return out;
}

TrtexecAnchor anchor_trtexec(Instant ready, Duration hold, std::span<const TrtexecPass> passes,
                             Instant ended) {
  const Instant earliest = ready + hold;
  Instant latest = ended;
  if (!passes.empty()) {
    // The last stamp is as coarse as six digits are.
    latest = ended - passes.back().compute_end;
  }
  const Duration apart = latest - earliest;
  TrtexecAnchor anchor{earliest + apart / 2, std::chrono::abs(apart) / 2};
  if (!passes.empty()) anchor.uncertainty += resolution_of(passes.back().compute_end);
  return anchor;
}

std::vector<Execution> place_trtexec_passes(std::span<const TrtexecPass> passes,
                                            const TrtexecLayers& layers, Instant gpu_start) {
  std::vector<Execution> out;
  out.reserve(passes.size() * (layers.overlap ? 1 : layers.averages.size() + 1));
  Duration end{0};
  const bool overlap = passes_overlap(passes);
  for (std::size_t i = 0; i < passes.size(); ++i) {
    const TrtexecPass& pass = passes[i];
    // Half a digit of the start, and as much of the end before it.
    const Duration coarse = resolution_of(pass.compute_start);
    const Duration low = pass.compute_start - coarse;
    const Duration high = pass.compute_start + coarse;
    const Duration start =
        i == 0 || overlap ? pass.compute_start : std::max(end, std::clamp(end, low, high));
    end = start + pass.compute;
    Execution whole{.segment = kWholePass,
                    .pass = static_cast<std::int32_t>(i),
                    .repeat = 0,
                    .block = 0,
                    .start = gpu_start + start,
                    .end = gpu_start + end};
    out.push_back(whole);
    // Where passes overlap, no one knows which of them a layer waited for.
    if (!layers.overlap && !overlap) place_layers(whole, layers, out);
  }
  if (overlap) std::ranges::stable_sort(out, {}, &Execution::start);
  return out;
}

std::vector<std::string> describe_trtexec_timeline(std::span<const TrtexecPass> passes,
                                                   const TrtexecLayers& layers) {
  std::vector<std::string> out = layers.notes;
  const double pass = to_milliseconds(median_compute(passes));
  const double sum = to_milliseconds(layers.sum);
  if (layers.overlap) {
    out.push_back(fmt::format(
        "Layers of this engine run on several streams at once: their average times sum up to "
        "{:.4g} ms, which is not the time of a pass ({:.4g} ms), and no layer has a place of its "
        "own in it. Energy is that of whole passes; build the engine with --maxAuxStreams=0 to "
        "tell its layers apart.",
        sum, pass));
    return out;
  }
  out.push_back(fmt::format(
      "The timeline is rebuilt from what trtexec exports: the time of each pass, and each layer's "
      "average over {} passes under the profiler, in a run of their own. In every pass the layers "
      "stand back to back in the same shares: how they vary from pass to pass is not known.",
      format_grouped(layers.inferences)));
  if (passes_overlap(passes)) {
    out.emplace_back(
        "Passes overlap: the file is of several streams (--infStreams). Layers of such a run "
        "cannot be placed one after the other, and their shares of a pass's time are no run times "
        "of theirs: energy is that of a pass. Run one stream to tell layers.");
    return out;
  }
  if (pass > 0.0) {
    out.push_back(fmt::format(
        "The layers' averages sum up to {:.4g} ms, {:+.1f} % off the median pass of {:.4g} ms "
        "without the profiler, to which they are scaled.",
        sum, 100.0 * (sum / pass - 1.0), pass));
  }
  return out;
}

}  // namespace layerwatt
