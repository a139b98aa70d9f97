#!/usr/bin/env python3
"""Checks that nothing in a wheel asks for newer symbols than JetPack 6 has (Ubuntu 22.04).

Usage: check_wheel_symbols.py WHEEL
Prints one line a fault, and exits with 1 if there is any.
"""

import re
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

# By the ELF header's e_machine: this machine's own tool need not know the other's files.
OBJDUMP = {0xB7: "aarch64-linux-gnu-objdump"}
NEWEST = {"GLIBC": (2, 35), "GLIBCXX": (3, 4, 30), "CXXABI": (1, 3, 13)}


def main():
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    faults = 0
    checked = 0
    with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(sys.argv[1]) as wheel:
        wheel.extractall(folder)
        for path in sorted(Path(folder).rglob("*")):
            head = path.read_bytes()[:20] if path.is_file() else b""
            if head[:4] != b"\x7fELF":
                continue
            checked += 1
            objdump = OBJDUMP.get(int.from_bytes(head[18:20], "little"), "objdump")
            text = subprocess.run([objdump, "-T", path], capture_output=True, text=True, check=True).stdout
            for name, version in sorted(set(re.findall(r"\((GLIBC|GLIBCXX|CXXABI)_([0-9.]+)\)", text))):
                if tuple(int(part) for part in version.split(".")) > NEWEST[name]:
                    print(f"{path.relative_to(folder)}: {name}_{version} is newer than JetPack 6 has")
                    faults += 1
    if checked == 0:
        print("the wheel holds no binaries")
        return 1
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
