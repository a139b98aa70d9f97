#!/usr/bin/env python3
"""Lets the command run out of memory: it says so, ends with 1 and leaves nothing half-written.

Usage: out_of_memory_test.py --layerwatt PATH

Prints "N passed, N failed".
"""

import argparse
import pathlib
import resource
import subprocess
import sys
import tempfile

#: Address space in MB: the program loads in less, and a recording of two minutes takes more.
LIMIT = 150


def limited():
    resource.setrlimit(resource.RLIMIT_AS, (LIMIT << 20, LIMIT << 20))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--layerwatt", type=pathlib.Path, required=True)
    command = parser.parse_args().layerwatt.absolute()
    with tempfile.TemporaryDirectory() as folder:
        starts = subprocess.run([command, "--version"], preexec_fn=limited, capture_output=True, check=False)
        done = subprocess.run(
            [command, "simulate", "--network", "mobilenet-like", "--sensor-samples", "1", "--duration", "120",
             "--result-dir", "made"],
            cwd=folder, preexec_fn=limited, capture_output=True, text=True, check=False)
        left = sorted(str(path.relative_to(folder)) for path in pathlib.Path(folder).rglob("*") if path.is_file())
    faults = []
    if starts.returncode != 0:
        faults.append(f"does not even start in {LIMIT} MB: {starts.stderr}")
    if done.returncode != 1 or "out of memory" not in done.stderr:
        faults.append(f"ended with {done.returncode}: {done.stderr}")
    if left:
        faults.append(f"left behind: {left}")
    for fault in faults:
        print(fault)
    print(f"{3 - len(faults)} passed, {len(faults)} failed")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
