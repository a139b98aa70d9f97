#!/usr/bin/env python3
"""Kills a campaign with SIGKILL at random moments and starts it again, until it is done.

Usage: campaign_kill_test.py --layerwatt PATH [--kills 20] [--networks 12] [--seed 1]

Twelve small networks on a virtual board, power modes set by a stand-in for nvpmodel. At the end every
network must have been measured once, nothing half-written may lie about, and the power mode must be what
it was. Prints "N passed, N failed".
"""

import argparse
import json
import pathlib
import random
import signal
import stat
import subprocess
import sys
import tempfile
import time

NVPMODEL = """#!/bin/sh
mode={folder}/mode
case $1 in
  -q) echo "NV Power Mode: X"; cat "$mode" ;;
  -m) echo "$2" > "$mode" ;;
esac
"""


def make_campaign(folder, networks):
    """The same small network under as many names, each a file of its own."""
    subprocess.run([str(ARGUMENTS.layerwatt), "models", "lenet", "--output",
                    str(folder / "net00.onnx")], check=True, stdout=subprocess.DEVNULL)
    content = (folder / "net00.onnx").read_bytes()
    for number in range(1, networks):
        (folder / f"net{number:02}.onnx").write_bytes(content)
    (folder / "campaign.yaml").write_text(
        "networks: ['net*.onnx']\n"
        "idle: 500ms\n"
        "settings: [{runs: 50, warmup: 1, profiled-runs: 2, idle-lead: 300ms,\n"
        "            sensor: 'virtual:orin-nano', power-mode: MAXN}]\n")
    program = folder / "nvpmodel"
    program.write_text(NVPMODEL.format(folder=folder))
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    (folder / "nvpmodel.conf").write_text(
        "< POWER_MODEL ID=0 NAME=MAXN >\n< POWER_MODEL ID=2 NAME=15W >\n")
    (folder / "mode").write_text("2\n")


def start(folder):
    return subprocess.Popen(
        [str(ARGUMENTS.layerwatt), "experiment", str(folder / "campaign.yaml"),
         "--result-dir", str(folder / "raw_data"), "--nvpmodel", str(folder / "nvpmodel"),
         "--nvpmodel-config", str(folder / "nvpmodel.conf")],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def times_of(folder):
    """When each finished network was measured: a file that was measured anew is a newer one."""
    return {path.parent.name: path.stat().st_mtime_ns
            for path in (folder / "raw_data").glob("net*/run.json")}


def run(folder, checks):
    chance = random.Random(ARGUMENTS.seed)
    kills = 0
    seen = {}
    while True:
        campaign = start(folder)
        if kills < ARGUMENTS.kills:
            time.sleep(chance.uniform(0.03, 0.6))
            campaign.send_signal(signal.SIGKILL)
            kills += campaign.wait() == -signal.SIGKILL
        output = campaign.communicate()[0]
        for name, when in times_of(folder).items():
            # Nothing that was finished is measured again.
            checks.append((f"{name} was measured once", seen.setdefault(name, when) == when))
        if campaign.returncode == 0:
            break
        if campaign.returncode != -signal.SIGKILL:
            checks.append((f"exit code {campaign.returncode}: {output}", False))
            break
    print(f"killed {kills} times")
    # A fast machine is done before all kills have come.
    checks.append((f"{kills} kills are enough to tell", kills >= 3))


def look(folder, checks):
    raw = folder / "raw_data"
    names = [f"net{number:02}" for number in range(ARGUMENTS.networks)]
    for name in names:
        file = raw / name / "run.json"
        whole = file.exists() and not json.loads(file.read_text())["partial"]
        checks.append((f"{name} is whole", whole))
    expected = {"campaign.json", "campaign.log", "idling_power.json", *names}
    there = {path.name for path in raw.iterdir()}
    checks.append((f"nothing else lies in the dataset: {sorted(there ^ expected)}",
                   there == expected))
    state = json.loads((raw / "campaign.json").read_text())
    checks.append(("every step is done",
                   all(step["status"] == "done" for step in state["steps"].values())))
    checks.append(("the power mode is put back", (folder / "mode").read_text() == "2\n"))
    checks.append(("the state holds no mode", "power_mode_before" not in state))


def main():
    checks = []
    with tempfile.TemporaryDirectory(prefix="layerwatt-campaign-") as name:
        folder = pathlib.Path(name)
        make_campaign(folder, ARGUMENTS.networks)
        run(folder, checks)
        look(folder, checks)
    failed = [what for what, right in checks if not right]
    for what in failed:
        print("FAILED:", what)
    print(f"{len(checks) - len(failed)} passed, {len(failed)} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--layerwatt", type=pathlib.Path, required=True)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--networks", type=int, default=12)
    parser.add_argument("--seed", type=int, default=1)
    ARGUMENTS = parser.parse_args()
    sys.exit(main())
