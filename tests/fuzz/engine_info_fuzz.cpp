#include <cstddef>
#include <cstdint>
#include <sstream>
#include <string_view>
#include <vector>

#include "layerwatt/dataset/engine_info.h"

// What is read can be written and read again, and put into another order.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto info = layerwatt::parse_engine_info(text);
  if (!info) return 0;
  std::vector<std::size_t> order;
  for (std::size_t i = info->layers.size(); i-- > 0;) order.push_back(i);
  const auto turned = layerwatt::parse_engine_info(layerwatt::arrange_engine_info(text, order));
  if (!turned || turned->layers.size() != info->layers.size()) __builtin_trap();
  if (!order.empty() && turned->layers.front().name != info->layers.back().name) __builtin_trap();
  if (info->without_details > 0) return 0;  // written with their (empty) details
  std::ostringstream out;
  layerwatt::write_engine_info(out, info->layers, info->bindings);
  const auto again = layerwatt::parse_engine_info(out.str());
  if (!again || again->layers.size() != info->layers.size()) __builtin_trap();
  return 0;
}
