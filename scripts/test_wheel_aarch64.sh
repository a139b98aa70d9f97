#!/usr/bin/env bash
# Imports the wheel of scripts/build_wheel.sh build/aarch64 with a Python for 64-bit Arm under qemu-aarch64, and lets it
# solve, measure on a virtual board and join. Timings there mean nothing.
# Usage: scripts/test_wheel_aarch64.sh [WHEEL], default the one in build/wheels
# Exit status 77: the packages that it needs cannot be had here.
set -euo pipefail
cd "$(dirname "$0")/.."

wheel=$(realpath "${1:-$(ls build/wheels/layerwatt-*_aarch64.whl)}")
work=$PWD/build/wheel/aarch64/run
sysroot=$(scripts/make_aarch64_sysroot.sh --python)
rm -rf "$work"
mkdir -p "$work/packages"
# For that processor, whatever this one is.
build/wheel/python/bin/pip download --quiet --only-binary=:all: --no-deps --dest "$work" --python-version 3.11 \
  --platform manylinux_2_28_aarch64 --platform manylinux_2_27_aarch64 --platform manylinux2014_aarch64 \
  numpy nanobind-backend || exit 77
for file in "$work"/*.whl "$wheel"; do python3 -m zipfile -e "$file" "$work/packages"; done
chmod +x "$work/packages/layerwatt/bin/layerwatt-recorder"
python=$(echo "$sysroot"/usr/bin/python3.*[0-9])
python() { PYTHONHOME=$sysroot/usr PYTHONPATH=$work/packages qemu-aarch64 -L "$sysroot" "$python" "$@"; }

cat >"$work/imported.py" <<'PYTHON'
import platform
import tempfile
import time

import layerwatt as lw

assert platform.machine() == "aarch64", platform.machine()
print("layerwatt", lw.__version__, "on", platform.machine(), "Python", platform.python_version())
with tempfile.TemporaryDirectory() as folder:
    with lw.measure("virtual:orin-nano", folder, idle_lead=0.5) as run:
        for _ in range(3):
            with lw.region("a"):
                time.sleep(0.1)
            with lw.region("b"):
                time.sleep(0.2)
    assert run.virtual and run.energy_joule > 0.0
    assert [region.count for region in run.regions] == [3, 3], run.regions
    profile = lw.solve(run.folder)[0]
    assert [layer.name for layer in profile] == ["a", "b"], profile
    try:
        lw.join_tokens("nowhere", "nowhere")
    except lw.MissingError as error:
        print("refused as it should:", error)
PYTHON
python "$work/imported.py"
echo "1 passed, 0 failed"
