#!/usr/bin/env python3
"""Runs what README.md and docs/ tell people to type.

Each fenced block of shell or Python is run, in order, a folder of its own for each page, with the built
program first on PATH. A block is shell if its language says so, or if it has none and a line of it begins
with a command of ours. What stands in an HTML comment right before a block says how:

    <!-- not run: needs root -->             the whole block; the reason is told at the end
    <!-- not run 2 3: needs a board -->      lines 2 and 3 of it
    <!-- in tests: 120 -> 1; alexnet -> lenet -->    texts that are replaced: nobody waits two minutes here
    <!-- before in tests: cp -r a b -->      what a reader has by then, on one line or several
    <!-- run by python/tests/x.py -->        anywhere: another test runs this page

`grep -rn 'not run' README.md docs` finds what no test runs.
"""

import argparse
import collections
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
SHELLS = {"sh", "bash", "shell", "console"}
OURS = re.compile(r"^\s*(sudo )?(layerwatt|python3?|tegrastats|git|cmake|ctest|docker|scripts/|deploy/|benchmarks/)")
REASONS = ("needs ", "takes ", "builds ", "shows ")
COMMENT = re.compile(r"<!--\s*(not run(?: [\d ]+)?|in tests|before in tests):(.*?)-->", re.S)
TIMEOUT = 300


class Block:
    def __init__(self, page, line, language, text):
        self.page, self.line, self.language, self.text = page, line, language, text
        self.not_run = {}  # line from 1, 0 for all: reason
        self.replaced = []
        self.before = ""

    def where(self):
        return f"{self.page.relative_to(ROOT)}:{self.line}"


def mark(block, comments):
    for kind, value in COMMENT.findall(comments):
        value = value.strip()
        if kind == "in tests":
            for pair in value.split(";"):
                old, arrow, new = pair.partition("->")
                if not arrow or not old.strip():
                    raise SystemExit(f"{block.where()}: 'in tests' holds pairs 'old -> new', not '{pair.strip()}'")
                block.replaced.append((old.strip(), new.strip()))
        elif kind == "before in tests":
            block.before += value + "\n"
        else:
            if not value.startswith(REASONS):
                raise SystemExit(f"{block.where()}: say why it is not run: {', '.join(REASONS)}…")
            for number in kind.split()[2:] or ["0"]:
                block.not_run[int(number)] = value


def blocks_of(page):
    lines = page.read_text(encoding="utf-8").split("\n")
    i = 0
    while i < len(lines):
        fence = re.match(r"^(\s*)(```+)(\w*)\s*$", lines[i])
        if not fence:
            i += 1
            continue
        end = i + 1
        while end < len(lines) and lines[end].strip() != fence[2]:
            end += 1
        block = Block(page, i + 1, fence[3], "\n".join(line[len(fence[1]):] for line in lines[i + 1:end]))
        # Comments right before, blank lines between them or not.
        begin = i
        while begin > 0:
            above = lines[begin - 1].strip()
            if above.endswith("-->"):
                while begin > 0 and "<!--" not in lines[begin - 1]:
                    begin -= 1
                begin -= 1
            elif above == "" and begin > 1 and lines[begin - 2].strip().endswith("-->"):
                begin -= 1
            else:
                break
        mark(block, "\n".join(lines[begin:i]))
        if block.language == "" and any(OURS.match(line) for line in block.text.split("\n")):
            block.language = "sh"
        yield block
        i = end + 1


class Tally:
    def __init__(self):
        self.ran = 0
        self.left_out = collections.Counter()
        self.failed = []


def commands_of(block, tally):
    """The block's text without the lines that are not run."""
    if 0 in block.not_run:
        tally.left_out[block.not_run[0]] += 1
        return ""
    lines = block.text.split("\n")
    for number in block.not_run:
        if number > len(lines):
            raise SystemExit(f"{block.where()}: there is no line {number}")
    kept = []
    for number, line in enumerate(lines, 1):
        if number in block.not_run:
            tally.left_out[block.not_run[number]] += 1
        else:
            kept.append(line)
    text = "\n".join(kept)
    for old, new in block.replaced:
        if old not in text:
            raise SystemExit(f"{block.where()}: '{old}' (in tests) does not stand in the block")
        text = text.replace(old, new)
    return text


