# Finds libonnx, its protobuf messages, and protobuf itself. Debian's own CMake files differ between
# releases (and are absent from some), so the parts are looked for one by one. Defines
#   Onnx_FOUND, Onnx_INCLUDE_DIR, Onnx_LIBRARY, Onnx_PROTO_LIBRARY
#   Onnx::onnx  an imported target with everything that its headers need
find_package(Protobuf QUIET)
find_path(Onnx_INCLUDE_DIR onnx/onnx_pb.h)
find_library(Onnx_LIBRARY onnx)
find_library(Onnx_PROTO_LIBRARY onnx_proto)
mark_as_advanced(Onnx_INCLUDE_DIR Onnx_LIBRARY Onnx_PROTO_LIBRARY)

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(Onnx
  REQUIRED_VARS Onnx_LIBRARY Onnx_PROTO_LIBRARY Onnx_INCLUDE_DIR Protobuf_FOUND
  REASON_FAILURE_MESSAGE "install libonnx-dev and libprotobuf-dev")

if(Onnx_FOUND AND NOT TARGET Onnx::onnx)
  add_library(Onnx::onnx INTERFACE IMPORTED)
  set_target_properties(Onnx::onnx PROPERTIES
    INTERFACE_INCLUDE_DIRECTORIES "${Onnx_INCLUDE_DIR}"
    # As Debian and Ubuntu build it.
    INTERFACE_COMPILE_DEFINITIONS "ONNX_NAMESPACE=onnx;ONNX_ML=1"
    INTERFACE_LINK_LIBRARIES "${Onnx_LIBRARY};${Onnx_PROTO_LIBRARY};protobuf::libprotobuf")
endif()
