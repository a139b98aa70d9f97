#include "layerwatt/experiment/region_session.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "layerwatt/attribution/span_energy.h"
#include "layerwatt/recording/marker_ring.h"
#include "layerwatt/recording/region_timeline.h"

#include "experiment/measure/network_runner.h"
#include "experiment/program/program_regions.h"

namespace layerwatt {
namespace {

constexpr std::chrono::milliseconds kListenEvery(20);
constexpr std::string_view kOutside = "(outside of regions)";

/// Puts a record of each whole pass before its executions.
std::vector<Execution> with_passes(std::vector<Execution> executions,
                                   const std::vector<Instant>& begins,
                                   std::vector<Duration>& latencies) {
  std::vector<Execution> all;
  std::size_t next = 0;
  std::int32_t pass = -1;
  std::size_t whole = 0;
  for (Execution& execution : executions) {
    const bool begins_one = next < begins.size() && begins[next] <= execution.start;
    while (next < begins.size() && begins[next] <= execution.start) ++next;
    if (begins_one || all.empty()) {
      Execution record;
      record.segment = kWholePass;
      record.pass = ++pass;
      record.start = execution.start;
      whole = all.size();
      all.push_back(record);
    }
    execution.pass = pass;
    all[whole].end = execution.end;
    all.push_back(execution);
  }
  for (const Execution& execution : all) {
    if (execution.segment == kWholePass) latencies.push_back(execution.run_time());
  }
  return all;
}

/// What the session's thread and its owner tell each other.
struct Meeting {
  std::mutex mutex;
  std::condition_variable changed;
  bool may_begin = false;
  bool is_over = false;
  bool is_whole = true;
  Instant begin;
  Instant end;
  std::vector<std::string> said;
};

/// Waits for its owner in the place of passes.
class RegionDriver final : public NetworkDriver {
 public:
  RegionDriver(std::string name, MarkerRing ring, Meeting& meeting,
               const Cancellation& cancellation)
      : name_(std::move(name)),
        ring_(std::move(ring)),
        meeting_(meeting),
        cancellation_(cancellation),
        regions_({layer_called(kOutside)}) {}

  bool is_network() const override { return false; }
  Result<PreparedNetwork> prepare() override {
    PreparedNetwork network;
    network.name = name_;
    network.engine = "program";
    network.layers = {layer_called(name_)};
    return network;
  }

  Result<RunOutcome> run(const PreparedNetwork& /*network*/, const RunPlan& /*plan*/,
                         Duration /*idle*/, RunConductor& conductor) override {
    conductor.phase_began(RunPhase::kWhole, {1, false});
    if (conductor.start_error()) return Error(*conductor.start_error());
    {
      // What was marked before belongs to nobody.
      RegionMarks before;
      ring_.read(before);
    }
    wait_for_owner(conductor);
    RunOutcome outcome;
    outcome.timeline.schedule = Schedule::kWhole;
    outcome.timeline.stamps = StampSource::kMeasured;
    const RegionTimeline parts = part_by_regions(marks_, begin_, end_);
    SpanPlace place;
    place.outside = 0;
    auto executions = regions_.add(marks_, parts, place);
    outcome.timeline.executions =
        with_passes(std::move(executions), passes_of(parts, begin_), outcome.latencies);
    outcome.timeline.layers = regions_.leave_out_remnants(outcome.timeline.executions);
    if (!regions_.has_regions()) outcome.timeline.layers = {layer_called(name_)};
    outcome.notes = regions_.notes();
    outcome.partial = !is_whole_;
    conductor.advanced(1);
    if (outcome.timeline.executions.empty()) {
      return Error(ErrorCode::kCancelled, "nothing ran between its begin and its end");
    }
    return outcome;
  }

  const ProgramRegions& regions() const { return regions_; }
  Instant begin() const { return begin_; }
  Instant end() const { return end_; }

 private:
  static Layer layer_called(std::string_view name) {
    Layer layer;
    layer.name = name;
    layer.type = "Program";
    layer.parameter_type = "Program";
    return layer;
  }

