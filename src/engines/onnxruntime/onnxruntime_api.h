#pragma once

#include <onnxruntime_c_api.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "layerwatt/core/result.h"
#include "layerwatt/engines/engine.h"

namespace layerwatt {

/// The version of the function table that we ask the library for. The table only ever grows at its
/// end, so headers as new or newer compile, and libraries as new or newer run. 17 has all that we
/// call and is older than any package of it (Debian's first is 1.21).
inline constexpr std::uint32_t kOrtApiVersion = 17;
static_assert(ORT_API_VERSION >= kOrtApiVersion,
              "ONNX Runtime's headers are too old: 1.17 or later is needed");

/// Owns an object of the library.
template <class T, auto Release>
struct OrtDelete {
  const OrtApi* api = nullptr;
  void operator()(T* object) const { (api->*Release)(object); }
};
template <class T, auto Release>
using OrtOwned = std::unique_ptr<T, OrtDelete<T, Release>>;

using OrtEnvPtr = OrtOwned<OrtEnv, &OrtApi::ReleaseEnv>;
using OrtThreadingOptionsPtr = OrtOwned<OrtThreadingOptions, &OrtApi::ReleaseThreadingOptions>;
using OrtSessionOptionsPtr = OrtOwned<OrtSessionOptions, &OrtApi::ReleaseSessionOptions>;
using OrtSessionPtr = OrtOwned<OrtSession, &OrtApi::ReleaseSession>;
using OrtIoBindingPtr = OrtOwned<OrtIoBinding, &OrtApi::ReleaseIoBinding>;
using OrtValuePtr = OrtOwned<OrtValue, &OrtApi::ReleaseValue>;
using OrtMemoryInfoPtr = OrtOwned<OrtMemoryInfo, &OrtApi::ReleaseMemoryInfo>;
using OrtTypeInfoPtr = OrtOwned<OrtTypeInfo, &OrtApi::ReleaseTypeInfo>;
using OrtShapePtr = OrtOwned<OrtTensorTypeAndShapeInfo, &OrtApi::ReleaseTensorTypeAndShapeInfo>;

/// The library's table of functions, and what its failures mean.
class OrtFunctions {
 public:
  explicit OrtFunctions(const OrtApi* api) : api_(api) {}
  const OrtApi* operator->() const { return api_; }

  template <class Ptr>
  Ptr own(typename Ptr::pointer object) const {
    return Ptr(object, typename Ptr::deleter_type{api_});
  }

  /// Takes `status` over: success for null, else an Error "`label`: <what happened>; <what to do>".
  Result<void> check(OrtStatus* status, std::string_view label) const;

 private:
  const OrtApi* api_;
};

/// What the library's message means for a person, with what to do about it.
Error explain_ort_failure(OrtErrorCode code, std::string_view message, std::string_view label);

/// Nullopt for types that layerwatt does not carry (strings, complex numbers, 4-bit integers).
std::optional<DataType> data_type_of(ONNXTensorElementDataType type);
ONNXTensorElementDataType ort_type_of(DataType type);

}  // namespace layerwatt
