#!/usr/bin/env python3
"""Checks that a tree is what its tag says: versions, changelog, links.

Usage: check_release.py --tag TAG [--date YYYY-MM-DD] [--program PATH] [--online] [ROOT]
       check_release.py --links [--online] [ROOT]

  --tag TAG       the release, such as v0.2.0: every place that names the version names this one, and
                  CHANGELOG.md has a section of it with a date, and nothing unreleased
  --date DATE     the day of the tag: the changelog's date may not be later
  --program PATH  a build of the command: what it says of itself, and its manual pages, are of this version
  --links         links alone
  --online        asks for each outside address too; else they are listed

Prints one line a fault, "file:line: what", and exits with 1 if there is any.
"""

import argparse
import datetime
import pathlib
import re
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import links  # noqa: E402

TAG = re.compile(r"v(\d+\.\d+\.\d+)")
SECTION = re.compile(r"## +(?:\[)?(?P<name>[^\]\s]+)\]?(?: +[-–] +(?P<date>\S+))?\s*$")

# Where the version stands: file, what is there, how it is written. All but the last must be there.
ONE_PLACE = [
    ("CMakeLists.txt", "the project's version", r"^project\(layerwatt\s+VERSION\s+([0-9][\w.]*)"),
    ("python/pyproject.toml", "the Python package's version", r'^version\s*=\s*"([^"]*)"'),
    ("src/report/page/package.json", "the page's version", r'^\s*"version":\s*"([^"]*)"'),
    ("tests/report/page/package.json", "the page's tests' version", r'^\s*"version":\s*"([^"]*)"'),
]
# Names of artefacts, in what people copy.
ARTEFACT = re.compile(r"\blayerwatt-(\d+\.\d+\.\d+)(?=-linux-|\.tar|-cp)|\blayerwatt_(\d+\.\d+\.\d+)_")
# What programs that build against it ask for.
FIND_PACKAGE = re.compile(r"find_package\(layerwatt (\d+\.\d+)\b")
NAMED_IN = ["README.md", "docs/**/*.md", "python/README.md", "deploy/**/*", "examples/**/*"]
# Asked for, a server may take its time.
PATIENCE = 20


class Faults:
    """What is wrong, told as it is found."""

    def __init__(self):
        self.count = 0

    def add(self, where, what):
        self.count += 1
        print(f"{where}: {what}", file=sys.stderr)


def line_of(text, position):
    return text.count("\n", 0, position) + 1


def read(path):
    return path.read_text(encoding="utf-8", errors="replace")


def check_versions(root, version, faults):
    for name, what, pattern in ONE_PLACE:
        path = root / name
        if not path.is_file():
            faults.add(name, f"is missing, and {what} with it")
            continue
        text = read(path)
        found = re.search(pattern, text, re.MULTILINE)
        if not found:
            faults.add(name, f"{what} is not found")
        elif found[1] != version:
            faults.add(f"{name}:{line_of(text, found.start(1))}", f"{what} is {found[1]}, the tag says {version}")
    for path in sorted({p for pattern in NAMED_IN for p in root.glob(pattern) if p.is_file()}):
        text = read(path)
        name = path.relative_to(root)
        for found in ARTEFACT.finditer(text):
            named = found[1] or found[2]
            if named != version:
                faults.add(f"{name}:{line_of(text, found.start())}",
                           f"names an artefact of version {named}, the tag says {version}")
        for found in FIND_PACKAGE.finditer(text):
            if found[1] != version.rpartition(".")[0]:
                faults.add(f"{name}:{line_of(text, found.start())}",
                           f"asks for layerwatt {found[1]}, the tag says {version}")


def sections_of(lines):
    """(line from 1, name, date or None, whether anything stands in it) of each section."""
    sections = []
    for number, line in enumerate(lines, 1):
        found = SECTION.match(line)
        if found:
            sections.append([number, found["name"], found["date"], False])
        elif sections and line.strip() and not line.startswith("#"):
            sections[-1][3] = True
    return sections


