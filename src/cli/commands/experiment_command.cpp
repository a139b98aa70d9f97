#include <fmt/format.h>

#include <memory>

#include "layerwatt/core/cancellation.h"
#include "layerwatt/experiment/campaign.h"
#include "layerwatt/report/campaign_view.h"

#include "cli/command.h"
#include "cli/options/number_option.h"

namespace layerwatt::cli {

Action declare_experiment(App& app);

namespace {

struct ExperimentArguments {
  std::string file;
  CampaignOptions options;
  std::string result_dir;
  std::string nvpmodel_config;
  std::string sysfs_root = "/";
  bool dry_run = false;
  bool json = false;
};

/// Whether one of our own commands takes these words: a campaign should not find out at night.
Result<void> check_arguments(const std::vector<std::string>& arguments) {
  App app;
  // Owns what the options write to.
  Action action;
  for (const Command& command : command_table()) {
    if (command.name != arguments.front()) continue;
    action = command.declare(*app.add_subcommand(std::string(command.name)));
  }
  app.require_subcommand(1, 1);
  const Parsed parsed = app.parse(arguments);
  if (parsed.kind == Parsed::Kind::kTaken) return {};
  const bool is_refused = parsed.kind == Parsed::Kind::kRefused;
  return Error(ErrorCode::kInvalidArgument,
               is_refused ? parsed.text : "it asks for the help, and would do nothing");
}

Result<void> run_experiment(ExperimentArguments& arguments, Terminal& terminal) {
  auto campaign = read_campaign(arguments.file);
  if (!campaign) return std::move(campaign).error();
  if (!arguments.result_dir.empty()) campaign->result_dir = arguments.result_dir;
  auto plan = plan_campaign(*campaign);
  if (!plan) return std::move(plan).error();
  CampaignOptions& options = arguments.options;
  options.check = check_arguments;
  options.sysfs_root = arguments.sysfs_root;
  if (arguments.dry_run) {
    for (const CampaignStep& step : plan->steps) {
      if (step.is_shell) continue;
      if (auto ok = check_arguments(step.arguments); !ok) {
        return std::move(ok).error().with_context(step.id);
      }
    }
    if (arguments.json) {
      write_campaign_plan_json(terminal.out, *plan);
    } else {
      print_campaign_plan(terminal.out, *plan, {terminal.width, terminal.color});
    }
    return {};
  }
  Cancellation cancellation;
  const SignalCancellation signals(cancellation);
  auto outcome =
      run_campaign(*campaign, *plan, options, cancellation, [&](const CampaignEvent& event) {
        if (arguments.json) {
          write_campaign_event_json(terminal.out, event);
        } else {
          print_campaign_event(terminal.out, event);
        }
        terminal.out.flush();
      });
  if (!outcome) return std::move(outcome).error();
  if (!arguments.json) print_campaign_summary(terminal.out, *outcome);
  if (outcome->stopped) {
    return Error(ErrorCode::kCancelled,
                 "stopped; what is done is kept, and the same command goes on");
  }
  if (!outcome->failed.empty()) {
    return Error(
        ErrorCode::kIo,
        fmt::format("{} of {} steps failed twice; {} has what they printed", outcome->failed.size(),
                    plan->steps.size(), (campaign->result_dir / "campaign.log").string()));
  }
  return {};
}

}  // namespace

Action declare_experiment(App& app) {
  auto arguments = std::make_shared<ExperimentArguments>();
  app.add_option("FILE", arguments->file, "Campaign file (YAML)")->required();
  app.add_option("--result-dir", arguments->result_dir, "Instead of the file's 'result-dir'")
      ->check(named());
  app.add_flag("--dry-run", arguments->dry_run,
               "Print what would run, with the time and disk it takes, and check every option");
  app.add_flag("--force", arguments->options.force,
               "Replace results that this campaign did not make");
  app.add_option("--nvpmodel", arguments->options.nvpmodel,
                 "Program that sets power modes; the one on PATH if absent")
      ->check(named());
  app.add_option("--nvpmodel-config", arguments->options.nvpmodel_config, "Its list of modes")
      ->check(named())
      ->capture_default_str();
  app.add_option("--sysfs-root", arguments->sysfs_root, "Look at temperatures below this folder")
      ->check(existing_directory())
      ->type_name("DIR")
      ->capture_default_str();
  app.add_flag("--json", arguments->json, "Print one line of JSON an event (or the plan) instead");
  app.footer(
      "Measures many networks under many settings, one after the other. What stops it, a power "
      "cut\n"
      "included, costs the network then running: the same command goes on where it was, and runs\n"
      "again only what changed in the file. docs/campaigns.md tells what a file can hold.\n"
      "\n"
      "Example: layerwatt experiment examples/published.yaml --dry-run\n"
      "         layerwatt experiment examples/published.yaml");
  return [arguments](Terminal& terminal) { return run_experiment(*arguments, terminal); };
}

}  // namespace layerwatt::cli
