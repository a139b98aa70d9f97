# Installation, the package for find_package(layerwatt) and pkg-config, and .deb and .tar.gz packages.
# Component `runtime` is what runs; `development` is what other projects build with.
include(CMakePackageConfigHelpers)
include(GNUInstallDirs)

get_property(layerwatt_floors GLOBAL PROPERTY LAYERWATT_FLOOR_TARGETS)
# The command line is a program's inside, and no library for others.
list(REMOVE_ITEM layerwatt_floors layerwatt_cli)

if(TARGET layerwatt)
  install(TARGETS layerwatt RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT runtime)
endif()
# The program tells its own manual pages and completions; one that was built for another machine needs its emulator.
if(TARGET layerwatt AND (NOT CMAKE_CROSSCOMPILING OR CMAKE_CROSSCOMPILING_EMULATOR))
  set(help "${PROJECT_BINARY_DIR}/help")
  file(MAKE_DIRECTORY "${help}")
  add_custom_command(OUTPUT "${help}/made"
    COMMAND ${CMAKE_COMMAND} -E rm -rf "${help}/man1"
    # CMake puts the emulator before the name of a target.
    COMMAND layerwatt man-pages --output-dir "${help}/man1" 2> "${help}/pages.log"
    COMMAND layerwatt completion bash > "${help}/layerwatt"
    COMMAND layerwatt completion zsh > "${help}/_layerwatt"
    COMMAND layerwatt completion fish > "${help}/layerwatt.fish"
    # Without a time, so that the same input gives the same package.
    COMMAND gzip -9 -n -r "${help}/man1"
    COMMAND ${CMAKE_COMMAND} -E touch "${help}/made"
    DEPENDS layerwatt
    COMMENT "Manual pages and completions")
  add_custom_target(layerwatt_help ALL DEPENDS "${help}/made")
  install(DIRECTORY "${help}/man1/" DESTINATION ${CMAKE_INSTALL_MANDIR}/man1 COMPONENT runtime)
  install(FILES "${help}/layerwatt" DESTINATION ${CMAKE_INSTALL_DATAROOTDIR}/bash-completion/completions
    COMPONENT runtime)
  install(FILES "${help}/_layerwatt" DESTINATION ${CMAKE_INSTALL_DATAROOTDIR}/zsh/vendor-completions
    COMPONENT runtime)
  install(FILES "${help}/layerwatt.fish" DESTINATION ${CMAKE_INSTALL_DATAROOTDIR}/fish/vendor_completions.d
    COMPONENT runtime)
endif()
install(DIRECTORY include/layerwatt "${PROJECT_BINARY_DIR}/include/layerwatt"
  DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT development FILES_MATCHING PATTERN "*.h")

set(layerwatt_package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/layerwatt)
# A file of targets a floor, so that a project finds the floors that it names, and what they need, alone.
set(layerwatt_floor_names "")
set(layerwatt_floor_facts "")
foreach(target IN LISTS layerwatt_floors)
  string(REPLACE "layerwatt_" "" floor "${target}")
  list(APPEND layerwatt_floor_names ${floor})
  get_property(needs GLOBAL PROPERTY LAYERWATT_NEEDS_${floor})
  get_property(packages GLOBAL PROPERTY LAYERWATT_PACKAGES_${floor})
  string(APPEND layerwatt_floor_facts
    "set(layerwatt_${floor}_needs ${needs})\nset(layerwatt_${floor}_packages ${packages})\n")
  install(TARGETS ${target} EXPORT ${target}_targets
    ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT development)
  install(EXPORT ${target}_targets NAMESPACE layerwatt:: DESTINATION ${layerwatt_package_dir}
    FILE layerwatt-${floor}-targets.cmake COMPONENT development)
endforeach()
string(REPLACE ";" " " layerwatt_floor_facts "${layerwatt_floor_facts}")
configure_package_config_file(cmake/layerwatt-config.cmake.in
  "${PROJECT_BINARY_DIR}/layerwatt-config.cmake" INSTALL_DESTINATION ${layerwatt_package_dir})
# Until 1.0 each minor version may change the interface.
write_basic_package_version_file("${PROJECT_BINARY_DIR}/layerwatt-config-version.cmake"
  COMPATIBILITY SameMinorVersion)
