#include "layerwatt/experiment/prepared_network.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <unordered_map>
#include <utility>

#include "layerwatt/core/file_text.h"
#include "layerwatt/core/nearest_name.h"
#include "layerwatt/engines/random_tensor.h"
#include "layerwatt/models/architecture.h"
#include "layerwatt/models/constant_weights.h"
#include "layerwatt/models/convert.h"
#include "layerwatt/models/layer_info.h"
#include "layerwatt/models/onnx_model.h"

#include "engines/temporary_folder.h"
#include "experiment/layer_origins.h"

namespace layerwatt {
namespace {

constexpr std::size_t kLargestModel = std::size_t{2} << 30;

Error no_such_model(const std::string& name) {
  std::vector<std::string_view> names;
  for (const Architecture& a : architecture_table()) names.push_back(a.name);
  const auto nearest = nearest_name(name, names);
  return Error(
      ErrorCode::kNotFound,
      fmt::format("'{}' is neither a file nor a built-in model{}; 'layerwatt models' lists "
                  "those",
                  name, nearest ? fmt::format(" (did you mean '{}'?)", *nearest) : ""));
}

Result<OnnxModel> load_model(const NetworkRequest& request, PreparedNetwork& network) {
  if (find_architecture(request.model) != nullptr) {
    network.name = request.model;
    ArchitectureOptions options;
    options.seed = request.seed;
    if (!request.input_shapes.empty()) options.input_shape = request.input_shapes.front();
    if (!request.images.empty()) {
      options.batch = static_cast<std::int64_t>(request.images.size());
    }
    return build_architecture(request.model, options);
  }
  std::error_code error;
  const std::filesystem::path path = request.model;
  if (!std::filesystem::exists(path, error)) return no_such_model(request.model);
  network.name = path.stem().string();
  network.path = request.model;
  return OnnxModel::load(path);
}

/// As many as there are pictures, where neither the model nor a person says how many.
Result<void> set_batch_of_images(OnnxModel& model, const NetworkRequest& request) {
  if (request.images.empty() || !request.input_shapes.empty()) return {};
  for (const ModelTensor& input : model.inputs()) {
    if (input.dimensions.size() != 4 || input.dimensions.front() >= 0) continue;
    return model.set_batch(static_cast<std::int64_t>(request.images.size()));
  }
  return {};
}

Result<void> set_shapes(OnnxModel& model, const NetworkRequest& request) {
  if (auto r = set_batch_of_images(model, request); !r) return r;
  const std::vector<ModelTensor> inputs = model.inputs();
  if (request.input_shapes.size() > inputs.size()) {
    return Error(ErrorCode::kInvalidArgument,
                 fmt::format("{}: {} input shapes given, but the model has {} inputs",
                             model.label(), request.input_shapes.size(), inputs.size()));
  }
  for (std::size_t i = 0; i < request.input_shapes.size(); ++i) {
    if (auto r = model.set_input_shape(inputs[i].name, request.input_shapes[i]); !r) return r;
  }
  return model.fix_free_dimensions();
}

Result<void> convert(OnnxModel& model, DataType type, PreparedNetwork& network) {
  if (type == DataType::kFloat32) return {};
  if (type != DataType::kFloat16 && type != DataType::kBFloat16) {
    return Error(
        ErrorCode::kInvalidArgument,
        fmt::format("networks run as float32, float16 or bfloat16, not as {}", to_string(type)));
  }
  auto report =
      convert_model(model, type == DataType::kFloat16 ? FloatType::kFloat16 : FloatType::kBFloat16);
  if (!report) return std::move(report).error();
  if (!report->float32_nodes.empty()) {
    network.notes.push_back(
        fmt::format("{} nodes stay in float32, because ONNX does not define "
                    "their operators for {} (the first: {}).",
                    report->float32_nodes.size(), to_string(type), report->float32_nodes.front()));
  }
  if (report->clipped_weights > 0) {
    network.notes.push_back(
        fmt::format("{} weights were beyond the range of {} and were set to its "
                    "largest value.",
                    report->clipped_weights, to_string(type)));
  }
  return {};
}

/// The graph as the engine rewrites it.
Result<OnnxModel> rewrite(Engine& engine, std::span<const std::byte> bytes,
                          const PreparedNetwork& network, GraphRewriting rewriting) {
  auto folder = TemporaryFolder::make();
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

/// Pictures for the input that takes them, random values for all others.
Result<std::vector<Tensor>> make_inputs(std::span<const TensorSpec> specs,
                                        const NetworkRequest& request) {
  std::optional<std::size_t> of_images;
  if (!request.images.empty()) {
    auto found = find_image_input(specs);
    if (!found) return std::move(found).error();
    of_images = *found;
  }
  std::vector<Tensor> inputs;
  for (std::size_t i = 0; i < specs.size(); ++i) {
    auto tensor = i == of_images ? image_tensor(specs[i], request.images)
                                 : random_tensor(specs[i], request.seed);
    if (!tensor) return std::move(tensor).error();
    inputs.push_back(*std::move(tensor));
  }
  return inputs;
}

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

  auto model = load_model(request, network);
  if (!model) return std::move(model).error();
  auto made = materialise_constants(*model, request.seed);
  if (!made) return std::move(made).error();
  if (made->elements > 0) {
    network.notes.push_back(
        fmt::format("The model carries constants instead of {} weights in {} "
                    "tensors; they were replaced by random ones.",
                    made->elements, made->tensors.size()));
  }
  network.parameter_count = model->parameter_count();
  if (auto r = set_shapes(*model, request); !r) return std::move(r).error();
  if (auto r = convert(*model, request.type, network); !r) return std::move(r).error();
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
