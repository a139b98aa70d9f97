#include "dataset/published/pytorch_form.h"

#include <fmt/format.h>

#include <optional>
#include <string>
#include <utility>

#include "core/json.h"
#include "dataset/text/unix_time.h"

namespace layerwatt {
namespace {

using rapidjson::Value;

std::string text_of(const Value& v) { return {v.GetString(), v.GetStringLength()}; }

std::optional<double> number_of(const Value& object, const char* key) {
  if (!object.IsObject()) return std::nullopt;
  const auto member = object.FindMember(key);
  if (member == object.MemberEnd() || !member->value.IsNumber()) return std::nullopt;
  return member->value.GetDouble();
}

Error wrong(std::size_t pass, std::string_view layer, std::string_view expected) {
  return Error(ErrorCode::kParse,
               fmt::format("pass {}, layer '{}': expected {}", pass + 1, layer, expected));
}

/// One pass, its layers in the order of `layers`.
Result<void> take_pass(const Value& pass, std::size_t number,
                       std::vector<PyTorchLatencies::Layer>& layers) {
  std::size_t position = 0;
  for (const auto& member : pass.GetObject()) {
    PyTorchLatencies::Layer& layer = layers[position++];
    if (text_of(member.name) != layer.name) {
      return wrong(number, text_of(member.name), "the layers of the first pass in their order");
    }
    const auto elapsed = number_of(member.value, "elapsed_time");
    const auto start = number_of(member.value, "start_time");
    const auto begin = start ? local_of_unix(*start) : std::nullopt;
    if (!elapsed || !(*elapsed >= 0.0 && *elapsed < 1e9) || !begin) {
      return wrong(number, layer.name, "\"elapsed_time\" in milliseconds and \"start_time\"");
    }
    const LocalTime end = *begin + from_seconds(1e-3 * *elapsed);
    if (!layer.end.empty() && end < layer.end.back()) {
      return wrong(number, layer.name, "an end that is not before that of the pass before");
    }
    layer.milliseconds.push_back(*elapsed);
    layer.end.push_back(end);
  }
  return {};
}

/// A number for all dimensions, or a list of them.
std::vector<std::int64_t> integers_of(const Value& object, const char* key) {
  std::vector<std::int64_t> numbers;
  const auto member = object.FindMember(key);
  if (member == object.MemberEnd()) return numbers;
  if (member->value.IsInt64()) return {member->value.GetInt64(), member->value.GetInt64()};
  if (!member->value.IsArray()) return numbers;
  for (const Value& element : member->value.GetArray()) {
    if (element.IsInt64()) numbers.push_back(element.GetInt64());
  }
  return numbers;
}

Layer layer_of(std::string name, std::string type, const Value& object) {
  Layer layer;
  layer.name = std::move(name);
  layer.type = std::move(type);
  if (layer.type == "Conv2d") layer.parameter_type = "Convolution";
  if (layer.type.find("Pool") != std::string::npos) layer.parameter_type = "Pooling";
  layer.kernel = integers_of(object, "kernel_size");
  layer.stride = integers_of(object, "stride");
  layer.pre_padding = layer.post_padding = integers_of(object, "padding");
  TensorInfo input{"", integers_of(object, "input_shape"), ""};
  TensorInfo output{"", integers_of(object, "output_shape"), ""};
  if (layer.parameter_type == "Convolution" && output.dimensions.size() > 1) {
    layer.out_maps = output.dimensions[1];
  }
  if (!input.dimensions.empty()) layer.inputs.push_back(std::move(input));
  if (!output.dimensions.empty()) layer.outputs.push_back(std::move(output));
  return layer;
}

}  // namespace

bool is_list(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  const std::size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos || text[first] != '[') return false;
  const std::size_t second = text.find_first_not_of(kBlanks, first + 1);
  return second != std::string_view::npos && text[second] == '{';
}

Result<PyTorchLatencies> parse_pytorch_latencies(std::string_view text) {
  auto document = parse_json(text);
  if (!document) return std::move(document).error();
  if (!document->IsArray() || document->Empty() || !(*document)[0].IsObject() ||
      (*document)[0].ObjectEmpty()) {
    return Error(ErrorCode::kParse, "expected a list of passes, each an object of its layers");
  }
  PyTorchLatencies latencies;
  for (const auto& member : (*document)[0].GetObject()) {
    latencies.layers.push_back({text_of(member.name), {}, {}});
  }
  const std::size_t count = latencies.layers.size();
  for (rapidjson::SizeType i = 0; i < document->Size(); ++i) {
    const Value& pass = (*document)[i];
    if (!pass.IsObject()) return wrong(i, "", "an object of layers");
    if (pass.MemberCount() != count) {
      const bool is_cut = i + 1 == document->Size() && pass.MemberCount() < count;
      if (!is_cut) return wrong(i, "", fmt::format("{} layers", count));
      latencies.dropped = pass.MemberCount();
      break;
    }
    if (auto taken = take_pass(pass, i, latencies.layers); !taken) return std::move(taken).error();
    ++latencies.passes;
  }
  return latencies;
}

Result<std::vector<Layer>> parse_model_summary(std::string_view text) {
  auto document = parse_json(text);
  if (!document) return std::move(document).error();
  std::vector<Layer> layers;
  if (document->IsObject()) {
    const Value& whole = *document;
    for (const auto& member : whole.GetObject()) {
      const Value& layer = member.value;
      const bool has_type = layer.IsObject() && layer.HasMember("type") && layer["type"].IsString();
      if (!has_type) {
        return Error(ErrorCode::kParse, fmt::format("layer '{}': expected an object with \"type\"",
                                                    text_of(member.name)));
      }
      layers.push_back(layer_of(text_of(member.name), text_of(layer["type"]), layer));
    }
  }
  if (layers.empty()) {
    return Error(ErrorCode::kParse, "expected an object with a member for each layer");
  }
  return layers;
}

}  // namespace layerwatt
