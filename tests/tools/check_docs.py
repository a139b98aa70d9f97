#!/usr/bin/env python3
"""Checks that prose wraps: no line of a Markdown file is longer than 140 characters.

Usage: check_docs.py [--wrap] [ROOT]

Tables, blocks of code and lines with a URL are as long as they must be. --wrap fills the paragraphs
anew that have such a line. Prints one line a fault, "file:line: what", and exits with 1 if there is any.
"""

import pathlib
import re
import subprocess
import sys

WIDTH = 140
ITEM = re.compile(r"\s*(?:[-*+]|\d+[.)])\s+")
# A line that began so would no longer be a part of its paragraph.
BEGINS_ANOTHER = re.compile(r"(?:[-*+>|]|#+|\d+[.)]|[=-]{2,}|```|~~~)(?:\s|$)|\|")


# As others published it.
FOREIGN = "tests/data/edgeprofiler/"


def files_of(root):
    """What git knows or would add; else every file but those of builds."""
    listing = subprocess.run(["git", "-C", str(root), "ls-files", "-co", "--exclude-standard", "*.md"],
                             capture_output=True, text=True, check=False)
    if listing.returncode == 0:
        names = listing.stdout.splitlines()
    else:
        names = [path.relative_to(root) for path in root.rglob("*.md") if "build" not in path.parts]
    return [root / name for name in names if (root / name).is_file() and not str(name).startswith(FOREIGN)]


def is_free(line):
    """May be as long as it is."""
    return line.lstrip().startswith(("|", "<")) or "://" in line


def prose(lines):
    """Numbers, from 0, of the lines that are neither code nor free."""
    fence = None
    for number, line in enumerate(lines):
        mark = re.match(r"\s*(```|~~~)", line)
        if mark:
            fence = None if fence == mark[1] else fence or mark[1]
        elif fence is None and not is_free(line):
            yield number


def long_lines(lines):
    return [number for number in prose(lines) if len(lines[number]) > WIDTH]


def whole_pieces(words):
    """The words, those of inline code as one, and what would begin another block with the one before it."""
    pieces = []
    for word in words:
        inside_code = pieces and pieces[-1].count("`") % 2 == 1
        if pieces and (inside_code or BEGINS_ANOTHER.match(word)):
            pieces[-1] += " " + word
        else:
            pieces.append(word)
    return pieces


def fill(words, first, rest):
    """Lines of at most WIDTH, the first behind `first`, the others behind `rest`."""
    pieces = whole_pieces(words)
    filled = [first + pieces[0]]
    for piece in pieces[1:]:
        if len(filled[-1]) + 1 + len(piece) <= WIDTH:
            filled[-1] += " " + piece
        else:
            filled.append(rest + piece)
    return filled


def wrap(lines):
    """The lines with every paragraph filled anew that has a long one."""
    free = set(range(len(lines))) - set(prose(lines))
    wrapped = []
    number = 0
    while number < len(lines):
        line = lines[number]
        if number in free or not line.strip() or line.startswith("#"):
            wrapped.append(line)
            number += 1
            continue
        paragraph = [line]
        while number + len(paragraph) < len(lines):
            following = lines[number + len(paragraph)]
            if (number + len(paragraph) in free or not following.strip() or ITEM.match(following)
                    or following.startswith("#") or paragraph[-1].endswith(("  ", "\\"))):
                break
            paragraph.append(following)
        number += len(paragraph)
        if all(len(part) <= WIDTH for part in paragraph):
            wrapped += paragraph
            continue
        item = ITEM.match(paragraph[0])
        first = item[0] if item else re.match(r"\s*", paragraph[0])[0]
        ending = "  " if paragraph[-1].endswith("  ") else ""
        filled = fill(" ".join(paragraph)[len(first):].split(), first, " " * len(first))
        wrapped += filled[:-1] + [filled[-1] + ending]
    return wrapped


def main(arguments):
    wanted = [argument for argument in arguments[1:] if argument != "--wrap"]
    root = pathlib.Path(wanted[0]) if wanted else pathlib.Path(__file__).resolve().parents[2]
    faults = 0
    files = files_of(root)
    for path in files:
        text = path.read_text(encoding="utf-8")
        lines = text.split("\n")
        if "--wrap" in arguments and long_lines(lines):
            lines = wrap(lines)
            path.write_text("\n".join(lines), encoding="utf-8")
        for number in long_lines(lines):
            faults += 1
            print(f"{path}:{number + 1}: {len(lines[number])} characters, {WIDTH} at most; "
                  "check_docs.py --wrap fills the paragraph anew", file=sys.stderr)
    print(f"{len(files)} files, {faults} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
