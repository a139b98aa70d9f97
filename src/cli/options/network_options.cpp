#include "cli/options/network_options.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "cli/options/number_check.h"
#include "cli/options/shape_option.h"

namespace layerwatt::cli {
namespace {

DataType type_named(std::string_view name) {
  for (const DataType type : {DataType::kFloat16, DataType::kBFloat16, DataType::kInt8}) {
    if (to_string(type) == name) return type;
  }
  return DataType::kFloat32;
}

}  // namespace

void NetworkOptions::declare(CLI::App& app, NetworkRequest& network) {
  app.add_option(
      "--engine", engine,
      "Engine that runs it; the first there is if absent. trtexec: NVIDIA's own program; "
      "replay: MODEL is a recorded run, run again (both: measure alone)");
  add_shapes(app, "--input-shape", network.input_shapes,
             "Shape of the input (1 3 224 224), or of several inputs (1x3x224x224 1x10); the "
             "model's own if absent");
  app.add_option(
         "--dtype", dtype,
         "float32, float16 or bfloat16, the model being converted, or int8 for TensorRT and a "
         "quantised model; float16 for TensorRT and float32 for other engines if absent")
      ->check(CLI::IsMember({"float32", "float16", "bfloat16", "int8"}));
  app.add_option("--imgs", images,
                 "JPEG or PNG pictures for the input (a.jpg,b.jpg), resized, cut and normalised as "
                 "for ImageNet; a batch repeats them. Random values if absent")
      ->delimiter(',')
      ->type_name("FILE,...");
  app.add_option("--threads", network.threads, "Threads of the engine; 0: its own choice")
      ->check(whole_number(0))
      ->capture_default_str();
  spin = app.add_flag("--spin,!--no-spin", network.spinning,
                      "Whether waiting threads spin: faster, and costs power (trtexec: only if "
                      "given)")
             ->capture_default_str();
}

Result<void> NetworkOptions::resolve(NetworkRequest& network) const {
  if (is_replay() && (!dtype.empty() || !network.input_shapes.empty() || !images.empty())) {
    return Error(ErrorCode::kInvalidArgument,
                 "--dtype, --input-shape and --imgs mean nothing to --engine replay: it repeats a "
                 "recorded run as it was");
  }
  network.type = type_named(dtype.empty() ? (is_tensorrt() ? "float16" : "float32") : dtype);
  // The GPU is as fast while its host sleeps, and a spinning core would count as the network's.
  if (is_trtexec() && spin->count() == 0) network.spinning = false;
  auto read = read_image_inputs(images);
  if (!read) return std::move(read).error();
  network.images = *std::move(read);
  return {};
}

Result<std::unique_ptr<Engine>> NetworkOptions::open_engine() const {
  if (is_trtexec() || is_replay()) {
    return Error(
        ErrorCode::kInvalidArgument,
        fmt::format("{} runs whole networks by itself: use it with 'layerwatt measure'", engine));
  }
  std::string known;
  for (const EngineKind& kind : engine_table()) {
    if (engine.empty() || kind.name == engine) return kind.open();
    known += fmt::format("{}{}", known.empty() ? "" : ", ", kind.name);
  }
  return Error(
      ErrorCode::kInvalidArgument,
      fmt::format("there is no engine '{}'; the engines are: {}, trtexec, replay", engine, known));
}

}  // namespace layerwatt::cli
