#include <cstddef>
#include <cstdint>
#include <sstream>
#include <string_view>

#include "layerwatt/simulation/virtual_recording.h"

// A truth that is read must be written and read back as the same.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace layerwatt;
  const auto truth = parse_virtual_truth({reinterpret_cast<const char*>(data), size});
  if (!truth) return 0;
  std::ostringstream first;
  write_virtual_truth(*truth, first);
  const auto again = parse_virtual_truth(first.str());
  if (!again) __builtin_trap();
  std::ostringstream second;
  write_virtual_truth(*again, second);
  if (first.str() != second.str()) __builtin_trap();
  return 0;
}
