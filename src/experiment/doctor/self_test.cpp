#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "layerwatt/attribution/solve.h"
#include "layerwatt/core/numbers.h"
#include "layerwatt/core/random.h"
#include "layerwatt/core/reading.h"
#include "layerwatt/experiment/doctor.h"
#include "layerwatt/recording/idle_stretch.h"
#include "layerwatt/recording/rail_selection.h"
#include "layerwatt/simulation/virtual_recording.h"

namespace layerwatt {
namespace {

constexpr std::array<std::string_view, 3> kSegments{"first", "second", "third"};
/// Blocks are at least so long, whatever the sensor: a load's threads take a part of a millisecond
/// to begin.
constexpr Duration kLeastBlock = std::chrono::milliseconds(100);
constexpr Duration kMostBlock = std::chrono::seconds(3);
/// The solver takes a pause for idle from 50 ms on (SolveOptions::idle_gap).
constexpr Duration kLeastPause = std::chrono::milliseconds(120);
constexpr Duration kLead = std::chrono::seconds(3);
constexpr Duration kReadEvery = std::chrono::milliseconds(1);
/// A load that the sensor shows rises above what idle readings scatter by.
constexpr double kSeenFrom = 5.0;
/// Two estimates at 95 % differ by more than this part of their common half-width once in 100 tests
/// of three pairs: 2.94 / 1.96 standard errors.
constexpr double kDifferBy = 1.5;
/// The INA3221's oscillator may be off by 30 % (SBOS576B, section 8.4.3).
constexpr double kClockTolerance = 0.35;
/// What equal loads may differ by before results on this machine are called coarse.
constexpr double kCoarse = 0.05;

Finding finding(std::string subject, Verdict verdict, std::string what, std::string remedy = {}) {
  return {std::move(subject), verdict, std::move(what), std::move(remedy)};
}

struct Levels {
  double idle = 0.0;
  double idle_scatter = 0.0;
  double highest = 0.0;
};

/// Idle is what was read before the first block; the load moves the readings, however slowly.
Levels levels_of(const PowerTrace& total, Instant first_block) {
  Levels levels;
  std::vector<double> idle;
  for (std::size_t i = 0; i < total.power.size(); ++i) {
    const double power = total.power[i].value();
    if (total.after[i] < first_block) idle.push_back(power);
    levels.highest = std::max(levels.highest, power);
  }
  if (idle.empty()) return levels;
  for (const double power : idle) levels.idle += power / static_cast<double>(idle.size());
  for (const double power : idle) {
    levels.idle_scatter +=
        (power - levels.idle) * (power - levels.idle) / static_cast<double>(idle.size());
  }
  levels.idle_scatter = std::sqrt(levels.idle_scatter);
  return levels;
}

Finding judge_load(const PowerTrace& total, const Timeline& timeline) {
  constexpr std::string_view kSubject = "the load is seen";
  if (total.rail.kind == RailKind::kEnergyCounter) {
    if (total.size() > 1 && total.energy.back() > total.energy.front()) {
      return finding(std::string(kSubject), Verdict::kGood, "the counter rises");
    }
    return finding(std::string(kSubject), Verdict::kFault, "the counter does not move",
                   "this counter cannot be used");
  }
  const Levels levels = levels_of(total, timeline.executions.front().start);
  const double step =
      std::max(levels.idle_scatter, total.rail.model.lsb.value_or(Watts(0)).value());
  const std::string what = fmt::format("{} idle, {} at most under load",
                                       format_si(levels.idle, "W"), format_si(levels.highest, "W"));
  if (levels.highest > levels.idle + kSeenFrom * step && levels.highest > levels.idle * 1.01) {
    return finding(std::string(kSubject), Verdict::kGood, what);
  }
  return finding(std::string(kSubject), Verdict::kFault, what + ": the sensor does not follow it",
                 "this rail does not measure the processor, or its readings are stuck: 'layerwatt "
                 "sensors --watch' shows them");
}

Finding judge_time_constant(SelfTest& test, const PowerTrace& total, const Timeline& timeline) {
  // As if nobody had declared it: what the readings themselves say.
  PowerTrace undeclared = total;
  undeclared.rail.model = SensorModel();
  undeclared.rail.model.lsb = total.rail.model.lsb;
  SolveOptions options;
  options.sensor = undeclared.rail.model;
  const auto profile = solve(undeclared, timeline, options);
  if (profile && profile->sensor) {
    test.measured_time_constant = effective_time_constant(*profile->sensor);
  }
  const auto said = [](const std::optional<Duration>& value) {
    return value ? format_si(to_seconds(*value), "s") : std::string("not known");
  };
  std::string what =
      fmt::format("{} by its settings, {} by its readings", said(test.declared_time_constant),
                  said(test.measured_time_constant));
  if (!test.declared_time_constant || !test.measured_time_constant) {
    return finding("time constant", Verdict::kNotKnown, std::move(what));
  }
  const double ratio =
      to_seconds(*test.measured_time_constant) / to_seconds(*test.declared_time_constant);
  // Below a few milliseconds blocks of a tenth of a second do not tell them apart.
  const bool fast = std::max(*test.measured_time_constant, *test.declared_time_constant) <
                    std::chrono::milliseconds(20);
  if (fast || (ratio > 1.0 - kClockTolerance && ratio < 1.0 + kClockTolerance)) {
    return finding("time constant", Verdict::kGood, std::move(what));
  }
  return finding("time constant", Verdict::kAttention, what + ": they do not fit",
                 "another program may have changed the chip's settings; 'layerwatt sensors "
                 "--characterise' measures more closely");
}

/// Half of the interval's width; nullopt where there is none.
std::optional<double> half_width(const LayerProfileRow& row) {
  if (!row.power || !row.power->low || !row.power->high) return std::nullopt;
  return (row.power->high->value() - row.power->low->value()) / 2;
}

Finding judge_equal_loads(SelfTest& test) {
  constexpr std::string_view kSubject = "equal loads";
  double mean = 0.0;
  for (const LayerProfileRow& row : test.profile.rows) {
    if (!row.power || !half_width(row) || row.status != LayerStatus::kResolved) {
      return finding(std::string(kSubject), Verdict::kAttention,
                     fmt::format("the {} load could not be told: {}", row.layer.name, row.reason),
                     "a longer test (--duration) may; results of short layers on this sensor will "
                     "be refused in the same way");
    }
    mean += row.power->value.value() / static_cast<double>(test.profile.rows.size());
  }
  double largest = 0.0;
  bool hold = true;
  std::string shown;
  for (std::size_t i = 0; i < test.profile.rows.size(); ++i) {
    const LayerProfileRow& a = test.profile.rows[i];
    shown += fmt::format("{}{} ± {}", i == 0 ? "" : ", ", format_si(a.power->value.value(), "W"),
                         format_si(*half_width(a), "W"));
    for (std::size_t j = 0; j < i; ++j) {
      const LayerProfileRow& b = test.profile.rows[j];
      const double apart = std::fabs(a.power->value.value() - b.power->value.value());
      largest = std::max(largest, apart);
      hold = hold && apart <= kDifferBy * std::hypot(*half_width(a), *half_width(b));
    }
  }
  test.largest_difference = mean > 0.0 ? std::optional(largest / mean) : std::nullopt;
  const std::string what =
      fmt::format("three names of one load: {}; they differ by {} %", shown,
                  format_fixed(100 * test.largest_difference.value_or(0.0), 1));
  if (hold) return finding(std::string(kSubject), Verdict::kGood, what + ", within the intervals");
  return finding(std::string(kSubject), Verdict::kFault, what + ", more than the intervals allow",
                 "something else ran, or clocks moved: lock the clocks, leave the machine alone, "
                 "and test again");
}

Finding judge_trust(const SelfTest& test) {
  switch (worst(test.findings)) {
    case Verdict::kFault:
      return finding("trust", Verdict::kFault, "results on this board cannot be trusted as it is",
                     "see what is said above");
    case Verdict::kGood:
      if (test.largest_difference.value_or(1.0) <= kCoarse) {
        return finding("trust", Verdict::kGood,
                       "equal loads get equal powers, and intervals hold what they promise");
      }
      return finding("trust", Verdict::kAttention, "intervals hold what they promise, and are wide",
                     "run for longer, or lock the clocks");
    case Verdict::kAttention:
    case Verdict::kNotKnown:
      break;
  }
  return finding("trust", Verdict::kAttention, "results will be vague here, not wrong",
                 "see what is said above");
}

/// Reads sensors until an instant, at fixed distances.
class TotalReader {
 public:
  static Result<TotalReader> open(const SystemRoot& root, const Board& board,
                                  const std::string& sensor) {
    auto selection = select_rails(board, {}, sensor);
    if (!selection) return std::move(selection).error();
    auto sensors = open_rails(root, board, *selection);
    if (!sensors) return std::move(sensors).error();
    return TotalReader(*std::move(selection), *std::move(sensors));
  }

