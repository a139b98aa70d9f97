#!/usr/bin/env bash
# Packs layerwatt as Debian packages for the release of Debian that this machine has, and prints their paths.
set -euo pipefail
cd "$(dirname "$0")/.."

usage() {
  cat <<'USAGE'
Usage: make_packages.sh [--arch amd64|arm64] [--output FOLDER]

  --arch ARCH      default: amd64; arm64 is cross built (scripts/install_dependencies.sh cross)
  --output FOLDER  default: build/packages

Times of files are SOURCE_DATE_EPOCH, or else the last commit's. Built as the portable bundle is, in the same folders.
USAGE
}

# shellcheck source=scripts/bundle_options.sh
. scripts/bundle_options.sh
bundle_options build/packages "$@"
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)}
export SOURCE_DATE_EPOCH

words=()
if [ "$arch" = arm64 ]; then
  LAYERWATT_AARCH64_SYSROOT=$(scripts/make_aarch64_sysroot.sh)
  export LAYERWATT_AARCH64_SYSROOT
fi
build=build/$preset
{
  cmake --preset "$preset" >/dev/null
  cmake --build --preset "$preset"
} >&2
if [ "$arch" = arm64 ]; then
  # What dpkg-shlibdeps would read off packages that are installed: here they lie in the sysroot, each by itself.
  work=build/shlibdeps-$arch
  rm -rf "$work"
  mkdir -p "$work/debian"
  : >"$work/debian/control"
  folders=()
  for folder in "$LAYERWATT_AARCH64_SYSROOT"/packages/*/DEBIAN; do folders+=("-S$(dirname "$folder")"); done
  depends=$(cd "$work" && DEB_HOST_ARCH=arm64 dpkg-shlibdeps "${folders[@]}" -O "$OLDPWD/$build/layerwatt" 2>warnings) || {
    cat "$work/warnings" >&2
    fail "dpkg-shlibdeps cannot tell what the command needs"
  }
  depends=$(sed -n 's/^shlibs:Depends=//p' <<<"$depends")
  [ -n "$depends" ] || fail "dpkg-shlibdeps says nothing of what the command needs"
  words=(-D CPACK_DEBIAN_RUNTIME_PACKAGE_SHLIBDEPS=OFF -D "CPACK_DEBIAN_RUNTIME_PACKAGE_DEPENDS=$depends"
    -D CPACK_DEBIAN_PACKAGE_ARCHITECTURE=arm64)
fi
draft=$PWD/build/packages-work-$arch
rm -rf "$draft"
(cd "$build" && cpack -G DEB -B "$draft" "${words[@]}" >"$draft.log") || {
  cat "$draft.log" >&2
  fail "cpack failed"
}
mkdir -p "$output"
for file in "$draft"/*.deb; do
  cp "$file" "$output/"
  echo "$output/$(basename "$file")"
done
