#include "layerwatt/dataset/engine_info.h"

#include <fmt/format.h>
#include <rapidjson/document.h>
#include <rapidjson/prettywriter.h>
#include <rapidjson/stringbuffer.h>

#include <set>
#include <sstream>
#include <utility>

#include "layerwatt/core/file_text.h"

#include "core/control_characters.h"
#include "core/json.h"
#include "dataset/published/pytorch_form.h"

namespace layerwatt {
namespace {

using rapidjson::Value;

std::string_view text_of(const Value& v) { return {v.GetString(), v.GetStringLength()}; }

/// Reads the members of one layer. The first member of a wrong type is kept as the error.
class LayerReader {
 public:
  LayerReader(const Value& object, std::size_t index) : object_(object), index_(index) {}

  Result<Layer> read() {
    Layer layer;
    text("Name", layer.name);
    name_ = layer.name;
    if (layer.name.empty()) fail("Name", "a text");
    text("LayerType", layer.type);
    text("ParameterType", layer.parameter_type);
    tensors("Inputs", layer.inputs);
    tensors("Outputs", layer.outputs);
    integers("Kernel", layer.kernel);
    integers("WindowSize", layer.kernel);
    integers("PrePadding", layer.pre_padding);
    integers("PostPadding", layer.post_padding);
    integers("Stride", layer.stride);
    integers("Dilation", layer.dilation);
    integer(object_, "OutMaps", layer.out_maps);
    integer(object_, "Groups", layer.groups);
    count("Weights", layer.weight_count);
    count("Bias", layer.bias_count);
    text("PoolingType", layer.pooling_type);
    text("Activation", layer.activation);
    number("FLOPs", layer.flops);
    number("Bytes", layer.bytes);
    origins(layer);
    if (error_) return *std::move(error_);
    return layer;
  }

 private:
  void fail(std::string_view key, std::string_view expected) {
    if (error_) return;
    error_ = Error(ErrorCode::kParse, fmt::format("layer {} ('{}'): '{}' is not {}", index_ + 1,
                                                  name_, key, expected));
  }
  const Value* find(std::string_view key) const {
    const auto found = object_.FindMember(
        Value(rapidjson::StringRef(key.data(), static_cast<rapidjson::SizeType>(key.size()))));
    return found == object_.MemberEnd() || found->value.IsNull() ? nullptr : &found->value;
  }
  void text(std::string_view key, std::string& out) {
    const Value* v = find(key);
    if (v == nullptr) return;
    if (!v->IsString()) return fail(key, "a text");
    out = text_of(*v);
  }
  void integers(std::string_view key, std::vector<std::int64_t>& out) {
    const Value* v = find(key);
    if (v != nullptr) take_integers(key, *v, out);
  }
  void take_integers(std::string_view key, const Value& v, std::vector<std::int64_t>& out) {
    if (!v.IsArray()) return fail(key, "a list of whole numbers");
    out.clear();
    for (const Value& element : v.GetArray()) {
      if (!element.IsInt64()) return fail(key, "a list of whole numbers");
      out.push_back(element.GetInt64());
    }
  }
  void integer(const Value& object, const char* key, std::optional<std::int64_t>& out) {
    const auto found = object.FindMember(key);
    if (found == object.MemberEnd() || found->value.IsNull()) return;
    if (!found->value.IsInt64()) return fail(key, "a whole number");
    out = found->value.GetInt64();
  }
  void number(std::string_view key, std::optional<double>& out) {
    const Value* v = find(key);
    if (v == nullptr) return;
    if (!v->IsNumber()) return fail(key, "a number");
    out = v->GetDouble();
  }
  /// {"Type": "Half", "Count": 23232}
  void count(std::string_view key, std::optional<std::int64_t>& out) {
    const Value* v = find(key);
    if (v == nullptr) return;
    if (!v->IsObject()) return fail(key, "an object with 'Count'");
    integer(*v, "Count", out);
  }
  void tensors(std::string_view key, std::vector<TensorInfo>& out) {
    const Value* v = find(key);
    if (v == nullptr) return;
    if (!v->IsArray()) return fail(key, "a list of tensors");
    for (const Value& element : v->GetArray()) {
      if (!element.IsObject()) return fail(key, "a list of tensors");
      TensorInfo tensor;
      for (const auto& member : element.GetObject()) {
        const std::string_view name = text_of(member.name);
        if (name == "Dimensions") {
          take_integers("Dimensions", member.value, tensor.dimensions);
        } else if (name == "Name" || name == "Format/Datatype") {
          if (!member.value.IsString()) return fail(name, "a text");
          (name == "Name" ? tensor.name : tensor.format) = text_of(member.value);
        }
      }
      out.push_back(std::move(tensor));
    }
  }
  /// Ours is a list; TensorRT has "[ONNX Layer: a]" entries in Metadata, joined by a record or unit
  /// separator.
  void origins(Layer& layer) {
    if (const Value* v = find("Origins"); v != nullptr) {
      if (!v->IsArray()) return fail("Origins", "a list of names");
      for (const Value& element : v->GetArray()) {
        if (!element.IsString()) return fail("Origins", "a list of names");
        layer.origins.emplace_back(text_of(element));
      }
      return;
    }
    std::string metadata;
    text("Metadata", metadata);
    constexpr std::string_view kPrefix = "[ONNX Layer: ";
    std::size_t at = 0;
    while ((at = metadata.find(kPrefix, at)) != std::string::npos) {
      at += kPrefix.size();
      std::size_t end = metadata.find_first_of("\x1e\x1f", at);
      if (end == std::string::npos) end = metadata.size();
      std::size_t length = end - at;
      if (length > 0 && metadata[at + length - 1] == ']') --length;
      layer.origins.push_back(metadata.substr(at, length));
      at = end;
    }
  }

