#include "layerwatt/experiment/micro_networks.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <system_error>
#include <utility>

#include "layerwatt/models/micro_layers.h"

namespace layerwatt {
namespace {

/// Few enough that little is lost where a sweep is stopped, many enough that the idle time before
/// and after each is a small part.
constexpr std::size_t kLayersOfNetwork = 10;

}  // namespace

Result<std::vector<std::filesystem::path>> write_micro_networks(const std::filesystem::path& folder,
                                                                const std::string& label,
                                                                std::size_t count,
                                                                std::uint64_t seed) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) return error_from_errno(error.value(), "create the folder").at(folder);
  const std::vector<MicroLayer> layers = design_micro_layers(count, seed);
  std::vector<std::filesystem::path> files;
  for (std::size_t first = 0; first < layers.size(); first += kLayersOfNetwork) {
    const std::string name = fmt::format("micro-{}-{:02}", label, first / kLayersOfNetwork);
    const std::size_t some = std::min(kLayersOfNetwork, layers.size() - first);
    const OnnxModel model =
        build_micro_network(std::span(layers).subspan(first, some), first, name, seed);
    files.push_back(folder / (name + ".onnx"));
    if (auto saved = model.save(files.back()); !saved) return std::move(saved).error();
  }
  return files;
}

}  // namespace layerwatt
