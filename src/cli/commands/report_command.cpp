#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <memory>

#include "layerwatt/core/atomic_file.h"
#include "layerwatt/dataset/profile_file.h"
#include "layerwatt/report/energy_plot.h"
#include "layerwatt/report/layer_table.h"
#include "layerwatt/report/markdown_table.h"
#include "layerwatt/report/run_report.h"

#include "cli/command.h"

namespace layerwatt::cli {

Action declare_report(CLI::App& app);

namespace {

struct Options {
  std::string run;
  std::string profile;
  std::string output;
  std::string png;
  std::string csv;
  std::string trace;
  std::string sort = "order";
  bool markdown = false;
  bool json = false;
};

/// Writes one file as a stream; readers see the whole of it or none.
template <class Write>
Result<void> write_output(const std::string& path, Terminal& terminal, Write write) {
  if (path.empty()) return {};
  auto file = AtomicFile::create(path, AtomicFile::Durability::kWhenConvenient);
  if (!file) return std::move(file).error();
  if (Result<void> written = write(file->stream()); !written) return written;
  if (auto done = file->commit(); !done) return done;
  terminal.err << "Written: " << path << '\n';
  return {};
}

Result<void> write_files(const Options& options, const RunReport& run, Terminal& terminal) {
  const Report& report = run.report;
  const auto page = [&](std::ostream& out) { return write_report_page(out, report); };
  const auto csv = [&](std::ostream& out) -> Result<void> {
    write_profile_csv(out, report.profile);
    return {};
  };
  const auto trace = [&](std::ostream& out) {
    return write_trace_file(out, report, run.rails, run.counters);
  };
  if (auto done = write_output(options.output, terminal, page); !done) return done;
  if (auto done = write_output(options.csv, terminal, csv); !done) return done;
  if (auto done = write_output(options.trace, terminal, trace); !done) return done;
  if (options.png.empty()) return {};
  if (auto done = write_energy_plot(options.png, report.profile); !done) return done;
  terminal.err << "Written: " << options.png << '\n';
  return {};
}

Result<void> make_report(const Options& options, Terminal& terminal) {
  std::optional<std::filesystem::path> profile;
  if (!options.profile.empty()) profile = options.profile;
  auto run = load_run_report(options.run, profile);
  if (!run) return std::move(run).error();
  if (auto done = write_files(options, *run, terminal); !done) return done;
  const bool wrote_files = !options.output.empty() || !options.png.empty() ||
                           !options.csv.empty() || !options.trace.empty();
  if (options.json) {
    write_profile_json(terminal.out, run->report.profile);
  } else if (options.markdown) {
    write_markdown_table(terminal.out, run->report.profile);
  } else if (!wrote_files) {
    print_layer_table(terminal.out, run->report.profile,
                      parse_layer_sort(options.sort).value_or(LayerSort::kOrder),
                      {terminal.width, terminal.color});
  }
  return {};
}

}  // namespace

Action declare_report(CLI::App& app) {
  auto options = std::make_shared<Options>();
  app.add_option(
         "run", options->run,
         "A model's folder of a raw dataset, a folder with a layer_profile.json, or such a file")
      ->required();
  app.add_option("--profile", options->profile,
                 "The layer_profile.json to show, instead of solving for it");
  app.add_option("-o,--output,--html", options->output, "Write the page to this file");
  app.add_option("--png", options->png, "Write a bar chart of energy per layer to this file");
  app.add_option("--csv", options->csv, "Write a row a layer to this file");
  app.add_option("--trace", options->trace,
                 "Write a trace for Perfetto and chrome://tracing to this file");
  app.add_option("--sort", options->sort,
                 "Order of the printed table: order, energy, power or time")
      ->check(CLI::IsMember({"order", "energy", "power", "time"}))
      ->capture_default_str();
  app.add_flag("--markdown", options->markdown, "Print the table as Markdown");
  app.add_flag("--json", options->json, "Print the layer profile as JSON");
  app.footer(
      "Without a file to write it prints the table of layers.\n"
      "Example: layerwatt report raw_data/alexnet --output alexnet.html --trace "
      "alexnet.trace.json");
  return [options](Terminal& terminal) { return make_report(*options, terminal); };
}

}  // namespace layerwatt::cli
