// What it costs to look: the profiler's overhead, the processor time of spinning threads, and run
// times of layers alone beside those in place, on the machine at hand. Prints Markdown tables.
//
//   build/benchmarks/engine/engine_benchmark [--rounds N] [--passes N] [MODEL...]

#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "layerwatt/core/cancellation.h"
#include "layerwatt/core/numbers.h"
#include "layerwatt/engines/engine.h"
#include "layerwatt/engines/onnxruntime_engine.h"
#include "layerwatt/running/network_request.h"
#include "layerwatt/running/prepare_network.h"
#include "layerwatt/running/prepared_network.h"
#include "layerwatt/running/run_network.h"

namespace layerwatt {
namespace {

struct Options {
  std::int64_t rounds = 5;
  std::int64_t passes = 30;
  std::vector<std::string> models;
};

template <class T>
T value_or_exit(Result<T> result) {
  if (result) return *std::move(result);
  fmt::print(stderr, "{}\n", result.error().to_string());
  std::exit(1);
}

Options parse(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    if ((word == "--rounds" || word == "--passes") && i + 1 < argc) {
      const auto number = parse_int64(argv[++i]);
      if (!number || *number < 1) {
        fmt::print(stderr, "{} needs a whole number above 0\n", word);
        std::exit(2);
      }
      (word == "--rounds" ? options.rounds : options.passes) = *number;
    } else {
      options.models.emplace_back(word);
    }
  }
  if (options.models.empty()) options.models = {"alexnet", "resnet18", "mobilenet_v2"};
  return options;
}

double processor_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec);
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

/// Processor time over elapsed time of whole passes without a profiler.
class LoadObserver final : public RunObserver {
 public:
  void phase_began(RunPhase phase, PhaseLength /*length*/) override {
    if (measures_) finish();
    measures_ = phase == RunPhase::kWhole;
    wall_ = MonotonicClock::now();
    processor_ = processor_seconds();
  }
  void finish() {
    share_ = (processor_seconds() - processor_) / to_seconds(MonotonicClock::now() - wall_);
    measures_ = false;
  }
  double share() {
    if (measures_) finish();
    return share_;
  }

 private:
  bool measures_ = false;
  Instant wall_;
  double processor_ = 0.0;
  double share_ = 0.0;
};

double milliseconds(const std::vector<Duration>& durations) {
  return to_milliseconds(run_time_stats(durations).median);
}

void profiler_and_spinning(const Options& options, const std::string& model) {
  // One engine a setting: sessions of one engine that agree share its pool of threads.
  for (const bool spinning : {true, false}) {
    auto engine = value_or_exit(open_onnxruntime());
    NetworkRequest request;
    request.model = model;
    request.spinning = spinning;
    const PreparedNetwork network = value_or_exit(prepare_network(*engine, request));
    std::vector<double> plain;
    std::vector<double> profiled;
    std::vector<double> load;
    for (std::int64_t round = 0; round < options.rounds; ++round) {
      RunPlan plan;
      plan.warmup = 5;
      plan.runs = options.passes;
      LoadObserver observer;
      const Cancellation never;
      // Without the profiled phase first, so that the processor time is that of plain passes.
      const RunOutcome outcome =
          value_or_exit(run_network(*engine, network, plan, never, observer));
      plain.push_back(milliseconds(outcome.latencies));
      profiled.push_back(to_milliseconds(*outcome.profiled_pass_time));
      load.push_back(observer.share());
    }
    const double p = median(plain);
    const double q = median(profiled);
    fmt::print("| {} | {} | {} | {:.3f} | {:.3f} | {:+.1f} % | {:.1f} | {:.2f} |\n", model,
               network.layers.size(), spinning ? "on" : "off", p, q, 100.0 * (q / p - 1.0),
               1000.0 * (q - p) / static_cast<double>(network.layers.size()), median(load));
  }
}

void alone_and_in_place(const Options& options, const std::string& model) {
  auto engine = value_or_exit(open_onnxruntime());
  NetworkRequest request;
  request.model = model;
  const PreparedNetwork network = value_or_exit(prepare_network(*engine, request));
  std::vector<double> whole;
  std::vector<double> in_place;
  std::vector<double> isolated;
  std::vector<double> weighed;
  double difference = 0.0;
  const auto sum = [](const std::vector<RunTimeStats>& layers) {
    double total = 0.0;
    for (const RunTimeStats& stats : layers) total += to_milliseconds(stats.median);
    return total;
  };
  for (std::int64_t round = 0; round < options.rounds; ++round) {
    RunPlan plan;
    plan.warmup = 5;
    plan.runs = options.passes;
    plan.profiled_runs = options.passes;
    plan.schedule = Schedule::kIsolated;
    RunObserver observer;
    const Cancellation never;
    const RunOutcome alone = value_or_exit(run_network(*engine, network, plan, never, observer));
    plan.schedule = Schedule::kWeighing;
    plan.block_length = Duration(1);  // one pass a block
    plan.duration = std::chrono::seconds(2);
    const RunOutcome weighing = value_or_exit(run_network(*engine, network, plan, never, observer));
    whole.push_back(milliseconds(alone.latencies));
    in_place.push_back(sum(alone.in_place));
    isolated.push_back(sum(alone.isolated));
    weighed.push_back(sum(weighing.isolated));
    difference = std::max(difference, alone.segment_difference.value_or(0.0));
  }
  const double w = median(whole);
  fmt::print("| {} | {:.3f} | {:.3f} ({:.1f} %) | {:.3f} ({:.1f} %) | {:.3f} ({:.1f} %) | {} |\n",
             model, w, median(in_place), 100.0 * median(in_place) / w, median(isolated),
             100.0 * median(isolated) / w, median(weighed), 100.0 * median(weighed) / w,
             format_significant(difference, 2));
}

}  // namespace
}  // namespace layerwatt

int main(int argc, char** argv) {
  using namespace layerwatt;
  std::setvbuf(stdout, nullptr, _IOLBF, 0);  // it may be stopped in the middle
  const Options options = parse(argc, argv);
  fmt::print("Medians of {} rounds of {} passes each; load: processor time over elapsed time.\n\n",
             options.rounds, options.passes);
  fmt::print(
      "| network | layers | spinning | pass [ms] | under the profiler [ms] | more | a layer "
      "[µs] | load |\n| --- | --- | --- | --- | --- | --- | --- | --- |\n");
  for (const std::string& model : options.models) profiler_and_spinning(options, model);
  fmt::print(
      "\n| network | whole [ms] | sum in place | sum isolated | sum weighing, first "
      "executions | outputs differ by |\n| --- | --- | --- | --- | --- | --- |\n");
  for (const std::string& model : options.models) alone_and_in_place(options, model);
  return 0;
}
