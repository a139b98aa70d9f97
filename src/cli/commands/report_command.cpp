#include <fmt/format.h>

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "layerwatt/report/layer_table.h"
#include "layerwatt/report/report_formats.h"
#include "layerwatt/report/run_report.h"

#include "cli/command.h"
#include "cli/options/number_option.h"

namespace layerwatt::cli {

Action declare_report(App& app);

namespace {

struct Options {
  std::string run;
  std::string profile;
  std::string sort = "order";
  /// Of each format: the file to write, or whether to print it.
  std::vector<std::string> files;
  std::vector<char> printed;
};

Result<void> make_report(const Options& options, Terminal& terminal) {
  std::optional<std::filesystem::path> profile;
  if (!options.profile.empty()) profile = options.profile;
  auto run = load_run_report(options.run, profile);
  if (!run) return std::move(run).error();
  const auto formats = report_formats();
  const ReportFormat* printed = nullptr;
  bool wrote_files = false;
  for (std::size_t i = 0; i < formats.size(); ++i) {
    if (options.printed[i] != 0) printed = &formats[i];
    if (options.files[i].empty()) continue;
    if (auto done = formats[i].write(options.files[i], *run); !done) return done;
    terminal.err << "Written: " << options.files[i] << '\n';
    wrote_files = true;
  }
  if (printed != nullptr) {
    printed->print(terminal.out, *run);
  } else if (!wrote_files) {
    print_layer_table(terminal.out, run->report.profile,
                      parse_layer_sort(options.sort).value_or(LayerSort::kOrder),
                      {terminal.width, terminal.color});
  }
  return {};
}

/// A file to name, or a flag.
void declare_formats(App& app, Options& options, bool files) {
  const auto formats = report_formats();
  options.files.resize(formats.size());
  options.printed.resize(formats.size());
  for (std::size_t i = 0; i < formats.size(); ++i) {
    if ((formats[i].write != nullptr) != files) continue;
    const std::string option(formats[i].option);
    const std::string help(formats[i].help);
    if (files) {
      app.add_option(option, options.files[i], help)->check(named());
    } else {
      app.add_flag_callback(
          option, [&options, i] { options.printed[i] = 1; }, help);
    }
  }
}

}  // namespace

Action declare_report(App& app) {
  auto options = std::make_shared<Options>();
  app.add_option(
         "run", options->run,
         "A model's folder of a raw dataset, a folder with a layer_profile.json, or such a file")
      ->required();
  app.add_option("--profile", options->profile,
                 "The layer_profile.json to show, instead of solving for it")
      ->check(named());
  declare_formats(app, *options, true);
  app.add_option("--sort", options->sort,
                 "Order of the printed table: order, energy, power or time")
      ->check(one_of({"order", "energy", "power", "time"}))
      ->capture_default_str();
  declare_formats(app, *options, false);
  app.footer(
      "Without a file to write it prints the table of layers.\n"
      "Example: layerwatt report raw_data/alexnet --output alexnet.html --trace "
      "alexnet.trace.json");
  return [options](Terminal& terminal) { return make_report(*options, terminal); };
}

}  // namespace layerwatt::cli
