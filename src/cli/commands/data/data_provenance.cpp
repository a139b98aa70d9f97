
#include "layerwatt/versioning/provenance.h"

#include "cli/commands/data/data_commands.h"

namespace layerwatt::cli {
namespace {

struct Options {
  std::string run;
  bool json = false;
};

Result<void> show_provenance(const Options& options, Terminal& terminal) {
  DataProgress progress(terminal);
  const auto found = versioning::provenance(options.run, progress.watch());
  progress.end();
  if (!found) return found.error();
  if (options.json) {
    versioning::write_provenance_json(terminal.out, *found);
  } else {
    versioning::print_provenance(terminal.out, *found);
  }
  if (found->faults.empty()) return {};
  return Error(ErrorCode::kParse, "the files are not what was recorded; see above").at(options.run);
}

}  // namespace

Action declare_data_provenance(App& app) {
  auto options = std::make_shared<Options>();
  app.add_option("run", options->run, "A model's folder of a raw dataset")->required();
  app.add_flag("--json", options->json, "Print JSON");
  app.footer(
      "Exits with 1 where a file is not what was recorded.\n"
      "Example: layerwatt data provenance raw_data/alexnet");
  return [options](Terminal& terminal) { return show_provenance(*options, terminal); };
}

}  // namespace layerwatt::cli
