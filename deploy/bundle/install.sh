#!/bin/sh
# Copies an unpacked bundle to a prefix, or takes it away again.
set -eu

usage() {
  cat <<'USAGE'
Usage: install.sh [--prefix FOLDER] [--uninstall] [--force]

  --prefix FOLDER  where to: FOLDER/bin, FOLDER/lib/layerwatt, FOLDER/share; default /usr/local
  --uninstall      takes away what an installation put there
  --force          replaces files that no installation of this script put there
USAGE
}

fail() {
  echo "install.sh: $*" >&2
  exit 1
}

prefix=/usr/local
uninstall=false
force=false
while [ $# -gt 0 ]; do
  case $1 in
    --prefix)
      [ $# -ge 2 ] || fail "--prefix needs a folder"
      prefix=$2
      shift
      ;;
    --uninstall) uninstall=true ;;
    --force) force=true ;;
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
case $prefix in
  *[:\;]*) fail "the bundle cannot run from '$prefix': no ':' or ';' may be in the folder's name" ;;
  /*) ;;
  *) prefix=$PWD/$prefix ;;
esac
cd "$(dirname "$0")"
list=$prefix/lib/layerwatt/installed-files

# Files of the list, then the folders that are empty without them, the deepest first.
take_away() {
  while IFS= read -r path; do rm -f "$prefix/$path"; done <"$list"
  while IFS= read -r path; do
    while path=$(dirname "$path") && [ "$path" != . ]; do rmdir "$prefix/$path" 2>/dev/null || break; done
  done <"$list.leaving"
}
leave() {
  cp "$list" "$list.leaving"
  take_away
  rm -f "$list" "$list.leaving"
  rmdir "$prefix/lib/layerwatt" "$prefix/lib" 2>/dev/null || true
}

if $uninstall; then
  [ -e "$list" ] || fail "nothing was installed in '$prefix' by this script ('$list' is not there)"
  [ -w "$list" ] || fail "no right to write in '$prefix': sudo $0 --uninstall"
  leave
  echo "Taken away from $prefix"
  exit 0
fi

[ -e SHA256SUMS ] || fail "SHA256SUMS is missing here: run this script where the bundle was unpacked"
if command -v sha256sum >/dev/null; then
  sha256sum --check --quiet SHA256SUMS || fail "the bundle is damaged: unpack it anew"
fi
mkdir -p "$prefix" 2>/dev/null || fail "cannot make '$prefix': sudo $0, or --prefix \"\$HOME/.local\""
[ -w "$prefix" ] || fail "no right to write in '$prefix': sudo $0, or --prefix \"\$HOME/.local\""
files=$(sed 's/^[0-9a-f]*  //' SHA256SUMS | grep -v -e '^install\.sh$' -e '^README$')
if [ -e "$list" ]; then
  leave
elif ! $force; then
  echo "$files" | while IFS= read -r path; do
    [ ! -e "$prefix/$path" ] || fail "'$prefix/$path' is there already, and was not installed by this script: --force replaces it"
  done
fi
umask 022
mkdir -p "$prefix/lib/layerwatt"
echo "$files" >"$list"
echo "$files" | while IFS= read -r path; do
  mkdir -p "$prefix/$(dirname "$path")"
  rm -f "$prefix/$path"
  cp "$path" "$prefix/$path"
  if [ -x "$path" ]; then chmod 755 "$prefix/$path"; else chmod 644 "$prefix/$path"; fi
done
"$prefix/bin/layerwatt" --version
echo "Installed in $prefix"
