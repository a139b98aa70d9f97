#!/usr/bin/env bash
# Makes the portable bundle twice and tries it (tests/bundle/bundle_test.py): in odd folders, in a root without a C
# library, beside an older and a newer Debian. Usage: scripts/test_bundle.sh [amd64|arm64], default amd64
set -euo pipefail
cd "$(dirname "$0")/.."

arch=${1:-amd64}
output=build/bundles
bundle=$(scripts/make_bundle.sh --arch "$arch" --output $output)
# The linker and all that follows once more; the whole build from nothing is slow, and for a person to ask for.
preset=bundle
[ "$arch" = amd64 ] || preset=bundle-aarch64
rm -f build/$preset/layerwatt build/$preset/layerwatt_launcher
again=$(scripts/make_bundle.sh --arch "$arch" --output $output/again)
cmp "$bundle" "$again" || {
  echo "test_bundle: the same input gave other bytes" >&2
  exit 1
}
echo "made twice, the same $(stat -c %s "$bundle") bytes"

# The files of a release's essential packages; nothing of them is run but by a test.
# root_of RELEASE: prints the folder, or nothing where it cannot be made.
root_of() {
  local release=$1 folder=$PWD/build/roots/$1-$arch mirror
  if [ ! -e "$folder/etc/debian_version" ] && command -v debootstrap >/dev/null; then
    mirror=$(apt-get indextargets --format '$(SITE) $(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' 2>/dev/null |
      awk '$2 !~ /security/ {print $2; exit}')
    rm -rf "$folder" "$folder.new"
    mkdir -p build/roots
    if [ -n "$mirror" ] && debootstrap --foreign --variant=minbase --arch="$arch" "$release" "$folder.new" "$mirror" \
      >build/roots/"$release-$arch".log 2>&1; then
      # What is left to download packages with would double each copy.
      rm -rf "$folder.new/var/cache/apt" "$folder.new/debootstrap"
      # In a container debootstrap makes a link of this one, which would point to itself inside the root.
      if [ -L "$folder.new/proc" ]; then rm "$folder.new/proc" && mkdir "$folder.new/proc"; fi
      mv "$folder.new" "$folder"
    fi
  fi
  if [ -e "$folder/etc/debian_version" ]; then echo "$folder"; fi
}

python=python3
environment=build/bundle-python
if cmp -s tests/bundle/requirements.txt $environment/made-from || {
  rm -rf $environment
  python3 -m venv $environment && $environment/bin/pip install --quiet -r tests/bundle/requirements.txt &&
    cp tests/bundle/requirements.txt $environment/made-from
}; then
  python=$environment/bin/python
fi
words=()
old=$(root_of bullseye)
new=$(root_of trixie)
[ -z "$old" ] || words+=(--old-root "$old")
[ -z "$new" ] || words+=(--new-root "$new")
"$python" tests/bundle/bundle_test.py "$bundle" "${words[@]}"
