# Strict warnings for our own code. -Werror only where a preset asks for it, so that a newer compiler
# on a user's board does not break the build.
include(CheckCXXCompilerFlag)

set(layerwatt_warning_flags
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wold-style-cast
  -Wnon-virtual-dtor -Woverloaded-virtual -Wcast-align -Wformat=2 -Wundef
  -Wdouble-promotion)
if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
  # With optimisation, GCC's own analysis finds null pointers inside libstdc++ and GoogleTest that are
  # none, and nothing in our code can silence it. The presets tidy and fuzz build with Clang.
  list(APPEND layerwatt_warning_flags -Wnull-dereference)
  # RapidJSON's iterators are compared as C++20 would rather not have it.
  list(APPEND layerwatt_warning_flags -Wno-ambiguous-reversed-operator)
endif()
# GCC 12 sees overlapping copies in std::string::insert and operator+ where there are none (GCC bug
# 105651, fixed in 13).
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_GREATER_EQUAL 12
   AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  list(APPEND layerwatt_warning_flags -Wno-restrict)
endif()
if(LAYERWATT_WARNINGS_AS_ERRORS)
  list(APPEND layerwatt_warning_flags -Werror)
endif()
target_compile_options(layerwatt_build_flags INTERFACE ${layerwatt_warning_flags})
