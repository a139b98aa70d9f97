#include "layerwatt/dataset/engine_info.h"

#include "core/json_writer.h"

namespace layerwatt {
namespace {

void write_integers(JsonWriter& json, std::string_view key, const std::vector<std::int64_t>& list) {
  if (list.empty()) return;
  json.key(key).begin_array();
  for (const std::int64_t v : list) json.value(v);
  json.end_array();
}

void write_text(JsonWriter& json, std::string_view key, const std::string& text) {
  if (!text.empty()) json.member(key, text);
}

void write_tensors(JsonWriter& json, std::string_view key, const std::vector<TensorInfo>& tensors) {
  json.key(key).begin_array();
  for (const TensorInfo& tensor : tensors) {
    json.begin_object().member("Name", tensor.name);
    json.key("Dimensions").begin_array();
    for (const std::int64_t d : tensor.dimensions) json.value(d);
    json.end_array();
    write_text(json, "Format/Datatype", tensor.format);
    json.end_object();
  }
  json.end_array();
}

void write_count(JsonWriter& json, std::string_view key, const std::optional<std::int64_t>& count) {
  if (count) json.key(key).begin_object().member("Count", *count).end_object();
}

void write_layer(JsonWriter& json, const Layer& layer) {
  const bool is_pooling = !layer.pooling_type.empty();
  json.begin_object();
  json.member("Name", layer.name);
  json.member("LayerType", layer.type);
  write_tensors(json, "Inputs", layer.inputs);
  write_tensors(json, "Outputs", layer.outputs);
  write_text(json, "ParameterType", layer.parameter_type);
  write_text(json, "PoolingType", layer.pooling_type);
  write_integers(json, is_pooling ? "WindowSize" : "Kernel", layer.kernel);
  write_integers(json, "PrePadding", layer.pre_padding);
  write_integers(json, "PostPadding", layer.post_padding);
  write_integers(json, "Stride", layer.stride);
  write_integers(json, "Dilation", layer.dilation);
  if (layer.out_maps) json.member("OutMaps", *layer.out_maps);
  if (layer.groups) json.member("Groups", *layer.groups);
  write_count(json, "Weights", layer.weight_count);
  write_count(json, "Bias", layer.bias_count);
  write_text(json, "Activation", layer.activation);
  if (layer.flops) json.member("FLOPs", *layer.flops);
  if (layer.bytes) json.member("Bytes", *layer.bytes);
  if (!layer.origins.empty()) {
    json.key("Origins").begin_array();
    for (const std::string& origin : layer.origins) json.value(origin);
    json.end_array();
  }
  json.end_object();
}

}  // namespace

void write_engine_info(std::ostream& out, std::span<const Layer> layers,
                       std::span<const std::string> bindings) {
  JsonWriter json(out);
  json.begin_object();
  json.key("Layers").begin_array();
  for (const Layer& layer : layers) write_layer(json, layer);
  json.end_array();
  json.key("Bindings").begin_array();
  for (const std::string& binding : bindings) json.value(binding);
  json.end_array();
  json.end_object();
  out << '\n';
}

}  // namespace layerwatt
