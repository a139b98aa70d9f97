# layerwatt_report_page(<source variable>)
#
# Bundles src/report/page with the pinned packages of its lock file and turns the page into a source file
# that holds it as bytes. Needs npm and, the first time, the npm registry. Without npm, or with
# LAYERWATT_REPORT_PAGE=OFF, a twin without a page is built, and `layerwatt report` says so.
set(LAYERWATT_REPORT_PAGE AUTO CACHE STRING "Build the HTML report's page: AUTO, ON or OFF")

function(layerwatt_report_page source)
  set(missing "${PROJECT_SOURCE_DIR}/src/report/html/page_template_missing.cpp")
  set(${source} "${missing}" PARENT_SCOPE)
  if(LAYERWATT_REPORT_PAGE STREQUAL "OFF")
    return()
  endif()
  find_program(LAYERWATT_NPM npm)
  find_program(LAYERWATT_NODE NAMES node nodejs)
  if(NOT LAYERWATT_NPM OR NOT LAYERWATT_NODE)
    if(LAYERWATT_REPORT_PAGE STREQUAL "ON")
      message(FATAL_ERROR "The report's page needs npm and node: apt-get install npm")
    endif()
    message(STATUS "npm not found: HTML reports are left out (apt-get install npm)")
    return()
  endif()
  # What esbuild asks for; Ubuntu 22.04 has 12.
  execute_process(COMMAND "${LAYERWATT_NODE}" --version OUTPUT_VARIABLE node_version ERROR_QUIET)
  string(REGEX MATCH "[0-9]+" node_version "${node_version}")
  if(NOT node_version GREATER_EQUAL 18)
    if(LAYERWATT_REPORT_PAGE STREQUAL "ON")
      message(FATAL_ERROR "The report's page needs Node.js 18 or later; ${LAYERWATT_NODE} is ${node_version}")
    endif()
    message(STATUS "Node.js is older than 18: HTML reports are left out")
    return()
  endif()

  set(page "${PROJECT_SOURCE_DIR}/src/report/page")
  set(work "${PROJECT_BINARY_DIR}/report-page")
  set(parts build.mjs chart.js energy.js format.js groups.js main.js page.html power.js scatter.js
    style.css table.js theme.js)
  list(TRANSFORM parts PREPEND "${page}/" OUTPUT_VARIABLE part_files)
  add_custom_command(
    OUTPUT "${work}/installed"
    COMMAND ${CMAKE_COMMAND} -E make_directory "${work}"
    COMMAND ${CMAKE_COMMAND} -E copy "${page}/package.json" "${page}/package-lock.json" "${page}/.npmrc"
      "${work}"
    COMMAND ${LAYERWATT_NPM} --prefix "${work}" --silent ci
    COMMAND ${CMAKE_COMMAND} -E touch "${work}/installed"
    DEPENDS "${page}/package.json" "${page}/package-lock.json" "${page}/.npmrc"
    COMMENT "Installing the report page's pinned packages"
    VERBATIM)
  add_custom_command(
    OUTPUT "${work}/page_template.cpp"
    COMMAND ${CMAKE_COMMAND} -E copy ${part_files} "${work}"
    COMMAND ${LAYERWATT_NODE} "${work}/build.mjs" "${work}/page_bundle.html"
    COMMAND ${CMAKE_COMMAND} -DINPUT=${work}/page_bundle.html -DOUTPUT=${work}/page_template.cpp
      -P "${PROJECT_SOURCE_DIR}/cmake/EmbedReportPage.cmake"
    DEPENDS ${part_files} "${work}/installed" "${PROJECT_SOURCE_DIR}/cmake/EmbedReportPage.cmake"
    COMMENT "Bundling the report page"
    VERBATIM)
  set(${source} "${work}/page_template.cpp" PARENT_SCOPE)
endfunction()
