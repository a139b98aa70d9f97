#!/usr/bin/env bash
# Puts ONNX Runtime's C headers (to build with) and its CPU library (opened at run time) where cmake and
# layerwatt look for them, and prints that folder. Does nothing where both are there already, so it works
# offline from the second time on. docs/dependencies.md says why these sources.
set -euo pipefail

usage() {
  cat <<'USAGE'
Usage: fetch_onnxruntime.sh [--headers-only] [--arch ARCH] [--force]

Looks, in this order, for
  1. ONNXRUNTIME_ROOT (a release that you unpacked: include/ and lib/),
  2. the system's libonnxruntime-dev (Debian 13 and later),
  3. the cache, ${XDG_CACHE_HOME:-~/.cache}/layerwatt/onnxruntime-<version>-<arch>,
and else fills the cache: the library from the Python package onnxruntime (or the Node package
onnxruntime-node), the headers from Debian 13's libonnxruntime-dev (or the Node package
com.github.asus4.onnxruntime), each checked against a known hash or a signed index.

  --headers-only  do not fetch the library
  --arch ARCH     x86_64 or aarch64; default: this machine's
  --force         fill the cache anew, whatever is there
USAGE
}

readonly library_version=1.31.1
declare -rA wheel_sha256=(
  [x86_64]=1f3dea47f2f0e5117c2404cea7d21fd253ae7836a3bf167a501cdfbb2600d536
  [aarch64]=0b9a492176886992e0e875f06bc0367e333f5fff11711a2d642e18b02f3009cc
)
readonly node_library=onnxruntime-node@1.30.0
readonly node_library_sha512=twhs1C2C/BFkz1yc5OY0KIU2GUq6DURO7hD4bx5Q2Qy3nAMJwRXW8xU3NVczE29VA9lolLOYepoD8fjTGOfIqw==
readonly node_headers=com.github.asus4.onnxruntime@0.4.9
readonly node_headers_sha512=BkzxduSZ9IkeDP6Q8lz2TFU2ie7hSSvS7ZIfzMooExoq0CNzJnuuGaUJ7IsojBgqO4ouD1jXah8OYyJbCN29Fg==

say() { echo "fetch_onnxruntime: $*" >&2; }
fail() {
  say "$*"
  exit 1
}

headers_only=false
force=false
arch=$(uname -m)
while [ $# -gt 0 ]; do
  case $1 in
    --headers-only) headers_only=true ;;
    --force) force=true ;;
    --arch)
      [ $# -ge 2 ] || fail "--arch needs a value: x86_64 or aarch64"
      arch=$2
      shift
      ;;
    -h | --help)
      usage
      exit 0
      ;;
    *)
      usage >&2
      exit 2
      ;;
  esac
  shift
done
[ -n "${wheel_sha256[$arch]:-}" ] || fail "no ONNX Runtime is known for '$arch'; set ONNXRUNTIME_ROOT to your own"

readonly native_arch=$(uname -m)
readonly home=${XDG_CACHE_HOME:-$HOME/.cache}/layerwatt/onnxruntime-$library_version-$arch

has_headers() {
  local found
  found=$(find "$1" -name onnxruntime_c_api.h -print -quit 2>/dev/null) && [ -n "$found" ]
}
has_library() {
  local found
  found=$(find "$1" -maxdepth 2 -name 'libonnxruntime.so*' -print -quit 2>/dev/null) && [ -n "$found" ]
}
complete() { has_headers "$1/include$2" && { $headers_only || has_library "$1/lib"; }; }

if [ -n "${ONNXRUNTIME_ROOT:-}" ]; then
  complete "$ONNXRUNTIME_ROOT" "" ||
    fail "ONNXRUNTIME_ROOT is '$ONNXRUNTIME_ROOT', but include/**/onnxruntime_c_api.h or lib/libonnxruntime.so is missing there"
  echo "$ONNXRUNTIME_ROOT"
  exit 0
fi
if ! $force && [ "$arch" = "$native_arch" ] && complete /usr /onnxruntime; then
  echo /usr
  exit 0
fi
if ! $force && complete "$home" ""; then
  echo "$home"
  exit 0
fi

draft=$(mktemp -d)
trap 'rm -rf "$draft"' EXIT

