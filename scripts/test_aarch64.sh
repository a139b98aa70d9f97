#!/usr/bin/env bash
# Cross builds for 64-bit Arm and runs the unit tests of FLOOR... (default: all that were built) under
# qemu-aarch64. This tests that the code compiles for, and computes the same on, that processor. It tests
# neither a board's kernel and sensors nor timings: qemu passes system calls on to this machine.
set -euo pipefail
cd "$(dirname "$0")/.."

floors=("$@")
[ ${#floors[@]} -gt 0 ] || floors=(core sensors engines models dataset attribution prediction recording running analysis simulation experiment)
LAYERWATT_AARCH64_SYSROOT=$(scripts/make_aarch64_sysroot.sh)
export LAYERWATT_AARCH64_SYSROOT
targets=()
for floor in "${floors[@]}"; do targets+=("layerwatt_${floor}_tests"); done

cmake --preset aarch64 >/dev/null
cmake --build --preset aarch64 --target layerwatt layerwatt_help layerwatt_changelog "${targets[@]}"
file build/aarch64/layerwatt | grep -q 'ARM aarch64'
qemu-aarch64 -L "$LAYERWATT_AARCH64_SYSROOT" build/aarch64/layerwatt --version
ctest --preset aarch64 -L "^($(IFS='|' && echo "${floors[*]}"))\$"

# The Python package's wheel for that processor, whose types are those of this machine's own.
if [ -e build/wheel/module/_core.pyi ]; then
  scripts/build_wheel.sh build/aarch64
  scripts/test_wheel_aarch64.sh || [ $? = 77 ]
else
  echo "the wheel for 64-bit Arm is left out: build this machine's own first (scripts/build_wheel.sh)"
fi
