#include <chrono>
#include <cstddef>
#include <cstdint>
#include <sstream>
#include <string>

#include "layerwatt/sensors/tegrastats_log.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::istringstream in(std::string(reinterpret_cast<const char*>(data), size));
  const auto log = layerwatt::read_tegrastats_log(in, std::chrono::milliseconds(20));
  if (!log) return 0;
  // Times never go back, and no rail is empty.
  for (const auto& trace : log->traces) {
    if (trace.size() == 0 || !layerwatt::validate(trace)) __builtin_trap();
  }
  return 0;
}
