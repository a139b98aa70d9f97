#include <cstddef>
#include <cstdint>
#include <string_view>

#include "layerwatt/simulation/simulated_network.h"

// Any list of layers is read or refused; what is read has a run time for each layer.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace layerwatt;
  const auto network = parse_simulated_network({reinterpret_cast<const char*>(data), size});
  if (!network) return 0;
  if (network->layers.size() != network->run_times.size()) __builtin_trap();
  for (const Duration t : network->run_times) {
    if (t < Duration(0)) __builtin_trap();
  }
  return 0;
}
