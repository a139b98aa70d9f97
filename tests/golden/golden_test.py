#!/usr/bin/env python3
"""Runs the commands of cases.py and compares what they print and write, byte by byte, with tests/golden/expected/.

A difference that is meant is renewed and shows in the diff of the commit:
    tests/golden/golden_test.py --layerwatt build/ci/layerwatt --renew [--case NAME]

Computed numbers may differ in their last digits between processors and compilers. The expected files were made with GCC 12 on
x86-64; elsewhere --words compares everything except the numbers.
"""

import argparse
import difflib
import hashlib
import os
import pathlib
import re
import shutil
import struct
import subprocess
import sys
import tempfile

import cases as golden_cases

HERE = pathlib.Path(__file__).resolve().parent
EXPECTED = HERE / "expected"
DATA = HERE.parent / "data"
UNPACK = HERE.parent / "tools" / "unpack-sysfs-tree"
# Longer texts are kept as digests of blocks of lines, so that a difference is still found.
WHOLE_LINES = 60
BLOCK_LINES = 100
MOST_BLOCKS = 20
LONG_LINE = 1000
SHOWN_LINES = 40


def environment(folder):
    names = ["PATH", "LD_LIBRARY_PATH", "ASAN_OPTIONS", "UBSAN_OPTIONS"]
    kept = {key: os.environ[key] for key in names if key in os.environ}
    # Each case solves for itself, with what every processor has.
    own = {"LAYERWATT_SOLVED": "", "LAYERWATT_KERNELS": "usual"}
    return {**kept, **own, "HOME": str(folder), "LC_ALL": "C", "TZ": "UTC", "NO_COLOR": "1"}


def run(program, arguments, folder):
    """Standard input is empty: a command that waits for a person must not hang here."""
    done = subprocess.run([program, *arguments], cwd=folder, env=environment(folder), stdin=subprocess.DEVNULL,
                          capture_output=True, timeout=300, check=False)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def normalised(text, folder):
    """Without what is of this build, of this place, and of how busy the machine is."""
    text = re.sub(r"layerwatt \d+\.\d+\.\d+", "layerwatt <version>", text)
    text = re.sub(r"^.*: \d+ s so far\n", "", text, flags=re.MULTILINE)
    return text.replace(str(folder.parent), "<folder>")


def digest(content):
    return hashlib.sha256(content).hexdigest()[:16]


