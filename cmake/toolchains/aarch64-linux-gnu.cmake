# Cross build for 64-bit Arm (Jetson boards) with Debian's g++-aarch64-linux-gnu; programs run under
# qemu-aarch64. LAYERWATT_AARCH64_SYSROOT is a folder with the arm64 libraries, as
# scripts/make_aarch64_sysroot.sh fills it; it is also what qemu-aarch64 sees as "/".
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_C_COMPILER aarch64-linux-gnu-gcc)
set(CMAKE_CXX_COMPILER aarch64-linux-gnu-g++)
