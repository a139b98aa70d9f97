#include "layerwatt/simulation/simulated_network.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>
#include <cmath>
#include <optional>

#include "layerwatt/core/file_text.h"
#include "layerwatt/core/numbers.h"
#include "layerwatt/core/random.h"

namespace layerwatt {
namespace {

constexpr std::array<std::string_view, 3> kNames = {"alexnet-like", "mobilenet-like", "lenet-like"};
constexpr double kShortestRunTimeUs = 1e-3;
constexpr double kLongestRunTimeUs = 60e6;

struct TypicalLayer {
  std::string_view name;
  std::string_view type;
  double run_time_us;
};

constexpr std::array kAlexnet = {
    TypicalLayer{"conv1", "Convolution", 950},   TypicalLayer{"relu1", "Activation", 62},
    TypicalLayer{"norm1", "Normalization", 120}, TypicalLayer{"pool1", "Pooling", 88},
    TypicalLayer{"conv2", "Convolution", 1420},  TypicalLayer{"relu2", "Activation", 44},
    TypicalLayer{"norm2", "Normalization", 81},  TypicalLayer{"pool2", "Pooling", 57},
    TypicalLayer{"conv3", "Convolution", 710},   TypicalLayer{"relu3", "Activation", 19},
    TypicalLayer{"conv4", "Convolution", 905},   TypicalLayer{"relu4", "Activation", 19},
    TypicalLayer{"conv5", "Convolution", 615},   TypicalLayer{"relu5", "Activation", 15},
    TypicalLayer{"pool5", "Pooling", 31},        TypicalLayer{"fc6", "FullyConnected", 3900},
    TypicalLayer{"relu6", "Activation", 10},     TypicalLayer{"fc7", "FullyConnected", 1750},
    TypicalLayer{"relu7", "Activation", 10},     TypicalLayer{"fc8", "FullyConnected", 470},
};

constexpr std::array kLenet = {
    TypicalLayer{"conv1", "Convolution", 85},  TypicalLayer{"pool1", "Pooling", 24},
    TypicalLayer{"conv2", "Convolution", 140}, TypicalLayer{"pool2", "Pooling", 16},
    TypicalLayer{"fc1", "FullyConnected", 42}, TypicalLayer{"fc2", "FullyConnected", 27},
    TypicalLayer{"fc3", "FullyConnected", 18},
};

void add(SimulatedNetwork& network, std::string_view name, std::string_view type, double us) {
  Layer layer;
  layer.name = name;
  layer.type = type;
  layer.parameter_type = type;
  network.layers.push_back(std::move(layer));
  network.run_times.push_back(from_seconds(us * 1e-6));
}

/// Sixteen inverted residuals: the early ones move many pixels, the late ones many channels.
SimulatedNetwork mobilenet_like() {
  SimulatedNetwork network{"mobilenet-like", {}, {}};
  add(network, "features.0", "Convolution", 310);
  for (int block = 1; block <= 15; ++block) {
    const double early = std::exp(-0.22 * block);
    const double late = static_cast<double>(block) / 15.0;
    const std::string prefix = fmt::format("features.{}.", block);
    add(network, prefix + "expand", "Convolution", 480 * early + 55 * late + 11);
    add(network, prefix + "depthwise", "Convolution", 330 * early + 24 * late + 9);
    add(network, prefix + "project", "Convolution", 210 * early + 66 * late + 8);
  }
  add(network, "features.16", "Convolution", 165);
  add(network, "relu", "Activation", 11);
  add(network, "pool", "Pooling", 17);
  add(network, "classifier", "FullyConnected", 92);
  return network;
}

template <std::size_t N>
SimulatedNetwork from_table(std::string_view name, const std::array<TypicalLayer, N>& table) {
  SimulatedNetwork network{std::string(name), {}, {}};
  for (const TypicalLayer& layer : table) add(network, layer.name, layer.type, layer.run_time_us);
  return network;
}

/// The fields of one CSV line; nullopt where a quote is not closed.
std::optional<std::vector<std::string>> split_csv(std::string_view line) {
  std::vector<std::string> fields(1);
  bool quoted = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (c == '"' && quoted && i + 1 < line.size() && line[i + 1] == '"') {
      fields.back() += '"';
      ++i;
    } else if (c == '"') {
      quoted = !quoted;
    } else if (c == ',' && !quoted) {
      fields.emplace_back();
    } else {
      fields.back() += c;
    }
  }
  if (quoted) return std::nullopt;
  return fields;
}

Result<void> add_line(SimulatedNetwork& network, std::string_view line, bool has_type) {
  const auto fields = split_csv(line);
  const std::size_t expected = has_type ? 3 : 2;
  if (!fields || fields->size() != expected) {
    return Error(ErrorCode::kParse, fmt::format("expected {} fields, as in the header", expected));
  }
  const std::optional<double> us = parse_double(fields->back());
  if (!us || *us < kShortestRunTimeUs || *us > kLongestRunTimeUs) {
    return Error(ErrorCode::kParse,
                 fmt::format("'{}' is not a run time in microseconds (at least 0.001, at most a "
                             "minute)",
                             fields->back()));
  }
  if (fields->front().empty()) return Error(ErrorCode::kParse, "the layer has no name");
  add(network, fields->front(), has_type ? (*fields)[1] : "Unknown", *us);
  return {};
}

}  // namespace

std::span<const std::string_view> simulated_network_names() { return kNames; }

Result<SimulatedNetwork> built_in_simulated_network(std::string_view name) {
  if (name == kNames[0]) return from_table(name, kAlexnet);
  if (name == kNames[1]) return mobilenet_like();
  if (name == kNames[2]) return from_table(name, kLenet);
  return Error(ErrorCode::kNotFound, fmt::format("there is no simulated network '{}'; there are {}",
                                                 name, fmt::join(kNames, ", ")));
}

SimulatedNetwork random_network(std::size_t layers, std::uint64_t seed) {
  constexpr std::array<std::string_view, 4> kTypes = {"Convolution", "Pooling", "FullyConnected",
                                                      "Activation"};
  Random random(seed, "network");
  SimulatedNetwork network{fmt::format("random-{}", layers), {}, {}};
  for (std::size_t i = 0; i < layers; ++i) {
    const std::string_view type = kTypes[random.below(kTypes.size())];
    add(network, fmt::format("layer{}", i + 1), type,
        10.0 * std::exp(random.uniform() * std::log(500.0)));
  }
  return network;
}

Result<SimulatedNetwork> parse_simulated_network(std::string_view text) {
  SimulatedNetwork network;
  std::optional<bool> has_type;
  long number = 0;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    ++number;
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    if (line.empty()) continue;
    if (!has_type) {
      has_type = line == "name,type,run_time_us";
      if (!*has_type && line != "name,run_time_us") {
        return Error(ErrorCode::kParse,
                     "expected the header 'name,type,run_time_us' or 'name,run_time_us'")
            .at({}, number);
      }
    } else if (auto ok = add_line(network, line, *has_type); !ok) {
      return std::move(ok).error().at({}, number);
    }
  }
  if (network.layers.empty()) return Error(ErrorCode::kParse, "the list holds no layers");
  return network;
}

Result<SimulatedNetwork> read_simulated_network(const std::filesystem::path& path) {
  auto text = read_file(path);
  if (!text) return std::move(text).error();
  auto network = parse_simulated_network(*text);
  if (!network) {
    Error error = std::move(network).error();
    const std::optional<long> line = error.line();
    return Error(error.code(), error.message()).at(path, line);
  }
  network->name = path.stem().string();
  return network;
}

}  // namespace layerwatt
