#include "layerwatt/running/segment_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <span>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "layerwatt/core/atomic_file.h"
#include "layerwatt/models/onnx_model.h"
#include "layerwatt/models/segments.h"

#include "running/inputs/network_inputs.h"
#include "running/passes/fusion_groups.h"

namespace layerwatt {
namespace {

namespace fs = std::filesystem;

using Tensors = std::map<std::string, Tensor, std::less<>>;

/// What the segments read, as the reference makes it in one pass of the whole model.
Result<Tensors> activations_of(const OnnxModel& model, const CutModel& cut,
                               const NetworkRequest& request, PreparedNetwork network,
                               Engine& reference) {
  std::set<std::string> wanted;
  for (const ModelSegment& segment : cut.segments) {
    wanted.insert(segment.inputs.begin(), segment.inputs.end());
  }
  for (const Tensor& input : network.inputs) wanted.erase(input.name);
  auto bytes = expose_tensors(model, {wanted.begin(), wanted.end()}).serialise();
  if (!bytes) return std::move(bytes).error();
  SessionOptions options;
  options.threads = request.threads;
  // Values alone count, and the same on every machine.
  options.rewriting = GraphRewriting::kNone;
  auto session = reference.load(*bytes, network.name, options);
  if (!session) return std::move(session).error();
  if (auto r = make_inputs((*session)->inputs(), request, network); !r) return std::move(r).error();
  if (auto r = (*session)->bind(network.inputs); !r) return std::move(r).error();
  if (auto r = (*session)->run(); !r) return std::move(r).error();
  auto outputs = (*session)->read_outputs();
  if (!outputs) return std::move(outputs).error();
  Tensors tensors;
  const auto take = [&tensors](Tensor& tensor) {
    std::string name = tensor.name;
    tensors.insert_or_assign(std::move(name), std::move(tensor));
  };
  for (Tensor& tensor : network.inputs) take(tensor);
  for (Tensor& tensor : *outputs) take(tensor);
  return tensors;
}

Result<void> write_bytes(const fs::path& path, std::span<const std::byte> bytes) {
  auto file = AtomicFile::create(path, AtomicFile::Durability::kWhenConvenient);
  if (!file) return std::move(file).error();
  file->write({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  return file->commit();
}

/// Numbers for names: a layer's own may hold whatever a file's name must not.
Result<void> write_inputs(const ModelSegment& segment, std::size_t number, const Tensors& tensors,
                          const fs::path& folder, SegmentFile& out) {
  for (std::size_t i = 0; i < segment.inputs.size(); ++i) {
    const auto tensor = tensors.find(segment.inputs[i]);
    if (tensor == tensors.end()) {
      out.inputs.clear();
      return {};
    }
    fs::path values = folder / fmt::format("{}-{}.bin", number, i);
    if (auto r = write_bytes(values, tensor->second.data); !r) return r;
    out.inputs.push_back({segment.inputs[i], std::move(values)});
  }
  return {};
}

}  // namespace

Result<SegmentFiles> write_segment_files(const PreparedNetwork& network,
                                         const NetworkRequest& request, Engine* reference,
                                         const fs::path& folder) {
  auto model = OnnxModel::parse(network.graph, network.name);
  if (!model) return std::move(model).error();
  SegmentFiles files;
  CutOptions options;
  options.groups = fusion_groups(model->nodes(), network.layers, files.left_out);
  options.leave_out_unsupported = true;
  auto cut = cut_segments(*model, options);
  if (!cut) return std::move(cut).error();

  Tensors tensors;
  if (reference == nullptr) {
    files.without_inputs = "nothing here can run the model on the processor to know them";
  } else if (auto known = activations_of(*model, *cut, request, network, *reference)) {
    tensors = *std::move(known);
  } else {
    files.without_inputs = known.error().to_string();
  }

  std::unordered_map<std::string_view, std::int32_t> layer_of;
  for (std::size_t i = 0; i < network.layers.size(); ++i) {
    layer_of.emplace(network.layers[i].name, static_cast<std::int32_t>(i));
  }
  for (std::size_t i = 0; i < cut->segments.size(); ++i) {
    const ModelSegment& segment = cut->segments[i];
    const auto layer = layer_of.find(segment.name);
    if (layer == layer_of.end()) continue;
    auto bytes = segment.model.serialise();
    if (!bytes) return std::move(bytes).error();
    SegmentFile file{.layer = layer->second,
                     .model = folder / fmt::format("{}.onnx", i),
                     .bytes = *std::move(bytes),
                     .inputs = {}};
    if (auto r = write_bytes(file.model, file.bytes); !r) return std::move(r).error();
    if (auto r = write_inputs(segment, i, tensors, folder, file); !r) return std::move(r).error();
    files.segments.push_back(std::move(file));
  }
  for (const LeftOutNode& node : cut->left_out) {
    if (layer_of.contains(node.name)) {
      files.left_out.push_back(fmt::format("{}: {}", node.name, node.reason));
    }
  }
  if (files.segments.empty()) {
    return Error(ErrorCode::kUnsupported,
                 fmt::format("{}: none of the {} layers can run alone; use --schedule whole",
                             network.name, network.layers.size()));
  }
  return files;
}

}  // namespace layerwatt
