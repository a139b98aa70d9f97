#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "layerwatt/analysis/train.h"
#include "layerwatt/report/progress.h"
#include "layerwatt/report/training_report.h"

#include "cli/command.h"
#include "cli/options/number_option.h"

namespace layerwatt::cli {

Action declare_train(CLI::App& app);

namespace {

struct Options {
  std::string training_data_dir = "training_data";
  std::string model_dir = "trained_models";
  std::string method = "physical";
  std::vector<std::string> test_models{"lenet", "resnet18", "vgg16"};
  std::uint64_t seed = 42;
  bool micro_layers = false;
  bool json = false;
};

Result<void> train(const Options& options, Terminal& terminal) {
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
  if (options.method == "published") {
    auto training = train_published(how, progress);
    if (bar) bar->wipe();
    if (!training) return std::move(training).error();
    if (auto done = write_trained_model(options.model_dir, training->model); !done) return done;
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

Action declare_train(CLI::App& app) {
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
      ->check(CLI::IsMember({"physical", "published"}))
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
  app.add_flag("--json", options->json, "Print the validation as JSON instead of tables");
  app.footer(
      "Prints how far the model is off on networks and families that were left out, beside other "
      "methods on the same rows, and keeps that in the model.\n"
      "Example: layerwatt train --training-data-dir training_data --model-dir trained_models");
  return [options](Terminal& terminal) { return train(*options, terminal); };
}

}  // namespace layerwatt::cli
