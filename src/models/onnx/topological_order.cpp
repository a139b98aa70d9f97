#include "models/onnx/topological_order.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <queue>
#include <unordered_map>
#include <unordered_set>

namespace layerwatt::models {
namespace {

/// What a subgraph reads of the graph around it.
void collect_outer(const onnx::GraphProto& graph, std::vector<std::string>& outer) {
  std::unordered_set<std::string> own;
  for (const auto& input : graph.input()) own.insert(input.name());
  for (const auto& tensor : graph.initializer()) own.insert(tensor.name());
  for (const onnx::NodeProto& node : graph.node()) {
    for (const std::string& output : node.output()) own.insert(output);
  }
  for (const onnx::NodeProto& node : graph.node()) {
    for (const std::string& name : consumed_tensors(node)) {
      if (!own.contains(name)) outer.push_back(name);
    }
  }
  for (const auto& output : graph.output()) {
    if (!own.contains(output.name())) outer.push_back(output.name());
  }
}

}  // namespace

std::vector<std::string> consumed_tensors(const onnx::NodeProto& node) {
  std::vector<std::string> names;
  for (const std::string& input : node.input()) {
    if (!input.empty()) names.push_back(input);
  }
  for (const onnx::AttributeProto& attribute : node.attribute()) {
    if (attribute.has_g()) collect_outer(attribute.g(), names);
    for (const onnx::GraphProto& graph : attribute.graphs()) collect_outer(graph, names);
  }
  return names;
}

Result<void> sort_nodes(onnx::GraphProto& graph) {
  const int count = graph.node_size();
  std::unordered_map<std::string, int> producer;
  for (int i = 0; i < count; ++i) {
    for (const std::string& output : graph.node(i).output()) {
      if (output.empty()) continue;
      if (!producer.emplace(output, i).second) {
        return Error(ErrorCode::kParse,
                     fmt::format("the tensor '{}' is made by two nodes", output));
      }
    }
  }
  std::vector<std::vector<int>> consumers(static_cast<std::size_t>(count));
  std::vector<int> waiting(static_cast<std::size_t>(count), 0);
  for (int i = 0; i < count; ++i) {
    for (const std::string& name : consumed_tensors(graph.node(i))) {
      const auto found = producer.find(name);
      if (found == producer.end()) continue;
      consumers[static_cast<std::size_t>(found->second)].push_back(i);
      ++waiting[static_cast<std::size_t>(i)];
    }
  }
  // The earliest of the nodes that can run comes first, so that a sorted graph stays as it is.
  std::priority_queue<int, std::vector<int>, std::greater<>> ready;
  for (int i = 0; i < count; ++i) {
    if (waiting[static_cast<std::size_t>(i)] == 0) ready.push(i);
  }
  std::vector<int> order;
  while (!ready.empty()) {
    const int next = ready.top();
    ready.pop();
    order.push_back(next);
    for (const int consumer : consumers[static_cast<std::size_t>(next)]) {
      if (--waiting[static_cast<std::size_t>(consumer)] == 0) ready.push(consumer);
    }
  }
  if (static_cast<int>(order.size()) != count) {
    return Error(ErrorCode::kParse, "the nodes of the graph form a cycle");
  }
  if (std::is_sorted(order.begin(), order.end())) return {};
  google::protobuf::RepeatedPtrField<onnx::NodeProto> sorted;
  for (const int i : order) sorted.Add()->Swap(graph.mutable_node(i));
  graph.mutable_node()->Swap(&sorted);
  return {};
}

}  // namespace layerwatt::models
