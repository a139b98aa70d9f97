#!/usr/bin/env python3
"""Checks the house that docs/design-principles.md draws.

Usage: check_floors.py [ROOT]

A floor is a folder of src/ and include/layerwatt/. Of every #include this asks:

- It points down: a floor includes itself and what REACHES names, never what stands beside or above.
- Public headers (include/) include no private ones (src/), and no floor includes another floor's
  private headers. Those of `core` serve the whole house and are not installed.
- No circle: a source, its private and its public header are one unit, and units do not include each
  other in a loop. A header's name is unique within its floor.
- A public header is used outside its floor, or is part of the library's interface (INTERFACE).
- No two headers define a type of one name in one namespace: a program that holds both would mix them.
- A constant of `attribution` has its source, or the reason for its value, in a comment: on its line,
  or above it and the constants that follow one another there.

Prints one line a fault, "file:line: what", and exits with 1 if there is any.
"""

import collections
import pathlib
import re
import sys

ADAPTERS = {"sensors", "engines", "models", "dataset"}
MATHEMATICS = {"attribution", "prediction"}
GROUND = {"core"} | ADAPTERS | MATHEMATICS

# What a floor may include beside itself.
REACHES = {"core": set()}
REACHES.update({floor: {"core"} for floor in ADAPTERS | MATHEMATICS})
REACHES["recording"] = {"core", "sensors", "dataset"}
REACHES["running"] = {"core", "engines", "models", "dataset", "attribution"}
REACHES["analysis"] = {"core", "dataset"} | MATHEMATICS
REACHES["simulation"] = GROUND
MIDDLE = {"recording", "running", "analysis", "simulation"}
REACHES["experiment"] = GROUND | MIDDLE
REACHES["report"] = GROUND | MIDDLE | {"experiment"}
REACHES["monitor"] = {"core", "sensors", "dataset", "recording"}
REACHES["versioning"] = {"core", "dataset"}
REACHES["cli"] = GROUND | MIDDLE | {"experiment", "report", "monitor", "versioning"}
# A program of its own, which runs before any library was found.
REACHES["launcher"] = set()

# Public headers that other projects, and the Python package, include though no floor of ours does.
INTERFACE = {"core/version", "experiment/region_session", "experiment/weigh", "sensors/replay_sensor"}

# Headers for programs that know nothing of our floors, C among them: they include none of ours.
ALONE = {"layerwatt/markers.h"}

# Where numbers stand that nobody can check without their source.
REASONED = {"attribution"}

SUFFIXES = {".h", ".cpp", ".in"}
INCLUDE = re.compile(r'^\s*#\s*include\s*(?:"([^"]+)"|<(layerwatt/[^>]+)>)')

CONSTANT = re.compile(r"^\s*(?:static |inline )*constexpr \S.* k[A-Z]\w*\s*(?:\{|=)")


class Source:
    """One file of a floor and what it includes."""

    def __init__(self, path, floor, public):
        self.path = path
        self.floor = floor
        self.public = public
        self.unit = floor + "/" + path.name.split(".")[0]
        self.includes = []  # (line number, path as written)

    def read(self):
        with open(self.path, encoding="utf-8", errors="replace") as file:
            for number, line in enumerate(file, start=1):
                match = INCLUDE.match(line)
                if match:
                    self.includes.append((number, match.group(1) or match.group(2)))


def floor_of_include(path):
    """(floor, is public) of an included path, or None if it names no floor."""
    parts = path.split("/")
    public = parts[0] == "layerwatt"
    if public:
        parts = parts[1:]
    if len(parts) < 2 or parts[0] not in REACHES:
        return None
    return parts[0], public


def fault_of_include(source, path):
    """The fault of one include of `source`, or None."""
    target = floor_of_include(path)
    if path in ALONE:
        return None
    if target is None:
        return (f'"{path}" names no floor: include headers of ours by their path from the floor up '
                '("layerwatt/core/units.h", "core/json.h"), others in <>')
    included, public = target
    if source.public and not public:
        return f'the public header includes "{path}", which is private and not installed'
    if included == source.floor:
        return None
    if included not in REACHES[source.floor]:
        allowed = ", ".join(sorted(REACHES[source.floor] | {source.floor}))
        return f'{source.floor} includes "{path}" of {included}; it may include {allowed}'
    if not public and included != "core":
        return f'"{path}" is private to {included}: make it public, or move what {source.floor} needs'
    return None


def faults_of_lonely_header(path):
    """A fault for each include of ours."""
    with open(path, encoding="utf-8") as file:
        return [f"{path}:{number}: it is for programs of others, and includes none of ours"
                for number, line in enumerate(file, start=1) if INCLUDE.match(line)]


def read_tree(root):
    """(sources, faults of places)."""
    sources = []
    faults = []
    for top, public in ((root / "src", False), (root / "include" / "layerwatt", True)):
        for path in sorted(top.rglob("*")):
            if path.suffix not in SUFFIXES or not path.is_file() or "node_modules" in path.parts:
                continue
            floor = path.relative_to(top).parts[0]
            if public and "layerwatt/" + floor in ALONE:
                faults.extend(faults_of_lonely_header(path))
                continue
            if floor not in REACHES:
                faults.append(f"{path}:1: '{floor}' is no floor; known are {', '.join(REACHES)}")
                continue
            source = Source(path, floor, public)
            source.read()
            sources.append(source)
    return sources, faults


def included_units(sources):
    """unit -> {unit included: where}."""
    edges = collections.defaultdict(dict)
    for source in sources:
        for number, path in source.includes:
            target = floor_of_include(path)
            if target is None:
                continue
            unit = target[0] + "/" + path.rsplit("/", 1)[-1].split(".")[0]
            if unit != source.unit:
                edges[source.unit].setdefault(unit, f"{source.path}:{number}")
    return edges


