# layerwatt_add_fuzzer(<name> SOURCES <file>... [LINK <target>...] [FLOOR <floor> UNITS <file>...])
#
# FLOOR: of a parser that stands on a floor with much below it. A build with libFuzzer compiles its UNITS, sources of
# that floor, into the target, which is linked with LINK alone; others link the floor.
#
# One fuzz target, LLVMFuzzerTestOneInput() in SOURCES: program layerwatt_<name>_fuzzer, with seeds in
# tests/fuzz/corpus/<name>/. With LAYERWATT_BUILD_FUZZERS (preset fuzz) libFuzzer drives it. Without, a
# small driver does, which runs every seed once, with any compiler and under any sanitizer. Either way
# ctest runs the seeds as the test fuzz.<name>.
# The target `fuzzers` builds them all.
add_custom_target(fuzzers)
if(NOT LAYERWATT_BUILD_FUZZERS)
  add_library(layerwatt_replay_corpus OBJECT "${PROJECT_SOURCE_DIR}/tests/fuzz/replay_corpus.cpp")
  target_compile_features(layerwatt_replay_corpus PRIVATE cxx_std_20)
  set_target_properties(layerwatt_replay_corpus PROPERTIES CXX_EXTENSIONS OFF)
  target_link_libraries(layerwatt_replay_corpus PRIVATE layerwatt_build_flags)
endif()

function(layerwatt_add_fuzzer name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "FLOOR" "SOURCES;LINK;UNITS")
  set(target layerwatt_${name}_fuzzer)
  set(corpus "${PROJECT_SOURCE_DIR}/tests/fuzz/corpus/${name}")
  if(NOT IS_DIRECTORY "${corpus}")
    message(FATAL_ERROR "The fuzz target ${name} has no seeds: put some into ${corpus}")
  endif()

  if(arg_FLOOR AND LAYERWATT_BUILD_FUZZERS)
    list(TRANSFORM arg_UNITS PREPEND "${PROJECT_SOURCE_DIR}/src/${arg_FLOOR}/")
    list(APPEND arg_SOURCES ${arg_UNITS})
  elseif(arg_FLOOR)
    set(arg_LINK layerwatt::${arg_FLOOR})
  endif()

  add_executable(${target} ${arg_SOURCES})
  set_target_properties(${target} PROPERTIES
    CXX_EXTENSIONS OFF
    RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/fuzz")
  add_dependencies(fuzzers ${target})
  target_include_directories(${target} PRIVATE ${PROJECT_SOURCE_DIR}/src)
  target_link_libraries(${target} PRIVATE ${arg_LINK} layerwatt_build_flags)
  if(LAYERWATT_BUILD_FUZZERS)
    target_link_options(${target} PRIVATE -fsanitize=fuzzer)
    add_test(NAME fuzz.${name} COMMAND ${target} -runs=0 "${corpus}")
  else()
    target_link_libraries(${target} PRIVATE layerwatt_replay_corpus)
    add_test(NAME fuzz.${name} COMMAND ${target} "${corpus}")
  endif()
  set_tests_properties(fuzz.${name} PROPERTIES LABELS fuzz TIMEOUT 120)
endfunction()
