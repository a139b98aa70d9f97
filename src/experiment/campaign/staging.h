#pragma once

#include <filesystem>

#include "layerwatt/core/result.h"
#include "layerwatt/core/units.h"
#include "layerwatt/experiment/campaign_plan.h"

namespace layerwatt {

/// Where one step makes its result, so that what a crash leaves is nobody's: a folder of its own
/// below `<result-dir>/.campaign/`, from which the finished result is moved to its place. Each
/// attempt has its own: a command that outlives a killed campaign for a moment then writes where
/// nobody looks.
class Staging {
 public:
  Staging(const std::filesystem::path& result_dir, const CampaignStep& step, int attempt);

  /// An empty folder to measure into.
  Result<std::filesystem::path> make_empty();
  /// Whether a whole result lies here: a step that had ended when the campaign was killed.
  bool is_complete() const;
  /// Moves the result to its place. What stood there lies here until remove(), which comes once the
  /// campaign has noted the result.
  Result<void> move_into_place();
  /// Whether the result was moved by a campaign that was killed before it noted that.
  bool is_in_place() const;
  void remove();

  /// Waits for measurements that a killed campaign left running: they hold a lock on the folder
  /// that they record into. kTryAgain where one goes on for longer than `at_most`.
  static Result<void> wait_for_orphans(const std::filesystem::path& result_dir, Duration at_most);

 private:
  std::filesystem::path made() const;

  std::filesystem::path folder_;
  const CampaignStep& step_;
};

}  // namespace layerwatt
