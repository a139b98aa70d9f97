#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "layerwatt/core/result.h"
#include "layerwatt/engines/engine.h"
#include "layerwatt/running/network_request.h"
#include "layerwatt/running/prepared_network.h"

namespace layerwatt {

/// One layer of a network, or several that follow one another, as a model of its own, for a program
/// that reads files.
struct SegmentFile {
  /// Indices into PreparedNetwork::layers, rising.
  std::vector<std::int32_t> layers;
  std::filesystem::path model;
  /// The bytes of `model`.
  std::vector<std::byte> bytes;
  struct Input {
    std::string name;
    /// The elements, dense, row-major, in the type that the model declares.
    std::filesystem::path values;
  };
  /// In the order of the model; empty where the values are not known.
  std::vector<Input> inputs;
};

struct SegmentFiles {
  /// In the order in which they run in the network; those of several layers behind those of one.
  std::vector<SegmentFile> segments;
  /// Of the whole network, as SegmentFile::inputs.
  std::vector<SegmentFile::Input> network_inputs;
  /// Layers that cannot stand alone, with the reason, for people.
  std::vector<std::string> left_out;
  /// Why no input values are known, a sentence; empty where they are.
  std::string without_inputs;
};

/// Which layers of PreparedNetwork stand in a file together, beside each alone.
using LayersTogether = std::vector<std::int32_t>;

/// Cuts PreparedNetwork::graph along the layers that an engine fused (Layer::origins), and writes
/// each to `folder`, with the inputs that it gets in the network: `reference` runs the model once
/// to know them, on whatever it runs on. Without a reference, or where that cannot run the model,
/// no input has values. `together`: besides, files of these layers each, no layer in two of them;
/// layers that cannot stand alone are left out of theirs. kUnsupported: no layer can stand alone.
Result<SegmentFiles> write_segment_files(const PreparedNetwork& network,
                                         const NetworkRequest& request, Engine* reference,
                                         const std::filesystem::path& folder,
                                         std::span<const LayersTogether> together = {});

}  // namespace layerwatt
