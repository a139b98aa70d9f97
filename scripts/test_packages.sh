#!/usr/bin/env bash
# Packs a build as Debian packages, lets lintian look at them, and installs, uses and removes them in an overlay of
# this machine, which itself stays as it is (needs root, or sudo). Usage: scripts/test_packages.sh [BUILD_DIR], default
# build/ci
#        scripts/test_packages.sh --arch arm64: those of scripts/make_packages.sh, whose command runs under qemu-aarch64
set -euo pipefail
cd "$(dirname "$0")/.."

arch=amd64
if [ "${1:-}" = --arch ]; then
  arch=$2
  shift 2
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0

fail() {
  echo "test_packages: $*" >&2
  exit 1
}
pass() {
  echo "ok: $*"
  passed=$((passed + 1))
}

if [ "$arch" = arm64 ]; then
  scripts/make_packages.sh --arch arm64 --output "$work/packages" >/dev/null
else
  build=$(realpath "${1:-build/ci}")
  cmake --build "$build" --target layerwatt layerwatt_help layerwatt_changelog >/dev/null
  (cd "$build" && cpack -G DEB -B "$work/packages" >"$work/cpack.log") || {
    cat "$work/cpack.log" >&2
    fail "cpack failed"
  }
fi
packages=(layerwatt layerwatt-dev layerwatt-monitoring)
files=()
for package in "${packages[@]}"; do files+=("$(ls "$work/packages/${package}_"*.deb)"); done

command -v lintian >/dev/null || fail "lintian is needed: scripts/install_dependencies.sh packages"
# As root it says that it should not be, which is no fault of a package.
if ! lintian --allow-root --fail-on error,warning --tag-display-limit 0 "${files[@]}" >"$work/lintian.log" 2>&1; then
  cat "$work/lintian.log" >&2
  fail "lintian found what stands above"
fi
pass "lintian finds neither errors nor warnings in ${#files[@]} packages"

# For another processor: unpacked, and told apart from this machine's.
if [ "$arch" = arm64 ]; then
  sysroot=$(scripts/make_aarch64_sysroot.sh)
  for file in "${files[@]}"; do
    wanted=arm64
    [[ $file != */layerwatt-monitoring_* ]] || wanted=all
    [ "$(dpkg-deb -f "$file" Architecture)" = "$wanted" ] || fail "$file is not of $wanted"
    dpkg-deb -x "$file" "$work/root"
  done
  pass "packages name their architecture"
  file "$work/root/usr/bin/layerwatt" | grep -q 'ARM aarch64' || fail "the command is not for 64-bit Arm"
  for object in "$work"/root/usr/lib/aarch64-linux-gnu/*.a "$work"/root/usr/lib/*.a; do
    [ -e "$object" ] || continue
    aarch64-linux-gnu-objdump -f "$object" | grep -q 'architecture: aarch64' || fail "$object is not for 64-bit Arm"
  done
  pass "command and libraries are of that processor"
  # Whatever the command is linked with is in a package that it names; each name is one of Debian's for arm64.
  depends=$(dpkg-deb -f "$(ls "$work"/packages/layerwatt_*.deb)" Depends)
  while read -r library; do
    owner=$(grep -l -x -e "/usr/lib/aarch64-linux-gnu/$library" -e "/lib/aarch64-linux-gnu/$library" \
      -e "/lib/$library" "$sysroot"/packages/*.list | head -n 1)
    [ -n "$owner" ] || fail "$library is in no package"
    owner=$(basename "$owner" .list)
    [[ ", $depends" == *", $owner "* || ", $depends," == *", $owner,"* ]] || fail "depends neither on $owner nor $library: $depends"
  done < <(aarch64-linux-gnu-objdump -p "$work/root/usr/bin/layerwatt" | awk '$1 == "NEEDED" && $2 !~ /^ld-linux/ {print $2}')
  pass "the command depends on all that it is linked with: $depends"
  under=(qemu-aarch64 -L "$sysroot" "$work/root/usr/bin/layerwatt")
  "${under[@]}" --version | grep -qF "layerwatt $(dpkg-deb -f "$(ls "$work"/packages/layerwatt_*.deb)" Version)" ||
    fail "the command says another version than its package"
  "${under[@]}" doctor --no-self-test --sensor virtual:orin-nano --json >/dev/null
  pass "the command runs"
  [ -e "$work/root/usr/share/man/man1/layerwatt.1.gz" ] && [ -e "$work/root/usr/share/bash-completion/completions/layerwatt" ] ||
    fail "manual pages or completions are missing"
  pass "manual pages and completions are there"
  echo "$passed passed, 0 failed"
  exit 0
fi

as_root=()
[ "$(id -u)" -eq 0 ] || as_root=(sudo)
cat >"$work/inside.sh" <<'INSIDE'
set -e
mount -t tmpfs tmpfs "$WORK/over"
mkdir "$WORK/over/upper" "$WORK/over/work" "$WORK/over/root"
mount -t overlay overlay -o "lowerdir=/,upperdir=$WORK/over/upper,workdir=$WORK/over/work" "$WORK/over/root"
for folder in proc sys dev; do mount --rbind "/$folder" "$WORK/over/root/$folder"; done
exec chroot "$WORK/over/root" sh -e "$WORK/used.sh" "$@"
INSIDE
cat >"$work/used.sh" <<'USED'
dpkg --install "$@" >"$WORK/dpkg.log" 2>&1 || { cat "$WORK/dpkg.log"; exit 1; }
echo "ok: installed with what they depend on"
cd /tmp
layerwatt --version >/dev/null
layerwatt doctor --no-self-test --sensor virtual:orin-nano --json >/dev/null
echo "ok: the command runs"
getent group layerwatt >/dev/null
echo "ok: the group of the udev rule is there"
[ -e /usr/share/man/man1/layerwatt.1.gz ]
[ -e /usr/share/doc/layerwatt/docs/README.md ] && [ -e /usr/share/doc/layerwatt/examples/published.yaml ]
[ -e /usr/share/layerwatt/monitoring/prometheus.yml ]
pkg-config --exists layerwatt
echo "ok: manual, documentation, examples, rules and development files are where they belong"
dpkg --purge layerwatt-monitoring layerwatt-dev layerwatt >"$WORK/dpkg.log" 2>&1 || { cat "$WORK/dpkg.log"; exit 1; }
! command -v layerwatt >/dev/null
left=$(find / -xdev \( -path /proc -o -path /sys -o -path /dev -o -path /tmp -o -path /var/lib/dpkg -o -path /var/log \
  -o -path /root -o -path /work -o -path /home \) -prune -o -newer "$WORK/before" -iname '*layerwatt*' -print)
[ -z "$left" ] || { echo "left behind: $left"; exit 1; }
echo "ok: nothing is left after they were removed"
USED
mkdir "$work/over"
touch "$work/before"
"${as_root[@]}" env WORK="$work" unshare --mount sh "$work/inside.sh" "${files[@]}" >"$work/used.log" 2>&1 || {
  cat "$work/used.log" >&2
  fail "the packages cannot be installed, used and removed here"
}
cat "$work/used.log"
passed=$((passed + $(grep -c '^ok: ' "$work/used.log")))
echo "$passed passed, 0 failed"
