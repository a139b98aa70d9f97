#include "engines/onnxruntime/onnxruntime_api.h"

#include <fmt/format.h>

#include <cstdlib>

namespace layerwatt {
namespace {

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

}  // namespace

Error explain_ort_failure(OrtErrorCode code, std::string_view message, std::string_view label) {
  const auto error = [&](ErrorCode kind, std::string_view hint) {
    return Error(kind, fmt::format("{}: {}; {}", label, message, hint));
  };
  // The codes are coarse (a missing operator is ORT_FAIL), so the text decides first.
  if (contains(message, "is not a registered function/op") ||
      contains(message, "No Op registered for")) {
    return error(ErrorCode::kUnsupported,
                 "ONNX Runtime does not know this operator: it belongs to a custom library, or to "
                 "a newer opset; export the model with standard operators");
  }
  if (code == ORT_NOT_IMPLEMENTED || contains(message, "Could not find an implementation for")) {
    return error(ErrorCode::kUnsupported,
                 "ONNX Runtime has no CPU kernel of this operator for this data type; use a model "
                 "whose operator has inputs of another type");
  }
  if (contains(message, "Unsupported model IR version") || contains(message, "Opset ")) {
    return error(ErrorCode::kUnsupported,
                 "the model is newer than this ONNX Runtime; use a newer library, or export the "
                 "model with a lower opset");
  }
  if (contains(message, "Protobuf serialization failed")) {
    return error(ErrorCode::kIo,
                 "the model as ONNX Runtime rewrites it could not be written to the temporary "
                 "folder; is that disk full? TMPDIR names another folder");
  }
  if (code == ORT_INVALID_PROTOBUF || contains(message, "Protobuf parsing failed") ||
      contains(message, "No graph was found in the protobuf")) {
    return error(ErrorCode::kParse,
                 "this is not an ONNX model, or it is cut off; export or download it again");
  }
  if (contains(message, "Type Error")) {
    return error(ErrorCode::kParse,
                 "the types in the model do not fit together; check it with onnx.checker");
  }
  switch (code) {
    case ORT_INVALID_GRAPH:
      return error(ErrorCode::kParse,
                   "the model breaks the rules of ONNX; check it with "
                   "onnx.checker");
    case ORT_INVALID_ARGUMENT:
      return error(ErrorCode::kInvalidArgument,
                   "check the shape and the type of the inputs "
                   "('--input-shape', '--dtype')");
    case ORT_NO_SUCHFILE:
      return error(ErrorCode::kNotFound,
                   "a file that the model refers to is missing (weights kept "
                   "outside the model?)");
    default:
      return error(ErrorCode::kInternal, "ONNX Runtime failed on it");
  }
}

Result<void> OrtFunctions::check(OrtStatus* status, std::string_view label) const {
  if (status == nullptr) return {};
  Error error =
      explain_ort_failure(api_->GetErrorCode(status), api_->GetErrorMessage(status), label);
  api_->ReleaseStatus(status);
  return error;
}

std::optional<DataType> data_type_of(ONNXTensorElementDataType type) {
  switch (type) {
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT:
      return DataType::kFloat32;
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT16:
      return DataType::kFloat16;
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_BFLOAT16:
      return DataType::kBFloat16;
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_DOUBLE:
      return DataType::kFloat64;
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_INT8:
      return DataType::kInt8;
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT8:
      return DataType::kUint8;
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_INT16:
      return DataType::kInt16;
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT16:
      return DataType::kUint16;
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_INT32:
      return DataType::kInt32;
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT32:
      return DataType::kUint32;
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_INT64:
      return DataType::kInt64;
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT64:
      return DataType::kUint64;
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_BOOL:
      return DataType::kBool;
    default:
      return std::nullopt;
  }
}

ONNXTensorElementDataType ort_type_of(DataType type) {
  switch (type) {
    case DataType::kFloat32:
      return ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT;
    case DataType::kFloat16:
      return ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT16;
    case DataType::kBFloat16:
      return ONNX_TENSOR_ELEMENT_DATA_TYPE_BFLOAT16;
    case DataType::kFloat64:
      return ONNX_TENSOR_ELEMENT_DATA_TYPE_DOUBLE;
    case DataType::kInt8:
      return ONNX_TENSOR_ELEMENT_DATA_TYPE_INT8;
    case DataType::kUint8:
      return ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT8;
    case DataType::kInt16:
      return ONNX_TENSOR_ELEMENT_DATA_TYPE_INT16;
    case DataType::kUint16:
      return ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT16;
    case DataType::kInt32:
      return ONNX_TENSOR_ELEMENT_DATA_TYPE_INT32;
    case DataType::kUint32:
      return ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT32;
    case DataType::kInt64:
      return ONNX_TENSOR_ELEMENT_DATA_TYPE_INT64;
    case DataType::kUint64:
      return ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT64;
    case DataType::kBool:
      return ONNX_TENSOR_ELEMENT_DATA_TYPE_BOOL;
  }
  std::abort();
}

}  // namespace layerwatt
