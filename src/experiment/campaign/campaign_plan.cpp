#include "layerwatt/experiment/campaign_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <set>
#include <utility>

#include "layerwatt/core/duration_text.h"
#include "layerwatt/core/numbers.h"
#include "layerwatt/core/random.h"
#include "layerwatt/models/architecture.h"

#include "core/fingerprint.h"
#include "experiment/campaign/campaign_keys.h"

namespace layerwatt {
namespace fs = std::filesystem;
namespace {

/// What a recording holds a second: 1000 readings, each 56 bytes in power.npy (PowerRecord) and
/// about 45 in the published log.
constexpr std::int64_t kBytesPerSecond = 1000 * (56 + 45);
/// Loading, warming up, solving: seen on small networks; a guess for large ones.
constexpr Duration kAroundAMeasurement = std::chrono::seconds(10);

using Options = std::vector<CampaignOption>;

/// The setting's options, with those of the network in their place.
Options merge(const Options& setting, const Options& network) {
  Options merged = setting;
  for (const CampaignOption& option : network) {
    const auto same = std::find_if(merged.begin(), merged.end(), [&](const CampaignOption& other) {
      return other.key == option.key;
    });
    if (same == merged.end()) {
      merged.push_back(option);
    } else {
      *same = option;
    }
  }
  return merged;
}

const CampaignOption* find_option(const Options& options, std::string_view key) {
  const auto found = std::find_if(options.begin(), options.end(),
                                  [&](const CampaignOption& option) { return option.key == key; });
  return found == options.end() ? nullptr : &*found;
}

std::string folder_of(const std::string& model) {
  return find_architecture(model) != nullptr ? model : fs::path(model).stem().string();
}

/// Replaces `batch` by the input shape that has it.
Result<void> resolve_batch(const Campaign& campaign, const std::string& model, Options& options) {
  const auto batch = std::find_if(options.begin(), options.end(), [](const CampaignOption& option) {
    return option.key == "batch";
  });
  if (batch == options.end()) return {};
  const auto wrong = [&](std::string message) {
    return Error(ErrorCode::kInvalidArgument, std::move(message)).at(campaign.path, batch->line);
  };
  const auto size = parse_int64(batch->values.front());
  if (batch->values.size() != 1 || !size || *size < 1) {
    return wrong(fmt::format("batch: '{}' is no whole number of 1 or more", batch->values.front()));
  }
  const CampaignOption* shape = find_option(options, "input-shape");
  std::vector<std::string> dimensions;
  if (shape != nullptr) {
    dimensions = shape->values;
    if (dimensions.size() < 2) {
      return wrong("batch: give the shapes of several inputs whole, with their batch, instead");
    }
    dimensions.front() = fmt::format("{}", *size);
  } else if (const Architecture* row = find_architecture(model)) {
    for (const std::int64_t d : input_shape_of(*row, *size)) {
      dimensions.push_back(fmt::format("{}", d));
    }
  } else {
    return wrong(fmt::format("batch: {} needs an 'input-shape' beside it", model));
  }
  const long line = batch->line;
  std::erase_if(options, [](const CampaignOption& option) {
    return option.key == "batch" || option.key == "input-shape";
  });
  options.push_back({"input-shape", std::move(dimensions), line});
  return {};
}

void append_arguments(const Options& options, bool sensor_alone,
                      std::vector<std::string>& arguments) {
  for (const CampaignOption& option : options) {
    const CampaignKey* key = find_campaign_key(option.key);
    if (sensor_alone && (key == nullptr || !key->is_of_sensor)) continue;
    if (key != nullptr && key->is_flag) {
      if (option.values.front() == "true") arguments.push_back("--" + option.key);
      continue;
    }
    if (option.key == "rail") {
      for (const std::string& rail : option.values) {
        arguments.insert(arguments.end(), {"--rail", rail});
      }
      continue;
    }
    arguments.push_back("--" + option.key);
    arguments.insert(arguments.end(), option.values.begin(), option.values.end());
  }
}

void add_file(const fs::path& path, Fingerprint& fingerprint) {
  std::ifstream in(path, std::ios::binary);
  std::vector<char> block(std::size_t{1} << 16);
  while (in.read(block.data(), static_cast<std::streamsize>(block.size())) || in.gcount() > 0) {
    fingerprint.add(std::string_view(block.data(), static_cast<std::size_t>(in.gcount())));
  }
}

/// Of what a step is made of. A model's weights outside its file are its neighbours' business.
std::string fingerprint_of(const CampaignStep& step, const std::string& model) {
  Fingerprint fingerprint;
  for (const std::string& argument : step.arguments) {
    fingerprint.add(argument);
    fingerprint.add(std::string_view("\0", 1));
  }
  fingerprint.add(step.power_mode.value_or(""));
  std::error_code error;
  if (!model.empty() && fs::is_regular_file(model, error)) add_file(model, fingerprint);
  return fingerprint.text();
}

/// The longest that the options promise; absent where passes are counted and not timed.
std::optional<Duration> estimate_of(const Options& options) {
  const CampaignOption* duration = find_option(options, "duration");
  const CampaignOption* runs = find_option(options, "runs");
  if (duration == nullptr || runs != nullptr) return std::nullopt;
  const auto time = parse_duration(duration->values.front());
  if (!time) return std::nullopt;
  const CampaignOption* schedule = find_option(options, "schedule");
  // `whole` runs as long again under the profiler.
  const bool twice = schedule == nullptr || schedule->values.front() == "whole";
  return *time * (twice ? 2 : 1) + kAroundAMeasurement;
}

std::int64_t bytes_of(Duration time) {
  return std::chrono::duration_cast<std::chrono::seconds>(time).count() * kBytesPerSecond;
}

class Planner {
 public:
  explicit Planner(const Campaign& campaign) : campaign_(campaign) {}

