#include "layerwatt/attribution/window.h"

#include <fmt/format.h>

#include <algorithm>

#include "attribution/published/samples_in_turn.h"

namespace layerwatt {
namespace {

/// Number of passes, or what is wrong with the columns.
Result<std::size_t> check(const SampleColumns& samples, std::span<const ExecutionColumns> layers) {
  if (samples.when.size() != samples.microwatts.size()) {
    return Error(
        ErrorCode::kInvalidArgument,
        fmt::format("{} instants for {} samples", samples.when.size(), samples.microwatts.size()));
  }
  const std::size_t passes = layers.empty() ? 0 : layers[0].milliseconds.size();
  for (std::size_t i = 0; i < layers.size(); ++i) {
    if (layers[i].milliseconds.size() != passes || layers[i].end.size() != passes) {
      return Error(ErrorCode::kInvalidArgument,
                   fmt::format("layer {} has {} run times and {} ends for {} passes", i,
                               layers[i].milliseconds.size(), layers[i].end.size(), passes));
    }
  }
  return passes;
}

/// Index of the sample nearest to `when`, the first of equally near ones; `count` without a sample.
std::size_t nearest_sample(std::span<const Instant> samples, Instant when) {
  const auto begin = samples.begin();
  auto at = std::lower_bound(begin, samples.end(), when);
  const bool before_is_nearer =
      at != begin && (at == samples.end() || when - *(at - 1) <= *at - when);
  if (before_is_nearer) at = std::lower_bound(begin, at, *(at - 1));
  return static_cast<std::size_t>(at - begin);
}

}  // namespace

Result<void> map_window(const SampleColumns& samples, std::span<const ExecutionColumns> layers,
                        const MappedExecutionSink& sink) {
  const auto passes = check(samples, layers);
  if (!passes) return passes.error();
  SamplesInTurn in_turn(samples.when, samples.microwatts);
  for (std::size_t pass = 0; pass < *passes; ++pass) {
    for (std::size_t layer = 0; layer < layers.size(); ++layer) {
      MappedExecution execution;
      execution.pass = static_cast<std::int64_t>(pass);
      execution.layer = layer;
      execution.milliseconds = layers[layer].milliseconds[pass];
      const auto within = in_turn.take(execution.milliseconds, layers[layer].end[pass]);
      execution.microwatts = within.microwatts;
      execution.samples = within.samples;
      sink(execution);
    }
  }
  return {};
}

Result<void> map_nearest(const SampleColumns& samples, std::span<const ExecutionColumns> layers,
                         const MappedExecutionSink& sink) {
  const auto passes = check(samples, layers);
  if (!passes) return passes.error();
  for (std::size_t pass = 0; pass < *passes; ++pass) {
    for (std::size_t layer = 0; layer < layers.size(); ++layer) {
      MappedExecution execution;
      execution.pass = static_cast<std::int64_t>(pass);
      execution.layer = layer;
      execution.milliseconds = layers[layer].milliseconds[pass];
      const std::size_t sample = nearest_sample(samples.when, layers[layer].end[pass]);
      if (sample < samples.when.size()) {
        execution.microwatts = samples.microwatts[sample];
        execution.samples = 1;
      }
      sink(execution);
    }
  }
  return {};
}

}  // namespace layerwatt
