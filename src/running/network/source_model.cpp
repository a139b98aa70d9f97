#include "running/network/source_model.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>

#include "layerwatt/core/nearest_name.h"
#include "layerwatt/models/architecture.h"
#include "layerwatt/models/constant_weights.h"
#include "layerwatt/models/convert.h"
#include "layerwatt/models/input_shapes.h"
#include "layerwatt/models/input_uses.h"

namespace layerwatt {
namespace {

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

/// Files of other frameworks, known by their names, and how each becomes an ONNX file.
struct OtherFormat {
  std::string_view ending;
  std::string_view what;
  std::string_view how;
};

constexpr std::string_view kFromPyTorch =
    "in Python, with the model built and its weights loaded: torch.onnx.export(model.eval(), "
    "torch.randn(1, 3, 224, 224), 'model.onnx', opset_version=17); a file of weights alone (a "
    "state_dict) does not tell the network: build it by its own code first";
constexpr std::array<OtherFormat, 8> kOtherFormats{{
    {".pt", "a PyTorch file", kFromPyTorch},
    {".pth", "a PyTorch file", kFromPyTorch},
    {".pt2", "a PyTorch program", kFromPyTorch},
    {".ckpt", "a checkpoint of weights", kFromPyTorch},
    {".safetensors", "a file of weights", kFromPyTorch},
    {".tflite", "a TensorFlow Lite file",
     "python -m tf2onnx.convert --tflite X --output model.onnx"},
    {".keras", "a Keras file",
     "python -m tf2onnx.convert --saved-model DIR --output model.onnx, after model.export(DIR)"},
    {".h5", "a Keras file",
     "python -m tf2onnx.convert --saved-model DIR --output model.onnx, after model.export(DIR)"},
}};

std::optional<Error> other_format(const std::filesystem::path& path) {
  for (const OtherFormat& format : kOtherFormats) {
    if (path.extension() != format.ending) continue;
    return Error(ErrorCode::kUnsupported,
                 fmt::format("this is {}, and layerwatt runs ONNX: export it ({})", format.what,
                             format.how))
        .at(path);
  }
  return std::nullopt;
}

Result<OnnxModel> load_model(const NetworkRequest& request, PreparedNetwork& network) {
  if (const Architecture* architecture = find_architecture(request.model)) {
    network.name = request.model;
    ArchitectureOptions options;
    options.seed = request.seed;
    const GivenShapes& shapes = request.input_shapes;
    if (!shapes.in_order.empty()) {
      options.input_shape = shapes.in_order.front();
    } else if (shapes.by_name.size() == 1 && architecture->tokens == 0) {
      options.input_shape = shapes.by_name.begin()->second;
    }
    if (!request.images.empty()) {
      options.batch = static_cast<std::int64_t>(request.images.size());
    }
    return build_architecture(request.model, options);
  }
  std::error_code error;
  const std::filesystem::path path = request.model;
  if (!std::filesystem::exists(path, error)) return no_such_model(request.model);
  if (auto other = other_format(path)) return *std::move(other);
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

/// Shapes that were given, and those of given values.
GivenShapes given_shapes(const std::vector<ModelTensor>& inputs, const NetworkRequest& request) {
  GivenShapes given = request.input_shapes;
  // Built-in networks were built for it; of texts it says how many tokens, which need not be the
  // shape of the first input.
  const bool is_built_for_it =
      given.in_order.size() == 1 && find_architecture(request.model) != nullptr;
  if (is_built_for_it) given.in_order.clear();
  if (!given.in_order.empty()) return given;
  for (const ModelTensor& input : inputs) {
    const InputValue* value = find_input_value(request.input_values, input.name, inputs.size());
    if (value == nullptr || !value->tensor) continue;
    given.by_name.emplace(input.name, value->tensor->dimensions);
  }
  return given;
}

/// True where the model has other shapes now.
Result<bool> set_shapes(OnnxModel& model, const NetworkRequest& request, bool keep_open,
                        PreparedNetwork& network) {
  if (auto r = set_batch_of_images(model, request); !r) return std::move(r).error();
  const std::vector<ModelTensor> inputs = model.inputs();
  auto resolved = resolve_input_shapes(inputs, given_shapes(inputs, request));
  if (!resolved)
    return std::move(resolved).error().with_context(fmt::format("'{}'", model.label()));
  network.notes.insert(network.notes.end(), resolved->notes.begin(), resolved->notes.end());
  network.input_shapes = std::move(resolved->shapes);
  if (keep_open) return false;
  TensorShapes changed;
  for (const ModelTensor& input : inputs) {
    const auto shape = network.input_shapes.find(input.name);
    if (shape != network.input_shapes.end() && shape->second != input.dimensions) {
      changed.insert(*shape);
    }
  }
  if (auto r = model.set_input_shapes(changed); !r) return std::move(r).error();
  return !changed.empty();
}

}  // namespace

Result<SourceModel> load_source_model(const NetworkRequest& request, PreparedNetwork& network,
                                      const SourceOptions& options) {
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
  auto reshaped = set_shapes(*model, request, options.keep_open, network);
  if (!reshaped) return std::move(reshaped).error();
  network.input_uses = find_input_uses(*model);
  const bool widened = options.widen_bfloat16 && widen_bfloat16(*model);
  if (widened) {
    network.notes.emplace_back(
        "The model is in bfloat16, for which the engine has no kernels here; it ran in float32.");
  }
  return SourceModel{*std::move(model), *reshaped, widened};
}

Result<void> convert_source_model(OnnxModel& model, DataType type, PreparedNetwork& network) {
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

}  // namespace layerwatt
