#!/usr/bin/env bash
# Builds the Python package's wheel from a build of layerwatt: the module and the recorder against the installed
# libraries, and what both need beside them. One wheel serves CPython 3.10 and later.
# Usage: scripts/build_wheel.sh [BUILD_DIR [OUTPUT_DIR]], default build/ci build/wheels
# A build of the preset aarch64 gives the wheel of that processor; build this machine's own first, whose types it has.
#        scripts/build_wheel.sh --environment: fetches what it builds with, and no more
set -euo pipefail
cd "$(dirname "$0")/.."

build=${1:-build/ci}
[ "$build" = --environment ] || [ -e "$build/CMakeCache.txt" ] || {
  echo "build_wheel: $build holds no build: cmake --preset ci && cmake --build --preset ci" >&2
  exit 1
}
output=${2:-build/wheels}
work=build/wheel

# Made once, and again when what it is made from changes.
if ! cmp -s python/build-requirements.txt $work/python/made-from; then
  rm -rf $work/python
  python3 -m venv $work/python
  $work/python/bin/pip install --quiet -r python/build-requirements.txt
  cp python/build-requirements.txt $work/python/made-from
fi

[ "$build" != --environment ] || exit 0
compiler=$(sed -n 's/^CMAKE_CXX_COMPILER:[A-Z]*=//p' "$build/CMakeCache.txt")

toolchain=$(sed -n 's/^CMAKE_TOOLCHAIN_FILE:[A-Z]*=//p' "$build/CMakeCache.txt")
python=$PWD/$work/python/bin
options=()
libraries=()
processor=$(uname -m)
stub=$PWD/$work/module/_core.pyi
if [[ $toolchain == *aarch64* ]]; then
  processor=aarch64
  [ -e "$stub" ] || {
    echo "build_wheel: $stub is missing: build this machine's own wheel first" >&2
    exit 1
  }
  LAYERWATT_AARCH64_SYSROOT=$(scripts/make_aarch64_sysroot.sh --python)
  export LAYERWATT_AARCH64_SYSROOT CMAKE_TOOLCHAIN_FILE=$toolchain _PYTHON_HOST_PLATFORM=linux-aarch64
  work=$work/aarch64
  mkdir -p $work
  prefix=$PWD/$work/prefix
  # Named one by one: what is searched for is searched for in the board's system.
  options=(
    "-Ccmake.define.nanobind_DIR=$("$python/python" -m nanobind --cmake_dir)"
    "-Ccmake.define.layerwatt_DIR=$prefix/lib/cmake/layerwatt"
    "-Ccmake.define.Python_INCLUDE_DIR=$(echo "$LAYERWATT_AARCH64_SYSROOT"/usr/include/python3.*)"
    "-Ccmake.define.LAYERWATT_PYTHON_STUB=$stub")
  libraries=(--ldpaths "$LAYERWATT_AARCH64_SYSROOT/usr/lib/aarch64-linux-gnu")
fi

rm -rf $work/prefix $work/plain
cmake --install "$build" --prefix "$work/prefix" --strip >/dev/null
prefix=$(realpath $work/prefix)
PATH=$python:$PATH CXX=$compiler CMAKE_GENERATOR=Ninja CMAKE_PREFIX_PATH=$prefix \
  "$python/python" -m build --wheel --no-isolation --outdir $work/plain \
  -Cbuild-dir="$PWD/$work/module" "${options[@]}" python >$work/build.log 2>&1 || {
  cat $work/build.log >&2
  exit 1
}
plain=$(ls $work/plain/*.whl)
case $plain in
  *-cp310-abi3-linux_"$processor".whl) ;;
  *)
    echo "build_wheel: $plain is not for every Python from 3.10 on, on $processor" >&2
    exit 1
    ;;
esac
mkdir -p "$output"
rm -f "$output"/layerwatt-*_"$processor".whl
# Beside both go the libraries that a machine need not have; the newest symbols of the C library decide the name.
PATH=$python:$PATH "$python/auditwheel" --verbose repair "${libraries[@]}" --wheel-dir "$output" "$plain" \
  >$work/repair.log 2>&1 || {
  tail -20 $work/repair.log >&2
  exit 1
}
wheel=$(ls "$output"/layerwatt-*_"$processor".whl)
"$python/abi3audit" --strict "$wheel" >$work/abi3audit.log 2>&1 || {
  cat $work/abi3audit.log >&2
  exit 1
}
python3 scripts/check_wheel_symbols.py "$wheel"
echo "$wheel"
