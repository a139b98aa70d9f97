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

struct Activations {
  Tensors tensors;
  /// By name, in the model's order.
  std::vector<std::string> network_inputs;
};

/// What the segments read, as the reference makes it in one pass of the whole model.
Result<Activations> activations_of(const OnnxModel& model, const CutModel& cut,
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
  Activations known;
  const auto take = [&known](Tensor& tensor) {
    std::string name = tensor.name;
    known.tensors.insert_or_assign(std::move(name), std::move(tensor));
  };
  for (Tensor& tensor : network.inputs) {
    known.network_inputs.push_back(tensor.name);
    take(tensor);
  }
  for (Tensor& tensor : *outputs) take(tensor);
  return known;
}

Result<void> write_bytes(const fs::path& path, std::span<const std::byte> bytes) {
  auto file = AtomicFile::create(path, AtomicFile::Durability::kWhenConvenient);
  if (!file) return std::move(file).error();
  file->write({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  return file->commit();
}

/// Numbers for names: a layer's own may hold whatever a file's name must not. Empty where some of
/// the values are not known.
Result<std::vector<SegmentFile::Input>> write_inputs(std::span<const std::string> names,
                                                     std::string_view prefix,
                                                     const Tensors& tensors,
                                                     const fs::path& folder) {
  std::vector<SegmentFile::Input> inputs;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const auto tensor = tensors.find(names[i]);
    if (tensor == tensors.end()) return std::vector<SegmentFile::Input>();
    fs::path values = folder / fmt::format("{}-{}.bin", prefix, i);
    if (auto r = write_bytes(values, tensor->second.data); !r) return std::move(r).error();
    inputs.push_back({names[i], std::move(values)});
  }
  return inputs;
}

/// Cuts of a network as files.
class SegmentWriter {
 public:
  SegmentWriter(const PreparedNetwork& network, const fs::path& folder) : folder_(folder) {
    for (std::size_t i = 0; i < network.layers.size(); ++i) {
      layer_of_.emplace(network.layers[i].name, static_cast<std::int32_t>(i));
    }
  }

  /// `kind`: what the files' names begin with.
  Result<void> write(const CutModel& cut, std::string_view kind, const Tensors& tensors,
                     std::map<std::string, std::vector<std::int32_t>, std::less<>> layers_of,
                     std::vector<SegmentFile>& out) const {
    for (std::size_t i = 0; i < cut.segments.size(); ++i) {
      const ModelSegment& segment = cut.segments[i];
      const auto layers = layers_of.find(segment.name);
      if (layers == layers_of.end()) continue;
      auto bytes = segment.model.serialise();
      if (!bytes) return std::move(bytes).error();
      const std::string name = fmt::format("{}{}", kind, i);
      SegmentFile file{.layers = std::move(layers->second),
                       .model = folder_ / (name + ".onnx"),
                       .bytes = *std::move(bytes),
                       .inputs = {}};
      if (auto r = write_bytes(file.model, file.bytes); !r) return r;
      auto inputs = write_inputs(segment.inputs, name, tensors, folder_);
      if (!inputs) return std::move(inputs).error();
      file.inputs = *std::move(inputs);
      out.push_back(std::move(file));
    }
    return {};
  }

  std::optional<std::int32_t> layer(std::string_view name) const {
    const auto found = layer_of_.find(name);
    if (found == layer_of_.end()) return std::nullopt;
    return found->second;
  }

 private:
  const fs::path& folder_;
  std::unordered_map<std::string_view, std::int32_t> layer_of_;
};

/// The groups of single layers joined as `together` says, each under the name of its first; layers
/// that cannot stand alone are not in `alone`.
struct JoinedGroups {
  std::vector<NodeGroup> groups;
  std::map<std::string, std::vector<std::int32_t>, std::less<>> layers_of;
};

JoinedGroups join_groups(std::span<const NodeGroup> single, const SegmentWriter& writer,
                         const std::set<std::int32_t>& alone,
                         std::span<const LayersTogether> together) {
  JoinedGroups joined;
  for (const LayersTogether& layers : together) {
    NodeGroup group;
    std::vector<std::int32_t> present;
    for (const NodeGroup& part : single) {
      const auto layer = writer.layer(part.name);
      if (!layer || !alone.contains(*layer) || std::ranges::count(layers, *layer) == 0) continue;
      if (group.name.empty()) group.name = part.name;
      group.nodes.insert(group.nodes.end(), part.nodes.begin(), part.nodes.end());
      present.push_back(*layer);
    }
    // Of one layer there is a file already.
    if (present.size() < 2) continue;
    std::ranges::sort(present);
    joined.layers_of.emplace(group.name, std::move(present));
    joined.groups.push_back(std::move(group));
  }
  return joined;
}

}  // namespace

Result<SegmentFiles> write_segment_files(const PreparedNetwork& network,
                                         const NetworkRequest& request, Engine* reference,
                                         const fs::path& folder,
                                         std::span<const LayersTogether> together) {
  auto model = OnnxModel::parse(network.graph, network.name);
  if (!model) return std::move(model).error();
  SegmentFiles files;
  CutOptions options;
  options.groups = fusion_groups(model->nodes(), network.layers, files.left_out);
  options.leave_out_unsupported = true;
  auto cut = cut_segments(*model, options);
  if (!cut) return std::move(cut).error();

  Tensors tensors;
  std::vector<std::string> network_inputs;
  if (reference == nullptr) {
    files.without_inputs = "nothing here can run the model on the processor to know them";
  } else if (auto known = activations_of(*model, *cut, request, network, *reference)) {
    tensors = std::move(known->tensors);
    network_inputs = std::move(known->network_inputs);
  } else {
    files.without_inputs = known.error().to_string();
  }
  auto whole = write_inputs(network_inputs, "whole", tensors, folder);
  if (!whole) return std::move(whole).error();
  files.network_inputs = *std::move(whole);

  const SegmentWriter writer(network, folder);
  std::map<std::string, std::vector<std::int32_t>, std::less<>> single;
  std::set<std::int32_t> alone;
  for (const ModelSegment& segment : cut->segments) {
    if (const auto layer = writer.layer(segment.name)) {
      single[segment.name] = {*layer};
      alone.insert(*layer);
    }
  }
  if (auto r = writer.write(*cut, "", tensors, std::move(single), files.segments); !r) {
    return std::move(r).error();
  }
  for (const LeftOutNode& node : cut->left_out) {
    if (writer.layer(node.name)) {
      files.left_out.push_back(fmt::format("{}: {}", node.name, node.reason));
    }
  }
  if (files.segments.empty()) {
    return Error(ErrorCode::kUnsupported,
                 fmt::format("{}: none of the {} layers can run alone; use --schedule whole",
                             network.name, network.layers.size()));
  }
  JoinedGroups joined = join_groups(options.groups, writer, alone, together);
  if (joined.groups.empty()) return files;
  options.groups = std::move(joined.groups);
  auto ranges = cut_segments(*model, options);
  if (!ranges) {
    // A layer between them that stands in no file.
    files.left_out.push_back(fmt::format("several layers together: {}", ranges.error().message()));
    return files;
  }
  if (auto r =
          writer.write(*ranges, "range-", tensors, std::move(joined.layers_of), files.segments);
      !r) {
    return std::move(r).error();
  }
  return files;
}

}  // namespace layerwatt