  const Value& object_;
  std::size_t index_;
  std::string name_;
  std::optional<Error> error_;
};

}  // namespace

Result<EngineInfo> parse_engine_info(std::string_view given) {
  const std::string text = escape_control_characters(given);
  auto document = parse_json(text);
  if (!document) return std::move(document).error();
  const char* expected =
      "expected an object with the list 'Layers', as the engine inspector writes";
  if (!document->IsObject()) return Error(ErrorCode::kParse, expected);
  const auto layers = document->FindMember("Layers");
  if (layers == document->MemberEnd() || !layers->value.IsArray()) {
    // The older form for PyTorch has a member for each layer.
    EngineInfo of_summary;
    if (auto summary = parse_model_summary(text)) {
      of_summary.layers = *std::move(summary);
      return of_summary;
    }
    return Error(ErrorCode::kParse, expected);
  }
  EngineInfo info;
  std::set<std::int64_t> streams;
  for (const Value& element : layers->value.GetArray()) {
    if (element.IsString()) {
      Layer layer;
      layer.name = text_of(element);
      info.layers.push_back(std::move(layer));
      ++info.without_details;
      continue;
    }
    const std::size_t index = info.layers.size();
    if (!element.IsObject()) {
      return Error(ErrorCode::kParse,
                   fmt::format("layer {} is neither an object nor a name", index + 1));
    }
    auto layer = LayerReader(element, index).read();
    if (!layer) return std::move(layer).error();
    info.layers.push_back(*std::move(layer));
    const auto stream = element.FindMember("StreamId");
    if (stream != element.MemberEnd() && stream->value.IsInt64()) {
      streams.insert(stream->value.GetInt64());
    }
  }
  info.streams = static_cast<std::int64_t>(streams.size());
  const auto bindings = document->FindMember("Bindings");
  if (bindings != document->MemberEnd() && bindings->value.IsArray()) {
    for (const Value& element : bindings->value.GetArray()) {
      if (element.IsString()) info.bindings.emplace_back(text_of(element));
    }
  }
  return info;
}

std::string arrange_engine_info(std::string_view given, std::span<const std::size_t> order) {
  std::string text = escape_control_characters(given);
  auto document = parse_json(text);
  if (!document) return text;
  if (!document->IsObject() || !document->HasMember("Layers")) {
    // The older form for PyTorch has no order of its own: it is written in the inspector's.
    const auto info = parse_engine_info(text);
    if (!info) return text;
    std::vector<Layer> arranged;
    for (const std::size_t at : order) arranged.push_back(info->layers[at]);
    std::ostringstream out;
    write_engine_info(out, arranged, info->bindings);
    return out.str();
  }
  Value& layers = (*document)["Layers"];
  bool as_it_stands = order.size() == layers.Size();
  for (std::size_t i = 0; i < order.size(); ++i) as_it_stands = as_it_stands && order[i] == i;
  if (as_it_stands) return text;
  Value arranged(rapidjson::kArrayType);
  for (const std::size_t at : order) {
    arranged.PushBack(Value(layers[static_cast<rapidjson::SizeType>(at)], document->GetAllocator()),
                      document->GetAllocator());
  }
  layers = std::move(arranged);
  rapidjson::StringBuffer buffer;
  rapidjson::PrettyWriter<rapidjson::StringBuffer> writer(buffer);
  document->Accept(writer);
  return {buffer.GetString(), buffer.GetSize()};
}

Result<EngineInfo> read_engine_info(const std::filesystem::path& path) {
  auto text = read_file(path);
  if (!text) return std::move(text).error();
  auto info = parse_engine_info(*text);
  if (!info) return std::move(info).error().at(path);
  return info;
}

}  // namespace layerwatt
