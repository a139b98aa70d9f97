# LAYERWATT_SANITIZE: a list for -fsanitize= ("address,undefined", "thread"). Directory-wide, since a
# program is sanitised whole or not at all. A finding ends the program: a test cannot pass over it.
set(LAYERWATT_SANITIZE "" CACHE STRING "Sanitizers to build with, as -fsanitize= takes them")

if(LAYERWATT_SANITIZE)
  add_compile_options(
    -fsanitize=${LAYERWATT_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${LAYERWATT_SANITIZE})
  if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
    # Functions of C libraries opened at run time (NVML, ONNX Runtime) have handle types of their own.
    add_compile_options(-fno-sanitize=function)
  endif()
endif()

if(LAYERWATT_BUILD_FUZZERS)
  if(NOT CMAKE_CXX_COMPILER_ID MATCHES "Clang")
    message(FATAL_ERROR
      "LAYERWATT_BUILD_FUZZERS needs Clang, whose libFuzzer drives the targets; this is "
      "${CMAKE_CXX_COMPILER_ID}. Use 'cmake --preset fuzz'.")
  endif()
  # Coverage for libFuzzer in every floor; only the fuzz targets link its main().
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()
