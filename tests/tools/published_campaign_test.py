#!/usr/bin/env python3
"""Runs examples/published.yaml to its end, with few passes on the embedded engine and a virtual board.

Usage: published_campaign_test.py --layerwatt PATH [--models N]

Checks that --dry-run takes the file as it is, that every network is measured, and that the result has the
files of the published raw dataset under their names, with the members that its readers look for. Prints
"N passed, N failed".
"""

import argparse
import json
import pathlib
import re
import subprocess
import sys
import tempfile

EXAMPLE = pathlib.Path(__file__).resolve().parents[2] / "examples" / "published.yaml"
SETTINGS = """settings:
  - {runs: 3, warmup: 1, profiled-runs: 2, idle-lead: 200ms, sensor: "virtual:orin-nano"}
"""
LOG_LINE = re.compile(r"\d{8}-\d\d:\d\d:\d\d\.\d{6},[\d.]+,[\d.]+\n")


def shortened(text, most):
    """The file with short measurements, and with its first networks alone where `most` is given."""
    text = re.sub(r"settings:\n(?:  .*\n)+", SETTINGS, text)
    text = text.replace("idle: 120s", "idle: 1s").replace("at-most: 120s", "at-most: 1s")
    head, networks, tail = re.match(r"((?:.|\n)*\nnetworks:\n)((?:  .*\n)+)((?:.|\n)*)", text).groups()
    entries = re.findall(r"  - .*\n(?:    .*\n)*", networks)
    return head + "".join(entries[:most]) + tail, [re.search(r"(?:model: )?(\w+)$",
                                                             entry.splitlines()[0]).group(1)
                                                   for entry in entries[:most]]


def check_network(folder, checks):
    name = folder.name
    summary = json.loads((folder / f"{name}_onnxruntime.json").read_text())
    wanted = {"config", "total_time", "timestamp", "latencies", "avg_latency", "avg_throughput"}
    checks.append((f"{name}: members of the summary", wanted <= set(summary)))
    layers = json.loads((folder / "trt_profiling" / "trt_engine_info.json").read_text())["Layers"]
    latency = json.loads((folder / "trt_profiling" / "trt_layer_latency.json").read_text())
    checks.append((f"{name}: run times of every layer",
                   {layer["Name"] for layer in layers} == set(latency)))
    checks.append((f"{name}: milliseconds and a stamp each",
                   all(len(entry) == 2 for times in latency.values() for entry in times)))
    with open(folder / f"{name}_power_log.log", encoding="ascii") as log:
        checks.append((f"{name}: lines of the power log", all(LOG_LINE.fullmatch(l) for l in log)))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--layerwatt", type=pathlib.Path, required=True)
    parser.add_argument("--models", type=int, default=None)
    arguments = parser.parse_args()
    command = str(arguments.layerwatt.resolve())
    checks = []
    plan = subprocess.run([command, "experiment", str(EXAMPLE), "--dry-run", "--json"],
                          capture_output=True, text=True, check=False)
    steps = json.loads(plan.stdout)["steps"] if plan.returncode == 0 else []
    checks.append((f"--dry-run of the file as it is: {plan.stderr}",
                   sum(step["id"].startswith("measure ") for step in steps) == 20))
    with tempfile.TemporaryDirectory(prefix="layerwatt-published-") as name:
        folder = pathlib.Path(name)
        text, networks = shortened(EXAMPLE.read_text(), arguments.models)
        (folder / "campaign.yaml").write_text(text)
        run = subprocess.run([command, "experiment", "campaign.yaml"], cwd=folder, check=False,
                             capture_output=True, text=True)
        print(run.stdout, run.stderr, sep="")
        checks.append(("exit code 0", run.returncode == 0))
        idle = json.loads((folder / "raw_data" / "idling_power.json").read_text())
        checks.append(("idle power", {"timestamp", "avg_idle_power"} <= set(idle)))
        for network in networks:
            there = (folder / "raw_data" / network).is_dir()
            checks.append((f"{network} is there", there))
            if there:
                check_network(folder / "raw_data" / network, checks)
        mapped = sorted(path.parent.name for path in
                        (folder / "preprocessed_data").glob("*/power_runtime_mapping_layerwise.csv"))
        checks.append(("every network is mapped", mapped == sorted(networks)))
    failed = [what for what, right in checks if not right]
    for what in failed:
        print("FAILED:", what)
    print(f"{len(checks) - len(failed)} passed, {len(failed)} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
