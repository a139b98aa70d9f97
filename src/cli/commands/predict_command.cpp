#include <fmt/format.h>

#include <memory>
#include <system_error>

#include "layerwatt/core/atomic_file.h"
#include "layerwatt/core/file_text.h"
#include "layerwatt/dataset/profile_file.h"
#include "layerwatt/experiment/predict_network.h"
#include "layerwatt/experiment/what_if.h"
#include "layerwatt/report/prediction_report.h"
#include "layerwatt/report/report_page.h"
#include "layerwatt/report/what_if_plot.h"

#include "cli/command.h"
#include "cli/options/number_option.h"

namespace layerwatt::cli {

Action declare_predict(App& app);

namespace {

struct Options {
  PredictRequest request;
  std::string engine_path;
  std::string model_dir = "trained_models";
  std::string csv_path;
  std::string result_dir;
  std::vector<std::string> what_if;
  std::string page_path;
  std::string plot_path;
  bool json = false;
  bool markdown = false;
};

/// The page that `report` shows of a run.
Result<void> write_page(const Options& options, const NetworkPrediction& prediction,
                        std::vector<ReportFigure> figures) {
  if (options.page_path.empty()) return {};
  Report report;
  report.profile = profile_of(prediction);
  report.title = prediction.network;
  report.subtitle = "predicted by a model, not measured";
  report.figures = std::move(figures);
  auto file = AtomicFile::create(options.page_path, AtomicFile::Durability::kWhenConvenient);
  if (!file) return std::move(file).error();
  if (auto done = write_report_page(file->stream(), report); !done) return done;
  return file->commit();
}

Result<void> write_sweep(const Options& options, const TrainedModel& model,
                         const NetworkLayers& network, const std::vector<WhatIfPoint>& points) {
  const std::string svg = what_if_svg(points);
  if (!options.plot_path.empty()) {
    if (auto done = write_file_atomically(options.plot_path, svg); !done) return done;
  }
  return write_page(options, predict_network(model, network, options.request.precision),
                    {{"What if", svg}});
}

Result<void> sweep(const Options& options, const TrainedModel& model, const NetworkLayers& network,
                   Terminal& terminal) {
  std::vector<std::int64_t> shape = options.request.input_shape;
  if (shape.empty() && !network.layers.front().inputs.empty()) {
    shape = network.layers.front().inputs.front().dimensions;
  }
  std::vector<WhatIfPoint> points;
  for (const std::string& text : options.what_if) {
    auto requests = what_if_requests(text, options.request, shape);
    if (!requests) return std::move(requests).error();
    for (const WhatIfRequest& point : *requests) {
      auto layers = load_network_layers(point.request);
      if (!layers) return std::move(layers).error().with_context(point.label);
      points.push_back({point.label, predict_network(model, *layers, point.request.precision)});
    }
  }
  if (auto done = write_sweep(options, model, network, points); !done) return done;
  if (options.json) {
    print_what_if_json(terminal.out, points);
  } else {
    print_what_if(terminal.out, points, {terminal.width, terminal.color});
  }
  return {};
}

Result<void> write_files(const Options& options, const NetworkPrediction& prediction) {
  if (!options.csv_path.empty()) {
    if (auto done = write_prediction_csv(options.csv_path, prediction); !done) return done;
  }
  if (options.result_dir.empty()) return {};
  std::error_code error;
  std::filesystem::create_directories(options.result_dir, error);
  if (error) {
    return error_from_errno(error.value(), "create the folder").at(options.result_dir);
  }
  return write_profile_files(options.result_dir, profile_of(prediction));
}

Result<void> predict(Options options, Terminal& terminal) {
  if (!options.engine_path.empty()) options.request.network = options.engine_path;
  if (options.request.network.empty()) {
    return Error(ErrorCode::kInvalidArgument,
                 "give a network: an ONNX file, a built-in name, or trt_engine_info.json");
  }
  auto model = read_trained_model(options.model_dir);
  if (!model) return std::move(model).error();
  if (model->method != "physical") {
    return Error(ErrorCode::kUnsupported,
                 "the model was trained with --method published, which is for comparison alone; "
                 "train without it")
        .at(options.model_dir);
  }
  auto network = load_network_layers(options.request);
  if (!network) return std::move(network).error();
  if (!options.what_if.empty()) return sweep(options, *model, *network, terminal);
  const NetworkPrediction prediction = predict_network(*model, *network, options.request.precision);
  if (auto done = write_files(options, prediction); !done) return done;
  if (auto done = write_page(options, prediction, {}); !done) return done;
  if (options.json) {
    print_prediction_json(terminal.out, prediction);
  } else if (options.markdown) {
    print_prediction_markdown(terminal.out, prediction);
  } else {
    print_prediction(terminal.out, prediction, {terminal.width, terminal.color});
  }
  if (!options.engine_path.empty() && !options.json) {
    print_published_totals(terminal.out, prediction);
  }
  return {};
}

}  // namespace

Action declare_predict(App& app) {
  auto options = std::make_shared<Options>();
  auto* network = app.add_option("NETWORK", options->request.network,
                                 "ONNX file, built-in name, or trt_engine_info.json");
  app.add_option("--trt-engine-path", options->engine_path,
                 "trt_engine_info.json, as the published inference takes it")
      ->check(named())
      ->excludes(network);
  app.add_option("--model-dir", options->model_dir, "Model that 'layerwatt train' wrote")
      ->check(named())
      ->capture_default_str();
  app.add_option("--result-csv-path", options->csv_path,
                 "Writes a table of the layers: the published columns, then bounds and energy")
      ->check(named())
      ->check({[](const std::string& path) {
        return path.ends_with(".csv") ? std::string() : std::string("the path must end in .csv");
      }});
  app.add_option("--result-dir", options->result_dir,
                 "Writes layer_profile.json and .csv there, for 'report' and 'compare'")
      ->check(named());
  app.add_option("--batch", options->request.batch, "Images an inference")
      ->check(in_range(ranges::kDimension));
  app.add_option("--input-shape", options->request.input_shape,
                 "Shape of the first input (1 3 224 224)")
      ->check(in_range(ranges::kDimension));
  app.add_option("--dtype", options->request.precision,
                 "What layers are computed in, where the network says otherwise")
      ->check(one_of({"float32", "float16", "bfloat16", "int8"}));
  auto* sweep = app.add_option("--what-if", options->what_if,
                               "Sweep: batch=1..64, dtype=float16,int8 or input=128..512");
  app.add_option("--what-if-plot", options->plot_path,
                 "Writes bars of the energy an image and an inference over the sweep (SVG)")
      ->needs(sweep);
  app.add_option("-o,--output,--html", options->page_path,
                 "Writes the page that 'report' makes of a run; with --what-if its plot too");
  app.add_flag("--json", options->json, "Print JSON instead of a table");
  app.add_flag("--markdown", options->markdown, "Print a Markdown table");
  app.footer(
      "Run time, power above idle and energy of each layer and of the network, each with an "
      "interval; a layer beyond what was measured is refused, and says why.\n"
      "Example: layerwatt predict resnet50 --dtype float16 --model-dir trained_models");
  return [options](Terminal& terminal) { return predict(*options, terminal); };
}

}  // namespace layerwatt::cli
