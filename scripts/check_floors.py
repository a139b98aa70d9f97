#!/usr/bin/env python3
"""Checks that every #include points down the floors of docs/design-principles.md.

Usage: check_floors.py [ROOT]

A floor is a folder of src/ and include/layerwatt/. It includes itself and the floors below it, never
one beside or above it. Public headers (include/) include no private ones (src/). Prints one line a
violation, "file:line: what", and exits with 1 if there is any.
"""

import pathlib
import re
import sys

ADAPTERS = {"sensors", "engines", "models", "dataset"}
MATHEMATICS = {"attribution", "prediction"}
BELOW_OUTPUTS = {"core", "experiment"} | ADAPTERS | MATHEMATICS
OUTPUTS = {"report", "monitor", "versioning"}

# What a floor may include beside itself.
ALLOWED = {"core": set()}
ALLOWED.update({floor: {"core"} for floor in ADAPTERS | MATHEMATICS})
ALLOWED["experiment"] = {"core"} | ADAPTERS | MATHEMATICS
ALLOWED.update({floor: BELOW_OUTPUTS for floor in OUTPUTS})
ALLOWED["cli"] = BELOW_OUTPUTS | OUTPUTS

SUFFIXES = {".h", ".cpp", ".in"}
INCLUDE = re.compile(r'^\s*#\s*include\s*(?:"([^"]+)"|<(layerwatt/[^>]+)>)')


def floor_of_include(path):
    """(floor, is public) of an included path, or None if it names no floor."""
    parts = path.split("/")
    public = parts[0] == "layerwatt"
    if public:
        parts = parts[1:]
    if len(parts) < 2 or parts[0] not in ALLOWED:
        return None
    return parts[0], public


def check_line(line, floor, in_public_header):
    """The fault of one line of a file of `floor`, or None."""
    match = INCLUDE.match(line)
    if not match:
        return None
    path = match.group(1) or match.group(2)
    target = floor_of_include(path)
    if target is None:
        return (f'"{path}" names no floor: include headers of ours by their path from the floor up '
                '("layerwatt/core/units.h", "core/json.h"), others in <>')
    included, public = target
    if in_public_header and not public:
        return f'the public header includes "{path}", which is private and not installed'
    if included != floor and included not in ALLOWED[floor]:
        allowed = ", ".join(sorted(ALLOWED[floor] | {floor}))
        return f'{floor} includes "{path}" of {included}; it may include {allowed}'
    return None


def check_file(path, floor, in_public_header):
    with open(path, encoding="utf-8", errors="replace") as file:
        for number, line in enumerate(file, start=1):
            fault = check_line(line, floor, in_public_header)
            if fault:
                yield f"{path}:{number}: {fault}"


def check_tree(root):
    """All violations below `root`, and the number of files looked at."""
    faults = []
    count = 0
    for top, in_public_header in ((root / "src", False), (root / "include" / "layerwatt", True)):
        for path in sorted(top.rglob("*")):
            if path.suffix not in SUFFIXES or not path.is_file():
                continue
            count += 1
            floor = path.relative_to(top).parts[0]
            if floor not in ALLOWED:
                faults.append(f"{path}:1: '{floor}' is no floor; known are {', '.join(ALLOWED)}")
                continue
            faults.extend(check_file(path, floor, in_public_header))
    return faults, count


def main(arguments):
    here = pathlib.Path(__file__).resolve().parent.parent
    root = pathlib.Path(arguments[1]) if len(arguments) > 1 else here
    faults, count = check_tree(root)
    for fault in faults:
        print(fault, file=sys.stderr)
    if count == 0:
        print(f"{root}: no sources below src/ and include/layerwatt/", file=sys.stderr)
        return 1
    print(f"{count} files, {len(faults)} includes that do not point down the floors")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
