#include "running/inputs/network_inputs.h"

#include <optional>
#include <utility>

#include "layerwatt/engines/random_tensor.h"
#include "layerwatt/running/image_input.h"

namespace layerwatt {

Result<std::vector<Tensor>> make_inputs(std::span<const TensorSpec> specs,
                                        const NetworkRequest& request) {
  std::optional<std::size_t> of_images;
  if (!request.images.empty()) {
    auto found = find_image_input(specs);
    if (!found) return std::move(found).error();
    of_images = *found;
  }
  std::vector<Tensor> inputs;
  for (std::size_t i = 0; i < specs.size(); ++i) {
    auto tensor = i == of_images ? image_tensor(specs[i], request.images)
                                 : random_tensor(specs[i], request.seed);
    if (!tensor) return std::move(tensor).error();
    inputs.push_back(*std::move(tensor));
  }
  return inputs;
}

}  // namespace layerwatt
