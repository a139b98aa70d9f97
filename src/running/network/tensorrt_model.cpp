#include "layerwatt/running/tensorrt_model.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <set>
#include <string>
#include <system_error>
#include <utility>

#include "layerwatt/core/file_text.h"
#include "layerwatt/models/onnx_model.h"

#include "running/network/source_model.h"

namespace layerwatt {
namespace {

constexpr int kStronglyTyped = 11;

/// Names that the inspector's list of sources can be matched with: every node has one, and each its
/// own.
void name_all_nodes(OnnxModel& model) {
  std::vector<std::string> names;
  std::set<std::string> taken;
  for (const ModelNode& node : model.nodes()) {
    std::string name = node.name;
    for (int i = 2; !taken.insert(name).second; ++i) name = fmt::format("{}_{}", node.name, i);
    names.push_back(std::move(name));
  }
  model.rename_nodes(names);
}

bool is_quantised(const OnnxModel& model) {
  const auto nodes = model.nodes();
  return std::ranges::any_of(nodes,
                             [](const ModelNode& node) { return node.type == "QuantizeLinear"; });
}

}  // namespace

bool is_serialised_engine(std::string_view model) {
  return model.ends_with(".engine") || model.ends_with(".plan") || model.ends_with(".trt");
}

Result<void> name_serialised_engine(const NetworkRequest& request, PreparedNetwork& network) {
  const std::filesystem::path path = request.model;
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error)) {
    return Error(ErrorCode::kNotFound,
                 fmt::format("no such file: '{}'; give a serialised engine or an ONNX model",
                             request.model));
  }
  if (!request.input_shapes.empty()) {
    return Error(ErrorCode::kInvalidArgument,
                 fmt::format("--input-shape does not go with '{}': a serialised engine has its "
                             "shapes; give the ONNX model to build one of another shape",
                             request.model));
  }
  network.name = path.stem().string();
  network.path = request.model;
  network.notes.emplace_back(
      "The engine was built before, with options that only its builder knows.");
  return {};
}

Result<std::vector<std::byte>> load_tensorrt_model(const NetworkRequest& request,
                                                   const TensorRtVersion& version,
                                                   PreparedNetwork& network) {
  auto source = load_source_model(request, network);
  if (!source) return std::move(source).error();
  OnnxModel* const model = &source->model;
  if (request.type == DataType::kInt8 && !is_quantised(*model)) {
    return Error(ErrorCode::kInvalidArgument,
                 fmt::format("{}: --dtype int8 needs a model that says where it is quantised "
                             "(QuantizeLinear and DequantizeLinear nodes); quantise it, for "
                             "example with ONNX Runtime's or NVIDIA's tools, or choose float16",
                             model->label()));
  }
  for (const ModelTensor& input : model->inputs()) {
    network.inputs.push_back(Tensor{
        .name = input.name, .type = request.type, .dimensions = input.dimensions, .data = {}});
  }
  if (version.major >= kStronglyTyped && request.type != DataType::kInt8) {
    if (auto r = convert_source_model(*model, request.type, network); !r) {
      return std::move(r).error();
    }
  }
  name_all_nodes(*model);
  return model->serialise();
}

std::string machine_identity() {
  std::string identity;
  if (auto board = read_file("/proc/device-tree/model", 4096)) {
    identity = *std::move(board);
  } else {
    char name[256] = {};
    if (::gethostname(name, sizeof name - 1) == 0) identity = name;
  }
  std::erase(identity, '\0');
  return identity;
}

}  // namespace layerwatt