  const RailSelection& selection() const { return selection_; }

  Result<void> read_until(Instant end, const SelfTestOptions& options, const Cancellation& stop) {
    for (Instant now = options.now(); now < end; now = options.now()) {
      if (stop.requested()) return Error(ErrorCode::kCancelled, "stopped");
      if (auto read = read_once(); !read) return read;
      if (const Instant next = std::min(end, now + kReadEvery); options.now() < next) {
        options.sleep_until(next);
      }
    }
    return {};
  }

  Result<PowerTrace> take() {
    std::vector<PowerTrace> traces;
    for (std::size_t i = 0; i < selection_.rails.size(); ++i) {
      traces.push_back(trace_of(selection_.rails[i], readings_[i]));
    }
    if (traces.size() == 1) return std::move(traces.front());
    Rail total = traces.front().rail;
    total.name = selection_.name;
    total.shunt.reset();
    return sum_rails(traces, std::move(total));
  }

 private:
  TotalReader(RailSelection selection, std::vector<std::unique_ptr<Sensor>> sensors)
      : selection_(std::move(selection)),
        sensors_(std::move(sensors)),
        now_(selection_.rails.size()),
        readings_(selection_.rails.size()) {}

  /// Kept where all rails answered: they are added up.
  Result<void> read_once() {
    std::size_t from = 0;
    for (const auto& sensor : sensors_) {
      const std::size_t count = sensor->rails().size();
      sensor->read(std::span(now_).subspan(from, count));
      from += count;
    }
    for (std::size_t i = 0; i < now_.size(); ++i) {
      if (now_[i].status == ReadStatus::kGone) {
        return Error(ErrorCode::kGone, fmt::format("the rail {} vanished while it was read",
                                                   selection_.rails[i].name));
      }
      if (now_[i].status != ReadStatus::kOk) return {};
    }
    for (std::size_t i = 0; i < now_.size(); ++i) readings_[i].push_back(now_[i]);
    return {};
  }

