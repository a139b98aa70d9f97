#include <fmt/format.h>

#include <memory>
#include <optional>

#include "layerwatt/core/local_time.h"
#include "layerwatt/dataset/profile_file.h"
#include "layerwatt/experiment/import_trtexec.h"
#include "layerwatt/report/layer_table.h"

#include "cli/command.h"
#include "cli/options/existing_options.h"
#include "cli/options/number_option.h"
#include "cli/options/power_log_options.h"

namespace layerwatt::cli {

Action declare_import(App& app);

namespace {

struct ImportArguments {
  std::string folder;
  ImportOptions options;
  std::string profile;
  std::string times;
  std::string layers;
  std::string result_dir = "raw_data";
  ExistingOptions existing;
  PowerLogOptions power_log;
  std::string start;
  bool json = false;
};

Result<void> gather(ImportArguments& arguments) {
  ImportOptions& options = arguments.options;
  if (!arguments.folder.empty()) {
    auto files = find_trtexec_files(arguments.folder);
    // A folder in which some are missing or several does for the others, if those are named.
    const bool all_named = !arguments.profile.empty() && !arguments.times.empty();
    if (!files && !all_named) return std::move(files).error();
    if (files) options.files = *std::move(files);
  }
  if (!arguments.profile.empty()) options.files.profile = arguments.profile;
  if (!arguments.times.empty()) options.files.times = arguments.times;
  if (!arguments.layers.empty()) options.files.layers = arguments.layers;
  if (options.files.profile.empty() || options.files.times.empty()) {
    return Error(ErrorCode::kInvalidArgument,
                 "name the folder with what trtexec exported, or its files with --profile and "
                 "--times");
  }
  if (!arguments.start.empty()) {
    options.start = parse_local_stamp(arguments.start);
    if (!options.start) {
      return Error(ErrorCode::kInvalidArgument,
                   fmt::format("--start {}: expected YYYYMMDD-HH:MM:SS[.ffffff]", arguments.start));
    }
  }
  options.result_dir = arguments.result_dir;
  options.existing = arguments.existing.choice();
  auto log_options = arguments.power_log.resolve();
  if (!log_options) return std::move(log_options).error();
  options.power_log = arguments.power_log.log;
  options.power_log_options = *std::move(log_options);
  return {};
}

Result<void> import_files(ImportArguments& arguments, Terminal& terminal) {
  if (auto gathered = gather(arguments); !gathered) return gathered;
  auto imported = import_trtexec(arguments.options);
  if (!imported) return std::move(imported).error();
  if (arguments.json) {
    write_profile_json(terminal.out, imported->profile);
    return {};
  }
  print_layer_table(terminal.out, imported->profile, LayerSort::kOrder,
                    {terminal.width, terminal.color});
  terminal.out << fmt::format("Imported to {}\n", imported->folder.string());
  return {};
}

}  // namespace

Action declare_import(App& app) {
  auto arguments = std::make_shared<ImportArguments>();
  app.add_option("FOLDER", arguments->folder,
                 "Folder with <model>.profile.json, <model>.timing.json and <model>.graph.json");
  app.add_option("--profile", arguments->profile, "What trtexec --exportProfile wrote")
      ->check(named())
      ->type_name("FILE");
  app.add_option("--times", arguments->times, "What trtexec --exportTimes wrote")
      ->check(named())
      ->type_name("FILE");
  app.add_option("--layers", arguments->layers, "What trtexec --exportLayerInfo wrote")
      ->check(named())
      ->type_name("FILE");
  arguments->power_log.declare(
      app,
      "Power log of the same run: YYYYMMDD-HH:MM:SS.ffffff,millivolts,milliamperes, or what jtop, "
      "nvidia-smi, Joulescope, PowerSensor3 or another program wrote");
  app.add_option("--start", arguments->start,
                 "When the passes began, in the power log's local time; from the file of times if "
                 "absent")
      ->type_name("STAMP");
  app.add_option("--warmup", arguments->options.warmup, "First passes that are no latency")
      ->check(in_range(ranges::kCountOrNone))
      ->capture_default_str();
  app.add_option("--name", arguments->options.name, "Of the model; the files' name if absent")
      ->check(named());
  app.add_option("--result-dir", arguments->result_dir,
                 "Raw dataset to write; the model gets a folder in it")
      ->check(named())
      ->capture_default_str();
  arguments->existing.declare(app, "<model>-2");
  app.add_flag("--json", arguments->json, "Print the run times as JSON instead of a table");
  app.footer(
      "Makes a raw dataset of what trtexec exported elsewhere, as 'measure --engine trtexec' does\n"
      "of its own: layers, run times, pass times; map and report take it.\n\n"
      "Example: layerwatt import alexnet/ --power-log power.log --start 20241121-05:20:04.261\n"
      "On the board: trtexec --loadEngine=m.engine --warmUp=0 --exportTimes=m.timing.json, then\n"
      "  trtexec --loadEngine=m.engine --exportProfile=m.profile.json "
      "--exportLayerInfo=m.graph.json");
  return [arguments](Terminal& terminal) { return import_files(*arguments, terminal); };
}

}  // namespace layerwatt::cli
