#!/usr/bin/env python3
"""How time and memory of `layerwatt map --method solve` grow with a recording.

Simulates recordings of a virtual Orin Nano, each of which differs from the first (50 layers, 80 s) in
one thing: layers, passes, samples, or the length, in which passes and samples grow together. Prints a
table of processor time, wall time and peak memory of the whole command: reading the dataset, solving,
writing the results; and of how far its layers are from the truth. Needs nothing but Python.

Example: benchmarks/solve_growth.py --layerwatt build/layerwatt --rounds 3
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

# Run times of 50 layers, microseconds: 11 to 480 µs, a pass of 4.6 ms.
RUN_TIMES = [11.0 * (480.0 / 11.0) ** (i / 49.0) for i in range(50)]
SENSORS = {
    "512 averages, weighing": ["--schedule", "weighing", "--sensor-samples", "512"],
    "1 average, whole": ["--schedule", "whole", "--sensor-samples", "1"],
}
# What differs from 50 layers, 80 s, a read a millisecond: (label, layers, scale of run times, seconds,
# period of reads in ms).
VARIANTS = [
    ("as it is", 50, 1.0, 80, 1.0),
    ("layers × 1/5", 10, 5.0, 80, 1.0),
    ("layers × 2", 100, 0.5, 80, 1.0),
    ("layers × 4", 200, 0.25, 80, 1.0),
    ("passes × 1/4", 50, 4.0, 80, 1.0),
    ("passes × 4", 50, 0.25, 80, 1.0),
    ("samples × 1/2", 50, 1.0, 80, 2.0),
    ("samples × 1/4", 50, 1.0, 80, 4.0),
    ("length × 1/4", 50, 1.0, 20, 1.0),
    ("length × 4", 50, 1.0, 320, 1.0),
]
# Sizes that have a target: (label, layers, scale of run times, seconds, period of reads in ms).
LARGE = {
    "512 averages, weighing": [
        ("170 layers", 170, 1.0, 80, 1.0),
        ("515 layers", 515, 1.0, 300, 1.0),
    ],
    "1 average, whole": [
        ("60 s", 50, 1.0, 60, 1.0),
        ("600 s", 50, 1.0, 600, 1.0),
        ("1500 s", 50, 1.0, 1500, 1.0),
    ],
}


def write_network(path, layers, scale):
    """`layers` layers in an order that does not follow their length."""
    times = [RUN_TIMES[(i * 50 // layers + i) * 7 % 50] * scale for i in range(layers)]
    lines = ["name,type,run_time_us"]
    lines += [f"layer{i},Convolution,{t:.3f}" for i, t in enumerate(times)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def timed(command):
    """Wall seconds, processor seconds and peak resident bytes of a command."""
    begin = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - begin
    if status != 0:
        sys.exit(f"failed: {' '.join(map(str, command))}")
    return seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024


def error_of_layers(profile, truth):
    """Of energies, Σ|estimated − true| / Σ true, and how many of the resolved layers' intervals hold."""
    error = energy = 0.0
    held = resolved = 0
    for row, layer in zip(profile["layers"], truth["layers"]):
        seconds = row["run_time"]["mean_second"]
        power = row["power_watt"] or {"value": 0.0}
        error += abs(power["value"] - layer["power_w"]) * seconds
        energy += layer["power_w"] * seconds
        if row["status"] == "resolved":
            resolved += 1
            held += power["low"] <= layer["power_w"] <= power["high"]
    return f"{100.0 * error / energy:.2f} %", f"{held} of {resolved}"


def measure(layerwatt, options, variant, rounds, folder):
    label, layers, scale, seconds, period = variant
    network = folder / "network.csv"
    raw = folder / "raw"
    write_network(network, layers, scale)
    timed([layerwatt, "simulate", "--network", network, *options, "--duration", str(seconds),
           "--period", str(period), "--read-time", "0.5", "--result-dir", raw])
    runs = []
    for i in range(rounds):
        # Nothing that was solved before is taken.
        os.environ["LAYERWATT_SOLVED"] = ""
        runs.append(timed([layerwatt, "map", "--raw-data-dir", raw, "--result-dir",
                           folder / f"mapped{i}", "--method", "solve"]))
    profile = json.loads(next(folder.glob("mapped0/*/layer_profile.json")).read_text())
    truth = json.loads(next(raw.glob("*/virtual_truth.json")).read_text())
    wall, cpu, memory = (statistics.median(column) for column in zip(*runs))
    return [label, layers, profile["passes"], profile["samples"], f"{cpu:.2f} s", f"{wall:.2f} s",
            f"{memory / 1e6:.0f} MB", *error_of_layers(profile, truth)]


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--layerwatt", default="build/layerwatt")
    parser.add_argument("--large", action="store_true", help="the sizes that have a target instead")
    parser.add_argument("--rounds", type=int, default=3, help="medians of so many runs")
    arguments = parser.parse_args()
    for sensor, options in SENSORS.items():
        print(f"\n{sensor}\n")
        print("| recording | layers | passes | samples | processor | wall | peak memory | error of "
              "layers | intervals hold |")
        print("|" + " --- |" * 9)
        for variant in LARGE[sensor] if arguments.large else VARIANTS:
            with tempfile.TemporaryDirectory() as folder:
                row = measure(arguments.layerwatt, options, variant, arguments.rounds,
                              pathlib.Path(folder))
            print("| " + " | ".join(f"{v:,}" if isinstance(v, int) else str(v) for v in row) + " |",
                  flush=True)


if __name__ == "__main__":
    main()