  Result<CampaignPlan> plan() {
    for (const CampaignSetting& setting : campaign_.settings) {
      for (int repeat = 1; repeat <= campaign_.repeats; ++repeat) {
        if (auto added = add_dataset(setting, repeat); !added) return std::move(added).error();
      }
    }
    for (std::size_t i = 0; i < plan_.datasets.size(); ++i) add_after(i);
    return std::move(plan_);
  }

 private:
  std::string label_of(const CampaignSetting& setting, int repeat) const {
    std::string label;
    if (campaign_.settings.size() > 1) label += ", " + setting.name;
    if (campaign_.repeats > 1) label += fmt::format(", {}", repeat);
    return label;
  }

  fs::path dataset_of(const CampaignSetting& setting, int repeat) const {
    fs::path folder = campaign_.result_dir;
    if (campaign_.settings.size() > 1) folder /= setting.name;
    if (campaign_.repeats > 1) folder /= fmt::format("repeat-{}", repeat);
    return folder;
  }

  CampaignStep idle_step(const CampaignSetting& setting, Duration duration, std::string id,
                         fs::path result) const {
    CampaignStep step;
    step.kind = CampaignStep::Kind::kIdle;
    step.id = std::move(id);
    step.arguments = {"idle", "--duration",
                      fmt::format("{}s", format_shortest(to_seconds(duration)))};
    append_arguments(setting.options, true, step.arguments);
    step.result = std::move(result);
    step.power_mode = setting.power_mode;
    step.fingerprint = fingerprint_of(step, "");
    step.estimate = duration + std::chrono::seconds(3);
    step.bytes = 100;
    return step;
  }

  Result<CampaignStep> measure_step(const CampaignSetting& setting, const CampaignNetwork& network,
                                    const std::string& label, const fs::path& dataset) const {
    CampaignStep step;
    step.kind = CampaignStep::Kind::kMeasure;
    step.id = fmt::format("measure {}{}", network.model, label);
    Options options = merge(setting.options, network.options);
    if (auto ok = resolve_batch(campaign_, network.model, options); !ok) {
      return std::move(ok).error();
    }
    // Behind an option that takes several values the model's name would be one of them.
    step.arguments = {"measure", network.model};
    append_arguments(options, false, step.arguments);
    step.idle_arguments = {"idle", "--duration", "5s"};
    append_arguments(options, true, step.idle_arguments);
    step.result = dataset / folder_of(network.model);
    step.power_mode = setting.power_mode;
    step.fingerprint = fingerprint_of(step, network.model);
    step.estimate = estimate_of(options);
    if (step.estimate) step.bytes = bytes_of(*step.estimate);
    return step;
  }

  Result<void> add_dataset(const CampaignSetting& setting, int repeat) {
    const fs::path dataset = dataset_of(setting, repeat);
    const std::string label = label_of(setting, repeat);
    plan_.datasets.push_back(dataset);
    if (campaign_.idle) {
      plan_.steps.push_back(
          idle_step(setting, *campaign_.idle, "idle" + label, dataset / "idling_power.json"));
    }
    std::vector<CampaignNetwork> networks = campaign_.networks;
    if (campaign_.random_order) {
      Random random(campaign_.seed, "campaign order" + label);
      random.shuffle(networks);
    }
    std::map<std::string, std::string> folders;
    bool first = true;
    for (const CampaignNetwork& network : networks) {
      const auto [taken, is_new] = folders.emplace(folder_of(network.model), network.model);
      if (!is_new) {
        return Error(ErrorCode::kInvalidArgument,
                     fmt::format("{} and {} would both be recorded in {}: rename one, or measure "
                                 "them in settings or campaigns of their own",
                                 taken->second, network.model, (dataset / taken->first).string()))
            .at(campaign_.path, network.line);
      }
      if (!first && campaign_.idle_between) {
        plan_.steps.push_back(idle_step(
            setting, *campaign_.idle_between, fmt::format("idle before {}{}", network.model, label),
            dataset / "idle_between" / folder_of(network.model) / "idling_power.json"));
      }
      auto step = measure_step(setting, network, label, dataset);
      if (!step) return std::move(step).error();
      if (campaign_.rest && (first || campaign_.rest->each)) step->rest = campaign_.rest->at_most;
      first = false;
      plan_.steps.push_back(*std::move(step));
    }
    return {};
  }

