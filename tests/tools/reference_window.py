#!/usr/bin/env python3
"""Compares `layerwatt map` with an independent reading of the published methods, on random data.

The reference uses Python's own datetime, timedelta, json and csv, and walks over all samples for each
execution, so that it shares neither code nor shortcuts with layerwatt. Results must be the same text.

Example: tests/tools/reference_window.py --layerwatt build/layerwatt
"""

import argparse
import csv
import io
import json
import pathlib
import random
import subprocess
import sys
import tempfile
from datetime import datetime, timedelta

STAMP = "%Y%m%d-%H:%M:%S.%f"
HEADER = [
    "cycle",
    "layer_name",
    "layer_type",
    "layer_power_including_idle_power_micro_watt",
    "layer_power_excluding_idle_power_micro_watt",
    "layer_run_time",
]


def random_dataset(rng):
    """A log and executions that share instants, overlap, leave gaps, and end before one another."""
    begin = datetime(2024, rng.randrange(1, 13), 28, 23, 59, 59, 900000)
    names = [f'layer "{i}", of {rng.choice("αβγ")}' for i in range(rng.randrange(1, 6))]
    latencies = {name: [] for name in names}
    now = begin
    for _ in range(rng.randrange(1, 30)):
        for name in names:
            run_time = rng.choice(
                [0.0, rng.random() * 3, rng.randrange(0, 8000) / 2000.0, rng.random() / 500]
            )
            # Back to back, with a gap, or overlapping the layer before.
            now += timedelta(milliseconds=max(0.0, run_time + rng.uniform(-0.5, 0.7)))
            latencies[name].append([run_time, now.strftime(STAMP)])
    ends = [stamp for runs in latencies.values() for _, stamp in runs]
    stamps = []
    at = begin + timedelta(milliseconds=rng.uniform(-3, 3))
    last = now + timedelta(milliseconds=rng.uniform(-20, 5))
    while at < last or not stamps:
        stamps.append(at)
        at += timedelta(microseconds=rng.choice([0, 1, 137, 650, 1400]) + rng.randrange(0, 3))
    stamps += [datetime.strptime(s, STAMP) for s in rng.sample(ends, len(ends) // 3)]
    samples = [(t, rng.choice([5000.0, 4968.0, 0.5]), rng.randrange(-50, 4000) / 8) for t in sorted(stamps)]
    return samples, latencies, {name: rng.choice(["Conv", "Pool, max"]) for name in names}


def window(samples, executions):
    """Index of the samples of each execution: taken in order, none twice."""
    used = 0
    for _, _, run_time, end in executions:
        start = end - timedelta(milliseconds=run_time)
        while used < len(samples) and samples[used][0] < start:
            used += 1
        taken = [i for i in range(used, len(samples)) if samples[i][0] <= end]
        used += len(taken)
        yield taken


def nearest(samples, executions):
    for _, _, _, end in executions:
        yield [min(range(len(samples)), key=lambda i: abs(samples[i][0] - end))]


def reference_table(method, samples, latencies, types, idle):
    cycles = len(next(iter(latencies.values())))
    executions = [
        (cycle + 1, name, runs[cycle][0], datetime.strptime(runs[cycle][1], STAMP))
        for cycle in range(cycles)
        for name, runs in latencies.items()
    ]
    out = io.StringIO()
    table = csv.writer(out, lineterminator="\n")
    table.writerow(HEADER)
    for (cycle, name, run_time, _), taken in zip(executions, method(samples, executions)):
        powers = [samples[i][1] * samples[i][2] for i in taken]
        total = 0.0
        for power in powers:
            total += power
        mean = total / len(powers) if powers else None
        table.writerow(
            [
                cycle,
                name,
                types[name],
                "" if mean is None else repr(mean),
                "" if mean is None else repr(mean - idle),
                repr(run_time),
            ]
        )
    return out.getvalue()


def write_dataset(folder, samples, latencies, types, idle):
    profiling = folder / "m" / "trt_profiling"
    profiling.mkdir(parents=True)
    lines = [f"{t.strftime(STAMP)},{u},{i}\n" for t, u, i in samples]
    (folder / "m" / "m_power_log.log").write_text("".join(lines))
    (profiling / "trt_layer_latency.json").write_text(json.dumps(latencies))
    layers = [{"Name": n, "LayerType": t} for n, t in types.items()]
    (profiling / "trt_engine_info.json").write_text(json.dumps({"Layers": layers}))
    (folder / "idling_power.json").write_text(json.dumps({"timestamp": "", "avg_idle_power": idle}))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--layerwatt", required=True)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    for seed in range(arguments.seed, arguments.seed + arguments.rounds):
        rng = random.Random(seed)
        samples, latencies, types = random_dataset(rng)
        idle = rng.choice([0.0, 4234560.155322008, 1e6])
        with tempfile.TemporaryDirectory(prefix="layerwatt-window-") as scratch:
            folder = pathlib.Path(scratch)
            write_dataset(folder / "raw", samples, latencies, types, idle)
            for method in (window, nearest):
                command = [arguments.layerwatt, "map", "--method", method.__name__]
                command += ["--raw-data-dir", folder / "raw", "--result-dir", folder / "out"]
                subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
                table = folder / "out/m/power_runtime_mapping_layerwise.csv"
                ours = table.read_text(encoding="utf-8").splitlines()
                expected = reference_table(method, samples, latencies, types, idle).splitlines()
                for number, (a, b) in enumerate(zip(ours, expected), start=1):
                    if a != b:
                        sys.exit(f"seed {seed}, {method.__name__}, line {number}:\n  {a}\n  {b}")
                if len(ours) != len(expected):
                    sys.exit(f"seed {seed}: {len(ours)} lines, expected {len(expected)}")
    print(f"{arguments.rounds} random datasets, both methods: equal")


if __name__ == "__main__":
    main()
