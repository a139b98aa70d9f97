#include "layerwatt/experiment/campaign.h"

#include <fmt/format.h>

#include <cerrno>
#include <fstream>
#include <utility>

#include "layerwatt/core/abandoned_drafts.h"
#include "layerwatt/core/file_text.h"
#include "layerwatt/core/local_time.h"
#include "layerwatt/core/time.h"
#include "layerwatt/dataset/idle_power.h"

#include "experiment/campaign/campaign_state.h"
#include "experiment/campaign/child_command.h"
#include "experiment/campaign/folder_lock.h"
#include "experiment/campaign/power_mode.h"
#include "experiment/campaign/rest.h"
#include "experiment/campaign/staging.h"

namespace layerwatt {
namespace fs = std::filesystem;
namespace {

constexpr Duration kOrphanPatience = std::chrono::minutes(2);

std::string now_text() {
  return format_iso8601(read_clock_anchor().local, read_clock_anchor().utc_offset);
}

class Runner {
 public:
  Runner(const Campaign& campaign, const CampaignPlan& plan, const CampaignOptions& options,
         const Cancellation& cancellation,
         const std::function<void(const CampaignEvent&)>& observer, CampaignState state)
      : campaign_(campaign),
        plan_(plan),
        options_(options),
        cancellation_(cancellation),
        observer_(observer),
        state_(std::move(state)),
        modes_(options.nvpmodel, options.nvpmodel_config),
        log_(campaign.result_dir / "campaign.log", std::ios::app) {}

  Result<void> check();
  Result<CampaignOutcome> run();

 private:
  enum class Verdict { kDone, kFailed, kStopped };

  bool is_done(const CampaignStep& step) const;
  Result<Verdict> run_step(std::size_t index);
  Result<Verdict> keep_failure(std::size_t index, StepState state, std::string reason);
  Result<Verdict> keep_success(std::size_t index, StepState state);
  Result<ChildOutcome> run_command(const CampaignStep& step, const fs::path& staging);
  Result<void> use_mode(const CampaignStep& step);
  Result<void> restore_mode();
  void rest(std::size_t index);
  std::optional<double> measure_idle(const CampaignStep& before);
  std::optional<Duration> time_of(const CampaignStep& step) const;
  std::optional<Duration> still_to_come(std::size_t from) const;
  void tell(CampaignEvent::Kind kind, std::size_t index, std::string reason = {},
            std::optional<Duration> time = std::nullopt);
  void run_hook(const std::string& command, std::string_view status);