  /// Of one dataset; what the measured steps were is part of what these are.
  void add_after(std::size_t index) {
    const fs::path& dataset = plan_.datasets[index];
    std::string measured;
    for (const CampaignStep& step : plan_.steps) {
      if (step.kind == CampaignStep::Kind::kMeasure && step.result.parent_path() == dataset) {
        measured += step.fingerprint;
      }
    }
    const std::string label = plan_.datasets.size() > 1 ? ", " + dataset.string() : "";
    for (std::size_t i = 0; i < campaign_.after.size(); ++i) {
      const CampaignAfter& after = campaign_.after[i];
      for (std::vector<std::string>& arguments : commands_of(after, dataset)) {
        CampaignStep step;
        step.kind = CampaignStep::Kind::kAfter;
        step.is_shell = after.action == "run";
        step.arguments = std::move(arguments);
        if (after.action == "report") step.folder = beside(dataset, "reports");
        step.id = fmt::format("{} {}{}", after.action, i + 1, label);
        // Actions of several commands.
        if (after.action == "report" || after.action == "data-push") {
          step.id += ", " + step.arguments[1];
        }
        Fingerprint fingerprint;
        fingerprint.add(fingerprint_of(step, "") + measured);
        step.fingerprint = fingerprint.text();
        plan_.steps.push_back(std::move(step));
      }
    }
  }

  std::string option_of(const CampaignAfter& after, std::string_view key,
                        const fs::path& fallback) const {
    const CampaignOption* option = find_option(after.options, key);
    return option == nullptr ? fallback.string() : option->values.front();
  }

  /// Where a setting's dataset has its preprocessed and training data: beside the others'.
  fs::path beside(const fs::path& dataset, std::string_view name) const {
    fs::path folder = campaign_.result_dir.parent_path() / name;
    const fs::path below = dataset.lexically_relative(campaign_.result_dir);
    return below == "." ? folder : folder / below;
  }

  std::vector<std::vector<std::string>> commands_of(const CampaignAfter& after,
                                                    const fs::path& dataset) const {
    std::vector<std::vector<std::string>> commands;
    const auto add_others = [&](std::vector<std::string>& arguments,
                                std::initializer_list<std::string_view> done) {
      for (const CampaignOption& option : after.options) {
        if (std::find(done.begin(), done.end(), option.key) != done.end()) continue;
        arguments.push_back("--" + option.key);
        arguments.insert(arguments.end(), option.values.begin(), option.values.end());
      }
    };
    if (after.action == "map") {
      commands.push_back({"map", "--raw-data-dir", dataset.string(), "--result-dir",
                          option_of(after, "result-dir", beside(dataset, "preprocessed_data"))});
      add_others(commands.back(), {"result-dir"});
    } else if (after.action == "training-data") {
      commands.push_back(
          {"training-data", "--preprocessed-data-dir",
           option_of(after, "preprocessed-data-dir", beside(dataset, "preprocessed_data")),
           "--result-dir", option_of(after, "result-dir", beside(dataset, "training_data"))});
      add_others(commands.back(), {"result-dir", "preprocessed-data-dir"});
    } else if (after.action == "report") {
      for (const CampaignStep& step : plan_.steps) {
        if (step.kind != CampaignStep::Kind::kMeasure || step.result.parent_path() != dataset) {
          continue;
        }
        commands.push_back(
            {"report", step.result.string(), "-o",
             beside(dataset, "reports") / (step.result.filename().string() + ".html")});
        add_others(commands.back(), {});
      }
    } else if (after.action == "data-push") {
      commands.push_back({"data", "add", dataset.string()});
      commands.push_back({"data", "push"});
      add_others(commands.back(), {});
    } else {
      commands.push_back({"sh", "-c", after.options.front().values.front()});
    }
    return commands;
  }

  const Campaign& campaign_;
  CampaignPlan plan_;
};

}  // namespace

Result<CampaignPlan> plan_campaign(const Campaign& campaign) { return Planner(campaign).plan(); }

}  // namespace layerwatt
