# LAYERWATT_UNITY: compile several sources of a library or a test program as one, which halves the time. For builds
# from nothing, as LAYERWATT_PRECOMPILE_HEADERS is: it too hides a missing #include. TESTS: of the tests alone, so
# that what people build is compiled source by source; ALL: of the floors too.
set(LAYERWATT_UNITY OFF CACHE STRING "Compile sources several at once: OFF, TESTS or ALL")
set_property(CACHE LAYERWATT_UNITY PROPERTY STRINGS OFF TESTS ALL)

# layerwatt_compile_together(<target> OF tests|src [APART <file>...])
#
# APART: sources that have a local name in common with another of the target ("redefinition" says the compiler).
# CMake's own unity builds name sources by absolute paths, and ccache then finds nothing of another clone's.
function(layerwatt_compile_together target)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "OF" "APART")
  if(NOT LAYERWATT_UNITY STREQUAL "ALL" AND NOT (LAYERWATT_UNITY STREQUAL "TESTS" AND arg_OF STREQUAL "tests"))
    return()
  endif()
  get_target_property(all ${target} SOURCES)
  set(sources ${all})
  # What is made while building is not there yet.
  list(FILTER sources EXCLUDE REGEX "^/")
  if(arg_APART)
    list(REMOVE_ITEM sources ${arg_APART})
  endif()
  list(REMOVE_ITEM all ${sources})
  # Eight are enough for most of the gain, and leave pieces for many cores.
  set(most 8)
  set(number 0)
  while(sources)
    list(SUBLIST sources 0 ${most} together)
    list(REMOVE_ITEM sources ${together})
    list(TRANSFORM together PREPEND "${CMAKE_CURRENT_SOURCE_DIR}/")
    set(text "")
    foreach(source IN LISTS together)
      file(RELATIVE_PATH source "${PROJECT_SOURCE_DIR}/${arg_OF}" "${source}")
      string(APPEND text "#include \"${source}\"\n")
    endforeach()
    set(file "${CMAKE_CURRENT_BINARY_DIR}/${target}_together_${number}.cpp")
    file(CONFIGURE OUTPUT "${file}" CONTENT "${text}" @ONLY)
    list(APPEND all "${file}")
    math(EXPR number "${number} + 1")
  endwhile()
  set_property(TARGET ${target} PROPERTY SOURCES ${all})
endfunction()
