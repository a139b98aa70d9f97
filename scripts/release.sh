#!/usr/bin/env bash
# Makes from a tag all that a release consists of, and checks first that the tag's tree is what the tag says.
# Nothing is published. docs/building.md says what is made.
set -euo pipefail
cd "$(dirname "$0")/.."

usage() {
  cat <<'USAGE'
Usage: release.sh [--check] [--online] [--output FOLDER] TAG

  --check          checks alone: versions, a changelog with a dated section, links; nothing is built
  --online         asks for each outside address that the documentation names; else they are listed
  --output FOLDER  default: build/release-TAG; may not be there yet

Makes source archive, portable bundles with their SPDX lists, Debian packages and wheels, for x86-64 and 64-bit Arm,
and SHA256SUMS over all, of the tag's own files and with its own scripts. Times inside are the tag's commit's.
USAGE
}

fail() {
  echo "release: $*" >&2
  exit 1
}

check=false
online=()
output=
tag=
while [ $# -gt 0 ]; do
  case $1 in
    --check) check=true ;;
    --online) online=(--online) ;;
    --output)
      [ $# -ge 2 ] || fail "$1 needs a value"
      output=$2
      shift
      ;;
    -h | --help)
      usage
      exit 0
      ;;
    -*)
      usage >&2
      exit 2
      ;;
    *)
      [ -z "$tag" ] || {
        usage >&2
        exit 2
      }
      tag=$1
      ;;
  esac
  shift
done
[ -n "$tag" ] || {
  usage >&2
  exit 2
}

commit=$(git rev-parse --verify --quiet "refs/tags/$tag^{commit}") || fail "there is no tag '$tag': git tag -a $tag"
# The day of the tag, or of the commit where the tag is none but a name.
day=$(git for-each-ref --format='%(creatordate:short)' "refs/tags/$tag")
version=${tag#v}

# The tag's own files and scripts, whatever lies about here.
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
git archive "$commit" | tar -x -C "$tree"
echo "=== checks of $tag ($commit, $day)" >&2
python3 scripts/release/check_release.py --tag "$tag" --date "$day" "${online[@]}" "$tree" >&2 ||
  fail "the tree of $tag is not what the tag says; mend it, and move the tag"
$check && exit 0

output=$(realpath -m "${output:-build/release-$tag}")
[ ! -e "$output" ] || fail "$output is there already; take it away, or name another --output"
[ "$(uname -m)" = x86_64 ] || fail "made on x86-64, where 64-bit Arm is cross built"
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct "$commit")
export SOURCE_DATE_EPOCH
name=layerwatt-$version
# A clone of its own, which stays: a second run builds what is missing.
clone=$PWD/build/release-clone
[ -e "$clone/.git" ] || git clone --quiet --no-checkout . "$clone"
git -C "$clone" fetch --quiet --force --tags "$PWD" "refs/tags/$tag:refs/tags/$tag"
git -C "$clone" checkout --quiet --force --detach "$commit"
export CCACHE_BASEDIR=$clone CCACHE_NOHASHDIR=1
draft=$clone/build/release
rm -rf "$draft"
mkdir -p "$draft"

step() { echo "=== $*" >&2; }
(
  cd "$clone"
  step source
  git archive --format=tar --prefix="$name/" "$commit" | gzip -9 -n >"$draft/$name.tar.gz"
  for arch in amd64 arm64; do
    step "bundle, $arch"
    scripts/make_bundle.sh --arch "$arch" --output "$draft" >/dev/null
    step "Debian packages, $arch"
    scripts/make_packages.sh --arch "$arch" --output "$draft" >/dev/null
  done
  step wheels
  # This machine's own first, whose types the other has.
  scripts/build_wheel.sh build/bundle "$draft" >/dev/null
  scripts/build_wheel.sh build/bundle-aarch64 "$draft" >/dev/null
)
step "what the command says of itself"
python3 scripts/release/check_release.py --tag "$tag" --program "$clone/build/bundle/layerwatt" "$tree" >/dev/null ||
  fail "the command that was built is of another version"

# All of one version, and nothing else.
wanted=("$name.tar.gz")
for arch in amd64 arm64; do
  wanted+=("$name-linux-$arch.tar.gz" "$name-linux-$arch.tar.gz.sha256" "$name-linux-$arch.spdx.json"
    "layerwatt_${version}_$arch.deb" "layerwatt-dev_${version}_$arch.deb")
done
wanted+=("layerwatt-monitoring_${version}_all.deb")
for file in "${wanted[@]}"; do [ -s "$draft/$file" ] || fail "$file was not made"; done
for processor in x86_64 aarch64; do
  wheel=$(cd "$draft" && ls "$name"-cp310-abi3-*"$processor".whl 2>/dev/null) || fail "no wheel for $processor was made"
  wanted+=("$wheel")
done
mkdir -p "$output"
for file in "${wanted[@]}"; do cp "$draft/$file" "$output/"; done
(cd "$output" && sha256sum -- * >SHA256SUMS.new && mv SHA256SUMS.new SHA256SUMS && sha256sum --quiet --check SHA256SUMS)
step "made, and published nowhere"
(cd "$output" && du -b -- * | awk '{printf "%12d  %s\n", $1, $2}') >&2
echo "$output"