# A package of the Node registry, unpacked into $draft/<folder>, without running anything of it.
from_npm() {
  local package=$1 sha512=$2 folder=$3
  shift 3
  command -v npm >/dev/null || return 1
  say "downloading $package"
  local file
  file=$(cd "$draft" && npm pack --silent --ignore-scripts "$package" 2>/dev/null | tail -n 1) || return 1
  local actual
  actual=$(python3 -c 'import base64, hashlib, sys
print(base64.b64encode(hashlib.sha512(open(sys.argv[1], "rb").read()).digest()).decode())' "$draft/$file")
  [ "$actual" = "$sha512" ] || fail "$package is not the file that was expected (sha512 $actual); nothing was installed"
  mkdir -p "$draft/$folder"
  tar -xzf "$draft/$file" -C "$draft/$folder" --wildcards "$@"
  rm "$draft/$file"
}

library_from_pip() {
  python3 -m pip --version >/dev/null 2>&1 || return 1
  say "downloading the Python package onnxruntime $library_version"
  echo "onnxruntime==$library_version --hash=sha256:${wheel_sha256[$arch]}" >"$draft/wanted.txt"
  python3 -m pip download --quiet --no-deps --only-binary :all: --implementation cp --python-version 3.12 \
    --abi cp312 --platform "manylinux_2_28_$arch" --require-hashes -r "$draft/wanted.txt" -d "$draft" >&2 || return 1
  python3 -m zipfile -e "$draft"/onnxruntime-*.whl "$draft/wheel"
  mkdir -p "$draft/home/lib"
  cp "$draft/wheel/onnxruntime/capi/libonnxruntime.so.$library_version" "$draft/home/lib/libonnxruntime.so.1"
  # For those who pass the library on.
  cp "$draft/wheel/onnxruntime/LICENSE" "$draft/wheel/onnxruntime/ThirdPartyNotices.txt" "$draft/home/"
  echo "library: Python package onnxruntime $library_version" >>"$draft/home/SOURCES"
}

library_from_npm() {
  local folder
  case $arch in x86_64) folder=x64 ;; aarch64) folder=arm64 ;; esac
  from_npm "$node_library" "$node_library_sha512" node "*/linux/$folder/libonnxruntime.so.1" || return 1
  mkdir -p "$draft/home/lib"
  find "$draft/node" -name libonnxruntime.so.1 -exec cp {} "$draft/home/lib/" \;
  echo "library: Node package $node_library" >>"$draft/home/SOURCES"
}

# Debian 13's package of 85 kB, through an apt configuration of its own beside the system's: the same
# mirror, checked with Debian's own keys. The headers are plain C, the same on every machine.
headers_from_debian() {
  local keys=/usr/share/keyrings/debian-archive-keyring.gpg mirror
  command -v apt-get >/dev/null && [ -r $keys ] || return 1
  mirror=$(apt-get indextargets --format '$(SITE) $(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' 2>/dev/null |
    awk '$2 !~ /security/ {print $2; exit}')
  [ -n "$mirror" ] || return 1
  say "downloading the headers from Debian 13's libonnxruntime-dev"
  local apt=$draft/apt
  mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial"
  : >"$apt/status"
  echo "deb [signed-by=$keys] $mirror trixie main" >"$apt/sources.list"
  cat >"$apt/apt.conf" <<CONF
Dir::State "$apt";
Dir::State::status "$apt/status";
Dir::Cache "$apt/cache";
Dir::Etc::SourceList "$apt/sources.list";
Dir::Etc::SourceParts "/dev/null";
Dir::Etc::Preferences "/dev/null";
Dir::Etc::PreferencesParts "/dev/null";
Acquire::Languages "none";
Acquire::IndexTargets::deb::DEP-11::DefaultEnabled "false";
Acquire::IndexTargets::deb::CNF::DefaultEnabled "false";
APT::Sandbox::User "$(id -un)";
CONF
  (
    export APT_CONFIG=$apt/apt.conf
    apt-get -qq update >&2 && cd "$apt" && apt-get -qq download libonnxruntime-dev >&2
  ) || return 1
  dpkg-deb -x "$apt"/libonnxruntime-dev_*.deb "$draft/deb"
  mkdir -p "$draft/home/include"
  cp "$draft"/deb/usr/include/onnxruntime/*.h "$draft/home/include/"
  echo "headers: Debian package $(basename "$apt"/libonnxruntime-dev_*.deb .deb)" >>"$draft/home/SOURCES"
}

headers_from_npm() {
  local inside='*/ios-arm64/onnxruntime.framework/Headers/*.h'
  from_npm "$node_headers" "$node_headers_sha512" headers "$inside" || return 1
  mkdir -p "$draft/home/include"
  find "$draft/headers" -name '*.h' -exec cp {} "$draft/home/include/" \;
  echo "headers: Node package $node_headers" >>"$draft/home/SOURCES"
}

mkdir -p "$draft/home"
headers_from_debian || headers_from_npm ||
  fail "no source of the headers works here: check the network, or install npm, or set ONNXRUNTIME_ROOT to a release you unpacked"
if ! $headers_only; then
  library_from_pip || library_from_npm ||
    fail "no source of the library works here: check the network, or install python3-pip or npm, or set ONNXRUNTIME_ROOT to a release you unpacked"
fi

# Put in place at once, so that an interrupted run leaves nothing half done.
mkdir -p "$(dirname "$home")"
rm -rf "$home.new"
cp -r "$draft/home" "$home.new"
rm -rf "$home"
mv "$home.new" "$home"
echo "$home"