  const Campaign& campaign_;
  const CampaignPlan& plan_;
  const CampaignOptions& options_;
  const Cancellation& cancellation_;
  const std::function<void(const CampaignEvent&)>& observer_;
  CampaignState state_;
  PowerModes modes_;
  std::ofstream log_;
  CampaignOutcome outcome_;
};

void Runner::tell(CampaignEvent::Kind kind, std::size_t index, std::string reason,
                  std::optional<Duration> time) {
  CampaignEvent event;
  event.kind = kind;
  event.steps = plan_.steps.size();
  if (index < plan_.steps.size()) {
    event.step = index + 1;
    event.text = plan_.steps[index].id;
  }
  event.reason = std::move(reason);
  event.time = time;
  log_ << now_text() << ' ' << to_string(kind) << ' ' << event.text
       << (event.reason.empty() ? "" : ": ") << event.reason << '\n'
       << std::flush;
  observer_(event);
}

/// A step is done where its state says so, it has not changed, and its result is still there.
bool Runner::is_done(const CampaignStep& step) const {
  const StepState* state = state_.find(step.id);
  std::error_code error;
  return state != nullptr && state->status == StepState::Status::kDone &&
         state->fingerprint == step.fingerprint &&
         (step.result.empty() || fs::exists(step.result, error));
}

Result<void> Runner::check() {
  if (!log_) return error_from_errno(errno, "write the log").at(campaign_.result_dir);
  for (const CampaignStep& step : plan_.steps) {
    if (options_.check && !step.is_shell) {
      if (auto ok = options_.check(step.arguments); !ok) {
        return std::move(ok).error().with_context(step.id);
      }
    }
    if (step.power_mode) {
      if (auto number = modes_.number_of(*step.power_mode); !number) {
        return std::move(number).error().with_context(step.id);
      }
    }
    std::error_code error;
    if (!options_.force && !step.result.empty() && state_.find(step.id) == nullptr &&
        fs::exists(step.result, error)) {
      return Error(ErrorCode::kInvalidArgument,
                   fmt::format("{} would be replaced, and this campaign did not make it: name "
                               "another 'result-dir', move it away, or give --force",
                               step.result.string()));
    }
  }
  return {};
}

std::optional<Duration> Runner::time_of(const CampaignStep& step) const {
  // What it took before is the better guess.
  const StepState* state = state_.find(step.id);
  if (state != nullptr && state->seconds > 0.0) return from_seconds(state->seconds);
  return step.estimate;
}

std::optional<Duration> Runner::still_to_come(std::size_t from) const {
  Duration sum{0};
  for (std::size_t i = from; i < plan_.steps.size(); ++i) {
    const CampaignStep& step = plan_.steps[i];
    if (is_done(step)) continue;
    const auto time = time_of(step);
    if (!time && step.kind == CampaignStep::Kind::kMeasure) return std::nullopt;
    sum += time.value_or(Duration(0));
    sum += step.rest.value_or(Duration(0));
  }
  // Commands that come after are not foretold.
  if (sum == Duration(0)) return std::nullopt;
  return sum;
}

Result<void> Runner::use_mode(const CampaignStep& step) {
  if (!step.power_mode) return {};
  auto wanted = modes_.number_of(*step.power_mode);
  if (!wanted) return std::move(wanted).error();
  auto present = modes_.present();
  if (!present) return std::move(present).error();
  if (*present == *wanted) return {};
  // Kept first: a kill -9 between the two must not lose what was there.
  if (!state_.mode_before()) {
    if (auto kept = state_.set_mode_before(*present); !kept) return kept;
  }
  return modes_.set(*wanted);
}

Result<void> Runner::restore_mode() {
  if (!state_.mode_before()) return {};
  auto present = modes_.present();
  if (!present) return std::move(present).error();
  if (*present != *state_.mode_before()) {
    if (auto set = modes_.set(*state_.mode_before()); !set) return set;
  }
  return state_.set_mode_before(std::nullopt);
}

Result<ChildOutcome> Runner::run_command(const CampaignStep& step, const fs::path& staging) {
  if (!step.folder.empty()) {
    std::error_code error;
    fs::create_directories(step.folder, error);
    if (error) return error_from_errno(error.value(), "make the folder").at(step.folder);
  }
  std::vector<std::string> arguments;
  if (!step.is_shell) arguments.push_back(options_.command.string());
  arguments.insert(arguments.end(), step.arguments.begin(), step.arguments.end());
  if (!staging.empty()) arguments.insert(arguments.end(), {"--result-dir", staging.string()});
  return run_child(arguments, cancellation_,
                   [this](std::string_view text) { log_ << text << std::flush; });
}

std::optional<double> Runner::measure_idle(const CampaignStep& before) {
  CampaignStep look;
  look.kind = CampaignStep::Kind::kIdle;
  look.id = "rest before " + before.id;
  look.result = "idling_power.json";
  look.arguments = before.idle_arguments;
  Staging staging(campaign_.result_dir, look, 0);
  auto folder = staging.make_empty();
  if (!folder) return std::nullopt;
  auto outcome = run_command(look, *folder);
  const auto power = read_idle_power(*folder / "idling_power.json");
  staging.remove();
  if (!outcome || !power) return std::nullopt;
  return power->microwatts;
}

void Runner::rest(std::size_t index) {
  const CampaignStep& step = plan_.steps[index];
  if (!step.rest || !campaign_.rest) return;
  tell(CampaignEvent::Kind::kResting, index, {}, campaign_.rest->at_most);
  rest_until_settled(*campaign_.rest, options_.sysfs_root, cancellation_,
                     [&] { return measure_idle(step); });
}

Result<Runner::Verdict> Runner::keep_failure(std::size_t index, StepState state,
                                             std::string reason) {
  state.status = StepState::Status::kFailed;
  state.reason = reason;
  state.ended = now_text();
  if (auto kept = state_.set(plan_.steps[index].id, std::move(state)); !kept) {
    return std::move(kept).error();
  }
  tell(CampaignEvent::Kind::kFailed, index, std::move(reason));
  return Verdict::kFailed;
}

Result<Runner::Verdict> Runner::keep_success(std::size_t index, StepState state) {
  state.status = StepState::Status::kDone;
  state.reason.clear();
  state.ended = now_text();
  const Duration time = from_seconds(state.seconds);
  if (auto kept = state_.set(plan_.steps[index].id, std::move(state)); !kept) {
    return std::move(kept).error();
  }
  ++outcome_.done;
  tell(CampaignEvent::Kind::kDone, index, {}, time);
  return Verdict::kDone;
}

Result<Runner::Verdict> Runner::run_step(std::size_t index) {
  const CampaignStep& step = plan_.steps[index];
  const StepState* before = state_.find(step.id);
  StepState state = before == nullptr ? StepState{} : *before;
  const bool makes_result = !step.result.empty();
  if (state.status == StepState::Status::kRunning && state.attempts > 0 && makes_result &&
      state.fingerprint == step.fingerprint) {
    // The campaign was killed between the end of the measurement and the note of it: before or
    // after the result was moved.
    Staging last(campaign_.result_dir, step, state.attempts);
    if (last.is_in_place() || last.is_complete()) {
      if (!last.is_in_place()) {
        if (auto moved = last.move_into_place(); !moved) return std::move(moved).error();
      }
      auto kept = keep_success(index, std::move(state));
      last.remove();
      return kept;
    }
    last.remove();
  }
  rest(index);
  if (cancellation_.requested()) return Verdict::kStopped;
  state.status = StepState::Status::kRunning;
  state.fingerprint = step.fingerprint;
  ++state.attempts;
  if (auto kept = state_.set(step.id, state); !kept) return std::move(kept).error();
  tell(CampaignEvent::Kind::kStarted, index, {}, still_to_come(index));
  if (auto used = use_mode(step); !used) {
    return keep_failure(index, std::move(state), used.error().to_string());
  }
  Staging staging(campaign_.result_dir, step, state.attempts);
  fs::path folder;
  if (makes_result) {
    auto made = staging.make_empty();
    if (!made) return std::move(made).error();
    folder = *std::move(made);
  }
  const Instant begin = MonotonicClock::now();
  auto ended = run_command(step, folder);
  state.seconds = to_seconds(MonotonicClock::now() - begin);
  if (ended && ended->cancelled) {
    staging.remove();
    return Verdict::kStopped;
  }
  if (!ended || ended->exit_code != 0) {
    staging.remove();
    const std::string why = ended ? last_line(ended->tail) : ended.error().to_string();
    return keep_failure(
        index, std::move(state),
        why.empty() ? fmt::format("ended with exit code {}", ended->exit_code) : why);
  }
  if (makes_result) {
    if (auto moved = staging.move_into_place(); !moved) {
      return keep_failure(index, std::move(state), moved.error().to_string());
    }
  }
  auto kept = keep_success(index, std::move(state));
  if (makes_result) staging.remove();
  return kept;
}

void Runner::run_hook(const std::string& command, std::string_view status) {
  if (command.empty()) return;
  const Cancellation never;
  auto outcome = run_child(
      {"sh", "-c", fmt::format("export LAYERWATT_CAMPAIGN_STATUS={}\n{}", status, command)}, never,
      [this](std::string_view text) { log_ << text << std::flush; });
  if (!outcome || outcome->exit_code != 0) {
    log_ << now_text() << " the command at the end failed\n" << std::flush;
  }
}

Result<CampaignOutcome> Runner::run() {
  tell(CampaignEvent::Kind::kBegan, plan_.steps.size(), {}, still_to_come(0));
  std::vector<std::size_t> again;
  Result<void> broken;
  const auto attempt = [&](std::size_t index, std::vector<std::size_t>* failed) {
    auto verdict = run_step(index);
    if (!verdict) {
      broken = std::move(verdict).error();
      return false;
    }
    if (*verdict == Verdict::kStopped) outcome_.stopped = true;
    if (*verdict != Verdict::kFailed) return *verdict == Verdict::kDone;
    if (failed != nullptr) {
      failed->push_back(index);
    } else {
      outcome_.failed.emplace_back(plan_.steps[index].id,
                                   state_.find(plan_.steps[index].id)->reason);
    }
    return true;
  };
  bool goes_on = true;
  bool retried = false;
  for (std::size_t i = 0; i < plan_.steps.size() && goes_on; ++i) {
    const CampaignStep& step = plan_.steps[i];
    if (step.kind == CampaignStep::Kind::kAfter && !std::exchange(retried, true)) {
      // What comes after the measurements wants as many of them as there can be.
      for (const std::size_t index : std::exchange(again, {})) {
        if (goes_on) goes_on = attempt(index, nullptr);
      }
      if (!goes_on) break;
    }
    if (is_done(step)) {
      ++outcome_.skipped;
      tell(CampaignEvent::Kind::kSkipped, i, "done before, and unchanged");
      continue;
    }
    goes_on = attempt(i, &again);
  }
  for (const std::size_t index : again) {
    if (goes_on) goes_on = attempt(index, nullptr);
  }
  // On every way out, a full disk included.
  if (auto restored = restore_mode(); !restored && broken) broken = std::move(restored);
  if (!broken) {
    run_hook(campaign_.on_failure, "failed");
    return std::move(broken).error();
  }
  if (outcome_.stopped) {
    tell(CampaignEvent::Kind::kStopped, plan_.steps.size(), "what was running is not kept");
    return outcome_;
  }
  std::error_code ignored;
  fs::remove_all(campaign_.result_dir / ".campaign", ignored);
  tell(CampaignEvent::Kind::kEnded, plan_.steps.size());
  const bool failed = !outcome_.failed.empty();
  if (failed) run_hook(campaign_.on_failure, "failed");
  run_hook(campaign_.on_end, failed ? "failed" : "done");
  return outcome_;
}

}  // namespace

std::string_view to_string(CampaignEvent::Kind kind) {
  switch (kind) {
    case CampaignEvent::Kind::kBegan:
      return "began";
    case CampaignEvent::Kind::kSkipped:
      return "skipped";
    case CampaignEvent::Kind::kStarted:
      return "started";
    case CampaignEvent::Kind::kResting:
      return "resting";
    case CampaignEvent::Kind::kDone:
      return "done";
    case CampaignEvent::Kind::kFailed:
      return "failed";
    case CampaignEvent::Kind::kStopped:
      return "stopped";
    case CampaignEvent::Kind::kEnded:
      break;
  }
  return "ended";
}

Result<CampaignOutcome> run_campaign(const Campaign& campaign, const CampaignPlan& plan,
                                     const CampaignOptions& options,
                                     const Cancellation& cancellation,
                                     const std::function<void(const CampaignEvent&)>& observer) {
  auto lock = FolderLock::take(campaign.result_dir);
  if (!lock) return std::move(lock).error();
  if (auto alone = Staging::wait_for_orphans(campaign.result_dir, kOrphanPatience); !alone) {
    return std::move(alone).error();
  }
  remove_abandoned_drafts(campaign.result_dir);
  auto state = CampaignState::open(campaign);
  if (!state) return std::move(state).error();
  if (!campaign.citation.empty()) {
    if (auto written =
            write_file_atomically(campaign.result_dir / "CITATION", campaign.citation + "\n");
        !written) {
      return std::move(written).error();
    }
  }
  Runner runner(campaign, plan, options, cancellation, observer, *std::move(state));
  if (auto ok = runner.check(); !ok) return std::move(ok).error();
  return runner.run();
}

}  // namespace layerwatt
