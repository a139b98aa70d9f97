#!/usr/bin/env bash
# Installs a build into a temporary prefix and uses it as others would: by find_package(layerwatt), by
# pkg-config, and as Debian packages. Usage: scripts/test_consumer.sh [BUILD_DIR], default build/ci
set -euo pipefail
cd "$(dirname "$0")/.."

build=$(realpath "${1:-build/ci}")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
compiler=$(sed -n 's/^CMAKE_CXX_COMPILER:[A-Z]*=//p' "$build/CMakeCache.txt")

fail() {
  echo "test_consumer: $*" >&2
  exit 1
}

cmake --install "$build" --prefix "$work/usr" >/dev/null
"$work/usr/bin/layerwatt" --version >/dev/null || fail "the installed command does not run"

# Nothing of this checkout may be needed, or named, by what is installed.
if grep -rIl "$PWD" "$work/usr"; then
  fail "the files above name this source tree"
fi

cmake -S tests/consumer -B "$work/by_cmake" -G Ninja -DCMAKE_PREFIX_PATH="$work/usr" \
  -DCMAKE_CXX_COMPILER="$compiler" >/dev/null
cmake --build "$work/by_cmake" >/dev/null
echo "find_package: $("$work/by_cmake/consumer")"

# The floors of mathematics and files alone, on a machine without ONNX, protobuf and cairo.
cmake -S tests/consumer/analysis -B "$work/analysis" -G Ninja -DCMAKE_PREFIX_PATH="$work/usr" \
  -DCMAKE_CXX_COMPILER="$compiler" -DCMAKE_DISABLE_FIND_PACKAGE_Onnx=ON -DCMAKE_DISABLE_FIND_PACKAGE_Protobuf=ON \
  -DCMAKE_DISABLE_FIND_PACKAGE_yaml-cpp=ON -DCMAKE_DISABLE_FIND_PACKAGE_PkgConfig=ON >/dev/null
cmake --build "$work/analysis" >/dev/null
echo "components:   $("$work/analysis/analysis")"
cmake -S . -B "$work/floors" -G Ninja -DCMAKE_CXX_COMPILER="$compiler" -DLAYERWATT_BUILD_TESTS=OFF \
  -DLAYERWATT_FLOORS="core;dataset;attribution;prediction;analysis" -DCMAKE_DISABLE_FIND_PACKAGE_Onnx=ON \
  -DCMAKE_DISABLE_FIND_PACKAGE_Protobuf=ON >/dev/null || fail "floors cannot be configured without ONNX"

libdir=$(dirname "$(find "$work/usr" -name layerwatt.pc)")
flags=$(PKG_CONFIG_PATH=$libdir pkg-config --cflags --libs layerwatt)
# shellcheck disable=SC2086
"$compiler" -std=c++20 tests/consumer/main.cpp -o "$work/by_pkg_config" $flags
echo "pkg-config:   $("$work/by_pkg_config")"

if command -v dpkg-deb >/dev/null; then
  (cd "$build" && cpack -B "$work/packages" >/dev/null)
  for package in layerwatt layerwatt-dev; do
    file=$(ls "$work/packages/${package}_"*.deb)
    dpkg-deb -x "$file" "$work/root_$package"
    echo "$(basename "$file"): $(dpkg-deb -f "$file" Depends)"
  done
  "$work/root_layerwatt/usr/bin/layerwatt" --version
  [ -e "$work/root_layerwatt/usr/lib/udev/rules.d/70-layerwatt-power.rules" ] || fail "the package has no udev rule"
  share=$work/root_layerwatt/usr/share
  [ -e "$share/man/man1/layerwatt-measure.1.gz" ] || fail "the package has no manual pages"
  [ -e "$share/bash-completion/completions/layerwatt" ] || fail "the package has no completion"
  if command -v groff >/dev/null; then
    for page in "$share"/man/man1/*.gz; do
      said=$(zcat "$page" | groff -Kutf8 -man -Tutf8 -ww -z 2>&1) || true
      [ -z "$said" ] || fail "$(basename "$page"): $said"
    done
  fi
  [ ! -e "$work/root_layerwatt/usr/include" ] || fail "headers are in the package of the command"
  [ -e "$work/root_layerwatt-dev/usr/include/layerwatt/core/version.h" ] || fail "layerwatt-dev has no headers"
  ls "$work"/packages/*.tar.gz >/dev/null
fi
