#include <utility>

#include "cli/commands/data/data_commands.h"

namespace layerwatt::cli {

Action declare_data(App& app);

namespace {

constexpr Command kSubcommands[] = {
    {"init", "Makes this folder a DVC project", declare_data_init},
    {"add", "Tracks files and folders: content into the cache, a .dvc file beside",
     declare_data_add},
    {"status", "Compares the working folder with what is recorded", declare_data_status},
    {"diff", "Compares git revisions, or one with the working folder", declare_data_diff},
    {"checkout", "Makes the working folder what the .dvc files say", declare_data_checkout},
    {"push", "Sends what is tracked to a remote", declare_data_push},
    {"pull", "Fetches what is tracked, verified, and checks it out", declare_data_pull},
    {"upload", "Uploads a folder to DagsHub", declare_data_upload},
    {"download", "Downloads a folder from DagsHub", declare_data_download},
    {"provenance", "Tells what made a run, and whether its files are still what was recorded",
     declare_data_provenance},
    {"remote", "Lists, adds and removes places to keep data at", declare_data_remote},
};

}  // namespace

Result<versioning::Project> this_project() {
  std::error_code error;
  return versioning::Project::find(std::filesystem::current_path(error));
}

void DataProgress::began(std::string_view what, std::int64_t total, bool counts_files) {
  progress_.reset();
  constexpr std::int64_t kMegabyte = 1'000'000;
  divisor_ = counts_files ? 1 : kMegabyte;
  const std::string label = std::string(what) + (counts_files ? ", files" : ", MB");
  progress_ =
      std::make_unique<Progress>(terminal_.err, label, (total + divisor_ - 1) / divisor_,
                                 Progress::Style{terminal_.err_is_tty, terminal_.err_width});
}

void DataProgress::advanced(std::int64_t done) {
  if (progress_) progress_->update(done / divisor_);
}

void DataProgress::said(std::string_view what) {
  if (progress_) progress_->wipe();
  terminal_.err << what << std::endl;
}

Action declare_data(App& app) {
  std::vector<std::pair<App*, Action>> actions;
  for (const Command& command : kSubcommands) {
    App* sub = app.add_subcommand(std::string(command.name), std::string(command.summary));
    actions.emplace_back(sub, command.declare(*sub));
  }
  app.require_subcommand(0, 1);
  const Action published = declare_published_data(app);
  app.footer(
      "Files and remotes are those of DVC 3, which need not be installed.\n"
      "Example: layerwatt data init && layerwatt data add raw_data\n"
      "         layerwatt data remote add store s3://bucket/prefix --default\n"
      "         layerwatt data push");
  return [actions, published](Terminal& terminal) -> Result<void> {
    for (const auto& [sub, action] : actions) {
      if (sub->parsed()) return action(terminal);
    }
    return published(terminal);
  };
}

}  // namespace layerwatt::cli
