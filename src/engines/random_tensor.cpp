#include "layerwatt/engines/random_tensor.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <bit>
#include <cstring>

#include "layerwatt/core/half_float.h"
#include "layerwatt/core/random.h"

namespace layerwatt {
namespace {

constexpr std::int64_t kMostElements = std::int64_t{1} << 31;

template <class T>
void append(std::vector<std::byte>& data, std::size_t index, T value) {
  std::memcpy(data.data() + index * sizeof(T), &value, sizeof(T));
}

template <class T>
void fill_integers(Random& random, const IntegerRange& range, std::size_t count,
                   std::vector<std::byte>& data) {
  const auto low = static_cast<std::uint64_t>(range.low);
  const std::uint64_t width = static_cast<std::uint64_t>(range.high) - low + 1;
  for (std::size_t i = 0; i < count; ++i) {
    append(data, i, static_cast<T>(low + random.below(width)));
  }
}

void fill(DataType type, const IntegerRange& integers, Random& random, std::size_t count,
          std::vector<std::byte>& data) {
  switch (type) {
    case DataType::kFloat32:
      for (std::size_t i = 0; i < count; ++i)
        append(data, i, static_cast<float>(random.gaussian()));
      return;
    case DataType::kFloat64:
      for (std::size_t i = 0; i < count; ++i) append(data, i, random.gaussian());
      return;
    case DataType::kFloat16:
      for (std::size_t i = 0; i < count; ++i) {
        append(data, i, float16_bits(static_cast<float>(random.gaussian())));
      }
      return;
    case DataType::kBFloat16:
      for (std::size_t i = 0; i < count; ++i) {
        append(data, i, bfloat16_bits(static_cast<float>(random.gaussian())));
      }
      return;
    case DataType::kBool:
      for (std::size_t i = 0; i < count; ++i) {
        append(data, i, static_cast<std::uint8_t>(random.below(2)));
      }
      return;
    case DataType::kInt8:
    case DataType::kUint8:
      return fill_integers<std::uint8_t>(random, integers, count, data);
    case DataType::kInt16:
    case DataType::kUint16:
      return fill_integers<std::uint16_t>(random, integers, count, data);
    case DataType::kInt32:
    case DataType::kUint32:
      return fill_integers<std::uint32_t>(random, integers, count, data);
    case DataType::kInt64:
    case DataType::kUint64:
      return fill_integers<std::uint64_t>(random, integers, count, data);
  }
}

}  // namespace

Result<Tensor> random_tensor(const TensorSpec& spec, std::uint64_t seed,
                             const IntegerRange& integers) {
  std::int64_t count = 1;
  for (const std::int64_t d : spec.dimensions) {
    if (d < 0 || (d > 0 && count > kMostElements / d)) {
      return Error(ErrorCode::kInvalidArgument,
                   fmt::format("input '{}' of shape [{}] cannot be filled: {}; give its shape with "
                               "'--input-shape'",
                               spec.name, fmt::join(spec.dimensions, " "),
                               d < 0 ? "a dimension is free" : "more than 2^31 elements"));
    }
    count *= d;
  }
  Tensor tensor{.name = spec.name, .type = spec.type, .dimensions = spec.dimensions, .data = {}};
  tensor.data.resize(static_cast<std::size_t>(count) * size_of(spec.type));
  Random random(seed, spec.name);
  fill(spec.type, integers, random, static_cast<std::size_t>(count), tensor.data);
  return tensor;
}

}  // namespace layerwatt
