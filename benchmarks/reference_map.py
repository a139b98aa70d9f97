#!/usr/bin/env python3
"""The published mapping of power to layers, as one would write it in Python with pandas.

An independent reference for map_benchmark.py, written from the description of the method
(docs/files.md): stamps parsed with datetime, one pass over a list of samples, a pandas table at
the end.
"""

import argparse
import json
import pathlib
import shutil
from datetime import datetime, timedelta

import pandas as pd

STAMP = "%Y%m%d-%H:%M:%S.%f"


def read_power_log(path):
    samples = []
    with open(path) as lines:
        for line in lines:
            stamp, millivolts, milliamperes = line.strip().split(",")
            power = float(millivolts) * float(milliamperes)
            samples.append((datetime.strptime(stamp, STAMP), power))
    return samples


def executions_in_order(latencies):
    passes = min(len(runs) for runs in latencies.values())
    for cycle in range(passes):
        for name, runs in latencies.items():
            run_time, stamp = runs[cycle]
            yield cycle + 1, name, run_time, datetime.strptime(stamp, STAMP)


def map_window(samples, latencies, types, idle):
    rows = []
    at = 0
    for cycle, name, run_time, end in executions_in_order(latencies):
        start = end - timedelta(milliseconds=run_time)
        while at < len(samples) and samples[at][0] < start:
            at += 1
        powers = []
        while at < len(samples) and samples[at][0] <= end:
            powers.append(samples[at][1])
            at += 1
        mean = sum(powers) / len(powers) if powers else None
        rows.append(
            {
                "cycle": cycle,
                "layer_name": name,
                "layer_type": types[name],
                "layer_power_including_idle_power_micro_watt": mean,
                "layer_power_excluding_idle_power_micro_watt": None if mean is None else mean - idle,
                "layer_run_time": run_time,
            }
        )
    return rows


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--raw-data-dir", type=pathlib.Path, required=True)
    parser.add_argument("--result-dir", type=pathlib.Path, required=True)
    arguments = parser.parse_args()
    with open(arguments.raw_data_dir / "idling_power.json") as file:
        idle = float(json.load(file)["avg_idle_power"])
    for model in sorted(p for p in arguments.raw_data_dir.iterdir() if p.is_dir()):
        profiling = model / "trt_profiling"
        with open(profiling / "trt_layer_latency.json") as file:
            latencies = json.load(file)
        with open(profiling / "trt_engine_info.json") as file:
            types = {layer["Name"]: layer["LayerType"] for layer in json.load(file)["Layers"]}
        samples = read_power_log(model / f"{model.name}_power_log.log")
        rows = map_window(samples, latencies, types, idle)
        out = arguments.result_dir / model.name
        out.mkdir(parents=True, exist_ok=True)
        pd.DataFrame(rows).to_csv(out / "power_runtime_mapping_layerwise.csv", index=False)
        shutil.copy2(profiling / "trt_engine_info.json", out)


if __name__ == "__main__":
    main()