  void wait_for_owner(RunConductor& conductor) {
    std::unique_lock lock(meeting_.mutex);
    meeting_.begin = MonotonicClock::now();
    meeting_.may_begin = true;
    meeting_.changed.notify_all();
    while (!meeting_.is_over && !cancellation_.requested()) {
      meeting_.changed.wait_for(lock, kListenEvery);
      lock.unlock();
      ring_.read(marks_);
      conductor.advanced(0);
      lock.lock();
    }
    // Where the recorder gave up the caller goes on, without us.
    begin_ = meeting_.begin;
    end_ = meeting_.is_over ? meeting_.end : MonotonicClock::now();
    is_whole_ = meeting_.is_over && meeting_.is_whole;
    ring_.read(marks_, true);
  }

  std::string name_;
  MarkerRing ring_;
  Meeting& meeting_;
  const Cancellation& cancellation_;
  RegionMarks marks_;
  ProgramRegions regions_;
  Instant begin_;
  Instant end_;
  bool is_whole_ = true;
};

class SessionObserver final : public MeasureObserver {
 public:
  explicit SessionObserver(Meeting& meeting) : meeting_(meeting) {}
  void said(std::string_view what) override {
    const std::scoped_lock lock(meeting_.mutex);
    meeting_.said.emplace_back(what);
  }

 private:
  Meeting& meeting_;
};

}  // namespace

struct RegionSession::State {
  State(const RegionSessionOptions& options, MarkerRing ring)
      : driver(options.name, std::move(ring), meeting, cancellation), observer(meeting) {
    measure = options.measure;
    measure.network.model = options.name;
    measure.plan = PlanOptions();
    measure.plan.run.warmup = 0;
    measure.plan.run.profiled_runs = 0;
    measure.plan.runs = 1;
  }

  void run() {
    auto measured = measure_with(driver, measure, cancellation, observer);
    const std::scoped_lock lock(meeting.mutex);
    result.emplace(std::move(measured));
    meeting.changed.notify_all();
  }

  Meeting meeting;
  Cancellation cancellation;
  RegionDriver driver;
  SessionObserver observer;
  MeasureOptions measure;
  std::optional<Result<Measurement>> result;
  std::thread thread;
};

RegionSession::RegionSession(std::unique_ptr<State> state) : state_(std::move(state)) {}

RegionSession::~RegionSession() {
  if (!state_->thread.joinable()) return;
  state_->cancellation.request();
  state_->meeting.changed.notify_all();
  state_->thread.join();
}

Result<std::unique_ptr<RegionSession>> RegionSession::start(const RegionSessionOptions& options) {
  auto ring = MarkerRing::open(options.ring);
  if (!ring) return std::move(ring).error();
  auto state = std::make_unique<State>(options, *std::move(ring));
  State& shared = *state;
  std::unique_ptr<RegionSession> session(new RegionSession(std::move(state)));
  shared.thread = std::thread([&shared] { shared.run(); });
  std::unique_lock lock(shared.meeting.mutex);
  shared.meeting.changed.wait(lock, [&] { return shared.meeting.may_begin || shared.result; });
  if (shared.meeting.may_begin) return session;
  lock.unlock();
  shared.thread.join();
  return std::move(*shared.result).error();
}

std::vector<std::string> RegionSession::said() const {
  const std::scoped_lock lock(state_->meeting.mutex);
  return state_->meeting.said;
}

Result<RegionMeasurement> RegionSession::finish(bool is_whole) {
  Meeting& meeting = state_->meeting;
  if (!state_->thread.joinable()) {
    return Error(ErrorCode::kInvalidArgument, "this measurement is over already");
  }
  {
    const std::scoped_lock lock(meeting.mutex);
    meeting.end = MonotonicClock::now();
    meeting.is_over = true;
    meeting.is_whole = is_whole;
    meeting.changed.notify_all();
  }
  state_->thread.join();
  if (!*state_->result) return std::move(*state_->result).error();
  RegionMeasurement measured;
  measured.measurement = **std::move(state_->result);
  const Recording& recording = measured.measurement.recording;
  measured.regions = results_of_regions(state_->driver.regions().regions(),
                                        measured.measurement.profile, recording);
  const Instant begin = state_->driver.begin();
  const Instant end = state_->driver.end();
  measured.time = end - begin;
  if (recording.total) {
    const auto energy = energy_between(*recording.total, begin, end);
    if (energy) measured.energy = *energy;
  }
  return measured;
}

}  // namespace layerwatt
