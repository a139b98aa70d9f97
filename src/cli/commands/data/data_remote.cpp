#include <fmt/format.h>

#include "layerwatt/report/text_table.h"
#include "layerwatt/versioning/project.h"

#include "cli/commands/data/data_commands.h"
#include "core/json_writer.h"

namespace layerwatt::cli {
namespace {

struct AddOptions {
  versioning::NewRemote remote;
  std::vector<std::string> settings;
};

Result<void> list_remotes(bool json, Terminal& terminal) {
  const auto project = this_project();
  if (!project) return project.error();
  JsonWriter writer(terminal.out);
  if (json) writer.begin_array();
  for (const auto& [name, remote] : project->remotes()) {
    const bool is_default = project->default_remote() == name;
    const std::string url = versioning::url_without_secrets(remote.url);
    if (json) {
      writer.begin_object();
      writer.member("name", name).member("url", url).member("default", is_default).end_object();
    } else {
      terminal.out << fmt::format("{}  {}{}\n", printable(name), printable(url),
                                  is_default ? "  (default)" : "");
    }
  }
  if (json) {
    writer.end_array();
    terminal.out << '\n';
  } else if (project->remotes().empty()) {
    terminal.out << "no remotes; 'layerwatt data remote add NAME URL --default' adds one\n";
  }
  return {};
}

Result<void> add_remote(AddOptions options, Terminal& terminal) {
  for (const std::string& setting : options.settings) {
    const std::size_t equals = setting.find('=');
    if (equals == std::string::npos || equals == 0) {
      return Error(
          ErrorCode::kInvalidArgument,
          fmt::format("--set {}: expected KEY=VALUE, as --set endpointurl=http://host:9000",
                      setting));
    }
    options.remote.options[setting.substr(0, equals)] = setting.substr(equals + 1);
  }
  const auto project = this_project();
  if (!project) return project.error();
  if (auto added = versioning::add_remote(*project, options.remote); !added) return added;
  terminal.out << fmt::format("remote '{}' added{}\n", printable(options.remote.name),
                              options.remote.make_default ? ", as the default" : "");
  return {};
}

Result<void> remove_remote(const std::string& name, Terminal& terminal) {
  const auto project = this_project();
  if (!project) return project.error();
  if (auto removed = versioning::remove_remote(*project, name); !removed) return removed;
  terminal.out << fmt::format("remote '{}' removed; its data stay where they are\n",
                              printable(name));
  return {};
}

void declare_add(App& app, AddOptions& options) {
  app.add_option("name", options.remote.name, "Name")->required();
  app.add_option(
         "url", options.remote.url,
         "A folder, http(s)://…, s3://bucket/prefix, or any other URL that a DVC on PATH knows")
      ->required();
  app.add_flag("-d,--default", options.remote.make_default, "Use it where no --remote is named");
  app.add_flag("--local", options.remote.only_local,
               "Keep it in .dvc/config.local, which git does not take");
  app.add_option("--set", options.settings,
                 "KEY=VALUE of DVC's remote options; secrets go to .dvc/config.local");
  app.footer(
      "Example: layerwatt data remote add store s3://bucket/data --default --set "
      "endpointurl=http://host:9000");
}

}  // namespace

Action declare_data_remote(App& app) {
  auto options = std::make_shared<AddOptions>();
  auto name = std::make_shared<std::string>();
  auto json = std::make_shared<bool>(false);
  app.require_subcommand(1, 1);
  App* add = app.add_subcommand("add", "Adds a remote");
  declare_add(*add, *options);
  App* list = app.add_subcommand("list", "Lists the remotes");
  list->add_flag("--json", *json, "Print JSON");
  list->footer("Example: layerwatt data remote list");
  App* remove = app.add_subcommand("remove", "Removes a remote from the configuration");
  remove->add_option("name", *name, "Name")->required();
  remove->footer("Example: layerwatt data remote remove store");
  app.footer("Example: layerwatt data remote add store /mnt/disk/store --default");
  return [=](Terminal& terminal) -> Result<void> {
    if (add->parsed()) return add_remote(*options, terminal);
    if (remove->parsed()) return remove_remote(*name, terminal);
    return list_remotes(*json, terminal);
  };
}

}  // namespace layerwatt::cli
