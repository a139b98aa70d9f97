# layerwatt_add_floor(<name> SOURCES <file>... [PUBLIC_LINK <target>...] [PRIVATE_LINK <target>...]
#   [PACKAGES <package>...] [APART <file>... | ALL_APART])
#
# PACKAGES: what a project that links the installed library must find beside fmt, because its targets are named in
# PUBLIC_LINK or PRIVATE_LINK.
#
# One static library a floor: target layerwatt_<name>, alias layerwatt::<name>. Public headers stand
# under include/layerwatt/<name>/, private ones beside the sources; both are included by their path from
# the floor's folder up ("layerwatt/core/units.h", "core/json.h").
function(layerwatt_add_floor name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "ALL_APART" "" "SOURCES;PUBLIC_LINK;PRIVATE_LINK;PACKAGES;APART")
  set(target layerwatt_${name})
  add_library(${target} STATIC ${arg_SOURCES})
  add_library(layerwatt::${name} ALIAS ${target})
  set_target_properties(${target} PROPERTIES
    EXPORT_NAME ${name}
    POSITION_INDEPENDENT_CODE ON
    CXX_EXTENSIONS OFF)
  target_compile_features(${target} PUBLIC cxx_std_20)
  target_include_directories(${target}
    PUBLIC
      $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>
      $<BUILD_INTERFACE:${PROJECT_BINARY_DIR}/include>
      $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>
    PRIVATE
      ${PROJECT_SOURCE_DIR}/src)
  target_link_libraries(${target}
    PUBLIC ${arg_PUBLIC_LINK}
    PRIVATE $<BUILD_INTERFACE:layerwatt_build_flags> ${arg_PRIVATE_LINK})
  layerwatt_precompile(${target} LIKE layerwatt_precompiled_floors)
  if(NOT arg_ALL_APART)
    layerwatt_compile_together(${target} OF src APART ${arg_APART})
  endif()
  set_property(GLOBAL APPEND PROPERTY LAYERWATT_FLOOR_TARGETS ${target})
  set(needs ${arg_PUBLIC_LINK} ${arg_PRIVATE_LINK})
  list(FILTER needs INCLUDE REGEX "^layerwatt::")
  list(TRANSFORM needs REPLACE "^layerwatt::" "")
  set_property(GLOBAL PROPERTY LAYERWATT_NEEDS_${name} ${needs})
  set_property(GLOBAL PROPERTY LAYERWATT_PACKAGES_${name} fmt ${arg_PACKAGES})
endfunction()

# layerwatt_add_tests(<name> SOURCES <file>... [LINK <target>...] [ALONE <test suite>...]
#   [APART <file>...])
#
# One GoogleTest program a floor: layerwatt_<name>_tests. Each test is a ctest test of its own, run in
# shuffled order inside the program too. None takes or keeps what was solved before. Tests of the suites ALONE run while no other test does. LAYERWATT_TEST_DATA is the absolute path of tests/data.
function(layerwatt_add_tests name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;LINK;ALONE;APART")
  set(target layerwatt_${name}_tests)
  add_executable(${target} ${arg_SOURCES})
  set_target_properties(${target} PROPERTIES CXX_EXTENSIONS OFF)
  target_include_directories(${target} PRIVATE ${PROJECT_SOURCE_DIR}/src ${PROJECT_SOURCE_DIR}/tests)
  target_compile_definitions(${target} PRIVATE
    LAYERWATT_TEST_DATA="${PROJECT_SOURCE_DIR}/tests/data")
  target_link_libraries(${target} PRIVATE
    layerwatt::${name} ${arg_LINK} layerwatt_build_flags GTest::gmock GTest::gtest_main)
  layerwatt_precompile(${target} LIKE layerwatt_precompiled_tests)
  layerwatt_compile_together(${target} OF tests APART ${arg_APART})
  set(together "*")
  # An emulator is twenty times slower.
  set(timeout 120)
  if(CMAKE_CROSSCOMPILING)
    set(timeout 1200)
  endif()
  if(arg_ALONE)
    list(TRANSFORM arg_ALONE APPEND ".*")
    list(JOIN arg_ALONE ":" alone)
    set(together "-${alone}")
    gtest_discover_tests(${target}
      TEST_PREFIX "${name}."
      TEST_FILTER "${alone}"
      TEST_LIST ${target}_alone
      PROPERTIES LABELS "${name}" TIMEOUT ${timeout} RUN_SERIAL TRUE
        ENVIRONMENT LAYERWATT_SOLVED=
      DISCOVERY_TIMEOUT 60)
  endif()
  gtest_discover_tests(${target}
    TEST_PREFIX "${name}."
    TEST_FILTER "${together}"
    PROPERTIES LABELS "${name}" TIMEOUT ${timeout} ENVIRONMENT LAYERWATT_SOLVED=
    DISCOVERY_TIMEOUT 60)
endfunction()

# Warnings and hardening, linked privately and never exported.
add_library(layerwatt_build_flags INTERFACE)
include(LayerwattWarnings)
include(LayerwattHardening)
include(LayerwattPrecompiled)
include(LayerwattUnity)
layerwatt_precompiled_for_floors()