def find_circles(edges):
    """Groups of units that reach each other (Tarjan's strongly connected components)."""
    order, low, stack, on_stack, circles = {}, {}, [], set(), []

    def visit(root):
        # (unit, what it includes and has not been looked at); no recursion, for long chains.
        work = [(root, iter(sorted(edges.get(root, ()))))]
        order[root] = low[root] = len(order)
        stack.append(root)
        on_stack.add(root)
        while work:
            unit, rest = work[-1]
            following = next(rest, None)
            if following is None:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[unit])
                if low[unit] == order[unit]:
                    members = []
                    while not members or members[-1] != unit:
                        members.append(stack.pop())
                        on_stack.discard(members[-1])
                    if len(members) > 1:
                        circles.append(sorted(members))
            elif following not in order:
                order[following] = low[following] = len(order)
                stack.append(following)
                on_stack.add(following)
                work.append((following, iter(sorted(edges.get(following, ())))))
            elif following in on_stack:
                low[unit] = min(low[unit], order[following])

    for unit in sorted(edges):
        if unit not in order:
            visit(unit)
    return circles


def circle_faults(sources):
    edges = included_units(sources)
    for members in find_circles(edges):
        inside = set(members)
        ways = [f"{where} includes {target}" for unit in members
                for target, where in sorted(edges[unit].items()) if target in inside]
        yield f"{ways[0].split(' ')[0]}: circle of {', '.join(members)}: {'; '.join(ways)}"


def name_faults(sources):
    """Two headers of one name in a floor would be taken for one unit."""
    seen = {}
    for source in sources:
        if source.path.suffix != ".h":
            continue
        key = (source.floor, source.public, source.path.name)
        if key in seen:
            yield f"{source.path}:1: {source.floor} has another header of this name, {seen[key]}"
        seen[key] = source.path


def unused_public_headers(root, sources):
    """Public headers that nothing outside their floor includes."""
    used = set()
    for source in sources:
        for _, path in source.includes:
            target = floor_of_include(path)
            if target and target[1] and target[0] != source.floor:
                used.add(path)
    # A public header may need another of its floor.
    grown = True
    by_path = {f"layerwatt/{s.path.relative_to(root / 'include' / 'layerwatt').as_posix()}": s
               for s in sources if s.public}
    while grown:
        grown = False
        for path, source in by_path.items():
            if path in used or source.unit in INTERFACE:
                for _, other in source.includes:
                    if other in by_path and other not in used:
                        used.add(other)
                        grown = True
    for folder in ("python", "examples", "tests/consumer", "benchmarks"):
        for path in sorted((root / folder).rglob("*")):
            if path.suffix in SUFFIXES and path.is_file():
                for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
                    match = INCLUDE.match(line)
                    if match:
                        used.add(match.group(1) or match.group(2))
    for path, source in sorted(by_path.items()):
        # report and the other outputs are what programs of others call; cli alone uses them here.
        if path not in used and source.unit not in INTERFACE and source.path.suffix == ".h":
            yield (f"{source.path}:1: nothing outside {source.floor} includes this public header: "
                   "move it to src/, or name it in INTERFACE of tests/tools/check_floors.py")


TYPE = re.compile(r"^(?:struct|class|enum class) (?:\[\[\w+\]\] )?(\w+)(?: final)?(?: : [^;]*)? \{")
NAMESPACE = re.compile(r"^namespace ([\w:]+) \{")


def types_defined_twice(sources):
    """Of the one-definition rule compilers say nothing across files; what it breaks is memory."""
    seen = {}
    for source in sources:
        if source.path.suffix != ".h":
            continue
        space = []
        for number, line in enumerate(source.path.read_text(encoding="utf-8").splitlines(), start=1):
            if match := NAMESPACE.match(line):
                space.append(match.group(1))
            if match := TYPE.match(line):
                name = "::".join([*space, match.group(1)])
                if name in seen:
                    yield f"{source.path}:{number}: {name} is defined in {seen[name]} too: rename one"
                seen[name] = f"{source.path}:{number}"


def constants_without_reason(sources):
    for source in sources:
        if source.floor not in REASONED:
            continue
        commented = False  # the line above is a comment, or a constant that one speaks for
        for number, line in enumerate(source.path.read_text(encoding="utf-8").splitlines(), start=1):
            if line.strip().startswith("//"):
                commented = True
            elif CONSTANT.match(line):
                commented = commented or "//" in line
                if not commented:
                    name = re.search(r"k[A-Z]\w*", line).group(0)
                    yield (f"{source.path}:{number}: nothing says where {name} comes from: a datasheet's "
                           "section, a measurement, or the reason for the value, in a comment")
            elif not (commented and line.strip().endswith(";") and line.startswith(" ")):
                commented = False  # else the rest of a constant of two lines


def check_tree(root):
    """All faults below `root`, and the number of files looked at."""
    sources, faults = read_tree(root)
    for source in sources:
        for number, path in source.includes:
            fault = fault_of_include(source, path)
            if fault:
                faults.append(f"{source.path}:{number}: {fault}")
    faults.extend(name_faults(sources))
    faults.extend(circle_faults(sources))
    faults.extend(unused_public_headers(root, sources))
    faults.extend(types_defined_twice(sources))
    faults.extend(constants_without_reason(sources))
    return faults, len(sources)


def main(arguments):
    here = pathlib.Path(__file__).resolve().parents[2]
    root = pathlib.Path(arguments[1]) if len(arguments) > 1 else here
    faults, count = check_tree(root)
    for fault in faults:
        print(fault, file=sys.stderr)
    if count == 0:
        print(f"{root}: no sources below src/ and include/layerwatt/", file=sys.stderr)
        return 1
    print(f"{count} files, {len(faults)} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