def check_changelog(root, version, tagged, faults):
    path = root / "CHANGELOG.md"
    if not path.is_file():
        faults.add("CHANGELOG.md", "is missing")
        return
    sections = sections_of(read(path).split("\n"))
    for number, name, _, is_filled in sections:
        if name.lower() == "unreleased" and is_filled:
            faults.add(f"CHANGELOG.md:{number}", f"says of changes that they are unreleased; move them under {version}")
    released = [section for section in sections if section[1].lower() != "unreleased"]
    if not any(section[1] == version for section in released):
        faults.add("CHANGELOG.md", f"has no section '## {version} - YYYY-MM-DD'")
        return
    number, name, date, is_filled = released[0]
    if name != version:
        faults.add(f"CHANGELOG.md:{number}", f"the newest section is of {name}, not of {version}")
        return
    if not is_filled:
        faults.add(f"CHANGELOG.md:{number}", f"says nothing of {version}")
    try:
        day = datetime.date.fromisoformat(date or "")
    except ValueError:
        faults.add(f"CHANGELOG.md:{number}", f"{version} has no date: '## {version} - YYYY-MM-DD'")
        return
    if tagged and day > tagged:
        faults.add(f"CHANGELOG.md:{number}", f"the date of {version} is {day}, after the tag's own, {tagged}")


def check_program(program, version, faults):
    """What a build says of itself."""
    said = subprocess.run([program, "--version"], capture_output=True, text=True, check=False).stdout
    if not re.search(rf"\b{re.escape(version)}\b", said):
        faults.add(program, f"says that it is '{said.strip()}', the tag says {version}")
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([program, "man-pages", "--output-dir", folder], capture_output=True, check=False)
        pages = sorted(pathlib.Path(folder).glob("*.1"))
        if not pages:
            faults.add(program, "writes no manual pages")
        for page in pages:
            title = next((line for line in read(page).split("\n") if line.startswith(".TH")), "")
            if version not in title:
                faults.add(page.name, f"its title '{title}' does not name version {version}")


def ask_for(address):
    """Why nothing was had from there, or None."""
    request = urllib.request.Request(address, headers={"User-Agent": "Mozilla/5.0 (layerwatt's release checks)"})
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE):
            return None
    except (urllib.error.URLError, OSError, ValueError) as error:
        return str(error)


def check_links(root, online, faults):
    outside = {}
    for path in links.pages_of(root):
        for line, target in links.links_of(read(path)):
            where = f"{path.relative_to(root)}:{line}"
            if links.is_outside(target):
                outside.setdefault(target.partition("#")[0], []).append(where)
                continue
            fault = links.fault_of(root, path, target)
            if fault:
                faults.add(where, fault)
    for address, places in sorted(outside.items()):
        if not address.startswith(("http://", "https://")):
            continue
        why = ask_for(address) if online else None
        if why:
            faults.add(places[0], f"{address}: {why}")
        print(f"outside{'' if online else ', not asked for'}: {address} ({', '.join(places)})")


def main(arguments):
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--tag")
    what.add_argument("--links", action="store_true")
    parser.add_argument("--date", type=datetime.date.fromisoformat)
    parser.add_argument("--program")
    parser.add_argument("--online", action="store_true")
    parser.add_argument("root", nargs="?", type=pathlib.Path, default=pathlib.Path(__file__).resolve().parents[2])
    options = parser.parse_args(arguments)
    faults = Faults()
    if options.tag:
        form = TAG.fullmatch(options.tag)
        if not form:
            faults.add(options.tag, "a release's tag is v and three numbers, such as v1.2.3")
        else:
            check_versions(options.root, form[1], faults)
            check_changelog(options.root, form[1], options.date, faults)
            if options.program:
                check_program(options.program, form[1], faults)
    check_links(options.root, options.online, faults)
    print(f"{faults.count} faults")
    return 1 if faults.count else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
