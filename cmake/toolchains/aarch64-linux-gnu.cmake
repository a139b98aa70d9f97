# Cross build for 64-bit Arm (Jetson boards) with Debian's g++-aarch64-linux-gnu; programs run under
# qemu-aarch64. LAYERWATT_AARCH64_SYSROOT (variable or environment) is a folder with the arm64 libraries, as
# scripts/make_aarch64_sysroot.sh fills it; it is also what qemu-aarch64 sees as "/", so that programs load one
# C library, the sysroot's own.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_C_COMPILER aarch64-linux-gnu-gcc)
set(CMAKE_CXX_COMPILER aarch64-linux-gnu-g++)

if(NOT LAYERWATT_AARCH64_SYSROOT)
  set(LAYERWATT_AARCH64_SYSROOT "$ENV{LAYERWATT_AARCH64_SYSROOT}")
endif()
list(APPEND CMAKE_TRY_COMPILE_PLATFORM_VARIABLES LAYERWATT_AARCH64_SYSROOT)
set(layerwatt_qemu qemu-aarch64)
if(LAYERWATT_AARCH64_SYSROOT)
  set(CMAKE_SYSROOT "${LAYERWATT_AARCH64_SYSROOT}")
  list(APPEND layerwatt_qemu -L "${LAYERWATT_AARCH64_SYSROOT}")
  # pkg-config tells of the board's libraries, not of this machine's.
  set(ENV{PKG_CONFIG_SYSROOT_DIR} "${LAYERWATT_AARCH64_SYSROOT}")
  set(ENV{PKG_CONFIG_LIBDIR}
    "${LAYERWATT_AARCH64_SYSROOT}/usr/lib/aarch64-linux-gnu/pkgconfig:${LAYERWATT_AARCH64_SYSROOT}/usr/share/pkgconfig")
endif()
set(CMAKE_CROSSCOMPILING_EMULATOR "${layerwatt_qemu}")
set(CMAKE_LIBRARY_ARCHITECTURE aarch64-linux-gnu)

# protoc and other programs are this machine's; everything that is linked or included is the board's.
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
