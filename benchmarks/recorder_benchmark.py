#!/usr/bin/env python3
"""Measures the recorder: its pace at 1 kHz, its highest rate, and what it costs the measured network.

Reads a tree of files with the three rails of an Orin Nano instead of a sensor, so that the numbers
are those of the recorder and not of an I2C bus. Without other load on the machine; the load average
is printed. A program that only wakes up at the same pace is the reference of the share of a core: build
with LAYERWATT_BUILD_BENCHMARKS. The slow-down is found within one measurement, in which the recorder
is halted and let go on in random order, each pair of neighbours one ratio of median latencies.

Example: benchmarks/recorder_benchmark.py --layerwatt build/layerwatt
"""

import argparse
import json
import os
import pathlib
import random
import signal
import statistics
import struct
import subprocess
import sys
import tempfile
import time

RAILS = ("VDD_IN", "VDD_CPU_GPU_CV", "VDD_SOC")


def make_tree(root):
    chip = root / "sys/class/hwmon/hwmon1"
    chip.mkdir(parents=True)
    attributes = {"name": "ina3221", "samples": "1", "update_interval": "1"}
    for i, rail in enumerate(RAILS, start=1):
        attributes |= {f"in{i}_label": rail, f"in{i}_enable": "1", f"in{i}_input": "5000",
                       f"curr{i}_input": str(1000 + i), f"shunt{i}_resistor": "5000"}
    for name, text in attributes.items():
        (chip / name).write_text(text + "\n")


def run(command):
    result = subprocess.run(list(map(str, command)), capture_output=True, text=True)
    if result.returncode != 0:
        sys.exit(f"failed: {' '.join(map(str, command))}\n{result.stderr}")
    return result.stdout


def record(arguments, folder, rails, *options):
    output = folder / "power.npy"
    wanted = [word for rail in rails for word in ("--rail", rail)]
    run([arguments.layerwatt, "record", "--force", "--sysfs-root", folder / "tree", "--output", output,
         *wanted, *options])
    return json.loads(output.with_suffix(".recorder.json").read_text())


def spread(values, unit=1.0, digits=1):
    return (f"{statistics.median(values) / unit:.{digits}f} "
            f"({min(values) / unit:.{digits}f} … {max(values) / unit:.{digits}f})")


def of(summary, *names):
    for name in names:
        summary = summary[name]
    return summary


def pace(arguments, folder):
    """In turn: a program that only wakes up, the recorder of one rail, and of three."""
    bare = []
    recorded = {rails: [] for rails in (RAILS[:1], RAILS)}
    for _ in range(arguments.rounds):
        result = run([arguments.bare_pacer, 1_000_000, 1000 * arguments.seconds])
        bare.append(json.loads(result)["cpu_share"])
        for rails, runs in recorded.items():
            runs.append(record(arguments, folder, rails, "--period", "1ms", "--duration",
                               arguments.seconds))
    print(f"1 kHz, waking up alone, {arguments.rounds} × {arguments.seconds} s: "
          f"{spread([100 * share for share in bare], digits=2)} % of a core")
    for rails, runs in recorded.items():
        above = [100 * (r["cpu_share"] - share) for r, share in zip(runs, bare)]
        ticks = sum(r["ticks"] for r in runs)
        lost = sum(r["lost_ticks"] for r in runs)
        print(f"1 kHz, {len(rails)} rail(s), {arguments.rounds} × {arguments.seconds} s: "
              f"{spread([100 * r['cpu_share'] for r in runs], digits=2)} % of a core, "
              f"{spread(above, digits=2)} above waking up; lateness "
              f"p50 {spread([of(r, 'lateness', 'median_ns') for r in runs], 1e3)} µs, "
              f"p99 {spread([of(r, 'lateness', 'p99_ns') for r in runs], 1e3)} µs, "
              f"max {spread([of(r, 'lateness', 'max_ns') for r in runs], 1e3, 0)} µs; "
              f"{ticks + lost} ticks of which {lost} lost")


def highest_rate(arguments, folder):
    for rails in (RAILS[:1], RAILS):
        rates = []
        for _ in range(arguments.rounds):
            summary = record(arguments, folder, rails, "--period", "0", "--duration", "2")
            rates.append(summary["ticks"] / 2.0)
        print(f"back to back, {len(rails)} rail(s), {arguments.rounds} × 2 s: "
              f"{spread(rates, 1e3)} thousand ticks a second")


