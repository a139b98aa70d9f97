// The module layerwatt._core: layerwatt's C++ library as the Python package needs it. What people
// call is Python, in the folder layerwatt beside this one; nothing is computed twice.
#include "layerwatt/core/version.h"

#include "bindings.h"

namespace layerwatt::python {
namespace {

const char* kind_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInvalidArgument:
      return "UsageError";
    case ErrorCode::kNotFound:
      return "MissingError";
    case ErrorCode::kPermissionDenied:
      return "AccessError";
    case ErrorCode::kUnsupported:
      return "UnsupportedError";
    case ErrorCode::kParse:
      return "DatasetError";
    case ErrorCode::kIo:
      return "StorageError";
    case ErrorCode::kTryAgain:
    case ErrorCode::kGone:
      return "SensorError";
    case ErrorCode::kCancelled:
      return "StoppedError";
    case ErrorCode::kUnknowable:
      return "RefusedError";
    case ErrorCode::kInternal:
      break;
  }
  return "InternalError";
}

}  // namespace

void raise(const Error& error) {
  const nb::object kind = nb::module_::import_("layerwatt._errors").attr(kind_of(error.code()));
  nb::object file = nb::none();
  nb::object line = nb::none();
  if (error.file()) file = nb::str(error.file()->c_str());
  if (error.line()) line = nb::int_(*error.line());
  const nb::object exception = kind(nb::str(error.to_string().c_str()), file, line);
  PyErr_SetObject(kind.ptr(), exception.ptr());
  throw nb::python_error();
}

}  // namespace layerwatt::python

NB_MODULE(_core, module) {
  using namespace layerwatt::python;
  module.doc() = "layerwatt's C++ library. Use the package layerwatt, which names units and types.";
  module.attr("version") = layerwatt::kVersion.data();
  bind_profiles(module);
  bind_recordings(module);
  bind_sensors(module);
  bind_regions(module);
  bind_measuring(module);
  bind_joining(module);
}
