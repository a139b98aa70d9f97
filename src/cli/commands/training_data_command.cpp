#include <fmt/format.h>

#include <memory>

#include "layerwatt/analysis/training_data.h"
#include "layerwatt/report/progress.h"
#include "layerwatt/report/text_table.h"

#include "cli/command.h"
#include "cli/options/number_option.h"
#include "core/json_writer.h"

namespace layerwatt::cli {

Action declare_training_data(App& app);

namespace {

struct Options {
  std::string preprocessed_data_dir = "preprocessed_data";
  std::string result_dir = "training_data";
  std::int64_t per_layer_measurements = 10;
  bool json = false;
};

void print_json(std::ostream& out, const std::vector<NetworkTrainingData>& networks) {
  JsonWriter json(out);
  json.begin_array();
  for (const NetworkTrainingData& network : networks) {
    json.begin_object();
    json.member("network", network.network);
    json.member("convolutional", static_cast<std::uint64_t>(network.convolutional));
    json.member("pooling", static_cast<std::uint64_t>(network.pooling));
    json.member("dense", static_cast<std::uint64_t>(network.dense));
    json.member("layers", static_cast<std::uint64_t>(network.layers));
    json.member("left_out", network.left_out).key("notes").begin_array();
    for (const std::string& note : network.notes) json.value(note);
    json.end_array().end_object();
  }
  json.end_array();
  out << '\n';
}

void print_table(Terminal& terminal, const std::vector<NetworkTrainingData>& networks,
                 const std::string& result_dir) {
  TextTable table({{"Network", Align::kLeft, true},
                   {"Convolutional", Align::kRight},
                   {"Pooling", Align::kRight},
                   {"Dense", Align::kRight},
                   {"All layers", Align::kRight}});
  std::size_t written = 0;
  for (const NetworkTrainingData& network : networks) {
    if (!network.left_out.empty()) continue;
    ++written;
    table.add_row({network.network, std::to_string(network.convolutional),
                   std::to_string(network.pooling), std::to_string(network.dense),
                   std::to_string(network.layers)});
  }
  if (written > 0) {
    table.print(terminal.out, {terminal.width, terminal.color});
    terminal.out << "\nWritten to " << result_dir << ".\n";
  }
}

void tell(Terminal& terminal, const NetworkTrainingData& network) {
  if (!network.left_out.empty()) {
    terminal.err << printable("left out: " + network.network + ": " + network.left_out) << '\n';
  }
  for (const std::string& note : network.notes) {
    terminal.err << printable(network.network + ": " + note) << '\n';
  }
}

Result<void> make(const Options& options, Terminal& terminal) {
  auto folders = find_preprocessed_networks(options.preprocessed_data_dir);
  if (!folders) return std::move(folders).error();
  const TrainingDataOptions how{options.result_dir, options.per_layer_measurements};
  Progress progress(terminal.err, "Making training tables",
                    static_cast<std::int64_t>(folders->size()),
                    {terminal.err_is_tty, terminal.err_width});
  std::vector<NetworkTrainingData> networks;
  std::size_t written = 0;
  std::size_t failed = 0;
  for (const auto& folder : *folders) {
    progress.set_detail(folder.filename().string());
    progress.update(static_cast<std::int64_t>(networks.size()));
    networks.push_back(make_network_training_data(folder, how));
    progress.wipe();
    tell(terminal, networks.back());
    if (networks.back().failed) ++failed;
    if (networks.back().left_out.empty()) ++written;
  }
  if (options.json) {
    print_json(terminal.out, networks);
  } else {
    print_table(terminal, networks, options.result_dir);
  }
  if (failed > 0) {
    return Error(ErrorCode::kParse,
                 fmt::format("{} of {} networks could not be read", failed, networks.size()));
  }
  if (written == 0) {
    return Error(ErrorCode::kUnknowable,
                 "no network has enough measurements; measure longer, or ask for fewer with "
                 "--per-layer-measurements");
  }
  return {};
}

}  // namespace

Action declare_training_data(App& app) {
  auto options = std::make_shared<Options>();
  app.add_option("--preprocessed-data-dir", options->preprocessed_data_dir,
                 "Preprocessed dataset, as 'layerwatt map' writes it")
      ->check(named())
      ->capture_default_str();
  app.add_option("--result-dir", options->result_dir, "Where the training tables go")
      ->check(named())
      ->capture_default_str();
  app.add_option("--per-layer-measurements", options->per_layer_measurements,
                 "Least count of powers and of run times of each layer; a network with less is "
                 "left out")
      ->check(in_range(ranges::kCountOrNone))
      ->capture_default_str();
  app.add_flag("--json", options->json, "Print what was written as JSON instead of a table");
  app.footer(
      "Writes <result-dir>/<network>/convolutional.csv, pooling.csv and dense.csv as the published "
      "tool does, and layers.csv, which holds every layer with its true window, precision and the "
      "interval of its power. Statistics of power and run time go beside the input.\n"
      "Example: layerwatt training-data --preprocessed-data-dir preprocessed_data --result-dir "
      "training_data");
  return [options](Terminal& terminal) { return make(*options, terminal); };
}

}  // namespace layerwatt::cli
