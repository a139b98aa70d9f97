# Compiler hardening by the OpenSSF's "Compiler Options Hardening Guide for C and C++", each option
# probed, so that older compilers and other processors take what they know. Linked privately.
include(CheckCXXCompilerFlag)
include(CheckLinkerFlag)

function(layerwatt_harden_compile flag)
  string(MAKE_C_IDENTIFIER "LAYERWATT_HAS${flag}" known)
  # -Werror, because Clang only warns of options that it ignores.
  set(CMAKE_REQUIRED_FLAGS "${CMAKE_REQUIRED_FLAGS} -Werror")
  check_cxx_compiler_flag(${flag} ${known})
  if(${known})
    target_compile_options(layerwatt_build_flags INTERFACE ${flag})
  endif()
endfunction()

function(layerwatt_harden_link flag)
  string(MAKE_C_IDENTIFIER "LAYERWATT_HAS_LINK_${flag}" known)
  check_linker_flag(CXX ${flag} ${known})
  if(${known})
    target_link_options(layerwatt_build_flags INTERFACE ${flag})
  endif()
endfunction()

foreach(flag IN ITEMS
    -fstack-protector-strong -fstack-clash-protection -fcf-protection=full
    -mbranch-protection=standard -fstrict-flex-arrays=3 -fno-delete-null-pointer-checks
    -fno-strict-overflow -ftrivial-auto-var-init=zero)
  layerwatt_harden_compile(${flag})
endforeach()

# Checks of library calls need an optimised build, and hide errors from the sanitizers.
if(NOT LAYERWATT_SANITIZE AND NOT CMAKE_BUILD_TYPE STREQUAL "Debug")
  # Some distributions define a level already; -U first, or GCC warns of the second.
  target_compile_options(layerwatt_build_flags INTERFACE -U_FORTIFY_SOURCE)
  # Compilers before GCC 12 know two levels, and glibc warns of a third.
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 12)
    layerwatt_harden_compile(-D_FORTIFY_SOURCE=2)
  else()
    layerwatt_harden_compile(-D_FORTIFY_SOURCE=3)
  endif()
endif()
# Bounds of containers and null smart pointers, at a cost of a compare.
target_compile_definitions(layerwatt_build_flags INTERFACE _GLIBCXX_ASSERTIONS)

# -z nodlopen, also on the list, is for libraries; ours are static.
foreach(flag IN ITEMS
    -Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack -Wl,--as-needed -Wl,--no-copy-dt-needed-entries)
  layerwatt_harden_link(${flag})
endforeach()

# Addresses chosen anew at each start (with CMAKE_POSITION_INDEPENDENT_CODE).
include(CheckPIESupported)
check_pie_supported(LANGUAGES CXX)
