#!/usr/bin/env bash
# Makes a Debian kernel ready to be booted by qemu with drivers that Debian leaves out, and prints the folder:
#   vmlinuz, lib/modules/VERSION (what is named below, and what that needs; drivers that were built here in updates/),
#   version, package-version,
#   first/: the modules that a guest loads before it sees this machine's files, in their order
# Kernel, headers and source are Debian's packages of RELEASE from the mirror that apt knows, checked with Debian's
# keys, unpacked and built in a folder of its own: nothing is installed, no root is needed.
# Usage: make_kernel.sh RELEASE [FOLDER], default build/kernel. Ends with 77 where the packages cannot be had.
set -euo pipefail
cd "$(dirname "$0")/.."
PATH=$PATH:/usr/sbin:/sbin

fail() {
  echo "make_kernel: $*" >&2
  exit 1
}

release=${1:?which release of Debian, such as bookworm?}
mkdir -p "${2:-build/kernel}"
folder=$(realpath "${2:-build/kernel}")/$release
# Chips that layerwatt reads. The source of a release that does not have one yet goes without it.
drivers=(ina3221 ina238 ina2xx)
# Debian's own modules that tests load.
debian_modules=(i2c-stub i2c-dev ina2xx-adc)
# What a guest needs before it sees this machine's files.
first_modules=(virtio_pci 9pnet_virtio 9p)
# One that was made otherwise is made anew.
made_from="2 ${drivers[*]} ${debian_modules[*]} ${first_modules[*]}"
if [ "$(cat "$folder/complete" 2>/dev/null)" = "$made_from" ]; then
  echo "$folder"
  exit 0
fi

for program in apt-get dpkg-deb gcc make modprobe xz; do
  command -v $program >/dev/null || fail "$program is needed: scripts/install_dependencies.sh kernel"
done
draft=$(mktemp -d)
trap 'rm -rf "$draft"' EXIT
mkdir -p "$draft/packages" "$draft/root" "$draft/build" "$draft/first"
# shellcheck source=scripts/private_apt.sh
. scripts/private_apt.sh
private_apt "$draft" amd64 "$release" || fail "apt knows no mirror of Debian: run apt-get update first"
# What the mirror does not have (any more) is no fault of ours.
fetched() {
  "$@" >&2 || {
    echo "make_kernel: the packages of $release cannot be fetched" >&2
    exit 77
  }
}
fetched apt-get -qq -o APT::Update::Error-Mode=any update

# needs PACKAGE[=VERSION]: names that its newest version depends on, the first of each choice.
needs() { apt-cache show --no-all-versions "$1" | sed -n 's/^Depends: //p' | tr ',' '\n' | awk '{print $1}'; }
headers=$(needs linux-headers-amd64 | grep '^linux-headers-' | head -n 1)
version=${headers#linux-headers-}
[ -n "$version" ] || fail "$release has no linux-headers-amd64"
package_version=$(apt-cache show --no-all-versions "$headers" | sed -n 's/^Version: //p')
source=linux-source-$(cut -d . -f 1,2 <<<"$version")
echo "make_kernel: $release has Linux $version ($package_version); fetching 200 to 400 MB" >&2
# Kernel, headers and source of one version, so that the drivers are the kernel's own.
wanted=("linux-image-$version=$package_version" "$headers=$package_version" "$source=$package_version")
for name in $(needs "$headers"); do
  case $name in linux-headers-* | linux-kbuild-*) wanted+=("$name") ;; esac
