#!/usr/bin/env python3
"""Times `layerwatt map --method window` beside a Python and pandas reference, in one run.

Makes a raw dataset (30,000 passes of 26 layers, a power log of 100,000 lines; the same on every
machine), lets both programs map it in turn, checks that their results are the same text, and prints
medians, their ratio and the peak memory. Needs pandas (requirements.txt) for the reference alone.

Example: benchmarks/map_benchmark.py --layerwatt build/layerwatt --python python3
"""

import argparse
import filecmp
import json
import multiprocessing
import os
import pathlib
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import datetime, timedelta

STAMP = "%Y%m%d-%H:%M:%S.%f"


def make_dataset(folder, passes, layers, lines, indent):
    """A network whose passes follow one another, sampled about as densely as on a board."""
    rng = random.Random(1)
    names = [
        f"[CONVOLUTION]-[aten_ops.convolution.default]-[/features/{i}/convolution] + "
        f"[RELU]-[aten_ops.relu.default]-[/features/{i}/relu]"
        for i in range(layers)
    ]
    model = folder / "made"
    profiling = model / "trt_profiling"
    profiling.mkdir(parents=True)
    begin = datetime(2024, 11, 21, 5, 20, 4)
    now = begin
    latencies = {name: [] for name in names}
    for _ in range(passes):
        for i, name in enumerate(names):
            run_time = rng.uniform(0.01, 0.2) * (1 + i % 5)
            now += timedelta(milliseconds=run_time)
            latencies[name].append([run_time, now.strftime(STAMP)])
        now += timedelta(milliseconds=rng.uniform(0.1, 1.0))
    step = (now - begin) / lines
    with open(model / "made_power_log.log", "w") as log:
        for i in range(lines):
            milliamperes = 8.0 * rng.randrange(100, 300)
            log.write(f"{(begin + step * i).strftime(STAMP)},5000.0,{milliamperes}\n")
    with open(profiling / "trt_layer_latency.json", "w") as file:
        json.dump(latencies, file, indent=indent)
    with open(profiling / "trt_engine_info.json", "w") as file:
        json.dump({"Layers": [{"Name": n, "LayerType": "CaskConvolution"} for n in names]}, file)
    with open(folder / "idling_power.json", "w") as file:
        json.dump({"timestamp": "20241121-051743", "avg_idle_power": 4234560.155322008}, file)


def timed(command):
    """Wall seconds, CPU seconds and peak resident bytes of a command."""
    begin = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - begin
    if status != 0:
        sys.exit(f"failed: {' '.join(map(str, command))}")
    return seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--layerwatt", default="build/layerwatt")
    parser.add_argument("--python", default=sys.executable, help="interpreter that has pandas")
    parser.add_argument("--passes", type=int, default=30000)
    parser.add_argument("--layers", type=int, default=26)
    parser.add_argument("--lines", type=int, default=100000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--indent", type=int, default=4, help="of trt_layer_latency.json")
    arguments = parser.parse_args()
    reference = pathlib.Path(__file__).with_name("reference_map.py")

    with tempfile.TemporaryDirectory(prefix="layerwatt-map-") as scratch:
        folder = pathlib.Path(scratch)
        # In a process of its own: a child's peak memory counts what its parent held when it began.
        sizes = (arguments.passes, arguments.layers, arguments.lines, arguments.indent)
        maker = multiprocessing.Process(target=make_dataset, args=(folder / "raw", *sizes))
        maker.start()
        maker.join()
        if maker.exitcode != 0:
            sys.exit("could not make the dataset")
        commands = {
            "layerwatt": [arguments.layerwatt, "map", "--method", "window"],
            "reference": [arguments.python, reference],
        }
        seconds = {name: [] for name in commands}
        cpu = {name: [] for name in commands}
        memory = {name: 0 for name in commands}
        for _ in range(arguments.rounds):
            for name, command in commands.items():
                # Taking away the file of the round before is no mapping.
                shutil.rmtree(folder / name, ignore_errors=True)
                paths = ["--raw-data-dir", folder / "raw", "--result-dir", folder / name]
                took, worked, peak = timed(command + paths)
                seconds[name].append(took)
                cpu[name].append(worked)
                memory[name] = max(memory[name], peak)
        table = "made/power_runtime_mapping_layerwise.csv"
        ours = folder / "layerwatt" / table
        if not filecmp.cmp(ours, folder / "reference" / table, shallow=False):
            sys.exit("the two results differ")

        size = (folder / "raw/made/trt_profiling/trt_layer_latency.json").stat().st_size
        print(f"{arguments.passes} passes of {arguments.layers} layers, {arguments.lines} samples, "
              f"{size / 1e6:.0f} MB of latencies, {arguments.rounds} rounds; equal results "
              f"({ours.stat().st_size / 1e6:.0f} MB)")
        for name in commands:
            print(f"{name}: median {statistics.median(seconds[name]):.3f} s "
                  f"(min {min(seconds[name]):.3f}, max {max(seconds[name]):.3f}), "
                  f"CPU median {statistics.median(cpu[name]):.3f} s, peak {memory[name] / 1e6:.0f} MB")
        for what, values in (("wall time", seconds), ("CPU time", cpu)):
            ratio = statistics.median(values["reference"]) / statistics.median(values["layerwatt"])
            print(f"ratio of medians, {what}: {ratio:.1f}")


if __name__ == "__main__":
    main()
