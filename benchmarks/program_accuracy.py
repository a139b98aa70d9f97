#!/usr/bin/env python3
"""The energy of programs, against known truth: what `layerwatt run --mark`, `lw.weigh` and `lw.llm` tell of phases,
functions and tokens on a virtual board, whose powers are known; and what `layerwatt run` costs, beside hyperfine.

    LAYERWATT_COMMAND=build/ci/layerwatt python benchmarks/program_accuracy.py phases weigh tokens torch overhead [--rounds 3]

Run it with a Python that has the wheel; torch takes part where it is installed. A line per phase: its power or energy,
the truth, how far off it is, and whether the interval holds it.
"""

import argparse
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

import layerwatt as lw

BOARD = "virtual:orin-nano"
COMMAND = os.path.abspath(os.environ.get("LAYERWATT_COMMAND", shutil.which("layerwatt") or "layerwatt"))
# Says what it does, as programs do; half a minute in all.
PROGRAM = """
import time
for turn in range(45):
    print("Loading", flush=True)
    end = time.monotonic() + 0.2
    while time.monotonic() < end:
        pass
    print("Inference", flush=True)
    time.sleep(0.35)
    print("Storing", flush=True)
    time.sleep(0.1)
"""
MARKS = "(?<load>^Loading)|(?<infer>^Inference)|(?<store>^Storing)"


def truth_of(folder):
    """Watts above idle of each layer or region: of first executions."""
    told = json.loads((pathlib.Path(folder) / "virtual_truth.json").read_text())
    return {layer["name"]: layer["power_w"] for layer in told["layers"]}


class Score:
    def __init__(self):
        self.errors, self.held, self.told, self.asked = [], 0, 0, 0

    def add(self, what, estimate, truth, reason=""):
        self.asked += 1
        if estimate is None:
            print(f"  {what:<12} not told: {reason}")
            return
        error = estimate.value / truth - 1.0
        holds = estimate.low is not None and estimate.low <= truth <= estimate.high
        self.errors.append(abs(error))
        self.told += 1
        self.held += holds
        print(f"  {what:<12} {estimate.value:8.4g}, truth {truth:8.4g}: {100 * error:+.2f} %"
              f"{'' if holds else ', outside of its interval'}", flush=True)

    def show(self, name):
        most = f"greatest error {100 * max(self.errors):.2f} %, intervals hold {self.held} of {self.told}" if self.errors else ""
        print(f"{name}: told {self.told} of {self.asked}; {most}")


def phases(folder, score):
    program = folder / "program.py"
    program.write_text(PROGRAM)
    subprocess.run([COMMAND, "run", "--sensor", BOARD, "--idle-lead", "3s", "--mark", MARKS, "--result-dir", folder, "--name", "program",
                    "--", sys.executable, program], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    profile = json.loads((folder / "program" / "layer_profile.json").read_text())
    truth = truth_of(folder / "program")
    for layer in profile["layers"]:
        power = layer.get("power_excluding_idle_watt") or layer.get("power_watt")
        estimate = None if power is None else lw.Estimate(power["value"], power.get("low"), power.get("high"))
        score.add(layer["layer_name"], estimate, truth[layer["layer_name"]], layer.get("reason", ""))


def burn(seconds):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        pass


def weigh(folder, score):
    weighed = lw.weigh({"backbone": lambda: burn(0.03), "neck": lambda: burn(0.008), "head": lambda: burn(0.012)},
                       duration=30, sensor=BOARD, result_dir=str(folder), name="weighed")
    truth = truth_of(weighed.folder)
    for region in weighed.regions:
        score.add(region.name, region.energy_joule, truth[region.name] * region.time_second, region.reason)


def generate(prompt):
    time.sleep(0.001 * len(prompt))
    for turn in range(40):
        yield turn
        time.sleep(0.02)


def tokens(folder, score):
    prompts = ["a" * length for length in (400, 1200, 800, 1600) * 4]
    answer = lw.llm(generate, prompts, sensor=BOARD, result_dir=str(folder), name="llm")
    truth = truth_of(answer.folder)
    for phase in (answer.prefill, answer.decode):
        energy = truth[phase.phase] * phase.time_second / phase.tokens
        score.add(phase.phase, phase.joule_per_token, energy, phase.reason)


def torch(folder, score):
    import torch as library

    library.set_num_threads(1)
    net = library.nn.Sequential(library.nn.Conv2d(3, 32, 3, padding=1), library.nn.ReLU(), library.nn.Conv2d(32, 64, 3, padding=1),
                                library.nn.ReLU(), library.nn.AdaptiveAvgPool2d(8), library.nn.Flatten(), library.nn.Linear(4096, 1000))
    profile = lw.profile_torch(net.eval(), (library.zeros(1, 3, 96, 96),), duration=30, sensor=BOARD, result_dir=str(folder), name="net")
    truth = truth_of(profile.folder)
    for region in profile.regions:
        score.add(region.name, region.energy_joule, truth[region.name] * region.time_second, region.reason)


def overhead(folder, rounds):
    """`layerwatt run` of a short program, beside the program itself; and of one that computes. Both take turns, 20 runs
    each, since machines change their speed within a minute."""
    short = "true"
    work = f"{sys.executable} -c 'sum(i * i for i in range(3_000_000))'"
    for name, program in (("start", short), ("speed", work)):
        listed = folder / f"{name}.json"
        under = f"{COMMAND} run --sensor {BOARD} --idle-lead 0s --force --result-dir {folder / name} -r 20 -- {program}"
        alone, runs = [], []
        for _ in range(rounds):
            subprocess.run(["hyperfine", "--shell=none", "--warmup", "3", "--runs", "20", "--export-json", listed, program],
                           check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            subprocess.run(["sh", "-c", under], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            alone.append(json.loads(listed.read_text())["results"][0]["times"])
            runs.append(json.loads(next((folder / name).glob("*/*_program.json")).read_text())["latencies"])
        medians = [[1e3 * statistics.median(turn) for turn in turns] for turns in (alone, runs)]
        ratios = [b / a for a, b in zip(*medians)]
        print(f"{name}, medians of 20 runs each turn: hyperfine {' '.join(f'{m:.2f}' for m in medians[0])} ms, under layerwatt run "
              f"{' '.join(f'{m:.2f}' for m in medians[1])} ms; ratio {min(ratios):.3f} … {max(ratios):.3f}, median "
              f"{statistics.median(ratios):.3f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", nargs="+", choices=["phases", "weigh", "tokens", "torch", "overhead"])
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        for what in arguments.what:
            if what == "overhead":
                overhead(pathlib.Path(scratch), arguments.rounds)
                continue
            score = Score()
            for turn in range(arguments.rounds):
                folder = pathlib.Path(scratch) / f"{what}{turn}"
                folder.mkdir()
                print(f"{what}, VIRTUAL power, round {turn + 1}:")
                {"phases": phases, "weigh": weigh, "tokens": tokens, "torch": torch}[what](folder, score)
            score.show(what)


if __name__ == "__main__":
    main()
