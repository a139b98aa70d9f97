#include <fmt/format.h>

#include "layerwatt/core/numbers.h"
#include "layerwatt/versioning/transfer.h"

#include "cli/commands/data/data_commands.h"
#include "cli/options/number_option.h"
#include "core/json_writer.h"

namespace layerwatt::cli {
namespace {

using Paths = std::vector<std::filesystem::path>;

struct Options {
  std::vector<std::string> paths;
  std::string remote;
  std::int64_t jobs = 0;
  std::string revision;
  bool force = false;
  bool only_fetch = false;
  bool json = false;
};

void declare_common(App& app, Options& options) {
  app.add_option("path", options.paths,
                 "Tracked paths, .dvc files or folders; all where none is named");
  app.add_option("-r,--remote", options.remote, "Remote, instead of the default");
  app.add_option("-j,--jobs", options.jobs, "Transfers at once (default: as suits the remote)")
      ->check(in_range(ranges::kJobs));
  app.add_flag("--json", options.json, "Print JSON");
}

void apply(const Options& options, versioning::TransferOptions& wanted) {
  if (!options.remote.empty()) wanted.remote = options.remote;
  if (options.jobs > 0) wanted.jobs = static_cast<unsigned>(options.jobs);
}

std::string summary(const versioning::TransferReport& report, std::string_view done) {
  if (report.by_program) return fmt::format("{} by DVC", done);
  return fmt::format("{} {}, {} B; {} there already", report.transferred, done,
                     format_grouped(report.bytes), report.already_there);
}

void write_members(JsonWriter& json, const versioning::TransferReport& report) {
  json.member("transferred", report.transferred).member("already_there", report.already_there);
  json.member("bytes", report.bytes).member("by_dvc", report.by_program);
}

Result<void> push_data(const Options& options, Terminal& terminal) {
  const auto project = this_project();
  if (!project) return project.error();
  DataProgress progress(terminal);
  versioning::TransferOptions wanted;
  apply(options, wanted);
  const auto report = versioning::push(*project, Paths(options.paths.begin(), options.paths.end()),
                                       wanted, progress.watch());
  progress.end();
  if (!report) return report.error();
  if (options.json) {
    JsonWriter json(terminal.out);
    json.begin_object();
    write_members(json, *report);
    json.end_object();
    terminal.out << '\n';
  } else {
    terminal.out << summary(*report, "pushed") << '\n';
  }
  return {};
}

void print_pulled(const versioning::PullReport& report, const Options& options,
                  Terminal& terminal) {
  if (options.json) {
    JsonWriter json(terminal.out);
    json.begin_object();
    write_members(json, report.fetched);
    json.member("written", report.checked_out.written);
    json.member("deleted", report.checked_out.deleted);
    json.end_object();
    terminal.out << '\n';
    return;
  }
  terminal.out << summary(report.fetched, "fetched");
  if (!options.only_fetch) {
    terminal.out << fmt::format("; {} files written, {} deleted", report.checked_out.written,
                                report.checked_out.deleted);
  }
  terminal.out << '\n';
}

Result<void> pull_data(const Options& options, Terminal& terminal) {
  const auto project = this_project();
  if (!project) return project.error();
  DataProgress progress(terminal);
  versioning::PullOptions wanted;
  apply(options, wanted);
  wanted.force = options.force;
  wanted.only_fetch = options.only_fetch;
  if (!options.revision.empty()) wanted.revision = options.revision;
  const auto report = versioning::pull(*project, Paths(options.paths.begin(), options.paths.end()),
                                       wanted, progress.watch());
  progress.end();
  if (!report) return report.error();
  print_pulled(*report, options, terminal);
  return {};
}

}  // namespace

Action declare_data_push(App& app) {
  auto options = std::make_shared<Options>();
  declare_common(app, *options);
  app.footer("Example: layerwatt data push --remote store");
  return [options](Terminal& terminal) { return push_data(*options, terminal); };
}

Action declare_data_pull(App& app) {
  auto options = std::make_shared<Options>();
  declare_common(app, *options);
  app.add_flag("--force", options->force, "Overwrite and delete also what is nowhere else");
  app.add_flag("--fetch", options->only_fetch, "Into the cache alone");
  app.add_option("--rev", options->revision, "What the .dvc files of this git revision say")
      ->excludes("path");
  app.footer(
      "Every file's MD5 is compared before it is used.\n"
      "Example: layerwatt data pull raw_data");
  return [options](Terminal& terminal) { return pull_data(*options, terminal); };
}

}  // namespace layerwatt::cli
