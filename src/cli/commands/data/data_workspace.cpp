#include <fmt/format.h>

#include "layerwatt/core/numbers.h"
#include "layerwatt/report/text_table.h"
#include "layerwatt/versioning/state_text.h"
#include "layerwatt/versioning/workspace.h"

#include "cli/commands/data/data_commands.h"

namespace layerwatt::cli {
namespace {

using Paths = std::vector<std::filesystem::path>;

constexpr std::size_t kMostFiles = 20;

struct Options {
  std::vector<std::string> paths;
  std::string revision;
  bool force = false;
  bool json = false;
  bool check = false;
};

Paths paths_of(const Options& options) { return Paths(options.paths.begin(), options.paths.end()); }

Result<void> make_project(const std::string& folder, Terminal& terminal) {
  const auto project = versioning::Project::initialise(folder);
  if (!project) return project.error();
  terminal.out << "DVC project made in " << printable(project->root().string()) << '\n';
  if (project->is_git_repository()) {
    terminal.out << "Commit it: git commit -m 'Begin to track data'\n";
  }
  return {};
}

Result<void> add_paths(const Options& options, Terminal& terminal) {
  const auto project = this_project();
  if (!project) return project.error();
  DataProgress progress(terminal);
  for (const std::string& path : options.paths) {
    const auto added = versioning::add(*project, path, progress.watch());
    progress.end();
    if (!added) return added.error();
    for (const std::string& link : added->left_out) {
      terminal.err << "left out, a symbolic link to a folder: " << printable(link) << '\n';
    }
    const auto file = added->tracking_file.lexically_relative(std::filesystem::current_path());
    terminal.out << fmt::format(
        "{}  {} B{}{}\n", printable(file.string()),
        format_grouped(static_cast<std::int64_t>(added->output.size.value_or(0))),
        added->output.file_count ? fmt::format(" in {} files", *added->output.file_count) : "",
        added->has_changed ? "" : ", unchanged");
  }
  return {};
}

Result<void> show_states(const std::vector<versioning::OutputState>& states, const Options& options,
                         std::string_view nothing, Terminal& terminal) {
  if (options.json) {
    versioning::write_states_json(terminal.out, states);
  } else if (states.empty()) {
    terminal.out << nothing << '\n';
  } else {
    versioning::print_states(terminal.out, states, kMostFiles);
  }
  if (!options.check || !versioning::has_changes(states)) return {};
  return Error(ErrorCode::kUnknowable, "the working folder differs from what is recorded");
}

Result<void> show_status(const Options& options, Terminal& terminal) {
  const auto project = this_project();
  if (!project) return project.error();
  DataProgress progress(terminal);
  const auto states = versioning::status(*project, paths_of(options), progress.watch());
  progress.end();
  if (!states) return states.error();
  return show_states(*states, options, "nothing is tracked; 'layerwatt data add' begins", terminal);
}

Result<void> show_diff(const Options& options, Terminal& terminal) {
  const auto project = this_project();
  if (!project) return project.error();
  DataProgress progress(terminal);
  const auto& revisions = options.paths;
  const std::string from = revisions.empty() ? "HEAD" : revisions[0];
  const auto to = revisions.size() > 1 ? std::optional(revisions[1]) : std::nullopt;
  const auto states = versioning::diff(*project, from, to, progress.watch());
  progress.end();
  if (!states) return states.error();
  return show_states(*states, options, "no differences", terminal);
}

Result<void> check_out(const Options& options, Terminal& terminal) {
  const auto project = this_project();
  if (!project) return project.error();
  DataProgress progress(terminal);
  versioning::CheckoutOptions wanted;
  wanted.force = options.force;
  if (!options.revision.empty()) wanted.revision = options.revision;
  const auto report = versioning::checkout(*project, paths_of(options), wanted, progress.watch());
  progress.end();
  if (!report) return report.error();
  terminal.out << fmt::format("{} files written, {} deleted, {} unchanged\n", report->written,
                              report->deleted, report->unchanged);
  return {};
}

}  // namespace

Action declare_data_init(App& app) {
  auto folder = std::make_shared<std::string>(".");
  app.add_option("folder", *folder, "Folder to track data in")->capture_default_str();
  app.footer("Example: layerwatt data init");
  return [folder](Terminal& terminal) { return make_project(*folder, terminal); };
}

Action declare_data_add(App& app) {
  auto options = std::make_shared<Options>();
  app.add_option("path", options->paths, "Files and folders")->required();
  app.footer("Example: layerwatt data add raw_data");
  return [options](Terminal& terminal) { return add_paths(*options, terminal); };
}

Action declare_data_status(App& app) {
  auto options = std::make_shared<Options>();
  app.add_option("path", options->paths,
                 "Tracked paths, .dvc files or folders; all where none is named");
  app.add_flag("--check", options->check, "Exit with 1 where something differs");
  app.add_flag("--json", options->json, "Print JSON");
  app.footer("Example: layerwatt data status --check");
  return [options](Terminal& terminal) { return show_status(*options, terminal); };
}

Action declare_data_checkout(App& app) {
  auto options = std::make_shared<Options>();
  app.add_option("path", options->paths,
                 "Tracked paths, .dvc files or folders; all where none is named");
  app.add_flag("--force", options->force, "Overwrite and delete also what is nowhere else");
  app.add_option("--rev", options->revision, "What the .dvc files of this git revision say")
      ->excludes("path");
  app.footer("Example: git checkout main~1 && layerwatt data checkout");
  return [options](Terminal& terminal) { return check_out(*options, terminal); };
}

Action declare_data_diff(App& app) {
  auto options = std::make_shared<Options>();
  app.add_option("revision", options->paths,
                 "Git revision to compare from (default HEAD), and to (default the working folder)")
      ->expected(0, 2);
  app.add_flag("--json", options->json, "Print JSON");
  app.footer("Example: layerwatt data diff v1.0 HEAD");
  return [options](Terminal& terminal) { return show_diff(*options, terminal); };
}

}  // namespace layerwatt::cli
