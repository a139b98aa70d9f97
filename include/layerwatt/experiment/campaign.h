#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "layerwatt/core/cancellation.h"
#include "layerwatt/core/own_program.h"
#include "layerwatt/core/result.h"
#include "layerwatt/core/units.h"
#include "layerwatt/experiment/campaign_file.h"
#include "layerwatt/experiment/campaign_plan.h"

namespace layerwatt {

/// What a campaign needs of the machine.
struct CampaignOptions {
  /// The `layerwatt` command that measures, one process a step, so that a crash of one network is
  /// not the campaign's.
  std::filesystem::path command = own_command();
  /// NVIDIA's program that sets power modes, and its list of them.
  std::string nvpmodel = "nvpmodel";
  std::filesystem::path nvpmodel_config = "/etc/nvpmodel.conf";
  /// Where temperatures are read.
  std::filesystem::path sysfs_root = "/";
  /// Replaces results that this campaign did not make.
  bool force = false;
  /// Whether the command can parse the arguments of a step; empty: not asked. A word that is wrong
  /// is better known before the night.
  std::function<Result<void>(const std::vector<std::string>& arguments)> check;
};

/// What happens, for people and programs that follow.
struct CampaignEvent {
  enum class Kind { kBegan, kSkipped, kStarted, kResting, kDone, kFailed, kStopped, kEnded };
  Kind kind = Kind::kBegan;
  /// 1-based place of the step among `steps`; 0 where none is meant.
  std::size_t step = 0;
  std::size_t steps = 0;
  /// Of the step; of kEnded the summary.
  std::string text;
  /// Why a step was skipped or failed.
  std::string reason;
  /// What the step took; of kStarted what is still to come, where all that is known.
  std::optional<Duration> time;
};

std::string_view to_string(CampaignEvent::Kind kind);

/// How it ended.
struct CampaignOutcome {
  std::size_t done = 0;
  /// Done before, and unchanged.
  std::size_t skipped = 0;
  /// Step and reason, after the second try.
  std::vector<std::pair<std::string, std::string>> failed;
  bool stopped = false;
};

/// Runs what is not done yet, in order. Each result is made in `<result-dir>/.campaign/` and moved
/// to its place whole; the state stands in `<result-dir>/campaign.json`, what the commands print in
/// `campaign.log`. A step that fails is tried once more at the end. The power mode is put back on
/// every way out; after a kill -9, when the campaign is started again.
///
/// Errors, before anything runs: another campaign runs in the folder (kTryAgain); a result that
/// this campaign did not make would be replaced (kInvalidArgument, without `force`); a power mode
/// or option that is not known; a folder that cannot be written.
Result<CampaignOutcome> run_campaign(const Campaign& campaign, const CampaignPlan& plan,
                                     const CampaignOptions& options,
                                     const Cancellation& cancellation,
                                     const std::function<void(const CampaignEvent&)>& observer);

}  // namespace layerwatt
