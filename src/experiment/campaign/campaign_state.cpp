#include "experiment/campaign/campaign_state.h"

#include <fmt/format.h>

#include <utility>

#include "layerwatt/core/atomic_file.h"
#include "layerwatt/core/version.h"

#include "core/json.h"
#include "core/json_writer.h"

namespace layerwatt {
namespace fs = std::filesystem;
namespace {

constexpr int kSchemaVersion = 1;
constexpr std::string_view kFileName = "campaign.json";

std::string_view to_string(StepState::Status status) {
  switch (status) {
    case StepState::Status::kDone:
      return "done";
    case StepState::Status::kFailed:
      return "failed";
    case StepState::Status::kRunning:
      break;
  }
  return "running";
}

std::optional<StepState::Status> status_named(std::string_view name) {
  for (const auto status :
       {StepState::Status::kRunning, StepState::Status::kDone, StepState::Status::kFailed}) {
    if (to_string(status) == name) return status;
  }
  return std::nullopt;
}

std::string text_in(const rapidjson::Value& object, const char* name) {
  const auto member = object.FindMember(name);
  if (member == object.MemberEnd() || !member->value.IsString()) return {};
  return {member->value.GetString(), member->value.GetStringLength()};
}

std::optional<StepState> parse_step(const rapidjson::Value& object) {
  if (!object.IsObject()) return std::nullopt;
  const auto status = status_named(text_in(object, "status"));
  if (!status) return std::nullopt;
  StepState step;
  step.status = *status;
  step.fingerprint = text_in(object, "fingerprint");
  step.reason = text_in(object, "reason");
  step.ended = text_in(object, "ended");
  const auto attempts = object.FindMember("attempts");
  if (attempts != object.MemberEnd() && attempts->value.IsInt()) {
    step.attempts = attempts->value.GetInt();
  }
  const auto seconds = object.FindMember("seconds");
  if (seconds != object.MemberEnd() && seconds->value.IsNumber()) {
    step.seconds = seconds->value.GetDouble();
  }
  return step;
}

}  // namespace

CampaignState::CampaignState(const Campaign& campaign)
    : path_(campaign.result_dir / kFileName),
      campaign_(campaign.name),
      licence_(campaign.licence),
      citation_(campaign.citation) {}

Result<CampaignState> CampaignState::open(const Campaign& campaign) {
  CampaignState state(campaign);
  std::error_code error;
  if (!fs::exists(state.path_, error)) return state;
  auto json = read_json(state.path_);
  if (!json) {
    return std::move(json).error().with_context(
        "the state of the campaign cannot be read; move the file away to begin anew");
  }
  const auto wrong = [&](ErrorCode code, std::string what) {
    return Error(code, std::move(what) + "; move the file away to begin anew").at(state.path_);
  };
  if (!json->IsObject()) return wrong(ErrorCode::kParse, "an object is expected");
  const auto version = json->FindMember("schema_version");
  if (version == json->MemberEnd() || !version->value.IsInt() ||
      version->value.GetInt() != kSchemaVersion) {
    return wrong(ErrorCode::kUnsupported,
                 fmt::format("schema_version {} is expected", kSchemaVersion));
  }
  const std::string mode = text_in(*json, "power_mode_before");
  if (!mode.empty()) state.mode_before_ = mode;
  const auto steps = json->FindMember("steps");
  if (steps == json->MemberEnd() || !steps->value.IsObject()) {
    return wrong(ErrorCode::kParse, "'steps' is missing");
  }
  for (const auto& member : steps->value.GetObject()) {
    auto step = parse_step(member.value);
    const std::string id(member.name.GetString(), member.name.GetStringLength());
    if (!step) return wrong(ErrorCode::kParse, fmt::format("the step '{}' has no status", id));
    state.steps_.emplace(id, *std::move(step));
  }
  return state;
}

const StepState* CampaignState::find(const std::string& id) const {
  const auto found = steps_.find(id);
  return found == steps_.end() ? nullptr : &found->second;
}

Result<void> CampaignState::set(const std::string& id, StepState step) {
  steps_[id] = std::move(step);
  return write();
}

Result<void> CampaignState::set_mode_before(std::optional<std::string> mode) {
  mode_before_ = std::move(mode);
  return write();
}

Result<void> CampaignState::write() const {
  auto file = AtomicFile::create(path_);
  if (!file) return std::move(file).error();
  JsonWriter json(file->stream());
  json.begin_object();
  json.member("schema_version", kSchemaVersion);
  json.member("layerwatt", kVersion);
  json.member("campaign", campaign_);
  if (!licence_.empty()) json.member("licence", licence_);
  if (!citation_.empty()) json.member("citation", citation_);
  if (mode_before_) json.member("power_mode_before", *mode_before_);
  json.key("steps").begin_object();
  for (const auto& [id, step] : steps_) {
    json.key(id).begin_object();
    json.member("status", to_string(step.status));
    json.member("fingerprint", step.fingerprint);
    json.member("attempts", step.attempts);
    json.member("seconds", step.seconds);
    if (!step.reason.empty()) json.member("reason", step.reason);
    if (!step.ended.empty()) json.member("ended", step.ended);
    json.end_object();
  }
  json.end_object();
  json.end_object();
  file->write("\n");
  return file->commit();
}

}  // namespace layerwatt
