#!/usr/bin/env python3
"""Makes the README's first picture from runs on this machine.

Runs AlexNet twice against a virtual Orin Nano, whose layer powers are known: as published (`whole`,
mapped by `window`), and under `weighing`, solved. Needs Debian's python3-matplotlib.

    scripts/readme_picture.py --layerwatt build/layerwatt --out docs/images/alexnet.png
"""

import argparse
import json
import pathlib
import subprocess
import sys
import tempfile

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402

BLUE = "#1f5fa8"
LIGHT_BLUE = "#a9c6e8"
ORANGE = "#d9822b"
INK = "#222222"


def run(*command):
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}\n{done.stderr}")


def measure(layerwatt, folder, schedule, seconds):
    """The truth and the profile of one run."""
    run(layerwatt, "measure", "alexnet", "--threads", "1", "--sensor", "virtual:orin-nano",
        "--schedule", schedule, "--duration", f"{seconds}s", "--result-dir", folder / schedule)
    model = folder / schedule / "alexnet"
    truth = json.loads((model / "virtual_truth.json").read_text(encoding="utf-8"))
    profile = json.loads((model / "layer_profile.json").read_text(encoding="utf-8"))
    return truth["layers"], profile["layers"]


def label(row):
    """"features.0 + features.1" is shown as "features.0 +"."""
    name, plus, _ = row["layer_name"].partition(" + ")
    return name + (" +" if plus else "")


def draw(published, weighed, out):
    truth, window = published
    same_truth, solved = weighed
    if [t["power_w"] for t in truth] != [t["power_w"] for t in same_truth]:
        sys.exit("the two runs do not have the same layers")
    figure, axes = plt.subplots(figsize=(9.6, 4.2), dpi=160)
    place = range(len(truth))
    axes.bar([x - 0.2 for x in place], [row.get("window_power_watt", 0.0) for row in window], 0.36,
             color=ORANGE, label="usual way: mean of the samples inside a layer")
    known = [x for x in place if "power_watt" in solved[x]]
    for status, color, words in (("resolved", BLUE, "layerwatt, with 95 % intervals"),
                                 ("merged", LIGHT_BLUE, "only the sum of these neighbours is known")):
        some = [x for x in known if solved[x]["status"] == status]
        if some:
            axes.bar([x + 0.2 for x in some], [solved[x]["power_watt"]["value"] for x in some], 0.36,
                     color=color, label=words)
    sure = [x for x in known if "low" in solved[x]["power_watt"]]
    low = [solved[x]["power_watt"]["value"] - solved[x]["power_watt"]["low"] for x in sure]
    high = [solved[x]["power_watt"]["high"] - solved[x]["power_watt"]["value"] for x in sure]
    axes.errorbar([x + 0.2 for x in sure], [solved[x]["power_watt"]["value"] for x in sure],
                  yerr=[low, high], fmt="none", ecolor=INK, elinewidth=1.3, capsize=3)
    for x in place:
        axes.plot([x - 0.42, x + 0.42], [truth[x]["power_w"]] * 2, color=INK, linewidth=1.6,
                  label="what the layer really drew" if x == 0 else None)
    axes.set_xticks(list(place), [label(row) for row in solved], rotation=35, ha="right",
                    fontsize=8.5)
    axes.set_ylabel("power above idle [W]")
    axes.set_ylim(0, 1.42 * max(t["power_w"] for t in truth))
    axes.set_title("AlexNet on a virtual Jetson Orin Nano: power of each layer", fontsize=11)
    axes.legend(loc="upper right", fontsize=8.5, framealpha=1.0, ncols=2)
    axes.grid(axis="y", color="#e6e6e6", linewidth=0.6)
    axes.set_axisbelow(True)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    figure.tight_layout()
    out.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(out)


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--layerwatt", type=pathlib.Path, required=True)
    parser.add_argument("--out", type=pathlib.Path, required=True)
    parser.add_argument("--seconds", type=int, default=60)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        published = measure(arguments.layerwatt, folder, "whole", arguments.seconds // 2)
        weighed = measure(arguments.layerwatt, folder, "weighing", arguments.seconds)
    draw(published, weighed, arguments.out)


if __name__ == "__main__":
    main()
