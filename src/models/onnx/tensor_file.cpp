#include "layerwatt/models/tensor_file.h"

#include <fmt/format.h>
#include <onnx/onnx_pb.h>

#include <cstring>
#include <limits>
#include <optional>

#include "models/onnx/tensor_data.h"

namespace layerwatt {
namespace {

template <class T, class Values>
std::vector<std::byte> packed(const Values& values) {
  std::vector<std::byte> data(static_cast<std::size_t>(values.size()) * sizeof(T));
  std::size_t at = 0;
  for (const auto value : values) {
    const auto element = static_cast<T>(value);
    std::memcpy(data.data() + at, &element, sizeof(T));
    at += sizeof(T);
  }
  return data;
}

/// The elements as bytes; nullopt for types that have none of their own.
std::optional<std::vector<std::byte>> elements(const onnx::TensorProto& tensor) {
  if (tensor.has_raw_data()) {
    const auto* begin = reinterpret_cast<const std::byte*>(tensor.raw_data().data());
    return std::vector<std::byte>(begin, begin + tensor.raw_data().size());
  }
  switch (tensor.data_type()) {
    case onnx::TensorProto::FLOAT:
      return packed<float>(tensor.float_data());
    case onnx::TensorProto::DOUBLE:
      return packed<double>(tensor.double_data());
    case onnx::TensorProto::INT64:
      return packed<std::int64_t>(tensor.int64_data());
    case onnx::TensorProto::UINT64:
      return packed<std::uint64_t>(tensor.uint64_data());
    case onnx::TensorProto::UINT32:
      return packed<std::uint32_t>(tensor.uint64_data());
    case onnx::TensorProto::INT32:
      return packed<std::int32_t>(tensor.int32_data());
    case onnx::TensorProto::INT16:
    case onnx::TensorProto::UINT16:
    case onnx::TensorProto::FLOAT16:
    case onnx::TensorProto::BFLOAT16:
      return packed<std::uint16_t>(tensor.int32_data());
    case onnx::TensorProto::INT8:
    case onnx::TensorProto::UINT8:
    case onnx::TensorProto::BOOL:
      return packed<std::uint8_t>(tensor.int32_data());
    default:
      return std::nullopt;
  }
}

}  // namespace

Result<FileTensor> parse_tensor_file(std::span<const std::byte> bytes, std::string_view label) {
  const auto not_one = [&](std::string_view why) {
    return Error(ErrorCode::kParse,
                 fmt::format("'{}' is not a tensor of ONNX (.pb): {}; NumPy's .npy and .npz are "
                             "read too",
                             label, why));
  };
  onnx::TensorProto tensor;
  if (bytes.size() > static_cast<std::size_t>(std::numeric_limits<std::int32_t>::max()) ||
      !tensor.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())) ||
      tensor.data_type() == onnx::TensorProto::UNDEFINED) {
    return not_one("it holds something else");
  }
  if (Result<void> size = models::check_size(tensor); !size) return not_one(size.error().message());
  auto data = elements(tensor);
  const auto element = models::element_size(tensor.data_type());
  if (!data || !element) {
    return Error(ErrorCode::kUnsupported,
                 fmt::format("'{}' holds elements of type {}, which no input takes here", label,
                             models::type_name(tensor.data_type())));
  }
  if (data->size() != *element * static_cast<std::size_t>(*models::element_count(tensor))) {
    return not_one("its data are of another size than its dimensions say");
  }
  return FileTensor{tensor.name(), models::type_name(tensor.data_type()),
                    models::dimensions_of(tensor), *std::move(data)};
}

}  // namespace layerwatt