def child_of(parent):
    """The recorder, once `measure` has started it."""
    children = pathlib.Path(f"/proc/{parent}/task/{parent}/children")
    while True:
        try:
            found = children.read_text().split()
        except FileNotFoundError:
            sys.exit("measure ended before it had started its recorder")
        if found:
            return int(found[0])
        time.sleep(0.01)


def read_timeline(path):
    """Begin and end of each pass, nanoseconds of CLOCK_MONOTONIC."""
    blob = path.read_bytes()
    header = int.from_bytes(blob[8:10], "little")
    return [record[4:6] for record in struct.iter_unpack("<4i2q", blob[10 + header:])]


def slow_down(arguments, folder):
    """One long measurement, in which the recorder is halted and let go on in turn, in random order."""
    rng = random.Random(1)
    result = folder / "raw"
    command = [arguments.layerwatt, "measure", arguments.model, "--duration", arguments.slow_down,
               "--warmup", 20, "--profiled-runs", 0, "--threads", arguments.threads,
               "--idle-lead", "0.5", "--result-dir", result, "--sysfs-root", folder / "tree",
               "--period", "1ms"]
    process = subprocess.Popen(list(map(str, command)), stdout=subprocess.DEVNULL,
                               stderr=subprocess.PIPE, text=True)
    recorder = child_of(process.pid)
    time.sleep(2)
    end = time.monotonic() + arguments.slow_down - 3
    halves = []  # (begin, end, whether the recorder ran)
    while time.monotonic() < end:
        for runs in rng.sample((True, False), 2):
            os.kill(recorder, signal.SIGCONT if runs else signal.SIGSTOP)
            begin = time.clock_gettime_ns(time.CLOCK_MONOTONIC)
            time.sleep(arguments.block)
            halves.append((begin, time.clock_gettime_ns(time.CLOCK_MONOTONIC), runs))
    os.kill(recorder, signal.SIGCONT)
    _, errors = process.communicate()
    if process.returncode != 0:
        sys.exit(f"measure failed:\n{errors}")
    passes = read_timeline(result / pathlib.Path(arguments.model).stem / "timeline.npy")
    latency = [statistics.median([e - b for b, e in passes if b >= begin and e <= end] or [0])
               for begin, end, _ in halves]
    ratios = []
    for i in range(0, len(halves), 2):
        on, off = (i, i + 1) if halves[i][2] else (i + 1, i)
        if latency[on] and latency[off]:
            ratios.append(100.0 * (latency[on] / latency[off] - 1.0))
    resampled = sorted(statistics.median(rng.choices(ratios, k=len(ratios))) for _ in range(2000))
    print(f"{arguments.model}, {arguments.threads} thread(s), {len(passes)} passes, recorder at 1 kHz "
          f"running and halted in turn, {len(ratios)} pairs of {arguments.block} s: latency "
          f"{statistics.median(ratios):+.2f} % while it runs, 95 % interval "
          f"{resampled[50]:+.2f} … {resampled[1949]:+.2f} %")


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--layerwatt", default="build/layerwatt")
    parser.add_argument("--bare-pacer", help="default: as built beside layerwatt")
    parser.add_argument("--seconds", type=int, default=20, help="of one recording at 1 kHz")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--model", default="squeezenet1_1")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--slow-down", type=float, default=60, help="seconds of the slow-down")
    parser.add_argument("--block", type=float, default=0.25, help="seconds between changes in it")
    arguments = parser.parse_args()
    if arguments.bare_pacer is None:
        built = pathlib.Path(arguments.layerwatt).parent
        arguments.bare_pacer = built / "benchmarks/recorder/bare_pacer"
    load = os.getloadavg()
    print(f"{os.cpu_count()} CPUs, load average {load[0]:.2f} {load[1]:.2f} {load[2]:.2f}")
    with tempfile.TemporaryDirectory(prefix="layerwatt-recorder-") as scratch:
        folder = pathlib.Path(scratch)
        make_tree(folder / "tree")
        pace(arguments, folder)
        highest_rate(arguments, folder)
        slow_down(arguments, folder)
    load = os.getloadavg()
    print(f"load average at the end {load[0]:.2f}")


if __name__ == "__main__":
    main()