install(FILES
    "${PROJECT_BINARY_DIR}/layerwatt-config.cmake"
    "${PROJECT_BINARY_DIR}/layerwatt-config-version.cmake"
    cmake/FindOnnx.cmake
  DESTINATION ${layerwatt_package_dir} COMPONENT development)

# For pkg-config. The libraries are static: all that they need is named in public, the highest floor first.
set(layerwatt_pc_libraries "")
foreach(floor IN LISTS layerwatt_floors)
  string(PREPEND layerwatt_pc_libraries "-l${floor} ")
endforeach()
set(layerwatt_pc_requires "fmt protobuf libcurl libcrypto yaml-cpp")
if(cairo_FOUND)
  string(APPEND layerwatt_pc_requires " cairo")
endif()
get_property(layerwatt_image_libraries GLOBAL PROPERTY LAYERWATT_IMAGE_LIBRARIES)
if("turbojpeg" IN_LIST layerwatt_image_libraries)
  string(APPEND layerwatt_pc_requires " libturbojpeg")
endif()
if("png" IN_LIST layerwatt_image_libraries)
  string(APPEND layerwatt_pc_requires " libpng")
endif()
get_property(layerwatt_monitor_libraries GLOBAL PROPERTY LAYERWATT_MONITOR_LIBRARIES)
set(layerwatt_pc_system_libraries "")
foreach(library IN LISTS layerwatt_monitor_libraries)
  string(APPEND layerwatt_pc_system_libraries " -l${library}")
endforeach()
# Found from the file's own place, so that an installation may be moved.
file(RELATIVE_PATH layerwatt_pc_up "/${CMAKE_INSTALL_LIBDIR}/pkgconfig" "/")
configure_file(cmake/layerwatt.pc.in "${PROJECT_BINARY_DIR}/layerwatt.pc" @ONLY)
install(FILES "${PROJECT_BINARY_DIR}/layerwatt.pc"
  DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT development)

# Lets the members of a group read the machine's sensors; where udev looks for the rules of packages.
install(FILES deploy/udev/70-layerwatt-power.rules DESTINATION lib/udev/rules.d COMPONENT runtime)
# `layerwatt serve` as a service, not enabled; and what a Prometheus and a Grafana need.
install(FILES deploy/monitoring/systemd/layerwatt-serve.service deploy/monitoring/systemd/layerwatt-serve.socket
  DESTINATION lib/systemd/system COMPONENT runtime)
install(DIRECTORY deploy/monitoring DESTINATION ${CMAKE_INSTALL_DATAROOTDIR}/layerwatt COMPONENT monitoring
  PATTERN systemd EXCLUDE)
install(DIRECTORY docs/ DESTINATION ${CMAKE_INSTALL_DATAROOTDIR}/doc/layerwatt/docs COMPONENT runtime)
install(FILES CHANGELOG.md DESTINATION ${CMAKE_INSTALL_DATAROOTDIR}/doc/layerwatt/docs COMPONENT runtime)
install(DIRECTORY examples DESTINATION ${CMAKE_INSTALL_DATAROOTDIR}/doc/layerwatt COMPONENT runtime)
# What every package of Debian has: licences and changelog in the forms of its policy. The date is that of
# SOURCE_DATE_EPOCH, where it is set.
set(LAYERWATT_PACKAGE_CONTACT "The layerwatt authors <layerwatt@localhost>" CACHE STRING
  "Maintainer that packages name")
string(TIMESTAMP layerwatt_package_date "%a, %d %b %Y 00:00:00 +0000" UTC)
configure_file(deploy/debian/changelog.in "${PROJECT_BINARY_DIR}/changelog" @ONLY)
add_custom_command(OUTPUT "${PROJECT_BINARY_DIR}/changelog.gz"
  COMMAND gzip -9 -n -c "${PROJECT_BINARY_DIR}/changelog" > "${PROJECT_BINARY_DIR}/changelog.gz"
  DEPENDS "${PROJECT_BINARY_DIR}/changelog")
