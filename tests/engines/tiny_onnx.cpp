#include "engines/tiny_onnx.h"

#include <cstring>
#include <map>

namespace layerwatt::testing {
namespace {

void put_varint(std::string& out, std::uint64_t value) {
  while (value >= 0x80) {
    out.push_back(static_cast<char>(value | 0x80));
    value >>= 7;
  }
  out.push_back(static_cast<char>(value));
}

void put_int(std::string& out, unsigned field, std::int64_t value) {
  put_varint(out, field << 3);
  put_varint(out, static_cast<std::uint64_t>(value));
}

void put_bytes(std::string& out, unsigned field, std::string_view value) {
  put_varint(out, (field << 3) | 2);
  put_varint(out, value.size());
  out.append(value);
}

std::string value_info(const TinyValue& value) {
  std::string shape;
  std::size_t free = 0;
  for (const std::int64_t d : value.dimensions) {
    std::string dimension;
    if (d >= 0) put_int(dimension, 1, d);
    if (d < 0) {
      put_bytes(dimension, 2, free < value.free_names.size() ? value.free_names[free] : "n");
      ++free;
    }
    put_bytes(shape, 1, dimension);
  }
  std::string tensor;
  put_int(tensor, 1, value.type);
  put_bytes(tensor, 2, shape);
  std::string type;
  put_bytes(type, 1, tensor);
  std::string out;
  put_bytes(out, 1, value.name);
  put_bytes(out, 2, type);
  return out;
}

std::string node(const TinyNode& n);

std::string subgraph(const std::vector<TinyNode>& nodes) {
  std::string out;
  for (const TinyNode& n : nodes) put_bytes(out, 1, node(n));
  put_bytes(out, 2, "inner");
  for (const std::string& output : nodes.back().outputs) {
    std::string value;
    put_bytes(value, 1, output);
    put_bytes(out, 12, value);
  }
  return out;
}

std::string attribute(const TinyAttribute& a) {
  constexpr std::int64_t kInt = 2;
  constexpr std::int64_t kGraph = 5;
  constexpr std::int64_t kInts = 7;
  std::string out;
  put_bytes(out, 1, a.name);
  if (!a.graph.empty()) {
    put_bytes(out, 6, subgraph(a.graph));
    put_int(out, 20, kGraph);
  } else if (a.ints.size() == 1) {
    put_int(out, 3, a.ints.front());
    put_int(out, 20, kInt);
  } else {
    for (const std::int64_t i : a.ints) put_int(out, 8, i);
    put_int(out, 20, kInts);
  }
  return out;
}

std::string node(const TinyNode& n) {
  std::string out;
  for (const std::string& input : n.inputs) put_bytes(out, 1, input);
  for (const std::string& output : n.outputs) put_bytes(out, 2, output);
  put_bytes(out, 3, n.name);
  put_bytes(out, 4, n.op);
  for (const TinyAttribute& a : n.attributes) put_bytes(out, 5, attribute(a));
  put_bytes(out, 7, n.domain);
  return out;
}

std::string weight(const TinyWeight& w) {
  std::string out;
  for (const std::int64_t d : w.dimensions) put_int(out, 1, d);
  put_int(out, 2, 1);
  put_bytes(out, 8, w.name);
  std::string raw(w.values.size() * sizeof(float), '\0');
  std::memcpy(raw.data(), w.values.data(), raw.size());
  put_bytes(out, 9, raw);
  return out;
}

}  // namespace

std::vector<std::byte> serialise(const TinyModel& model) {
  std::string graph;
  for (const TinyNode& n : model.nodes) put_bytes(graph, 1, node(n));
  put_bytes(graph, 2, "tiny");
  for (const TinyWeight& w : model.weights) put_bytes(graph, 5, weight(w));
  for (const TinyValue& v : model.inputs) put_bytes(graph, 11, value_info(v));
  for (const TinyValue& v : model.outputs) put_bytes(graph, 12, value_info(v));
  std::map<std::string, std::int64_t> opsets{{"", model.opset}};
  for (const TinyNode& n : model.nodes) opsets.try_emplace(n.domain, 1);
  std::string out;
  put_int(out, 1, 7);  // IR version
  put_bytes(out, 7, graph);
  for (const auto& [domain, version] : opsets) {
    std::string opset;
    put_bytes(opset, 1, domain);
    put_int(opset, 2, version);
    put_bytes(out, 8, opset);
  }
  std::vector<std::byte> bytes(out.size());
  std::memcpy(bytes.data(), out.data(), out.size());
  return bytes;
}

}  // namespace layerwatt::testing
