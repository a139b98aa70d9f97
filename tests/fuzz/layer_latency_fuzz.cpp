#include <cstddef>
#include <cstdint>
#include <string_view>

#include "layerwatt/dataset/layer_latency.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto latencies = layerwatt::parse_layer_latencies(text);
  if (!latencies) return 0;
  const auto passes = static_cast<std::size_t>(latencies->passes);
  for (const auto& layer : latencies->layers) {
    if (layer.milliseconds.size() != passes) __builtin_trap();
    if (latencies->has_stamps() && layer.end.size() != passes) __builtin_trap();
  }
  return 0;
}