done
(cd "$draft/packages" && fetched apt-get -qq download "${wanted[@]}")
for package in "$draft"/packages/*.deb; do dpkg-deb -x "$package" "$draft/root"; done

# Programs of a newer release than this machine's ask for its C library: each becomes a script that starts it with that.
run_by_their_own_libraries() {
  local program real libraries=$draft/libraries kbuild package
  kbuild=$(printf '%s\n' "${wanted[@]}" | grep '^linux-kbuild-')
  while IFS= read -r program; do
    ldd "$program" 2>&1 | grep -q 'not found' || continue
    if [ ! -d "$libraries" ]; then
      mkdir -p "$libraries/packages"
      # What libelf needs besides.
      mapfile -t needed < <(needs "$kbuild" | grep '^lib' && printf '%s\n' zlib1g libzstd1)
      (cd "$libraries/packages" && apt-get -qq download "${needed[@]}" >&2)
      for package in "$libraries"/packages/*.deb; do dpkg-deb -x "$package" "$libraries"; done
    fi
    real=$program.real
    mv "$program" "$real"
    printf '#!/bin/sh\nexec %s --library-path %s %s "$@"\n' "$(find "$libraries" -name 'ld-linux-x86-64.so.2' -type f -o \
      -name 'ld-2*.so' -type f | head -n 1)" "$libraries/usr/lib/x86_64-linux-gnu:$libraries/lib/x86_64-linux-gnu" "$real" >"$program"
    chmod 0755 "$program"
  done < <(find "$usr"/lib/linux-kbuild-* -type f -perm -u+x -exec sh -c 'head -c 4 "$1" | grep -q ELF' _ {} \; -print)
}

# The headers name their places as if they were installed.
usr=$draft/root/usr
sed -i "s|/usr/src/|$usr/src/|" "$usr/src/$headers/Makefile"
if [ ! -d "$draft/root/lib/modules" ] && [ -d "$usr/lib/modules" ]; then ln -s usr/lib "$draft/root/lib"; fi
tar -xf "$usr/src/$source.tar.xz" -C "$draft/build" --strip-components=3 --wildcards \
  "$source/drivers/hwmon/ina*.c" || fail "$source holds no drivers of INA chips"
built=()
for driver in "${drivers[@]}"; do
  if [ -e "$draft/build/$driver.c" ]; then built+=("$driver"); fi
done
printf 'obj-m :=%s\n' "$(printf ' %s.o' "${built[@]}")" >"$draft/build/Kbuild"
# What their debug information would be turned into with a program that is not here, and nobody reads.
sed -i '/DEBUG_INFO_BTF_MODULES/d' "$usr/src/$headers/include/config/auto.conf"
# This machine's compiler instead of the one that the kernel was built with, whose newer options it may not know.
gcc -E -fmin-function-alignment=16 - </dev/null >/dev/null 2>&1 ||
  sed -i '/CC_HAS_MIN_FUNCTION_ALIGNMENT/d' "$usr/src/$headers/include/config/auto.conf"
run_by_their_own_libraries
make -C "$usr/src/$headers" M="$draft/build" CC=gcc modules >"$draft/make.log" 2>&1 || {
  tail -n 30 "$draft/make.log" >&2
  fail "the drivers of $source could not be built"
}
modules=$draft/root/lib/modules/$version
mkdir -p "$modules/updates"
cp "$draft"/build/*.ko "$modules/updates/"
depmod -b "$draft/root" "$version"

# Uncompressed: busybox loads no others.
# files_of MODULE...: in the order in which they are loaded.
files_of() {
  local module
  for module in "$@"; do
    modprobe -d "$draft/root" -S "$version" --show-depends "$module" | sed -n 's/^insmod \([^ ]*\).*/\1/p'
  done | awk '!seen[$0]++'
}
files_of "${first_modules[@]}" >"$draft/order"
number=100
while IFS= read -r module; do
  name=$number-$(basename "${module%.xz}")
  case $module in
    *.xz) xz -dc "$module" ;;
    *) cat "$module" ;;
  esac >"$draft/first/$name"
  number=$((number + 1))
done <"$draft/order"

rm -rf "$folder"
mkdir -p "$folder"
cp "$draft/root/boot/vmlinuz-$version" "$folder/vmlinuz"
cp -a "$draft/first" "$folder/"
mkdir -p "$folder/lib/modules/$version"
(
  cd "$draft/root"
  files_of "${debian_modules[@]}" "${built[@]}" | sed "s|^$draft/root/||" | xargs cp --parents -t "$folder"
  cp "lib/modules/$version"/modules.{builtin,builtin.modinfo,order} "$folder/lib/modules/$version/"
)
depmod -b "$folder" "$version"
echo "$version" >"$folder/version"
echo "$package_version" >"$folder/package-version"
echo "$made_from" >"$folder/complete"
echo "$folder"
