#include "layerwatt/experiment/measure_program.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "layerwatt/attribution/span_energy.h"

#include "experiment/measure/network_runner.h"
#include "experiment/program/program_marks.h"
#include "experiment/program/program_regions.h"
#include "experiment/program/user_program.h"

namespace layerwatt {
namespace {

std::vector<Layer> layers_of(const ProgramOptions& options) {
  std::vector<Layer> layers;
  for (const UserProgram& program : options.programs) {
    Layer layer;
    layer.name = program.name;
    layer.type = "Program";
    layer.parameter_type = "Program";
    layers.push_back(std::move(layer));
  }
  return layers;
}

/// One run of one program.
struct ProgramSpan {
  std::int32_t program = 0;
  Instant start;
  Instant end;
};

/// Runs the programs in turn, as the layers of a network run.
class ProgramDriver final : public NetworkDriver {
 public:
  /// `marks`: null where nobody listens to the programs.
  ProgramDriver(const ProgramOptions& options, const Cancellation& cancellation,
                ProgramMarks* marks)
      : options_(options),
        cancellation_(cancellation),
        marks_(marks),
        regions_(layers_of(options)) {}

  bool is_network() const override { return false; }

  Result<PreparedNetwork> prepare() override {
    for (const UserProgram& program : options_.programs) {
      if (auto found = find_program(program.command.front()); !found) {
        return std::move(found).error();
      }
    }
    PreparedNetwork network;
    network.name = options_.programs.front().name;
    network.engine = "program";
    network.layers = layers_of(options_);
    for (const UserProgram& program : options_.programs) {
      network.notes.push_back(fmt::format("{}: {}", program.name, fmt::join(program.command, " ")));
    }
    return network;
  }

  Result<RunOutcome> run(const PreparedNetwork& network, const RunPlan& plan, Duration /*idle*/,
                         RunConductor& conductor) override {
    RunOutcome outcome;
    outcome.timeline.layers = network.layers;
    outcome.timeline.schedule = Schedule::kWhole;
    outcome.timeline.stamps = StampSource::kMeasured;
    for (int i = 0; i < options_.warmup && exit_code_ == 0; ++i) {
      if (auto ran = run_all(); !ran) return std::move(ran).error();
    }
    conductor.phase_began(RunPhase::kWhole, {plan.runs, false});
    for (std::int32_t pass = 0; pass < plan.runs && exit_code_ == 0; ++pass) {
      if (cancellation_.requested()) break;
      auto ran = run_pass(pass, conductor);
      if (!ran) return std::move(ran).error();
      if (cancellation_.requested() || exit_code_ != 0) break;
      outcome.latencies.push_back(ran->whole.front().run_time());
      outcome.timeline.executions.insert(outcome.timeline.executions.end(), ran->executions.begin(),
                                         ran->executions.end());
      spans_.insert(spans_.end(), ran->spans.begin(), ran->spans.end());
      // Regions become known at the end: until then the file has the programs.
      conductor.executed(ran->whole);
      conductor.advanced(pass + 1);
    }
    outcome.timeline.layers = regions_.leave_out_remnants(outcome.timeline.executions);
    if (marks_ != nullptr) {
      outcome.notes = marks_->notes();
      outcome.notes.insert(outcome.notes.end(), regions_.notes().begin(), regions_.notes().end());
    }
    outcome.partial = static_cast<std::int64_t>(outcome.latencies.size()) < plan.runs;
    if (exit_code_ != 0) {
      outcome.notes.push_back(
          fmt::format("{} ended with exit code {}; its run is left out.", failed_, exit_code_));
    }
    if (outcome.latencies.empty()) {
      return Error(ErrorCode::kCancelled, "no run came to its end, so that nothing is kept");
    }
    return outcome;
  }

  int exit_code() const { return exit_code_; }
  const std::vector<ProgramSpan>& spans() const { return spans_; }
  const ProgramRegions& regions() const { return regions_; }

 private:
  Result<ProgramRun> run_one(const UserProgram& program) {
    auto run = run_program(program.command, cancellation_, marks_);
    if (run && run->exit_code != 0) {
      exit_code_ = run->exit_code;
      failed_ = program.name;
    }
    return run;
  }

  Result<void> run_all() {
    for (const UserProgram& program : options_.programs) {
      auto run = run_one(program);
      if (!run) return std::move(run).error();
      if (exit_code_ != 0) break;
    }
    return {};
  }

  struct Pass {
    /// With regions, and as programs alone.
    std::vector<Execution> executions;
    std::vector<Execution> whole;
    std::vector<ProgramSpan> spans;
  };

