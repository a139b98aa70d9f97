#include <fmt/format.h>

#include "layerwatt/core/numbers.h"
#include "layerwatt/versioning/dagshub.h"

#include "cli/commands/data/data_commands.h"
#include "cli/options/number_option.h"

namespace layerwatt::cli {
namespace {

/// Names and defaults are those of the published data_version.py, but whose repository it is must
/// be said.
struct Options {
  std::string owner;
  std::string name;
  std::string local_folder = "raw_data";
  std::optional<std::string> remote_folder;
  std::string commit = "Add dataset to DagsHub";
  std::string branch = "main";
  std::string versioning = "dvc";
  bool upload = false;
  bool download = false;
};

void declare_repository(App& app, Options& options) {
  app.add_option("--owner", options.owner, "User or organisation that owns the repository");
  app.add_option("--name", options.name, "Name of the repository")->check(named());
  app.add_option("--branch", options.branch, "Branch")->capture_default_str();
  app.add_option("--local-dir-path", options.local_folder, "Folder here")
      ->check(named())
      ->capture_default_str();
  app.add_option(
      "--remote-dir-path", options.remote_folder,
      "Folder at DagsHub (default: raw_data for a download, --local-dir-path for an upload)");
}

void declare_commit(App& app, Options& options) {
  app.add_option("--commit", options.commit, "Commit message")->capture_default_str();
  app.add_option("--versioning", options.versioning, "How DagsHub keeps the files")
      ->check(one_of({"dvc", "git", "auto"}))
      ->capture_default_str();
}

Result<void> upload_folder(const Options& options, Terminal& terminal) {
  const auto repository =
      versioning::dagshub_repository(options.owner, options.name, options.branch);
  if (!repository) return repository.error();
  DataProgress progress(terminal);
  const auto report = versioning::upload(
      *repository,
      {options.local_folder, options.remote_folder, options.commit, options.versioning},
      progress.watch());
  progress.end();
  if (!report) return report.error();
  terminal.out << fmt::format(
      "{} files, {} B uploaded to {}/{}, branch {}: {} commits{}\n", report->files,
      format_grouped(report->bytes), options.owner, options.name, options.branch, report->commits,
      report->unchanged > 0 ? fmt::format(", {} batches were there already", report->unchanged)
                            : "");
  return {};
}

Result<void> download_folder(const Options& options, Terminal& terminal) {
  const auto repository =
      versioning::dagshub_repository(options.owner, options.name, options.branch);
  if (!repository) return repository.error();
  DataProgress progress(terminal);
  const auto report = versioning::download(
      *repository, {options.remote_folder.value_or("raw_data"), options.local_folder},
      progress.watch());
  progress.end();
  if (!report) return report.error();
  terminal.out << fmt::format("{} files, {} B downloaded; {} were here already\n", report->files,
                              format_grouped(report->bytes), report->unchanged);
  return {};
}

}  // namespace

Action declare_data_upload(App& app) {
  auto options = std::make_shared<Options>();
  declare_repository(app, *options);
  declare_commit(app, *options);
  app.footer(
      "The token is read from DAGSHUB_USER_TOKEN.\n"
      "Example: layerwatt data upload --owner me --name power --local-dir-path raw_data --commit "
      "'Add "
      "raw data'");
  return [options](Terminal& terminal) { return upload_folder(*options, terminal); };
}

Action declare_data_download(App& app) {
  auto options = std::make_shared<Options>();
  declare_repository(app, *options);
  app.footer(
      "The token is read from DAGSHUB_USER_TOKEN.\n"
      "Example: layerwatt data download --owner me --name power --remote-dir-path raw_data "
      "--local-dir-path raw_data");
  return [options](Terminal& terminal) { return download_folder(*options, terminal); };
}

Action declare_published_data(App& app) {
  auto options = std::make_shared<Options>();
  declare_repository(app, *options);
  declare_commit(app, *options);
  app.add_flag("--upload", options->upload, "As 'data upload'");
  app.add_flag("--download", options->download, "As 'data download'");
  return [options](Terminal& terminal) -> Result<void> {
    if (!options->upload && !options->download) {
      return Error(
          ErrorCode::kInvalidArgument,
          "a subcommand is needed, or --upload or --download; 'layerwatt data --help' lists them");
    }
    if (options->upload) {
      if (auto done = upload_folder(*options, terminal); !done) return done;
    }
    return options->download ? download_folder(*options, terminal) : Result<void>();
  };
}

}  // namespace layerwatt::cli
