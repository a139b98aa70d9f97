#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>

#include "layerwatt/core/result.h"
#include "layerwatt/experiment/campaign_file.h"

namespace layerwatt {

/// What has become of one step.
struct StepState {
  enum class Status { kRunning, kDone, kFailed };
  Status status = Status::kRunning;
  /// Of the step as it was then.
  std::string fingerprint;
  int attempts = 0;
  double seconds = 0.0;
  /// Of a failure, in its own words.
  std::string reason;
  /// ISO 8601.
  std::string ended;
};

/// How far a campaign is: `campaign.json` in its folder of results. Written whole after each change
/// and renamed into place, so that whatever stops the campaign leaves the last state.
class CampaignState {
 public:
  /// That of the folder, or an empty one. kParse or kUnsupported where it cannot be trusted.
  static Result<CampaignState> open(const Campaign& campaign);

  const StepState* find(const std::string& id) const;
  Result<void> set(const std::string& id, StepState step);

  /// The power mode to be put back, as nvpmodel numbers it; absent where none was changed.
  const std::optional<std::string>& mode_before() const { return mode_before_; }
  Result<void> set_mode_before(std::optional<std::string> mode);

  const std::filesystem::path& path() const { return path_; }

 private:
  explicit CampaignState(const Campaign& campaign);
  Result<void> write() const;

  std::filesystem::path path_;
  std::string campaign_;
  std::string licence_;
  std::string citation_;
  std::optional<std::string> mode_before_;
  std::map<std::string, StepState> steps_;
};

}  // namespace layerwatt
