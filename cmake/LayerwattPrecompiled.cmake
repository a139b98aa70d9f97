# LAYERWATT_PRECOMPILE_HEADERS: parse the headers of the standard library, {fmt} and GoogleTest once instead of
# once a source. For builds from nothing (CI, presets asan and tsan): it hides a missing #include, so builds
# that people work with leave it off.
option(LAYERWATT_PRECOMPILE_HEADERS "Precompile the headers that most sources include" OFF)

if(LAYERWATT_PRECOMPILE_HEADERS AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # GCC forgets that a precompiled header is the system's, and warns of what it suspects inside std::string.
  # Builds without precompiled headers keep these warnings.
  target_compile_options(layerwatt_build_flags INTERFACE
    -Wno-array-bounds -Wno-stringop-overflow -Wno-stringop-overread -Wno-restrict)
endif()

# layerwatt_precompile(<target> LIKE <owner>): <target> uses the headers precompiled for <owner>.
function(layerwatt_precompile target like owner)
  if(NOT LAYERWATT_PRECOMPILE_HEADERS)
    return()
  endif()
  target_precompile_headers(${target} REUSE_FROM ${owner})
endfunction()

# Libraries and programs differ (-fPIC, -fPIE), and a compiler takes only what was made like its own source.
function(layerwatt_precompiled_for_floors)
  if(NOT LAYERWATT_PRECOMPILE_HEADERS)
    return()
  endif()
  find_package(fmt REQUIRED)
  file(WRITE "${PROJECT_BINARY_DIR}/precompiled_floors.cpp" "")
  add_library(layerwatt_precompiled_floors OBJECT "${PROJECT_BINARY_DIR}/precompiled_floors.cpp")
  target_compile_features(layerwatt_precompiled_floors PRIVATE cxx_std_20)
  set_target_properties(layerwatt_precompiled_floors PROPERTIES CXX_EXTENSIONS OFF)
  target_link_libraries(layerwatt_precompiled_floors PRIVATE layerwatt_build_flags fmt::fmt)
  target_precompile_headers(layerwatt_precompiled_floors PRIVATE
    <algorithm> <array> <chrono> <cstdint> <filesystem> <functional> <map> <memory> <optional> <ostream>
    <span> <sstream> <string> <string_view> <utility> <variant> <vector> <fmt/format.h>)
endfunction()

function(layerwatt_precompiled_for_tests)
  if(NOT LAYERWATT_PRECOMPILE_HEADERS)
    return()
  endif()
  file(WRITE "${PROJECT_BINARY_DIR}/precompiled_tests.cpp" "int main() {}\n")
  add_executable(layerwatt_precompiled_tests "${PROJECT_BINARY_DIR}/precompiled_tests.cpp")
  target_compile_features(layerwatt_precompiled_tests PRIVATE cxx_std_20)
  set_target_properties(layerwatt_precompiled_tests PROPERTIES CXX_EXTENSIONS OFF)
  target_link_libraries(layerwatt_precompiled_tests PRIVATE
    layerwatt_build_flags GTest::gmock GTest::gtest)
  target_precompile_headers(layerwatt_precompiled_tests PRIVATE
    <gmock/gmock.h> <gtest/gtest.h> <algorithm> <chrono> <filesystem> <fstream> <functional> <map> <memory>
    <optional> <span> <sstream> <string> <string_view> <variant> <vector>)
endfunction()
