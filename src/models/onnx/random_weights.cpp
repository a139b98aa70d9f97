#include "models/onnx/random_weights.h"

#include <cmath>
#include <cstring>

#include "layerwatt/core/random.h"

#include "models/onnx/tensor_data.h"

namespace layerwatt::models {
namespace {

template <class Draw>
void fill(onnx::TensorProto& tensor, std::uint64_t seed, Draw&& draw) {
  const auto count = static_cast<std::size_t>(element_count(tensor).value_or(0));
  std::string bytes(count * sizeof(float), '\0');
  Random random(seed, tensor.name());
  for (std::size_t i = 0; i < count; ++i) {
    const auto value = static_cast<float>(draw(random));
    std::memcpy(bytes.data() + i * sizeof(float), &value, sizeof(float));
  }
  tensor.set_raw_data(std::move(bytes));
}

}  // namespace

void fill_normal(onnx::TensorProto& tensor, std::uint64_t seed, double deviation, double centre) {
  fill(tensor, seed, [=](Random& random) { return centre + deviation * random.gaussian(); });
}

void fill_around(onnx::TensorProto& tensor, std::uint64_t seed, double deviation, double scale) {
  fill(tensor, seed, [=](Random& random) { return scale * (1.0 + deviation * random.gaussian()); });
}

double he_deviation(std::int64_t fan_in) { return std::sqrt(2.0 / static_cast<double>(fan_in)); }

}  // namespace layerwatt::models
