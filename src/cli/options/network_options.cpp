#include "cli/options/network_options.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <array>

#include "cli/options/number_check.h"
#include "cli/options/option_rows.h"
#include "cli/options/shape_option.h"
#include "cli/options/word_option.h"

namespace layerwatt::cli {
namespace {

/// Those that a network can be turned into.
constexpr std::array kTypes = {DataType::kFloat32, DataType::kFloat16, DataType::kBFloat16,
                               DataType::kInt8};

}  // namespace

void NetworkOptions::declare(CLI::App& app, NetworkRequest& network, Engines engines) {
  app.add_option(
      "--engine", engine,
      "Engine that runs it; the first there is if absent. trtexec: NVIDIA's own program; "
      "replay: MODEL is a recorded run, run again (both: measure alone)");
  add_shapes(app, "--input-shape", network.input_shapes,
             "Shape of the input (1 3 224 224), or of several inputs (1x3x224x224 1x10); the "
             "model's own if absent");
  add_word<DataType>(
      app, "--dtype", type, kTypes,
      "float32, float16 or bfloat16, the model being converted, or int8 for TensorRT and a "
      "quantised model; float16 for TensorRT and float32 for other engines if absent");
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
  for (const EngineRow& row : engine_table()) {
    if (engines == Engines::kLayerByLayer && row.open == nullptr) continue;
    declare_rows(app, row.options, engine_options);
  }
}

Result<const EngineRow*> NetworkOptions::resolve(NetworkRequest& network) const {
  auto row = find_engine(engine);
  if (!row) return row;
  if (!(*row)->takes_networks && (type || !network.input_shapes.empty() || !images.empty())) {
    return Error(ErrorCode::kInvalidArgument,
                 fmt::format("--dtype, --input-shape and --imgs mean nothing to --engine {}: it "
                             "repeats a recorded run as it was",
                             (*row)->name));
  }
  network.type = type.value_or((*row)->type);
  if (spin->count() == 0) network.spinning = (*row)->spins;
  auto read = read_image_inputs(images);
  if (!read) return std::move(read).error();
  network.images = *std::move(read);
  return row;
}

}  // namespace layerwatt::cli
