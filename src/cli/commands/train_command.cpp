#include <fmt/format.h>

#include <chrono>
#include <memory>

#include "layerwatt/analysis/calibrate_model.h"
#include "layerwatt/analysis/train.h"
#include "layerwatt/core/file_text.h"
#include "layerwatt/report/mlflow_runs.h"
#include "layerwatt/report/progress.h"
#include "layerwatt/report/training_report.h"
#include "layerwatt/report/validation_plot.h"

#include "cli/command.h"
#include "cli/options/number_option.h"

namespace layerwatt::cli {

Action declare_train(App& app);

namespace {

struct Options {
  std::string training_data_dir = "training_data";
  std::string model_dir = "trained_models";
  std::string method = "physical";
  std::vector<std::string> test_models{"lenet", "resnet18", "vgg16"};
  std::uint64_t seed = 42;
  bool micro_layers = false;
  std::vector<std::string> calibrate_with;
  std::string base_model_dir;
  std::string validation_plot;
  std::string mlflow_dir;
  std::string mlflow_experiment = "layerwatt";
  bool json = false;
};

std::int64_t wall_milliseconds() {
  using std::chrono::duration_cast;
  using std::chrono::milliseconds;
  return duration_cast<milliseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

/// Nothing without --mlflow-dir.
template <class Trained>
Result<void> tell_mlflow(const Options& options, const Trained& trained, std::int64_t begin,
                         Terminal& terminal) {
  if (options.mlflow_dir.empty()) return {};
  auto written = write_mlflow_runs(options.mlflow_dir, options.mlflow_experiment,
                                   mlflow_runs_of(trained), {begin, wall_milliseconds()});
  if (!written) return std::move(written).error();
  terminal.err << fmt::format("{} runs for MLflow in {}\n", written->size(), options.mlflow_dir);
  return {};
}

Result<void> calibrate(const Options& options, Terminal& terminal) {
  const std::string& from =
      options.base_model_dir.empty() ? options.model_dir : options.base_model_dir;
  auto model = calibrate_model_folder(
      from, options.model_dir, {options.calibrate_with.begin(), options.calibrate_with.end()});
  if (!model) return std::move(model).error();
  if (options.json) {
    print_training_json(terminal.out, *model);
    return {};
  }
  print_calibration(terminal.out, *model, {terminal.width, terminal.color});
  terminal.out << "\nWritten to " << options.model_dir << "/" << kTrainedModelFileName << ".\n";
  return {};
}

Result<void> train(const Options& options, Terminal& terminal) {
  if (!options.calibrate_with.empty()) return calibrate(options, terminal);
  TrainOptions how;
  how.training_data_dir = options.training_data_dir;
  how.test_models = options.test_models;
  how.seed = options.seed;
  how.micro_layers = options.micro_layers;
  std::optional<Progress> bar;
  const TrainProgress progress = [&](std::int64_t done, std::int64_t total,
                                     const std::string& what) {
    if (!bar)
      bar.emplace(terminal.err, "Training", total,
                  Progress::Style{terminal.err_is_tty, terminal.err_width});
    bar->set_detail(what);
    bar->update(done);
  };
  const TableStyle style{terminal.width, terminal.color};
  const std::int64_t begin = wall_milliseconds();
  if (options.method == "published") {
    auto training = train_published(how, progress);
    if (bar) bar->wipe();
    if (!training) return std::move(training).error();
    if (auto done = write_trained_model(options.model_dir, training->model); !done) return done;
    if (auto told = tell_mlflow(options, *training, begin, terminal); !told) return told;
    if (options.json) {
      print_published_training_json(terminal.out, *training);
      return {};
    }
    print_published_training(terminal.out, *training, style);
  } else {
    auto model = train_physical(how, progress);
    if (bar) bar->wipe();
    if (!model) return std::move(model).error();
    if (auto done = write_trained_model(options.model_dir, *model); !done) return done;
    if (auto told = tell_mlflow(options, *model, begin, terminal); !told) return told;
    if (!options.validation_plot.empty()) {
      auto drawn =
          write_file_atomically(options.validation_plot, validation_svg(model->by_network));
      if (!drawn) return drawn;
    }
    if (options.json) {
      print_training_json(terminal.out, *model);
      return {};
    }
    print_training(terminal.out, *model, style);
  }
  terminal.out << "\nWritten to " << options.model_dir << "/" << kTrainedModelFileName << ".\n";
  return {};
}

}  // namespace

Action declare_train(App& app) {
  auto options = std::make_shared<Options>();
  app.add_option("--training-data-dir", options->training_data_dir,
                 "Training tables, as 'layerwatt training-data' writes them")
      ->check(named())
      ->capture_default_str();
  app.add_option("--model-dir", options->model_dir, "Where the model goes")
      ->check(named())
      ->capture_default_str();
  app.add_option("--method", options->method,
                 "physical: physics and what it leaves over, with intervals; published: the six "
                 "polynomial lasso models, for comparison")
      ->check(one_of({"physical", "published"}))
      ->capture_default_str();
  app.add_option("--test-models", options->test_models,
                 "Networks to keep out of training and test on")
      ->delimiter(',')
      ->capture_default_str();
  app.add_option("--seed", options->seed, "The same tables and seed give the same model")
      ->check(seed())
      ->capture_default_str();
  app.add_flag("--micro-layers", options->micro_layers,
               "The rows are layers of no network, each for itself");
  auto* runs = app.add_option("--calibrate-with", options->calibrate_with,
                              "Trains nothing: moves the model in --model-dir to the board and "
                              "power mode of these runs (10 "
                              "to 50 layers of 'isolate --micro-layers', or one measured network)");
  app.add_option("--base-model-dir", options->base_model_dir,
                 "Where the model to move is, if not in --model-dir")
      ->needs(runs);
  app.add_option("--validation-plot", options->validation_plot,
                 "Draws predicted against measured, of layers that were left out, into this SVG "
                 "file (physical)")
      ->check(named())
      ->excludes(runs);
  app.add_option("--mlflow-dir", options->mlflow_dir,
                 "Adds runs with parameters, metrics and the model to this folder, which MLflow "
                 "reads (mlflow ui --backend-store-uri FOLDER)")
      ->excludes(runs);
  app.add_option("--mlflow-experiment", options->mlflow_experiment, "Name of the experiment there")
      ->capture_default_str();
  app.add_flag("--json", options->json, "Print the validation as JSON instead of tables");
  app.footer(
      "Prints how far the model is off on networks and families that were left out, beside other "
      "methods on the same rows, and keeps that in the model.\n"
      "Examples: layerwatt train --training-data-dir training_data --model-dir trained_models\n"
      "          layerwatt train --calibrate-with raw_data/alexnet --base-model-dir trained_models "
      "--model-dir other_board");
  return [options](Terminal& terminal) { return train(*options, terminal); };
}

}  // namespace layerwatt::cli
