#!/usr/bin/env bash
# Builds the wheel, installs it into a fresh environment with NumPy alone, and tests it there: the package against
# the command, the snippets of the documentation, types. Usage: scripts/test_python.sh [BUILD_DIR], default build/ci
# Exit status 77: the packages to build with cannot be had here.
set -uo pipefail
cd "$(dirname "$0")/.."

build=$(realpath "${1:-build/ci}")
work=$PWD/build/wheel
passed=0
failed=0

scripts/build_wheel.sh --environment || exit 77
scripts/build_wheel.sh "$build" build/wheels || exit 1
wheel=$(ls "$PWD"/build/wheels/layerwatt-*_"$(uname -m)".whl)

# try NAME COMMAND...: one test.
try() {
  local name=$1
  shift
  if "$@"; then
    passed=$((passed + 1))
  else
    echo "FAILED: $name"
    failed=$((failed + 1))
  fi
}

# unittests PYTHON ARGUMENT...: counts what unittest says.
unittests() {
  local python=$1 log=$work/unittest.log ran wrong
  shift
  # Not from the source's folder, whose package has no module.
  (cd python/tests && "$python" -m unittest "$@") 2>&1 | tee "$log"
  ran=$(sed -n 's/^Ran \([0-9]*\) test.*/\1/p' "$log")
  wrong=$(sed -n 's/^FAILED (\(.*\))/\1/p' "$log" | tr ',' '\n' |
    sed -n 's/.*\(failures\|errors\)=\([0-9]*\)/\2/p' | paste -sd+ | sed 's/^$/0/')
  wrong=$((${wrong:-0}))
  [ -n "$ran" ] || { ran=1 wrong=1; }
  passed=$((passed + ran - wrong))
  failed=$((failed + wrong))
}

# Fresh each time: what a user has after pip install.
rm -rf "$work/fresh"
python3 -m venv "$work/fresh" && "$work/fresh/bin/pip" install --quiet "$wheel" || exit 1
brings_numpy_alone() {
  ! "$work/fresh/bin/pip" list --format=freeze | grep -v '^\(pip\|setuptools\|numpy\|nanobind-backend\|layerwatt\)='
}
try "the wheel brings no more than NumPy and nanobind's part" brings_numpy_alone
export LAYERWATT_COMMAND=$build/layerwatt LAYERWATT_TEST_DATA=$PWD/tests/data LAYERWATT_DOCS=$PWD LAYERWATT_SOLVED=
unittests "$work/fresh/bin/python" discover -p 'test_*.py'

if ! cmp -s python/test-requirements.txt "$work/types/made-from"; then
  rm -rf "$work/types"
  python3 -m venv "$work/types" && "$work/types/bin/pip" install --quiet -r python/test-requirements.txt &&
    cp python/test-requirements.txt "$work/types/made-from"
fi
"$work/types/bin/pip" install --quiet --force-reinstall --no-deps "$wheel" || exit 1
# From outside of the source's folder: what is installed.
allowed=$PWD/python/tests/stubtest-allowlist.txt
cd "$work" || exit 1
try "mypy --strict" types/bin/mypy --strict -p layerwatt --cache-dir mypy-cache
try stubtest types/bin/python -m mypy.stubtest layerwatt --allowlist "$allowed" --ignore-unused-allowlist
cd - >/dev/null || exit 1
# Where pandas and Arrow are installed, they read profiles; examples run where what they need is installed; with
# DuckDB a fleet is solved and compared, on threads.
unittests "$work/types/bin/python" -k arrow -k pandas -k Examples test_datasets test_examples
unittests "$work/types/bin/python" fleet_tables
echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
