#pragma once

#include <optional>
#include <span>
#include <string>
#include <utility>

namespace layerwatt {

/// A chip's sum register where it is a power: its channels share one bus voltage and do not contain
/// one another.
struct Ina3221Sum {
  /// "VDD_GPU_SOC+VDD_CPU_CV".
  std::string name;
  std::string coverage;
  /// The channel (from 1) whose bus voltage the summed channels share.
  int voltage_channel;
};

/// What the sum register of a chip with these labels (of channels 1 to 3) means under a kernel, or
/// nullopt where it is no power: other boards sum an input with its own parts, or rails of unlike
/// voltages. Which channels are in the sum is known of AGX Orin alone: kernels from 5.15 on leave
/// out VIN_SYS_5V0; JetPack 5's sums all three.
std::optional<Ina3221Sum> find_sum(std::span<const std::string> labels,
                                   std::optional<std::pair<int, int>> kernel);

}  // namespace layerwatt
