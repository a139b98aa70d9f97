#!/usr/bin/env bash
# Builds the portable bundle: one archive that is unpacked and run on any Linux of its processor. Prints the
# archive's path. docs/install.md says what is inside, and how it finds a board's own libraries.
set -euo pipefail
cd "$(dirname "$0")/.."

usage() {
  cat <<'USAGE'
Usage: make_bundle.sh [--arch amd64|arm64] [--output FOLDER]

  --arch ARCH      default: amd64; arm64 is cross built (scripts/install_dependencies.sh cross)
  --output FOLDER  default: build/bundles

Times of files are SOURCE_DATE_EPOCH, or else the last commit's. Runs on Debian, whose libraries go into it.
USAGE
}

# shellcheck source=scripts/bundle_options.sh
. scripts/bundle_options.sh
bundle_options build/bundles "$@"
# shellcheck source=/dev/null
. /etc/os-release
[ "${ID:-}" = debian ] || fail "takes libraries and their licences from Debian's packages; this is ${PRETTY_NAME:-unknown}"
[ "$processor" = "$(uname -m)" ] || [ "$arch" = arm64 ] || fail "an amd64 bundle is built on an amd64 machine"
epoch=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)}

sysroot=()
if [ "$arch" = arm64 ]; then
  LAYERWATT_AARCH64_SYSROOT=$(scripts/make_aarch64_sysroot.sh)
  export LAYERWATT_AARCH64_SYSROOT
  sysroot=(--sysroot "$LAYERWATT_AARCH64_SYSROOT")
fi

build=build/$preset
{
  cmake --preset "$preset" >/dev/null
  cmake --build --preset "$preset" --target layerwatt layerwatt_launcher layerwatt_changelog layerwatt_help
} >&2

# In a cache of its own, where the library's licences stand beside it whatever another cache holds.
XDG_CACHE_HOME=$PWD/build/bundle-cache
export XDG_CACHE_HOME
mkdir -p "$XDG_CACHE_HOME/layerwatt"
onnxruntime=$(find "$XDG_CACHE_HOME/layerwatt" -maxdepth 1 -name "onnxruntime-*-$processor" 2>/dev/null | tail -n 1)
if [ ! -e "$onnxruntime/ThirdPartyNotices.txt" ]; then
  onnxruntime=$(scripts/fetch_onnxruntime.sh --force --arch "$processor")
fi

work=build/bundle-work-$arch
rm -rf "$work"
mkdir -p "$work"
for component in runtime monitoring; do
  cmake --install "$build" --component $component --strip --prefix "$work/stage" >/dev/null
done
# Of Debian's packages alone.
rm -r "$work/stage/share/lintian" "$work"/stage/share/doc/*/changelog.gz
cp "$build/layerwatt_launcher" "$work/launcher"
strip=$(sed -n 's/^CMAKE_STRIP:[A-Z]*=//p' "$build/CMakeCache.txt")
"$strip" "$work/launcher"
version=$(sed -n 's/^CMAKE_PROJECT_VERSION:[A-Z]*=//p' "$build/CMakeCache.txt")
python3 scripts/bundle/assemble.py --arch "$arch" --version "$version" --epoch "$epoch" --stage "$work/stage" \
  --launcher "$work/launcher" --files deploy/bundle --licence LICENSE --onnxruntime "$onnxruntime" \
  --page-modules "$build/report-page/node_modules" "${sysroot[@]}" --work "$work" --output "$output"