  /// The record of the whole pass stands before those of its programs.
  Result<Pass> run_pass(std::int32_t pass, RunConductor& conductor) {
    Execution all;
    all.segment = kWholePass;
    all.pass = pass;
    Pass ran{{all}, {all}, {}};
    std::int32_t segment = 0;
    for (const UserProgram& program : options_.programs) {
      conductor.running(MonotonicClock::now(), segment, 0);
      auto run = run_one(program);
      if (!run) return std::move(run).error();
      conductor.resting(run->end);
      Execution execution;
      execution.segment = segment;
      execution.pass = pass;
      execution.start = run->begin;
      execution.end = run->end;
      ran.whole.push_back(execution);
      ran.spans.push_back({segment, run->begin, run->end});
      const auto parts = executions_of(program, execution);
      ran.executions.insert(ran.executions.end(), parts.begin(), parts.end());
      ++segment;
      if (exit_code_ != 0) break;
    }
    for (std::vector<Execution>* executions : {&ran.executions, &ran.whole}) {
      executions->front().start = ran.spans.front().start;
      executions->front().end = ran.spans.back().end;
    }
    return ran;
  }

  /// One run of a program, parted by its regions.
  std::vector<Execution> executions_of(const UserProgram& program, const Execution& whole) {
    if (marks_ == nullptr || exit_code_ != 0) return {whole};
    SpanPlace place;
    place.pass = whole.pass;
    place.outside = whole.segment;
    if (options_.programs.size() > 1) place.prefix = program.name + ": ";
    return regions_.add(marks_->marks(), part_by_regions(marks_->marks(), whole.start, whole.end),
                        place);
  }

  const ProgramOptions& options_;
  const Cancellation& cancellation_;
  ProgramMarks* marks_;
  ProgramRegions regions_;
  std::vector<ProgramSpan> spans_;
  int exit_code_ = 0;
  std::string failed_;
};

std::optional<Joules> found(Result<Joules> energy) {
  if (!energy) return std::nullopt;
  return *energy;
}

/// Per repeat, from the readings themselves: each run by itself, whatever the solver made of them.
std::vector<ProgramResult> results_of(const ProgramOptions& options,
                                      const std::vector<ProgramSpan>& spans,
                                      const Recording& recording) {
  std::vector<ProgramResult> results(options.programs.size());
  for (std::size_t i = 0; i < results.size(); ++i) {
    results[i].name = options.programs[i].name;
    results[i].rail_energy.resize(recording.rails.size());
  }
  for (const ProgramSpan& span : spans) {
    ProgramResult& result = results[static_cast<std::size_t>(span.program)];
    ProgramRepeat repeat;
    repeat.time = span.end - span.start;
    if (recording.total) {
      repeat.energy = found(energy_between(*recording.total, span.start, span.end));
      repeat.peak = peak_between(*recording.total, span.start, span.end);
    }
    for (std::size_t rail = 0; rail < recording.rails.size(); ++rail) {
      const auto energy = found(energy_between(recording.rails[rail], span.start, span.end));
      auto& sum = result.rail_energy[rail];
      if (energy) sum = Joules(sum.value_or(Joules(0.0)).value() + energy->value());
    }
    result.repeats.push_back(repeat);
  }
  for (ProgramResult& result : results) {
    for (auto& energy : result.rail_energy) {
      if (energy) energy = Joules(energy->value() / static_cast<double>(result.repeats.size()));
    }
  }
  return results;
}

}  // namespace

Result<ProgramMeasurement> measure_program(const ProgramOptions& options,
                                           Cancellation& cancellation, MeasureObserver& observer) {
  MeasureOptions measure = options.measure;
  measure.plan = PlanOptions();
  measure.plan.run.warmup = options.warmup;
  measure.plan.run.profiled_runs = 0;
  measure.plan.runs = options.repeats;
  std::unique_ptr<ProgramMarks> marks;
  if (options.markers || !options.mark.empty()) {
    auto opened = ProgramMarks::open(options.mark, options.markers);
    if (!opened) return std::move(opened).error();
    marks = *std::move(opened);
  }
  ProgramDriver driver(options, cancellation, marks.get());
  auto measurement = measure_with(driver, measure, cancellation, observer);
  ProgramMeasurement result;
  result.exit_code = driver.exit_code();
  if (!measurement) {
    // The program's own failure is what a person wants to know of.
    if (result.exit_code == 0) return std::move(measurement).error();
    result.measurement.partial_reason = measurement.error().message();
    return result;
  }
  result.measurement = *std::move(measurement);
  // What its regions or its output say belongs beside the result, and not in run.json alone.
  const std::vector<std::string>& said = result.measurement.outcome.notes;
  result.measurement.notes.insert(result.measurement.notes.end(), said.begin(), said.end());
  result.programs = results_of(options, driver.spans(), result.measurement.recording);
  result.regions = results_of_regions(driver.regions().regions(), result.measurement.profile,
                                      result.measurement.recording);
  for (const PowerTrace& trace : result.measurement.recording.rails) {
    result.rails.push_back(trace.rail.name);
  }
  result.idle = result.measurement.profile.idle_power;
  return result;
}

}  // namespace layerwatt