def run(block, arguments, scratch, environment, tally, what):
    try:
        done = subprocess.run(arguments, cwd=scratch, env=environment, stdin=subprocess.DEVNULL, timeout=TIMEOUT,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")
        code, output = done.returncode, done.stdout
    except subprocess.TimeoutExpired as error:
        code, output = f"none after {TIMEOUT} s", str(error.stdout or "")
    if code != 0:
        tally.failed.append(f"{block.where()}: {what} ended with {code}\n{output[-3000:]}")
    return output


def missing_module(text):
    for name in re.findall(r"^\s*(?:import|from)\s+([\w, ]+)", text, re.M):
        for module in re.findall(r"\w+", name.split(" import")[0]):
            if module in ("as", "np", "pd", "plt"):
                continue
            if subprocess.run([sys.executable, "-c", f"import {module}"], capture_output=True).returncode != 0:
                return module
    return None


def run_page(page, program, tally, verbose):
    if other := re.search(r"<!-- run by (\S+) -->", page.read_text(encoding="utf-8")):
        if not (ROOT / other[1]).exists():
            raise SystemExit(f"{page.relative_to(ROOT)}: there is no {other[1]}, which is to run it")
        tally.left_out[f"is run by {other[1]}"] += 1
        return
    with tempfile.TemporaryDirectory(prefix="layerwatt-docs-") as folder:
        scratch = pathlib.Path(folder) / "work"
        scratch.mkdir()
        tools = pathlib.Path(folder) / "bin"
        tools.mkdir()
        (tools / "layerwatt").symlink_to(program)
        for name in ("examples", "scripts", "deploy", "tests", "benchmarks"):
            if (ROOT / name).exists():
                (scratch / name).symlink_to(ROOT / name)
        environment = dict(os.environ, PATH=f"{tools}:{os.environ['PATH']}", HOME=folder, COLUMNS="120",
                           GIT_AUTHOR_NAME="A", GIT_AUTHOR_EMAIL="a@example.org", GIT_COMMITTER_NAME="A",
                           GIT_COMMITTER_EMAIL="a@example.org")
        environment.pop("DAGSHUB_USER_TOKEN", None)
        # The engine may lie in the real home's cache.
        if "LAYERWATT_ONNXRUNTIME" not in environment:
            environment.setdefault("XDG_CACHE_HOME", str(pathlib.Path.home() / ".cache"))
        for block in blocks_of(page):
            if block.language not in SHELLS | {"python"}:
                continue
            text = commands_of(block, tally)
            if block.before and text.strip():
                run(block, ["bash", "-euo", "pipefail", "-c", block.before], scratch, environment, tally, "what goes before")
            if not text.strip():
                continue
            if block.language == "python":
                if module := missing_module(text):
                    tally.left_out[f"needs Python's {module}"] += 1
                    continue
                output = run(block, [sys.executable, "-c", text], scratch, environment, tally, "the snippet")
            else:
                output = run(block, ["bash", "-euo", "pipefail", "-c", text], scratch, environment, tally, "the block")
            tally.ran += 1
            if verbose:
                print(f"--- {block.where()}\n{text}\n{output}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--layerwatt", required=True, help="the built program")
    parser.add_argument("--verbose", action="store_true")
    parser.add_argument("pages", nargs="*", help="README.md and all of docs/ if absent")
    options = parser.parse_args()
    program = shutil.which(options.layerwatt)
    if program is None:
        raise SystemExit(f"there is no program {options.layerwatt}")
    pages = [pathlib.Path(page).resolve() for page in options.pages] or [
        ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
    tally = Tally()
    for page in pages:
        run_page(page, pathlib.Path(program).resolve(), tally, options.verbose)
    for reason, count in sorted(tally.left_out.items()):
        print(f"not run, {reason}: {count}")
    for failure in tally.failed:
        print(f"\nFAILED {failure}")
    print(f"{tally.ran} blocks run, {len(tally.failed)} failed")
    return 1 if tally.failed or tally.ran == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
