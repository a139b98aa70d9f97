#include "running/network/prepared_tensorrt.h"

#include <fmt/format.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "layerwatt/core/file_text.h"
#include "layerwatt/core/numbers.h"
#include "layerwatt/dataset/trtexec.h"
#include "layerwatt/running/tensorrt_model.h"
#include "layerwatt/running/trtexec_timeline.h"

#include "running/inputs/network_inputs.h"

namespace layerwatt {
namespace {

constexpr std::size_t kLargestEngine = std::size_t{8} << 30;
/// A context's first passes allocate and load kernels.
constexpr int kPasses = 3;

/// What the engine is given: an engine as it is, or the ONNX model to build one of.
Result<void> load_model(const Engine& engine, const NetworkRequest& request,
                        PreparedNetwork& network) {
  if (is_serialised_engine(request.model)) {
    if (auto r = name_serialised_engine(request, network); !r) return r;
    auto plan = read_file(request.model, kLargestEngine);
    if (!plan) return std::move(plan).error();
    const auto bytes = std::as_bytes(std::span(*plan));
    network.graph.assign(bytes.begin(), bytes.end());
    return {};
  }
  TensorRtVersion version;
  version.major = static_cast<int>(parse_leading_int64(engine.version()).value_or(0));
  auto model = load_tensorrt_model(request, version, network);
  if (!model) return std::move(model).error();
  network.graph = *std::move(model);
  return {};
}

/// Names and times as trtexec would have exported them.
TrtexecProfile profile_of(const LayerTimes& times) {
  TrtexecProfile profile;
  profile.inferences = 1;
  for (const ProfiledLayer& layer : times.layers) {
    profile.layers.push_back(
        TrtexecLayer{.name = layer.name, .total = {}, .average = Duration(1), .median = {}});
  }
  return profile;
}

}  // namespace

Result<PreparedNetwork> prepare_inspected(Engine& engine, const NetworkRequest& request,
                                          PreparedNetwork network) {
  if (auto r = load_model(engine, request, network); !r) return std::move(r).error();
  SessionOptions options;
  options.spinning = network.spinning;
  options.profile_layers = true;
  auto session = engine.load(network.graph, network.name, options);
  if (!session) return std::move(session).error();
  if (auto r = make_inputs((*session)->inputs(), request, network); !r) {
    return std::move(r).error().with_context(network.name);
  }
  if (auto r = (*session)->bind(network.inputs); !r) return std::move(r).error();
  for (int i = 0; i < kPasses; ++i) {
    if (auto r = (*session)->run(); !r) return std::move(r).error();
  }
  auto info = (*session)->inspect();
  if (!info) return std::move(info).error();
  auto times = (*session)->finish_profile();
  if (!times) return std::move(times).error();
  if (times->layers.empty()) {
    return Error(ErrorCode::kUnsupported,
                 fmt::format("{}: {}'s profiler reported no layers", network.name, engine.name()));
  }
  auto layers = join_trtexec_layers(profile_of(*times), *info);
  if (!layers) return std::move(layers).error().with_context(network.name);
  network.layers = std::move(layers->layers);
  network.engine_info = std::move(layers->engine_info);
  network.notes.insert(network.notes.end(), layers->notes.begin(), layers->notes.end());
  if (times->overlap || layers->overlap) {
    network.notes.emplace_back(
        "Layers of this engine run on several streams at once: their times do not add up to that "
        "of a pass, and none has a place of its own in it.");
  }
  return network;
}

}  // namespace layerwatt
