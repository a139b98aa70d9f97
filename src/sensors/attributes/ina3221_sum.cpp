#include "sensors/attributes/ina3221_sum.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace layerwatt {

std::optional<Ina3221Sum> find_sum(std::span<const std::string> labels,
                                   std::optional<std::pair<int, int>> kernel) {
  constexpr std::array<std::string_view, 3> kAgxOrin{"VDD_GPU_SOC", "VDD_CPU_CV", "VIN_SYS_5V0"};
  if (!std::equal(labels.begin(), labels.end(), kAgxOrin.begin(), kAgxOrin.end())) {
    return std::nullopt;
  }
  if (!kernel || *kernel < std::pair(5, 15)) return std::nullopt;
  return Ina3221Sum{"VDD_GPU_SOC+VDD_CPU_CV",
                    "GPU, SOC, CPU and accelerators together, without the averaging filter", 1};
}

}  // namespace layerwatt
