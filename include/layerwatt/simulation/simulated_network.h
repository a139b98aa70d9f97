#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "layerwatt/core/layer.h"
#include "layerwatt/core/result.h"
#include "layerwatt/core/units.h"

namespace layerwatt {

/// A network of which only layers and run times are known.
struct SimulatedNetwork {
  std::string name;
  std::vector<Layer> layers;
  /// Mean run time of each layer.
  std::vector<Duration> run_times;
};

/// Names of the networks that are built in: typical run times of known architectures on a small
/// GPU, not measurements.
std::span<const std::string_view> simulated_network_names();

/// "alexnet-like" (20 layers, 10 µs to 3.9 ms), "mobilenet-like" (50 layers, 11 to 480 µs) or
/// "lenet-like" (7 layers).
Result<SimulatedNetwork> built_in_simulated_network(std::string_view name);

/// `layers` layers of random kind with run times spread evenly on a logarithmic scale from 10 µs to
/// 5 ms. The same for the same seed.
SimulatedNetwork random_network(std::size_t layers, std::uint64_t seed);

/// Reads a CSV file with the header "name,type,run_time_us" (type may be left out); one layer a
/// line. Fields may be quoted.
Result<SimulatedNetwork> read_simulated_network(const std::filesystem::path& path);
Result<SimulatedNetwork> parse_simulated_network(std::string_view text);

}  // namespace layerwatt
