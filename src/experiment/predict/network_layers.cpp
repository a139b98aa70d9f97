#include <fmt/format.h>

#include <system_error>
#include <utility>

#include "layerwatt/dataset/engine_info.h"
#include "layerwatt/experiment/predict_network.h"
#include "layerwatt/models/architecture.h"
#include "layerwatt/models/fuse_layers.h"
#include "layerwatt/models/layer_info.h"
#include "layerwatt/models/onnx_model.h"

namespace layerwatt {
namespace {

Result<NetworkLayers> of_engine(const PredictRequest& request) {
  if (request.batch || !request.input_shape.empty()) {
    return Error(ErrorCode::kInvalidArgument,
                 "an engine's shapes are fixed: --batch and --input-shape are for ONNX files and "
                 "built-in networks");
  }
  auto info = read_engine_info(request.network);
  if (!info) return std::move(info).error();
  if (info->layers.empty()) {
    return Error(ErrorCode::kParse, "the engine has no layers").at(request.network);
  }
  if (info->without_details == static_cast<std::int64_t>(info->layers.size())) {
    return Error(ErrorCode::kUnsupported,
                 "the layers are names without details: build the engine with detailed layer "
                 "information (trtexec --profilingVerbosity=detailed)")
        .at(request.network);
  }
  return NetworkLayers{std::filesystem::path(request.network).stem().string(),
                       std::move(info->layers), false};
}

Result<OnnxModel> load_graph(const PredictRequest& request) {
  if (find_architecture(request.network) == nullptr &&
      request.network.find('.') != std::string::npos) {
    return OnnxModel::load(request.network);
  }
  ArchitectureOptions options;
  options.weights = Weights::kShapesOnly;
  options.batch = request.batch.value_or(1);
  options.input_shape = request.input_shape;
  if (request.batch && !options.input_shape.empty()) options.input_shape.front() = *request.batch;
  return build_architecture(request.network, options);
}

Result<void> fix_shapes(const PredictRequest& request, OnnxModel& model) {
  const auto inputs = model.inputs();
  if (!request.input_shape.empty()) {
    if (inputs.empty()) return Error(ErrorCode::kInvalidArgument, "the network has no input");
    auto set = model.set_input_shape(inputs.front().name, request.input_shape);
    if (!set) return set;
  }
  if (request.batch) {
    if (auto set = model.set_batch(*request.batch); !set) return set;
  }
  // A free batch means one image; other free dimensions are the reader's to say.
  for (const ModelTensor& input : model.inputs()) {
    for (std::size_t i = 1; i < input.dimensions.size(); ++i) {
      if (input.dimensions[i] >= 0) continue;
      return Error(ErrorCode::kInvalidArgument,
                   fmt::format("dimension {} of the input '{}' is open: give --input-shape", i + 1,
                               input.name));
    }
  }
  return model.fix_free_dimensions();
}

Result<NetworkLayers> of_graph(const PredictRequest& request) {
  auto model = load_graph(request);
  if (!model) return std::move(model).error();
  const bool built_in = find_architecture(request.network) != nullptr;
  // A built-in network is sound, but its weights here have shapes alone.
  if (auto known = built_in ? Result<void>() : model->validate(); !known) {
    return std::move(known).error();
  }
  if (auto fixed = built_in ? Result<void>() : fix_shapes(request, *model); !fixed) {
    return std::move(fixed).error();
  }
  NetworkLayers network;
  network.name = std::filesystem::path(request.network).stem().string();
  if (built_in) network.name = request.network;
  network.layers = fuse_layers(describe_layers(*model));
  network.guessed = true;
  return network;
}

}  // namespace

Result<NetworkLayers> load_network_layers(const PredictRequest& request) {
  if (request.network.ends_with(".json")) return of_engine(request);
  return of_graph(request);
}

}  // namespace layerwatt
