#!/usr/bin/env bash
# Fills a folder with the arm64 libraries that layerwatt is cross built against and tested with, and prints it:
# ${XDG_CACHE_HOME:-~/.cache}/layerwatt/aarch64-sysroot-<release>. Debian's packages of this release, from the
# mirror that apt knows, checked with Debian's keys; nothing is installed on this system. Needs Debian, apt and
# g++-aarch64-linux-gnu; no root.
# Usage: make_aarch64_sysroot.sh [--python]: with Python and its headers, in a folder of its own
set -euo pipefail

fail() {
  echo "make_aarch64_sysroot: $*" >&2
  exit 1
}

# shellcheck source=/dev/null
. /etc/os-release
[ "${ID:-}" = debian ] || fail "made for Debian; this is ${PRETTY_NAME:-unknown}. Set LAYERWATT_AARCH64_SYSROOT to a copy of a board's /usr and /lib"
sysroot=${XDG_CACHE_HOME:-$HOME/.cache}/layerwatt/aarch64-sysroot-$VERSION_CODENAME
packages=(fonts-dejavu-core libc6-dev libstdc++6 libcairo2-dev libcli11-dev libcurl4-openssl-dev libeigen3-dev
  libfmt-dev libgmock-dev libgtest-dev libmicrohttpd-dev libncurses-dev libonnx-dev libpng-dev libprotobuf-dev libssl-dev
  libturbojpeg0-dev libyaml-cpp-dev rapidjson-dev)
if [ "${1:-}" = --python ]; then
  sysroot+=-python
  packages+=(python3 libpython3-dev)
fi
# One that was made otherwise is made anew.
made_from="3 ${packages[*]}"
if [ "$(cat "$sysroot/complete" 2>/dev/null)" = "$made_from" ]; then
  echo "$sysroot"
  exit 0
fi

draft=$(mktemp -d)
trap 'rm -rf "$draft"' EXIT
mkdir -p "$draft/root/usr/lib" "$draft/root/usr/bin"
# shellcheck source=scripts/private_apt.sh
. scripts/private_apt.sh
private_apt "$draft" arm64 "$VERSION_CODENAME" || fail "apt knows no mirror of Debian: run apt-get update first"
echo "make_aarch64_sysroot: downloading ${packages[*]} and what they need" >&2
apt-get -qq update >&2
apt-get -qq -y --download-only -o Debug::NoLocking=1 install "${packages[@]}" >&2

# As a Debian system has it: /lib is /usr/lib.
ln -s usr/lib "$draft/root/lib"
ln -s usr/bin "$draft/root/bin"
for package in "$draft"/cache/archives/*.deb; do
  dpkg-deb --fsys-tarfile "$package" |
    tar -x --keep-directory-symlink --no-same-owner --exclude './usr/share/locale/*' -C "$draft/root"
  # Which file is of which package, for the licences of what is passed on (scripts/make_bundle.sh).
  name=$(dpkg-deb -f "$package" Package)
  mkdir -p "$draft/root/packages"
  dpkg-deb -f "$package" Package Version Source >"$draft/root/packages/$name.control"
  dpkg-deb --fsys-tarfile "$package" | tar -t | sed -n 's|^\./|/|p' >"$draft/root/packages/$name.list"
  # As dpkg-shlibdeps finds libraries that are not installed: beside what their package says of them
  # (scripts/make_packages.sh).
  mkdir -p "$draft/control"
  dpkg-deb -e "$package" "$draft/control"
  if [ -e "$draft/control/symbols" ] || [ -e "$draft/control/shlibs" ]; then
    own=$draft/root/packages/$name
    mkdir -p "$own/DEBIAN"
    for file in symbols shlibs; do
      [ ! -e "$draft/control/$file" ] || cp "$draft/control/$file" "$own/DEBIAN/"
    done
    dpkg-deb --fsys-tarfile "$package" | tar -x --no-same-owner --wildcards -C "$own" '*.so*'
  fi
  rm -rf "$draft/control"
done
echo "$made_from" >"$draft/root/complete"

# Put in place at once, so that an interrupted run leaves nothing half done.
mkdir -p "$(dirname "$sysroot")"
rm -rf "$sysroot.new" "$sysroot"
cp -a "$draft/root" "$sysroot.new"
mv "$sysroot.new" "$sysroot"
echo "$sysroot"