add_custom_target(layerwatt_changelog ALL DEPENDS "${PROJECT_BINARY_DIR}/changelog.gz")
foreach(component IN ITEMS runtime development monitoring)
  set(package layerwatt)
  if(component STREQUAL "development")
    set(package layerwatt-dev)
  elseif(component STREQUAL "monitoring")
    set(package layerwatt-monitoring)
  endif()
  install(FILES deploy/debian/copyright "${PROJECT_BINARY_DIR}/changelog.gz"
    DESTINATION ${CMAKE_INSTALL_DATAROOTDIR}/doc/${package} COMPONENT ${component})
  if(EXISTS "${PROJECT_SOURCE_DIR}/deploy/debian/${package}.lintian-overrides")
    install(FILES deploy/debian/${package}.lintian-overrides RENAME ${package}
      DESTINATION ${CMAKE_INSTALL_DATAROOTDIR}/lintian/overrides COMPONENT ${component})
  endif()
endforeach()

set(CPACK_GENERATOR DEB TGZ)
set(CPACK_PACKAGE_VENDOR "The layerwatt authors")
set(CPACK_PACKAGE_CONTACT "${LAYERWATT_PACKAGE_CONTACT}")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "energy and time of each layer of a neural network")
set(CPACK_RESOURCE_FILE_LICENSE "${PROJECT_SOURCE_DIR}/LICENSE")
set(CPACK_STRIP_FILES ON)
set(CPACK_COMPONENTS_ALL runtime development monitoring)
set(CPACK_COMPONENTS_GROUPING IGNORE)
set(CPACK_ARCHIVE_COMPONENT_INSTALL OFF)
set(CPACK_PACKAGE_FILE_NAME "layerwatt-${PROJECT_VERSION}-linux-${CMAKE_SYSTEM_PROCESSOR}")

set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_ENABLE_COMPONENT_DEPENDS OFF)
set(CPACK_DEBIAN_PACKAGE_SECTION science)
set(CPACK_DEBIAN_RUNTIME_PACKAGE_NAME layerwatt)
set(CPACK_COMPONENT_RUNTIME_DESCRIPTION
"measures what each layer of a neural network costs
 Reads the power sensors of Jetson boards and other Linux machines while a
 network runs, and tells the energy and time of each layer, with intervals.")
# What each program links is read off it.
set(CPACK_DEBIAN_RUNTIME_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_RUNTIME_PACKAGE_CONTROL_EXTRA "${PROJECT_SOURCE_DIR}/deploy/debian/postinst")
set(CPACK_DEBIAN_MONITORING_PACKAGE_NAME layerwatt-monitoring)
set(CPACK_DEBIAN_MONITORING_PACKAGE_ARCHITECTURE all)
set(CPACK_DEBIAN_MONITORING_PACKAGE_SECTION net)
set(CPACK_DEBIAN_MONITORING_PACKAGE_SUGGESTS "layerwatt, prometheus")
set(CPACK_COMPONENT_MONITORING_DESCRIPTION
"Prometheus rules and Grafana dashboards for layerwatt
 What the machine that watches boards needs: a configuration of Prometheus,
 recording rules and alerts, dashboards, and a compose file for all of it.")
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_NAME layerwatt-dev)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SECTION libdevel)
set(CPACK_COMPONENT_DEVELOPMENT_DESCRIPTION
"headers and static libraries of layerwatt
 For programs of your own that measure what the layers of a network cost.")
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_DEPENDS 
  "libcurl4-openssl-dev, libfmt-dev, libonnx-dev, libprotobuf-dev, libssl-dev, libyaml-cpp-dev")
if(cairo_FOUND)
  string(APPEND CPACK_DEBIAN_DEVELOPMENT_PACKAGE_DEPENDS ", libcairo2-dev")
endif()
if("turbojpeg" IN_LIST layerwatt_image_libraries)
  string(APPEND CPACK_DEBIAN_DEVELOPMENT_PACKAGE_DEPENDS ", libturbojpeg0-dev")
endif()
if("png" IN_LIST layerwatt_image_libraries)
  string(APPEND CPACK_DEBIAN_DEVELOPMENT_PACKAGE_DEPENDS ", libpng-dev")
endif()
if("microhttpd" IN_LIST layerwatt_monitor_libraries)
  string(APPEND CPACK_DEBIAN_DEVELOPMENT_PACKAGE_DEPENDS ", libmicrohttpd-dev")
endif()
if("ncursesw" IN_LIST layerwatt_monitor_libraries)
  string(APPEND CPACK_DEBIAN_DEVELOPMENT_PACKAGE_DEPENDS ", libncurses-dev")
endif()
include(CPack)
