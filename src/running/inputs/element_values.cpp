#include "running/inputs/element_values.h"

#include <fmt/format.h>

#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <type_traits>

#include "layerwatt/core/half_float.h"
#include "layerwatt/core/numbers.h"

namespace layerwatt {
namespace {

/// Half precision by its bits, so that types stay apart.
struct Half {
  std::uint16_t bits;
};
struct BrainFloat {
  std::uint16_t bits;
};
struct Boolean {
  std::uint8_t bits;
};

template <class T>
constexpr bool kIsFloating =
    std::is_floating_point_v<T> || std::is_same_v<T, Half> || std::is_same_v<T, BrainFloat>;

/// Calls `visit` with a value of the C++ type that a DataType stands for.
template <class Visit>
auto with_type(DataType type, Visit&& visit) {
  switch (type) {
    case DataType::kFloat32:
      return visit(float{});
    case DataType::kFloat64:
      return visit(double{});
    case DataType::kFloat16:
      return visit(Half{});
    case DataType::kBFloat16:
      return visit(BrainFloat{});
    case DataType::kInt8:
      return visit(std::int8_t{});
    case DataType::kUint8:
      return visit(std::uint8_t{});
    case DataType::kInt16:
      return visit(std::int16_t{});
    case DataType::kUint16:
      return visit(std::uint16_t{});
    case DataType::kInt32:
      return visit(std::int32_t{});
    case DataType::kUint32:
      return visit(std::uint32_t{});
    case DataType::kInt64:
      return visit(std::int64_t{});
    case DataType::kUint64:
      return visit(std::uint64_t{});
    case DataType::kBool:
      return visit(Boolean{});
  }
  return visit(float{});
}

/// A floating-point number as T, which is one too.
template <class T>
T rounded(double value) {
  if constexpr (std::is_same_v<T, Half>) return Half{float16_bits(static_cast<float>(value))};
  if constexpr (std::is_same_v<T, BrainFloat>) {
    return BrainFloat{bfloat16_bits(static_cast<float>(value))};
  }
  if constexpr (std::is_floating_point_v<T>) return static_cast<T>(value);
}

template <class From>
double as_double(From value) {
  if constexpr (std::is_same_v<From, Half>) {
    return static_cast<double>(float_of_float16(value.bits));
  } else if constexpr (std::is_same_v<From, BrainFloat>) {
    return static_cast<double>(float_of_bfloat16(value.bits));
  } else if constexpr (std::is_same_v<From, Boolean>) {
    return value.bits == 0 ? 0.0 : 1.0;
  } else {
    return static_cast<double>(value);
  }
}

/// A whole number as T; nullopt where T does not hold it.
template <class T, class Whole>
std::optional<T> narrowed(Whole value) {
  if constexpr (std::is_same_v<T, Boolean>) {
    if (value != 0 && value != 1) return std::nullopt;
    return Boolean{static_cast<std::uint8_t>(value)};
  } else {
    if (!std::in_range<T>(value)) return std::nullopt;
    return static_cast<T>(value);
  }
}

template <class To, class From>
std::optional<To> converted(From value) {
  if constexpr (std::is_same_v<To, From>) {
    return value;
  } else if constexpr (kIsFloating<To>) {
    return rounded<To>(as_double(value));
  } else if constexpr (std::is_same_v<From, Boolean>) {
    return narrowed<To>(static_cast<int>(value.bits != 0));
  } else if constexpr (kIsFloating<From>) {
    const double number = as_double(value);
    // Beyond 2^53 a double does not tell whole numbers apart.
    if (std::trunc(number) != number || std::abs(number) > 0x1p53) return std::nullopt;
    return narrowed<To>(static_cast<std::int64_t>(number));
  } else {
    return narrowed<To>(value);
  }
}

template <class T>
void append(std::vector<std::byte>& data, const T& value) {
  const auto* bytes = reinterpret_cast<const std::byte*>(&value);
  data.insert(data.end(), bytes, bytes + sizeof(T));
}

Error does_not_hold(DataType type, std::string_view value) {
  return Error(ErrorCode::kInvalidArgument,
               fmt::format("{} is no value of {}", value, to_string(type)));
}

}  // namespace

bool is_number(std::string_view word) {
  return word == "true" || word == "false" || parse_double(word).has_value();
}

Result<void> append_number(std::string_view word, DataType type, std::vector<std::byte>& data) {
  return with_type(type, [&]<class To>(To) -> Result<void> {
    std::optional<To> value;
    if (word == "true" || word == "false") {
      value = converted<To>(Boolean{static_cast<std::uint8_t>(word == "true" ? 1 : 0)});
    } else if (const auto whole = parse_int64(word)) {
      value = converted<To>(*whole);
    } else if (const auto large = parse_uint64(word)) {
      value = converted<To>(*large);
    } else if (const auto number = parse_double(word)) {
      value = converted<To>(*number);
    }
    if (!value) return does_not_hold(type, word);
    append(data, *value);
    return {};
  });
}

Result<void> append_converted(const Tensor& from, DataType type, std::vector<std::byte>& data) {
  if (from.type == type) {
    data.insert(data.end(), from.data.begin(), from.data.end());
    return {};
  }
  return with_type(from.type, [&]<class From>(From) -> Result<void> {
    return with_type(type, [&]<class To>(To) -> Result<void> {
      for (std::size_t at = 0; at + sizeof(From) <= from.data.size(); at += sizeof(From)) {
        From value{};
        std::memcpy(&value, from.data.data() + at, sizeof(From));
        const auto element = converted<To>(value);
        if (!element) {
          return does_not_hold(type,
                               fmt::format("{} ({})", as_double(value), to_string(from.type)));
        }
        append(data, *element);
      }
      return {};
    });
  });
}

}  // namespace layerwatt