def text_of(lines):
    lines = [line if len(line) <= LONG_LINE else f"({len(line)} characters) {digest(line.encode())}" for line in lines]
    if len(lines) <= WHOLE_LINES:
        return lines
    kept = [f"({len(lines)} lines)", *lines[:3]]
    length = max(BLOCK_LINES, -(-len(lines) // MOST_BLOCKS))
    for begin in range(0, len(lines), length):
        block = lines[begin:begin + length]
        kept.append(f"lines {begin + 1} to {begin + len(block)}: {digest(chr(10).join(block).encode())}")
    return kept


def shown(path, folder):
    """What the expected file says of a file that a command wrote."""
    content = path.read_bytes()
    if path.suffix == ".png":
        # Fonts and rasterizers differ between machines.
        return ["(a picture, {} × {})".format(*struct.unpack(">II", content[16:24]))]
    if path.suffix == ".html":
        # The page's script is bundled by other tools; the data in it are ours.
        content = re.search(rb'<script type="application/json" id="data">(.*?)</script>', content, re.S).group(1)
    try:
        return text_of(normalised(content.decode(), folder).splitlines())
    except UnicodeDecodeError:
        return [f"({len(content)} bytes) {digest(content)}"]


def left_aside(error):
    return "is not built in" in error or "was built without" in error or "built without" in error


def result_of(program, steps, folder):
    """All that a case printed and wrote, as text; None where an optional part is not built in."""
    before = set(folder.rglob("*"))
    lines = []
    for arguments in steps:
        code, out, err = run(program, arguments, folder)
        if code == 1 and left_aside(err):
            return None
        lines += [f"$ layerwatt {' '.join(arguments)}", f"exit {code}"]
        for name, text in [("stdout", normalised(out, folder)), ("stderr", normalised(err, folder))]:
            if text:
                lines += [f"--- {name}", *text_of(text.splitlines())]
    for path in sorted(p for p in folder.rglob("*") if p not in before and p.is_file()):
        lines += [f"--- file {path.relative_to(folder)}", *shown(path, folder)]
    return "\n".join(lines) + "\n"


def stats_of_layers(folder):
    """A few raw statistics by mode, for `isolate --process`: a step seen through a filter, and run times."""
    for mode, network in [("1", "alexnet"), ("2", "alexnet"), ("2", "vgg11")]:
        power = folder / mode / "cpu" / "power" / network
        latency = folder / mode / "cpu" / "latency" / network
        power.mkdir(parents=True)
        latency.mkdir(parents=True)
        (power / "rails.json").write_text('{"time_constants": {"VDD_IN": 0.5, "VDD_SOC": null}, "virtual": false}\n')
        for layer in range(3):
            rows = [f"{i * 0.02:.2f},{4000 + 40 * min(i, 60) + 100 * layer},{900 + 7 * (i % 5)}" for i in range(100)]
            (power / f"{layer}.csv").write_text("time_s,VDD_IN,VDD_SOC\n" + "\n".join(rows) + "\n")
            times = [f"{0.001 * (layer + 1) + 0.00001 * (i % 7):.5f}" for i in range(20)]
            (latency / f"{layer}.csv").write_text("latency_s\n" + "\n".join(times) + "\n")


def prepare(program, work):
    trees = work / "trees"
    for tree in sorted((DATA / "sysfs").glob("*.tree")):
        subprocess.run([sys.executable, UNPACK, tree, trees / tree.stem], check=True, stderr=subprocess.DEVNULL)
    made = work / "made"
    made.mkdir()
    (made / "data").symlink_to(DATA)
    for arguments in golden_cases.PREPARE:
        code, _, err = run(program, arguments, made)
        if code != 0:
            sys.exit(f"layerwatt {' '.join(arguments)}: exit {code}\n{err}")
    (made / "data").unlink()


def words(text):
    """Without numbers, their units' prefixes, digests, and the widths that follow from them."""
    text = re.sub(r"^(lines \d+ to \d+|\(\d+ (bytes|characters)\)).*$", "#", text, flags=re.M)
    text = re.sub(r"[-+]?\d[\d.,]*(e[-+]?\d+)?( [nµmkM]?[sWJAV]\b)?", "#", text)
    return re.sub(r"[ ─━-]+", " ", text)


def difference(name, kept, now):
    lines = list(difflib.unified_diff(kept.splitlines(), now.splitlines(), f"expected/{name}.txt", "now", lineterm="", n=1))
    more = [f"... {len(lines) - SHOWN_LINES} more lines"] if len(lines) > SHOWN_LINES else []
    return "\n".join(lines[:SHOWN_LINES] + more)


def run_case(program, name, steps, work):
    folder = work / "case"
    folder.mkdir()
    (folder / "data").symlink_to(DATA)
    (folder / "trees").symlink_to(work / "trees")
    (folder / "made").symlink_to(work / "made")
    if name.startswith("isolate-process"):
        stats_of_layers(folder / "stats")
    try:
        return result_of(program, steps, folder)
    finally:
        shutil.rmtree(folder)


def check(arguments, work):
    trees = sorted(tree.stem for tree in (DATA / "sysfs").glob("*.tree"))
    wrong = 0
    every = golden_cases.all_cases(trees)
    chosen = {name: every[name] for name in arguments.case or every}
    for name, steps in chosen.items():
        now = run_case(arguments.layerwatt, name, steps, work)
        path = EXPECTED / f"{name}.txt"
        if now is None:
            print(f"{name}: left aside, a part that it needs is not built in")
        elif arguments.renew:
            path.write_text(now)
        else:
            kept = path.read_text() if path.exists() else ""
            if kept != now and not (arguments.words and words(kept) == words(now)):
                print(difference(name, kept, now))
                wrong += 1
    if not arguments.case:
        strays = sorted(p.stem for p in EXPECTED.glob("*.txt") if p.stem not in every)
        for stray in strays:
            print(f"expected/{stray}.txt belongs to no case: remove it")
        wrong += len(strays)
    if wrong:
        print(f"{wrong} of {len(chosen)} cases differ. If that is meant: {HERE.name}/golden_test.py --renew")
    return 1 if wrong else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--layerwatt", required=True, type=lambda p: str(pathlib.Path(p).resolve()))
    parser.add_argument("--renew", action="store_true", help="keep what is printed and written now as expected")
    parser.add_argument("--case", action="append", help="this case alone; repeatable")
    parser.add_argument("--words", action="store_true", help="compare everything except the numbers")
    arguments = parser.parse_args()
    EXPECTED.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="layerwatt-golden-") as name:
        work = pathlib.Path(name)
        prepare(arguments.layerwatt, work)
        sys.exit(check(arguments, work))


if __name__ == "__main__":
    main()
