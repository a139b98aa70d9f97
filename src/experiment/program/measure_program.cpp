#include "layerwatt/experiment/measure_program.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "layerwatt/attribution/span_energy.h"

#include "experiment/measure/network_runner.h"
#include "experiment/program/user_program.h"

namespace layerwatt {
namespace {

/// Runs the programs in turn, as the layers of a network run.
class ProgramDriver final : public NetworkDriver {
 public:
  ProgramDriver(const ProgramOptions& options, const Cancellation& cancellation)
      : options_(options), cancellation_(cancellation) {}

  Result<PreparedNetwork> prepare() override {
    for (const UserProgram& program : options_.programs) {
      if (auto found = find_program(program.command.front()); !found) {
        return std::move(found).error();
      }
    }
    PreparedNetwork network;
    network.name = options_.programs.front().name;
    network.engine = "program";
    std::vector<std::string> lines;
    for (const UserProgram& program : options_.programs) {
      Layer layer;
      layer.name = program.name;
      layer.type = "Program";
      layer.parameter_type = "Program";
      network.layers.push_back(std::move(layer));
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
      auto executions = run_pass(pass, conductor);
      if (!executions) return std::move(executions).error();
      if (cancellation_.requested() || exit_code_ != 0) break;
      outcome.latencies.push_back(executions->front().run_time());
      outcome.timeline.executions.insert(outcome.timeline.executions.end(), executions->begin(),
                                         executions->end());
      conductor.executed(*executions);
      conductor.advanced(pass + 1);
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

 private:
  Result<ProgramRun> run_one(const UserProgram& program) {
    auto run = run_program(program.command, cancellation_);
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

  /// The record of the whole pass stands before those of its programs.
  Result<std::vector<Execution>> run_pass(std::int32_t pass, RunConductor& conductor) {
    std::vector<Execution> executions(1);
    executions.front().segment = kWholePass;
    executions.front().pass = pass;
    std::int32_t segment = 0;
    for (const UserProgram& program : options_.programs) {
      conductor.running(MonotonicClock::now(), segment, 0);
      auto run = run_one(program);
      if (!run) return std::move(run).error();
      conductor.resting(run->end);
      Execution execution;
      execution.segment = segment++;
      execution.pass = pass;
      execution.start = run->begin;
      execution.end = run->end;
      executions.push_back(execution);
      if (exit_code_ != 0) break;
    }
    executions.front().start = executions[1].start;
    executions.front().end = executions.back().end;
    return executions;
  }

  const ProgramOptions& options_;
  const Cancellation& cancellation_;
  int exit_code_ = 0;
  std::string failed_;
};

std::optional<Joules> found(Result<Joules> energy) {
  if (!energy) return std::nullopt;
  return *energy;
}

/// Per repeat, from the readings themselves: each run by itself, whatever the solver made of them.
std::vector<ProgramResult> results_of(const Recording& recording) {
  std::vector<ProgramResult> results(recording.timeline.layers.size());
  for (std::size_t i = 0; i < results.size(); ++i) {
    results[i].name = recording.timeline.layers[i].name;
    results[i].rail_energy.resize(recording.rails.size());
  }
  for (const Execution& execution : recording.timeline.executions) {
    if (execution.segment == kWholePass) continue;
    ProgramResult& result = results[static_cast<std::size_t>(execution.segment)];
    ProgramRepeat repeat;
    repeat.time = execution.run_time();
    if (recording.total) {
      repeat.energy = found(energy_between(*recording.total, execution.start, execution.end));
      repeat.peak = peak_between(*recording.total, execution.start, execution.end);
    }
    for (std::size_t rail = 0; rail < recording.rails.size(); ++rail) {
      const auto energy =
          found(energy_between(recording.rails[rail], execution.start, execution.end));
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
  ProgramDriver driver(options, cancellation);
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
  result.programs = results_of(result.measurement.recording);
  for (const PowerTrace& trace : result.measurement.recording.rails) {
    result.rails.push_back(trace.rail.name);
  }
  result.idle = result.measurement.profile.idle_power;
  return result;
}

}  // namespace layerwatt
