#include "layerwatt/running/prepare_network.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "layerwatt/core/file_text.h"
#include "layerwatt/engines/scratch_folder.h"
#include "layerwatt/models/layer_info.h"
#include "layerwatt/models/onnx_model.h"

#include "running/inputs/network_inputs.h"
#include "running/network/layer_origins.h"
#include "running/network/prepared_tensorrt.h"
#include "running/network/source_model.h"

namespace layerwatt {
namespace {

constexpr std::size_t kLargestModel = std::size_t{2} << 30;

/// The graph as the engine rewrites it.
Result<OnnxModel> rewrite(Engine& engine, std::span<const std::byte> bytes,
                          const PreparedNetwork& network, GraphRewriting rewriting) {
  auto folder = ScratchFolder::make();
  if (!folder) return std::move(folder).error();
  SessionOptions options;
  options.threads = network.threads;
  options.spinning = network.spinning;
  options.rewriting = rewriting;
  options.optimized_model = (*folder)->path() / "rewritten.onnx";
  auto session = engine.load(bytes, network.name, options);
  if (!session) return std::move(session).error();
  auto text = read_file(options.optimized_model, kLargestModel);
  if (!text) {
    return std::move(text).error().with_context(
        fmt::format("{}: {} did not write the graph as it runs it", network.name, engine.name()));
  }
  return OnnxModel::parse(std::as_bytes(std::span(*text)), network.name);
}

/// What one pass under the profiler tells of the layers: their order and the shapes of all tensors.
struct Executed {
  std::vector<Tensor> inputs;
  LayerTimes times;
};

Result<Executed> execute_once(Engine& engine, const PreparedNetwork& network,
                              const NetworkRequest& request) {
  SessionOptions options;
  options.threads = network.threads;
  options.spinning = network.spinning;
  options.rewriting = GraphRewriting::kNone;
  options.profile_layers = true;
  auto session = engine.load(network.graph, network.name, options);
  if (!session) return std::move(session).error();
  Executed executed;
  auto inputs = make_inputs((*session)->inputs(), request);
  if (!inputs) return std::move(inputs).error().with_context(network.name);
  executed.inputs = *std::move(inputs);
  if (auto r = (*session)->bind(executed.inputs); !r) return std::move(r).error();
  if (auto r = (*session)->run(); !r) return std::move(r).error();
  auto times = (*session)->finish_profile();
  if (!times) return std::move(times).error();
  if (times->passes.empty()) {
    return Error(ErrorCode::kInternal,
                 fmt::format("{}: {}'s profiler saw no layers", network.name, engine.name()));
  }
  executed.times = *std::move(times);
  return executed;
}

using Nodes = std::unordered_map<std::string_view, const ModelNode*>;

/// The profiler lists the outputs that are there, in order, without their names.
TensorShapes shapes_of(const LayerTimes& times, const Nodes& nodes) {
  TensorShapes shapes;
  for (const ProfiledLayer& layer : times.layers) {
    const auto node = nodes.find(layer.name);
    if (node == nodes.end()) continue;
    std::vector<std::string_view> names;
    for (const std::string& name : node->second->outputs) {
      if (!name.empty()) names.push_back(name);
    }
    if (names.size() != layer.outputs.size()) continue;
    for (std::size_t i = 0; i < names.size(); ++i) {
      shapes.insert_or_assign(std::string(names[i]), layer.outputs[i].dimensions);
    }
  }
  return shapes;
}

/// Formats are what the engine really computed in.
void take_formats(const ProfiledLayer& profiled, Layer& layer) {
  if (profiled.outputs.size() != layer.outputs.size()) return;
  for (std::size_t i = 0; i < layer.outputs.size(); ++i) {
    if (layer.outputs[i].format.empty()) layer.outputs[i].format = profiled.outputs[i].format;
    if (layer.outputs[i].dimensions.empty()) {
      layer.outputs[i].dimensions = profiled.outputs[i].dimensions;
    }
  }
}

/// The layers in the order in which they ran. `origins`: of the model's nodes, in their order.
std::vector<Layer> executed_layers(const OnnxModel& model,
                                   const std::vector<std::vector<std::string>>& origins,
                                   const LayerTimes& times) {
  const std::vector<ModelNode> all_nodes = model.nodes();
  Nodes nodes;
  for (const ModelNode& node : all_nodes) nodes.emplace(node.name, &node);
  const TensorShapes shapes = shapes_of(times, nodes);
  std::unordered_map<std::string, Layer> described;
  for (Layer& layer : describe_layers(model, &shapes)) {
    std::string name = layer.name;
    described.emplace(std::move(name), std::move(layer));
  }
  std::vector<Layer> layers;
  for (const LayerTime& time : times.passes.front()) {
    const ProfiledLayer& profiled = times.layers[static_cast<std::size_t>(time.layer)];
    const auto found = described.find(profiled.name);
    Layer& layer = layers.emplace_back();
    if (found != described.end()) layer = found->second;
    if (found == described.end()) {
      layer.name = profiled.name;
      layer.type = profiled.type;
      layer.inputs = profiled.inputs;
      layer.outputs = profiled.outputs;
    }
    take_formats(profiled, layer);
    const auto node = nodes.find(profiled.name);
    if (node != nodes.end()) {
      layer.origins = origins[static_cast<std::size_t>(node->second - all_nodes.data())];
    }
  }
  return layers;
}

}  // namespace

Result<PreparedNetwork> prepare_network(Engine& engine, const NetworkRequest& request) {
  PreparedNetwork network;
  network.type = request.type;
  network.threads = request.threads;
  network.spinning = request.spinning;
  network.engine = engine.name();
  network.engine_version = engine.version();

  if (engine.inspects()) return prepare_inspected(engine, request, std::move(network));

  auto model = load_source_model(request, network);
  if (!model) return std::move(model).error();
  if (auto r = convert_source_model(*model, request.type, network); !r) {
    return std::move(r).error();
  }
  auto original = model->serialise();
  if (!original) return std::move(original).error();

  Result<Executed> executed = Error(ErrorCode::kInternal, "not executed");
  for (const GraphRewriting rewriting : {GraphRewriting::kFull, GraphRewriting::kPortable}) {
    auto rewritten = rewrite(engine, *original, network, rewriting);
    if (!rewritten) return std::move(rewritten).error();
    const auto origins = layer_origins(model->nodes(), rewritten->nodes());
    rewritten->rename_nodes(layer_names(rewritten->nodes(), origins));
    auto graph = rewritten->serialise();
    if (!graph) return std::move(graph).error();
    network.graph = *std::move(graph);
    executed = execute_once(engine, network, request);
    if (!executed && executed.error().code() == ErrorCode::kInvalidArgument) break;
    if (executed) {
      network.layers = executed_layers(*rewritten, origins, executed->times);
      if (rewriting == GraphRewriting::kPortable) {
        network.notes.push_back(
            "The engine cannot read back its own layouts for this processor; the network runs "
            "without them (graph rewriting 'portable'), perhaps more slowly.");
      }
      break;
    }
  }
  if (!executed) return std::move(executed).error();
  network.inputs = std::move(executed->inputs);
  return network;
}

}  // namespace layerwatt
