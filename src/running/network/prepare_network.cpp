#include "layerwatt/running/prepare_network.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <span>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "layerwatt/core/file_text.h"
#include "layerwatt/engines/scratch_folder.h"
#include "layerwatt/models/layer_info.h"
#include "layerwatt/models/onnx_model.h"

#include "running/inputs/network_inputs.h"
#include "running/network/layer_origins.h"
#include "running/network/module_names.h"
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

/// One pass under the profiler, which tells of the layers: their order and the shapes of all
/// tensors. Makes the network's inputs.
Result<LayerTimes> execute_once(Engine& engine, const NetworkRequest& request,
                                PreparedNetwork& network) {
  SessionOptions options;
  options.threads = network.threads;
  options.spinning = network.spinning;
  options.rewriting = GraphRewriting::kNone;
  options.profile_layers = true;
  auto session = engine.load(network.graph, network.name, options);
  if (!session) return std::move(session).error();
  if (auto r = make_inputs((*session)->inputs(), request, network); !r) {
    return std::move(r).error().with_context(network.name);
  }
  if (auto r = (*session)->bind(network.inputs); !r) return std::move(r).error();
  if (auto r = (*session)->run(); !r) {
    const std::string hint = random_integers_hint(request, network);
    if (hint.empty()) return std::move(r).error();
    return Error(r.error().code(), fmt::format("{}; {}", r.error().message(), hint));
  }
  auto times = (*session)->finish_profile();
  if (!times) return std::move(times).error();
  if (times->passes.empty()) {
    return Error(ErrorCode::kInternal,
                 fmt::format("{}: {}'s profiler saw no layers", network.name, engine.name()));
  }
  return times;
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

/// Whether another form of the same model may run where this one failed.
bool may_run_otherwise(const Error& error) {
  return error.code() != ErrorCode::kInvalidArgument && error.code() != ErrorCode::kCancelled &&
         error.code() != ErrorCode::kIo;
}

/// What the engine makes of a model, layer by layer.
Result<void> prepare_model(Engine& engine, const NetworkRequest& request, const OnnxModel& model,
                           PreparedNetwork& network) {
  auto original = model.serialise();
  if (!original) return std::move(original).error();
  const std::vector<std::string> notes = network.notes;
  Result<LayerTimes> executed = Error(ErrorCode::kInternal, "not executed");
  constexpr std::array kFused = {GraphRewriting::kFull, GraphRewriting::kPortable};
  constexpr std::array kAsItIs = {GraphRewriting::kNone};
  const auto ways = request.fused ? std::span<const GraphRewriting>(kFused)
                                  : std::span<const GraphRewriting>(kAsItIs);
  for (const GraphRewriting rewriting : ways) {
    network.notes = notes;
    auto rewritten = rewrite(engine, *original, network, rewriting);
    if (!rewritten) return std::move(rewritten).error();
    const auto origins = layer_origins(model.nodes(), rewritten->nodes());
    rewritten->rename_nodes(request.fused ? layer_names(rewritten->nodes(), origins)
                                          : module_names(rewritten->nodes()));
    auto graph = rewritten->serialise();
    if (!graph) return std::move(graph).error();
    network.graph = *std::move(graph);
    executed = execute_once(engine, request, network);
    if (!executed && executed.error().code() == ErrorCode::kInvalidArgument) break;
    if (executed) {
      network.layers = executed_layers(*rewritten, origins, *executed);
      if (rewriting == GraphRewriting::kPortable) {
        network.notes.push_back(
            "The engine cannot read back its own layouts for this processor; the network runs "
            "without them (graph rewriting 'portable'), perhaps more slowly.");
      }
      return {};
    }
  }
  return std::move(executed).error();
}

/// What is tried in turn: the model as it is; where the engine has no kernels for bfloat16, in
/// float32; and with dimensions left open that the file leaves open.
class Attempts {
 public:
  Attempts(Engine& engine, const NetworkRequest& request, const PreparedNetwork& begun)
      : engine_(engine), request_(request), begun_(begun) {}

  Result<PreparedNetwork> run() {
    auto network = attempt();
    if (network || !may_run_otherwise(network.error())) return network;
    Error error = network.error();
    if (error.code() == ErrorCode::kUnsupported && request_.type == DataType::kFloat32) {
      options_.widen_bfloat16 = true;
      network = attempt();
      if (!network && widened_) error = network.error();
    }
    if (!network && reshaped_ && may_run_otherwise(error)) {
      options_.keep_open = true;
      network = attempt();
      if (network) {
        network->notes.push_back(
            fmt::format("With the shapes of its inputs written into it the model does not load "
                        "({}); it was run with shapes that the inputs alone tell.",
                        error.message()));
      } else {
        error = Error(network.error().code(),
                      fmt::format("{}\nand with shapes that the inputs alone tell: {}",
                                  error.message(), network.error().message()));
      }
    }
    if (network) return network;
    return explained(error);
  }

 private:
  Result<PreparedNetwork> attempt() {
    PreparedNetwork network = begun_;
    auto source = load_source_model(request_, network, options_);
    if (!source) return std::move(source).error();
    widened_ = source->widened;
    reshaped_ = source->reshaped;
    if (options_.widen_bfloat16 && !widened_ && !options_.keep_open) {
      return Error(ErrorCode::kUnsupported, "there is no bfloat16 in it");
    }
    if (auto r = convert_source_model(source->model, request_.type, network); !r) {
      return std::move(r).error();
    }
    if (auto r = prepare_model(engine_, request_, source->model, network); !r) {
      return std::move(r).error();
    }
    return network;
  }

  /// What to do about a type without kernels depends on which was asked for.
  Error explained(const Error& error) const {
    if (error.code() != ErrorCode::kUnsupported || request_.type == DataType::kFloat32) {
      return error;
    }
    return Error(error.code(), fmt::format("{}; --dtype float32 may run it", error.message()));
  }

  Engine& engine_;
  const NetworkRequest& request_;
  const PreparedNetwork& begun_;
  SourceOptions options_;
  bool widened_ = false;
  bool reshaped_ = false;
};

}  // namespace

Result<PreparedNetwork> prepare_network(Engine& engine, const NetworkRequest& request) {
  PreparedNetwork network;
  network.type = request.type;
  network.threads = request.threads;
  network.spinning = request.spinning;
  network.engine = engine.name();
  network.engine_version = engine.version();

  if (engine.inspects() && !request.fused) {
    return Error(ErrorCode::kInvalidArgument,
                 fmt::format("{} fuses layers as it builds them: --unfused needs an engine that "
                             "runs a model's nodes as they are (--engine onnxruntime)",
                             engine.name()));
  }
  if (engine.inspects()) return prepare_inspected(engine, request, std::move(network));
  return Attempts(engine, request, network).run();
}

}  // namespace layerwatt
