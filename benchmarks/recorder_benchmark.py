#!/usr/bin/env python3
"""Measures the recorder: its pace at 1 kHz, its highest rate, and what it costs the measured network.

Reads a tree of files with the three rails of an Orin Nano instead of a sensor, so that the numbers
are those of the recorder and not of an I2C bus. Without other load on the machine; the load average
is printed. The slow-down is a comparison of runs with the recorder and runs without (a virtual board
is computed after the run), interleaved in random order, each pair one ratio of median latencies.

Example: benchmarks/recorder_benchmark.py --layerwatt build/layerwatt
"""

import argparse
import json
import os
import pathlib
import random
import statistics
import subprocess
import sys
import tempfile

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


def record(arguments, folder, rails, *options):
    output = folder / "power.npy"
    wanted = [word for rail in rails for word in ("--rail", rail)]
    run([arguments.layerwatt, "record", "--sysfs-root", folder / "tree", "--output", output,
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
    for rails in (RAILS[:1], RAILS):
        runs = [record(arguments, folder, rails, "--period", "1ms", "--duration",
                       arguments.seconds) for _ in range(arguments.rounds)]
        ticks = sum(r["ticks"] for r in runs)
        lost = sum(r["lost_ticks"] for r in runs)
        print(f"1 kHz, {len(rails)} rail(s), {arguments.rounds} × {arguments.seconds} s: "
              f"{spread([100 * r['cpu_share'] for r in runs], digits=2)} % of a core; lateness "
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


def median_latency(arguments, folder, power):
    result = folder / "raw"
    run([arguments.layerwatt, "measure", arguments.model, "--runs", arguments.runs, "--warmup", 20,
         "--profiled-runs", 0, "--threads", arguments.threads, "--idle-lead", "0.1",
         "--result-dir", result, *power])
    name = pathlib.Path(arguments.model).stem
    summary = json.loads((result / name / f"{name}_onnxruntime.json").read_text())
    return statistics.median(summary["latencies"])


def slow_down(arguments, folder):
    rng = random.Random(1)
    with_recorder = ("--sysfs-root", folder / "tree", "--period", "1ms")
    without = ("--sensor", "virtual:orin-nano")
    for label, first, second in (("with the recorder over without", with_recorder, without),
                                 ("without over without (the noise)", without, without)):
        ratios = []
        for _ in range(arguments.pairs):
            order = [("a", first), ("b", second)]
            rng.shuffle(order)
            latency = {key: median_latency(arguments, folder, power) for key, power in order}
            ratios.append(100.0 * (latency["a"] / latency["b"] - 1.0))
        resampled = sorted(statistics.median(rng.choices(ratios, k=len(ratios)))
                           for _ in range(2000))
        print(f"{arguments.model}, {arguments.runs} passes a run, {arguments.pairs} pairs, latency "
              f"{label}: median {statistics.median(ratios):+.2f} %, 95 % interval "
              f"{resampled[50]:+.2f} … {resampled[1949]:+.2f} %")


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--layerwatt", default="build/layerwatt")
    parser.add_argument("--seconds", type=int, default=20, help="of one recording at 1 kHz")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--model", default="squeezenet1_1")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--runs", type=int, default=300)
    parser.add_argument("--pairs", type=int, default=15)
    arguments = parser.parse_args()
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
