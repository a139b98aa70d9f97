#!/usr/bin/env bash
# Installs the packages that layerwatt is built and tested with. Quiet, and quick where nothing is missing.
set -euo pipefail

usage() {
  cat <<'USAGE'
Usage: install_dependencies.sh [GROUP...]

Groups:
  build      what building and running layerwatt needs (the default)
  page       npm, which bundles the page of HTML reports, and Chromium, which tests it
  test       GoogleTest, sanitizers, Clang and its tools, packaging
  bench      Google Benchmark (preset bench)
  monitoring Prometheus, wrk and tmux, which test `serve` and `watch` (scripts/test.sh monitoring)
  fleet      Java, on which Apache Spark runs (scripts/test.sh fleet)
  torch      PyTorch, whose modules the Python package measures (scripts/test.sh torch)
  oldest     the oldest compiler that layerwatt is built with, and what its oldest CMake comes by
  cross      the compiler and emulator for 64-bit Arm (preset aarch64)
  packages   what looks at Debian packages (scripts/test.sh packages)
  bundle     what the portable bundle is made and tried with (scripts/make_bundle.sh)
  kernel     qemu, and what the kernels that it boots are made with (scripts/test.sh kernel)
  all        all of them

Needs root or sudo. Debian 12 and 13, Ubuntu 22.04 and later, Jetson Linux 36 and later.
USAGE
}

build=(ca-certificates g++ git cmake ninja-build pkg-config python3
  libcli11-dev libeigen3-dev libfmt-dev rapidjson-dev
  libcairo2-dev libcurl4-openssl-dev libmicrohttpd-dev libncurses-dev libonnx-dev libpng-dev libprotobuf-dev libssl-dev
  libturbojpeg0-dev libyaml-cpp-dev protobuf-compiler)
page=(npm chromium)
test=(ccache clang clang-format clang-tidy dpkg-dev file libgmock-dev libgtest-dev locales)
bench=(libbenchmark-dev)
monitoring=(prometheus python3-venv tmux wrk)
fleet=(openjdk-17-jre-headless python3-venv)
torch=(python3-torch python3-torchvision python3-venv)
oldest=(g++-11 python3-venv)
cross=(g++-aarch64-linux-gnu qemu-user)
packages=(lintian)
kernel=(busybox-static debian-archive-keyring gcc kmod make python3 qemu-system-x86 xz-utils)
bundle=(binutils debootstrap fonts-dejavu-core npm python3-venv qemu-user-static)

fail() {
  echo "install_dependencies: $*" >&2
  exit 1
}

[ -r /etc/os-release ] || fail "this system has no /etc/os-release; install by hand: ${build[*]} (Debian's names)"
# shellcheck source=/dev/null
. /etc/os-release
case ${ID:-}-${VERSION_ID:-} in
  debian-12)
    # For fetch_onnxruntime.sh: this release has no package of ONNX Runtime.
    build+=(python3-pip)
    # libFuzzer and the sanitizers' runtimes of Clang come apart from it.
    test+=(libclang-rt-14-dev)
    ;;
  # Real networks that nobody here wrote, for a test; earlier releases have no such files. Its oldest GCC is 12.
  debian-1[3-9]) oldest=() fleet=(openjdk-21-jre-headless python3-venv) build+=(libonnxruntime-dev) test+=(libclang-rt-dev libonnx-testdata) ;;
  # Its Node.js is too old for the page, and its Chromium is no package.
  ubuntu-22.04) build+=(python3-pip) page=() ;;
  ubuntu-2[4-9].*) build+=(python3-pip) page=(npm) test+=(libclang-rt-dev) ;;
  *)
    fail "made for Debian 12 and 13 and Ubuntu 22.04; this is ${PRETTY_NAME:-unknown}. Install what matches" \
      "these packages of Debian's and build with 'cmake --preset release': ${build[*]}"
    ;;
esac

wanted=()
[ $# -gt 0 ] || set -- build
for group in "$@"; do
  case $group in
    build) wanted+=("${build[@]}") ;;
    test) wanted+=("${test[@]}") ;;
    page) wanted+=("${page[@]}") ;;
    bench) wanted+=("${bench[@]}") ;;
    monitoring) wanted+=("${monitoring[@]}") ;;
    fleet) wanted+=("${fleet[@]}") ;;
    torch) wanted+=("${torch[@]}") ;;
    oldest) wanted+=("${oldest[@]}") ;;
    cross) wanted+=("${cross[@]}") ;;
    packages) wanted+=("${packages[@]}") ;;
    bundle) wanted+=("${bundle[@]}") ;;
    kernel) wanted+=("${kernel[@]}") ;;
    all) wanted+=("${build[@]}" "${page[@]}" "${test[@]}" "${bench[@]}" "${monitoring[@]}" "${fleet[@]}" "${torch[@]}" "${oldest[@]}" "${cross[@]}" "${packages[@]}" "${bundle[@]}" "${kernel[@]}") ;;
    -h | --help)
      usage
      exit 0
      ;;
    *)
      echo "install_dependencies: there is no group '$group'" >&2
      usage >&2
      exit 2
      ;;
  esac
done

# Programs that people also get elsewhere than from a package.
is_there() {
  case $1 in
    openjdk-*) command -v java >/dev/null && return ;;
    npm | chromium | cmake) command -v "$1" >/dev/null && return ;;
    ninja-build) command -v ninja >/dev/null && return ;;
    python3-pip) python3 -m pip --version >/dev/null 2>&1 && return ;;
  esac
  [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null || true)" = installed ]
}

missing=()
for package in "${wanted[@]}"; do
  is_there "$package" || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0

as_root=()
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null || fail "installing packages needs root: run this as root, or install sudo. Missing: ${missing[*]}"
  as_root=(sudo)
fi
echo "Installing ${missing[*]}" >&2
log=$(mktemp)
trap 'rm -f "$log"' EXIT
apt() {
  if ! "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -y -o Dpkg::Use-Pty=0 "$@" \
    </dev/null >"$log" 2>&1; then
    cat "$log" >&2
    fail "apt-get $1 failed; its own words stand above"
  fi
}
apt update
apt install --no-install-recommends "${missing[@]}"