  RailSelection selection_;
  std::vector<std::unique_ptr<Sensor>> sensors_;
  std::vector<Reading> now_;
  std::vector<std::vector<Reading>> readings_;
};

/// Of the slowest rail.
std::optional<Duration> slowest(const std::vector<Rail>& rails) {
  std::optional<Duration> slowest;
  for (const Rail& rail : rails) {
    const auto constant = effective_time_constant(rail.model);
    if (constant) slowest = std::max(slowest.value_or(Duration(0)), *constant);
  }
  return slowest;
}

}  // namespace

Timeline plan_self_test(Instant begin, Duration length, std::optional<Duration> time_constant,
                        std::uint64_t seed) {
  Timeline timeline;
  timeline.schedule = Schedule::kWhole;
  timeline.stamps = StampSource::kMeasured;
  for (const std::string_view name : kSegments) {
    Layer layer;
    layer.name = std::string(name);
    // Types of their own: layers of one type may be pulled towards each other, which would hide a
    // difference.
    layer.type = layer.name;
    layer.parameter_type = layer.name;
    timeline.layers.push_back(std::move(layer));
  }
  const Duration shortest =
      std::clamp(time_constant.value_or(kLeastBlock) / 2, kLeastBlock, kMostBlock);
  const Duration lead = std::max(kLead, 5 * time_constant.value_or(Duration(0)));
  Random random(seed, "self-test");
  const auto drawn = [&](Duration least) {
    return from_seconds(to_seconds(least) * random.uniform(1.0, 3.0));
  };
  Instant now = begin + lead;
  const Instant end = begin + length - lead;
  std::vector<std::int32_t> order{0, 1, 2};
  // At least two passes: one would leave nothing to compare.
  for (std::int32_t pass = 0; now < end || pass < 2; ++pass) {
    random.shuffle(order);
    for (const std::int32_t segment : order) {
      Execution execution;
      execution.segment = segment;
      execution.pass = pass;
      execution.start = now;
      execution.end = now + drawn(shortest);
      timeline.executions.push_back(execution);
      now = execution.end + drawn(std::max(kLeastPause, shortest / 2));
    }
  }
  return timeline;
}

SelfTest judge_self_test(const PowerTrace& total, const Timeline& timeline) {
  SelfTest test;
  test.rail = total.rail.name;
  test.is_virtual = total.rail.is_virtual;
  if (total.size() > 1) test.length = total.after.back() - total.before.front();
  test.declared_time_constant = effective_time_constant(total.rail.model);
  test.findings.push_back(judge_load(total, timeline));
  if (test.findings.back().verdict == Verdict::kFault) {
    test.findings.push_back(judge_trust(test));
    return test;
  }
  auto profile = solve(total, timeline);
  if (!profile) {
    test.findings.push_back(finding("equal loads", Verdict::kFault, profile.error().message(), ""));
  } else {
    test.profile = *std::move(profile);
    test.findings.push_back(judge_equal_loads(test));
  }
  test.findings.push_back(judge_time_constant(test, total, timeline));
  test.findings.push_back(judge_trust(test));
  return test;
}

Result<SelfTest> run_self_test(const SystemRoot& root, const Board& board,
                               const std::string& sensor, SwitchedLoad& load,
                               const SelfTestOptions& options, const Cancellation& stop) {
  auto reader = TotalReader::open(root, board, sensor);
  if (!reader) return std::move(reader).error();
  const Instant begin = options.now();
  Timeline timeline =
      plan_self_test(begin, options.length, slowest(reader->selection().rails), options.seed);
  for (Execution& execution : timeline.executions) {
    if (auto read = reader->read_until(execution.start, options, stop); !read) {
      return std::move(read).error();
    }
    const Instant end = execution.end;
    execution.start = options.now();
    {
      const LoadGuard guard(load);
      if (auto read = reader->read_until(end, options, stop); !read) return std::move(read).error();
    }
    execution.end = options.now();
  }
  const Duration tail = timeline.executions.front().start - begin;
  if (auto read = reader->read_until(options.now() + tail, options, stop); !read) {
    return std::move(read).error();
  }
  auto total = reader->take();
  if (!total) return std::move(total).error();
  return judge_self_test(*total, timeline);
}

Result<SelfTest> run_virtual_self_test(const VirtualBoard& board, const SelfTestOptions& options) {
  std::optional<Duration> time_constant;
  for (const VirtualChipSetup& chip : board.chips) {
    for (const VirtualRail& rail : chip.rails) {
      if (std::ranges::find(board.total, rail.name) == board.total.end()) continue;
      const auto constant = effective_time_constant(declared_model(chip, rail));
      if (constant) time_constant = std::max(time_constant.value_or(Duration(0)), *constant);
    }
  }
  const Instant begin = Instant(std::chrono::seconds(1));
  const Timeline timeline = plan_self_test(begin, options.length, time_constant, options.seed);
  LayerPowers powers;
  const Watts load = (board.least_layer_power + board.greatest_layer_power) / 2;
  powers.first.assign(timeline.layers.size(), load);
  powers.repeated = powers.first;
  VirtualReader reader;
  reader.period = kReadEvery;
  const Duration lead = timeline.executions.front().start - begin;
  VirtualSpecimen specimen;
  specimen.oscillator_error = Random(options.seed, "oscillator").uniform(-0.1, 0.1);
  specimen.board_low_pass = board.board_low_pass;
  auto run = record_virtual_run(timeline, board, specimen, powers, options.seed, begin,
                                timeline.executions.back().end + lead, reader);
  if (!run) return std::move(run).error();
  return judge_self_test(run->total, timeline);
}

}  // namespace layerwatt
