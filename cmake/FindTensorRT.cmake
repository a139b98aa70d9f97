# NVIDIA TensorRT with its ONNX parser and the CUDA runtime: headers and libraries.
#
# Looks in TENSORRT_ROOT and CUDA_HOME (variables of CMake or of the environment), then where
# NVIDIA's packages put them. Defines TensorRT::onnx_parser, which brings all three, and
# TensorRT_VERSION.

find_path(TensorRT_INCLUDE_DIR NvInfer.h
  HINTS "${TENSORRT_ROOT}" ENV TENSORRT_ROOT PATH_SUFFIXES include)
find_path(TensorRT_PARSER_INCLUDE_DIR NvOnnxParser.h
  HINTS "${TensorRT_INCLUDE_DIR}" "${TENSORRT_ROOT}" ENV TENSORRT_ROOT PATH_SUFFIXES include)
find_path(TensorRT_CUDA_INCLUDE_DIR cuda_runtime_api.h
  HINTS "${CUDA_HOME}" ENV CUDA_HOME /usr/local/cuda
  PATH_SUFFIXES include targets/aarch64-linux/include targets/x86_64-linux/include)
find_library(TensorRT_LIBRARY nvinfer
  HINTS "${TENSORRT_ROOT}" ENV TENSORRT_ROOT PATH_SUFFIXES lib lib64)
find_library(TensorRT_PARSER_LIBRARY nvonnxparser
  HINTS "${TENSORRT_ROOT}" ENV TENSORRT_ROOT PATH_SUFFIXES lib lib64)
find_library(TensorRT_CUDA_LIBRARY cudart
  HINTS "${CUDA_HOME}" ENV CUDA_HOME /usr/local/cuda
  PATH_SUFFIXES lib64 lib targets/aarch64-linux/lib targets/x86_64-linux/lib)
mark_as_advanced(TensorRT_INCLUDE_DIR TensorRT_PARSER_INCLUDE_DIR TensorRT_CUDA_INCLUDE_DIR
  TensorRT_LIBRARY TensorRT_PARSER_LIBRARY TensorRT_CUDA_LIBRARY)

if(TensorRT_INCLUDE_DIR AND EXISTS "${TensorRT_INCLUDE_DIR}/NvInferVersion.h")
  file(STRINGS "${TensorRT_INCLUDE_DIR}/NvInferVersion.h" _lines
    REGEX "#define (NV_TENSORRT|TRT)_(MAJOR|MINOR|PATCH)(_ENTERPRISE)? [0-9]+")
  foreach(_part MAJOR MINOR PATCH)
    set(_TensorRT_${_part} 0)
    foreach(_line IN LISTS _lines)
      if(_line MATCHES "_${_part}(_ENTERPRISE)? ([0-9]+)")
        set(_TensorRT_${_part} "${CMAKE_MATCH_2}")
      endif()
    endforeach()
  endforeach()
  set(TensorRT_VERSION "${_TensorRT_MAJOR}.${_TensorRT_MINOR}.${_TensorRT_PATCH}")
endif()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(TensorRT
  REQUIRED_VARS TensorRT_INCLUDE_DIR TensorRT_PARSER_INCLUDE_DIR TensorRT_CUDA_INCLUDE_DIR
    TensorRT_LIBRARY TensorRT_PARSER_LIBRARY TensorRT_CUDA_LIBRARY
  VERSION_VAR TensorRT_VERSION)

if(TensorRT_FOUND AND NOT TARGET TensorRT::onnx_parser)
  if(TensorRT_VERSION VERSION_LESS 8.5)
    message(STATUS "TensorRT ${TensorRT_VERSION} is too old for the module, which needs 8.5")
  else()
    add_library(TensorRT::onnx_parser INTERFACE IMPORTED)
    set_target_properties(TensorRT::onnx_parser PROPERTIES
      INTERFACE_INCLUDE_DIRECTORIES
        "${TensorRT_INCLUDE_DIR};${TensorRT_PARSER_INCLUDE_DIR};${TensorRT_CUDA_INCLUDE_DIR}"
      INTERFACE_LINK_LIBRARIES
        "${TensorRT_LIBRARY};${TensorRT_PARSER_LIBRARY};${TensorRT_CUDA_LIBRARY}")
  endif()
endif()
