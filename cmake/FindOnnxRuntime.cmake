# Finds the headers of ONNX Runtime's C API. The library itself is opened at run time and not looked for.
#
# Looks in ONNXRUNTIME_ROOT (variable or environment), in the cache that scripts/fetch_onnxruntime.sh
# fills, then in the system. Defines
#   OnnxRuntime_FOUND, OnnxRuntime_INCLUDE_DIR
#   OnnxRuntime_VERSION   the version of the API in the headers (21, for ONNX Runtime 1.21)
#   OnnxRuntime::headers  an interface target
set(_onnxruntime_suffixes include include/onnxruntime include/onnxruntime/core/session onnxruntime)

set(_onnxruntime_hints ${ONNXRUNTIME_ROOT} $ENV{ONNXRUNTIME_ROOT})
if(DEFINED ENV{XDG_CACHE_HOME})
  set(_onnxruntime_cache "$ENV{XDG_CACHE_HOME}/layerwatt")
else()
  set(_onnxruntime_cache "$ENV{HOME}/.cache/layerwatt")
endif()
# The headers are the same for every processor; the newest version first.
file(GLOB _onnxruntime_cached LIST_DIRECTORIES true "${_onnxruntime_cache}/onnxruntime-*")
list(SORT _onnxruntime_cached COMPARE NATURAL ORDER DESCENDING)
list(APPEND _onnxruntime_hints ${_onnxruntime_cached})

find_path(OnnxRuntime_INCLUDE_DIR onnxruntime_c_api.h
  PATHS ${_onnxruntime_hints}
  PATH_SUFFIXES ${_onnxruntime_suffixes}
  NO_DEFAULT_PATH NO_CMAKE_FIND_ROOT_PATH)
find_path(OnnxRuntime_INCLUDE_DIR onnxruntime_c_api.h PATH_SUFFIXES ${_onnxruntime_suffixes})
mark_as_advanced(OnnxRuntime_INCLUDE_DIR)

if(OnnxRuntime_INCLUDE_DIR)
  file(STRINGS "${OnnxRuntime_INCLUDE_DIR}/onnxruntime_c_api.h" _onnxruntime_line
    REGEX "^#define ORT_API_VERSION [0-9]+" LIMIT_COUNT 1)
  string(REGEX MATCH "[0-9]+" OnnxRuntime_VERSION "${_onnxruntime_line}")
endif()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(OnnxRuntime
  REQUIRED_VARS OnnxRuntime_INCLUDE_DIR
  VERSION_VAR OnnxRuntime_VERSION
  REASON_FAILURE_MESSAGE "run scripts/fetch_onnxruntime.sh, or set ONNXRUNTIME_ROOT")

if(OnnxRuntime_FOUND AND NOT TARGET OnnxRuntime::headers)
  add_library(OnnxRuntime::headers INTERFACE IMPORTED)
  set_target_properties(OnnxRuntime::headers PROPERTIES
    INTERFACE_INCLUDE_DIRECTORIES "${OnnxRuntime_INCLUDE_DIR}"
    # Nothing of the library may be called before it has been opened.
    INTERFACE_COMPILE_DEFINITIONS ORT_API_MANUAL_INIT)
endif()
