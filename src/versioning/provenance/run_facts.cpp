#include "versioning/provenance/run_facts.h"

#include <fmt/format.h>

#include <algorithm>

#include "layerwatt/core/file_text.h"
#include "layerwatt/core/local_time.h"
#include "layerwatt/dataset/run_file.h"

#include "core/fingerprint.h"
#include "core/json.h"

namespace layerwatt::versioning {
namespace {

void add(Provenance& provenance, std::string name, std::string text) {
  if (!text.empty()) provenance.facts.emplace_back(std::move(name), std::move(text));
}

std::string rails_text(const RunFile& run) {
  std::vector<std::string> names;
  for (const Rail& rail : run.rails) names.push_back(rail.name);
  return fmt::format("{}{}", fmt::join(names, ", "), run.is_virtual ? " (virtual)" : "");
}

/// The model's file may have changed, or be elsewhere, since.
void check_model(const RunFile& run, Provenance& provenance) {
  const auto file = run.environment.find("model_file");
  const auto print = run.environment.find("model_fingerprint");
  if (print == run.environment.end()) {
    provenance.open.push_back(file == run.environment.end()
                                  ? "the model is built in or not named: it has no file to compare"
                                  : "run.json has no fingerprint of the model's file");
    return;
  }
  std::error_code error;
  std::filesystem::path path;
  if (file != run.environment.end()) path = file->second;
  if (!std::filesystem::is_regular_file(path, error)) {
    provenance.open.push_back(
        fmt::format("the model's file '{}' is not here to compare", path.string()));
    return;
  }
  const auto now = fingerprint_of_file(path);
  if (!now) {
    provenance.open.push_back(now.error().to_string());
  } else if (*now != print->second) {
    provenance.faults.push_back(
        fmt::format("the model's file '{}' is not the one that was measured: its fingerprint is {} "
                    "instead of {}",
                    path.string(), *now, print->second));
  }
}

void check_recording(const RawModel& model, const RunFile& run, Provenance& provenance) {
  if (!run.is_finished) provenance.faults.push_back("the run was not finished: a crash left it so");
  if (run.is_partial) provenance.open.push_back("the run was stopped before its end");
  if (run.model != model.name) {
    provenance.faults.push_back(
        fmt::format("run.json is of '{}', the folder's files are of '{}'", run.model, model.name));
  }
  if (model.power_npy.empty() && model.power_log.empty()) {
    provenance.faults.push_back("the power recording is missing");
  }
  const auto recording = load_recording(model);
  if (!recording) {
    provenance.faults.push_back("the recording cannot be read: " + recording.error().to_string());
    return;
  }
  for (const std::string& note : recording->notes) provenance.faults.push_back(note);
}

std::optional<std::string> text_member(const rapidjson::Document& json, const char* name) {
  const auto member = json.IsObject() ? json.FindMember(name) : json.MemberEnd();
  if (!json.IsObject() || member == json.MemberEnd() || !member->value.IsString())
    return std::nullopt;
  return std::string(member->value.GetString(), member->value.GetStringLength());
}

}  // namespace

void add_run_facts(const RawModel& model, Provenance& provenance) {
  add(provenance, "model", model.name);
  if (model.run_file.empty()) {
    provenance.open.push_back(
        "there is no run.json: the dataset was not made by layerwatt, or has lost it");
    return;
  }
  const auto run = read_run_file(model.run_file);
  if (!run) {
    provenance.faults.push_back("run.json cannot be read: " + run.error().to_string());
    return;
  }
  const auto& environment = run->environment;
  if (const auto command = environment.find("command"); command != environment.end()) {
    add(provenance, "command", command->second);
  } else {
    provenance.open.push_back("run.json does not name the command");
  }
  add(provenance, "written by", run->written_by);
  add(provenance, "engine",
      run->engine + (run->engine_version.empty() ? "" : " ") + run->engine_version);
  add(provenance, "begun", format_iso8601(run->begin.local, run->begin.utc_offset));
  add(provenance, "ended", format_iso8601(run->end.local, run->end.utc_offset));
  add(provenance, "sensor", rails_text(*run));
  add(provenance, "total", run->total_name);
  add(provenance, "passes", fmt::format("{}, seed {}", run->passes, run->seed));
  for (const auto& [name, text] : environment) {
    if (name != "command") add(provenance, name, text);
  }
  provenance.is_virtual = model.is_virtual();
  if (provenance.is_virtual) add(provenance, "virtual", "the power was made, not measured");
  check_model(*run, provenance);
  check_recording(model, *run, provenance);
}

void add_campaign_facts(const std::filesystem::path& folder, Provenance& provenance) {
  std::filesystem::path at = folder;
  for (int level = 0; level < 3; ++level, at = at.parent_path()) {
    if (const auto json = read_json(at / "campaign.json")) {
      provenance.licence = text_member(*json, "licence");
      provenance.citation = text_member(*json, "citation");
      add(provenance, "campaign", (at / "campaign.json").string());
    }
    if (!provenance.citation) {
      auto text = read_file(at / "CITATION", std::size_t{1} << 20);
      if (text) {
        while (text->ends_with('\n')) text->pop_back();
        provenance.citation = *text;
      }
    }
    if (provenance.citation || provenance.licence) break;
  }
  if (provenance.citation && provenance.is_virtual) {
    *provenance.citation += " (virtual power: a simulated board, not a measurement)";
  }
}

}  // namespace layerwatt::versioning
