#!/usr/bin/env python3
"""What scraping costs: 200 clients at once beside a recorder at 1 kHz, processor time when idle, memory.

Usage: load_test.py --layerwatt PROGRAM [--seconds 30]

A virtual AGX Orin (four rails) is served by another process. `layerwatt record` reads it every millisecond; so does `layerwatt
serve`. Rounds with and without wrk alternate, so that what else the machine does falls on both. wrk is at the lowest priority: the
clients of a real board are other machines. Prints a table, and "N passed, M failed". Latenesses depend on the machine and on what
else it does, so the limit on them is a factor.
"""

import argparse
import json
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile
import time

import harness

ROUNDS = 3
CLIENTS = 200
MOST_CPU = 0.01
MOST_MEMORY = 1.05
# Rounds without wrk differ among themselves by as much on a shared machine.
MOST_LATER = 1.5


def value(text, name):
    return float(re.search(rf"^{name}(?:{{[^}}]*}})? (\S+)$", text, re.MULTILINE).group(1))


def record(layerwatt, folder, root, seconds):
    """The recorder's own account of a recording."""
    output = pathlib.Path(folder) / "power.npy"
    subprocess.run([layerwatt, "record", "--sysfs-root", root, "--period", "1ms", "--duration", str(seconds), "--output", output, "--force"],
                   check=True, capture_output=True)
    return json.loads((pathlib.Path(folder) / "power.recorder.json").read_text(encoding="utf-8"))


def cpu_share_when_idle(layerwatt, root, seconds):
    """Part of a core that serve takes with four rails at 10 Hz and a scrape every 15 s."""
    serve = harness.Serve(layerwatt, "--sysfs-root", root, "--period", "100ms")
    try:
        begin, cpu = time.monotonic(), value(harness.get(serve.url)[0], "process_cpu_seconds_total")
        while time.monotonic() - begin < seconds:
            time.sleep(15)
            text = harness.get(serve.url)[0]
        rails = text.count("\nlayerwatt_rail_up")
        return rails, (value(text, "process_cpu_seconds_total") - cpu) / (time.monotonic() - begin)
    finally:
        serve.stop()


def lateness(summary):
    return summary["lateness"]["p99_ns"] * 1e-9


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--layerwatt", required=True)
    parser.add_argument("--seconds", type=float, default=30)
    arguments = parser.parse_args()
    checks = []
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder) / "board"
        board = subprocess.Popen([arguments.layerwatt, "virtual-board", "--board", "agx-orin", "--sysfs-dir", root, "--activity",
                                  f"{folder}/activity"], stdout=subprocess.PIPE, text=True)
        board.stdout.readline()
        serve = harness.Serve(arguments.layerwatt, "--sysfs-root", root, "--period", "1ms")
        try:
            alone, scraped, late = [], [], {True: [], False: []}
            requests = 0
            memory = []
            for _ in range(ROUNDS):
                for with_wrk in (False, True):
                    before = harness.get(serve.url)[0]
                    wrk = None
                    if with_wrk:
                        wrk = subprocess.Popen(["nice", "-n", "19", "wrk", "-t", "1", "-c", str(CLIENTS), "-d",
                                                f"{arguments.seconds:.0f}s", serve.url], stdout=subprocess.PIPE, text=True)
                    summary = record(arguments.layerwatt, folder, root, arguments.seconds)
                    (scraped if with_wrk else alone).append(lateness(summary))
                    after = harness.get(serve.url)[0]
                    ticks, lates = (value(after, f"layerwatt_sampler_{what}_total") - value(before, f"layerwatt_sampler_{what}_total")
                                    for what in ("ticks", "late_ticks"))
                    late[with_wrk].append(lates / ticks)
                    memory.append(value(after, "process_resident_memory_bytes"))
                    if wrk:
                        said = wrk.communicate()[0]
                        requests += int(re.search(r"(\d+) requests in", said).group(1))
            print(f"{requests} scrapes by {CLIENTS} clients in {ROUNDS} rounds of {arguments.seconds:.0f} s")
            print(f"p99 lateness of the recorder at 1 kHz: alone {[f'{1e6 * x:.0f}' for x in alone]} us, "
                  f"scraped {[f'{1e6 * x:.0f}' for x in scraped]} us")
            print(f"late ticks of serve at 1 kHz: alone {[f'{x:.2%}' for x in late[False]]}, "
                  f"scraped {[f'{x:.2%}' for x in late[True]]}")
            print(f"memory of serve: {[f'{x / 2**20:.1f}' for x in memory]} MiB")
            checks.append(statistics.median(scraped) <= MOST_LATER * max(alone))
            # The first rounds fill the buffers of 200 connections.
            checks.append(memory[-1] <= MOST_MEMORY * memory[1])
        finally:
            serve.stop()
        rails, share = cpu_share_when_idle(arguments.layerwatt, root, 2 * arguments.seconds)
        print(f"{rails} rails at 10 Hz, a scrape every 15 s: {share:.3%} of a core")
        checks.append(share < MOST_CPU)
        board.terminate()
        board.wait(timeout=30)
        board.stdout.close()
    print(f"{sum(checks)} passed, {len(checks) - sum(checks)} failed")
    return 0 if all(checks) else 1


if __name__ == "__main__":
    sys.exit(main())
