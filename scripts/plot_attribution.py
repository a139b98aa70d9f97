#!/usr/bin/env python3
"""Plots true against estimated power per layer, for `window` and `solve`.

A tool for the documentation; needs Debian's python3-matplotlib. Makes the recordings itself:

    scripts/plot_attribution.py --layerwatt build/layerwatt --out docs/images/attribution.svg

or plots what is there:

    scripts/plot_attribution.py --recording "title" RAW_DATA/MODEL PREPROCESSED/MODEL ... --out x.svg
"""

import argparse
import csv
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402

# Title, and what `layerwatt simulate` is asked for.
RECORDINGS = [
    ("stock sensor (512 averages), whole passes",
     ["--schedule", "whole", "--duration", "60"]),
    ("stock sensor (512 averages), weighing",
     ["--schedule", "weighing", "--duration", "80"]),
    ("1 average, whole passes",
     ["--schedule", "whole", "--duration", "60", "--sensor-samples", "1"]),
]
BLUE = "#1f5fa8"
ORANGE = "#d9822b"
GREY = "#888888"


def run(command):
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}\n{done.stderr}")


def make_recording(layerwatt, options, seed, folder):
    """Simulates one recording and maps it with both methods."""
    raw, mapped = folder / "raw", folder / "mapped"
    common = ["--network", "alexnet-like", "--shuffle-powers", "--stalls", "0.01"]
    run([layerwatt, "simulate", *common, *options, "--seed", str(seed), "--result-dir", raw])
    for method in ("window", "solve"):
        run([layerwatt, "map", "--raw-data-dir", raw, "--result-dir", mapped / method,
             "--method", method])
    return raw / "alexnet-like", mapped


def read_profile(folder):
    with open(folder / "layer_profile.json", encoding="utf-8") as file:
        return json.load(file)


def estimates(profile, truth):
    """Per layer that has a power: true watts, estimate, half-width below and above."""
    points = []
    for layer, row in zip(truth["layers"], profile["layers"]):
        power = row.get("power_watt")
        if power is None or row["status"] != "resolved":
            continue
        low = power["value"] - power.get("low", power["value"])
        high = power.get("high", power["value"]) - power["value"]
        points.append((layer["power_w"], power["value"], max(low, 0), max(high, 0)))
    return points


def energy_error(profile, truth):
    """Sum of absolute errors of the layers' energies, relative to their sum."""
    error = total = 0.0
    for layer, row in zip(truth["layers"], profile["layers"]):
        true = layer["power_w"] * row["run_time"]["mean_second"]
        estimate = row.get("energy_joule", {}).get("value", 0.0)
        error += abs(estimate - true)
        total += true
    return error / total


def read_window(folder, truth):
    """`window` writes a row an execution: per layer, the mean power above idle and run time."""
    column = "layer_power_excluding_idle_power_micro_watt"
    powers, times = {}, {}
    with open(folder / "power_runtime_mapping_layerwise.csv", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            times.setdefault(row["layer_name"], []).append(float(row["layer_run_time"]))
            if row[column]:
                powers.setdefault(row["layer_name"], []).append(1e-6 * float(row[column]))
    layers = []
    for layer in truth["layers"]:
        seconds = 1e-3 * statistics.fmean(times[layer["name"]])
        row = {"run_time": {"mean_second": seconds}}
        if layer["name"] in powers:
            watts = statistics.fmean(powers[layer["name"]])
            row.update(power_watt={"value": watts}, energy_joule={"value": watts * seconds})
        layers.append(row)
    return {"layers": layers}


def window_points(profile, truth):
    return [(layer["power_w"], row["power_watt"]["value"])
            for layer, row in zip(truth["layers"], profile["layers"]) if "power_watt" in row]


def draw(axes, title, raw, mapped):
    with open(raw / "virtual_truth.json", encoding="utf-8") as file:
        truth = json.load(file)
    window = read_window(mapped / "window" / raw.name, truth)
    solve = read_profile(mapped / "solve" / raw.name)
    top = 1.12 * max(layer["power_w"] for layer in truth["layers"])
    axes.plot([0, top], [0, top], color=GREY, linewidth=0.8, zorder=1)
    points = window_points(window, truth)
    axes.scatter([p[0] for p in points], [p[1] for p in points], s=26, marker="s", color=ORANGE,
                 zorder=2, label=f"window: error {100 * energy_error(window, truth):.0f} %")
    points = estimates(solve, truth)
    if points:
        axes.errorbar([p[0] for p in points], [p[1] for p in points],
                      yerr=[[p[2] for p in points], [p[3] for p in points]], fmt="o", markersize=5,
                      color=BLUE, elinewidth=1.2, capsize=2, zorder=3,
                      label=f"solve: error {100 * energy_error(solve, truth):.1f} %")
    else:
        axes.plot([], [], "o", color=BLUE, label="solve: refuses, gives the total")
    axes.set_title(title, fontsize=10)
    axes.set_xlabel("true power of the layer, above idle [W]")
    axes.set_xlim(0, top)
    axes.set_ylim(0, top)
    axes.set_aspect("equal")
    axes.grid(color="#e6e6e6", linewidth=0.6)
    axes.legend(loc="upper left", fontsize=8, framealpha=0.9)


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--layerwatt", default="build/layerwatt", help="the command to run")
    parser.add_argument("--seed", type=int, default=4)
    parser.add_argument("--out", type=pathlib.Path, required=True, help=".svg or .png")
    parser.add_argument("--recording", nargs=3, action="append",
                        metavar=("TITLE", "RAW_MODEL", "PREPROCESSED"))
    arguments = parser.parse_args()
    plt.rcParams.update({"font.size": 9, "svg.hashsalt": "layerwatt", "svg.fonttype": "path"})
    with tempfile.TemporaryDirectory() as temporary:
        if arguments.recording:
            recordings = [(title, pathlib.Path(raw), pathlib.Path(mapped))
                          for title, raw, mapped in arguments.recording]
        else:
            recordings = []
            for number, (title, options) in enumerate(RECORDINGS):
                folder = pathlib.Path(temporary) / str(number)
                recordings.append((title, *make_recording(arguments.layerwatt, options,
                                                          arguments.seed, folder)))
        figure, axes = plt.subplots(1, len(recordings), figsize=(4.2 * len(recordings), 4.9),
                                    squeeze=False, constrained_layout=True)
        for one, recording in zip(axes[0], recordings):
            draw(one, *recording)
        axes[0][0].set_ylabel("estimated power [W]")
        figure.suptitle("Virtual Orin Nano (simulated, truth known): one point a layer", fontsize=11)
        arguments.out.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(arguments.out, dpi=110, metadata={"Date": None}
                       if arguments.out.suffix == ".svg" else None)


if __name__ == "__main__":
    main()
