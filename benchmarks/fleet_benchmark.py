#!/usr/bin/env python3
"""What a fleet costs: its report of many runs, the driver for many recordings, Spark beside `map --jobs`.

    fleet_benchmark.py report                    10,000 made runs: making the page, and opening it in Chromium
    fleet_benchmark.py driver                    100,000 made recordings: manifest, its renewal, resume, in time and memory
    fleet_benchmark.py spark --recordings 1000   simulated recordings: a standalone Spark with two workers beside `map --jobs 2`

Run it with a Python that has the package and tests/fleet/requirements.txt (build/fleet-python after
`scripts/test.sh fleet`), and LAYERWATT_COMMAND. Prints what it measured.
"""

import argparse
import json
import os
import pathlib
import re
import resource
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
sys.path.insert(0, str(HERE.parent / "tests" / "fleet"))

import fleet_synthetic  # noqa: E402

COMMAND = os.path.abspath(os.environ.get("LAYERWATT_COMMAND", "layerwatt"))
# Laid out when it is told: reading a height forces that.
WATCH = """<script>addEventListener('load', () => {
document.title = 'opened after ' + (document.body.offsetHeight > 0 ? performance.now() : 0); });</script></body>"""


class Processor:
    """Processor time of all that runs in a control group (version 1 or 2; needs root), whatever else the machine does:
    of Spark that is master, workers, executors, their Python, and the solvers."""

    def __init__(self, name):
        one, two = pathlib.Path("/sys/fs/cgroup/cpuacct"), pathlib.Path("/sys/fs/cgroup/cgroup.controllers")
        if not one.is_dir() and not two.exists():
            raise SystemExit("no control groups here: processor time cannot be told")
        self.folder = (one if one.is_dir() else two.parent) / f"layerwatt-{name}-{os.getpid()}"
        self.folder.mkdir()

    def enter(self):
        """For preexec_fn: the process that is begun belongs to the group."""
        (self.folder / "cgroup.procs").write_text("0")

    def seconds(self):
        told = self.folder / "cpuacct.usage"
        if told.exists():
            return int(told.read_text()) / 1e9
        return int(re.search(r"usage_usec (\d+)", (self.folder / "cpu.stat").read_text())[1]) / 1e6


def fleet(*words, environment=None, processor=None):
    """(seconds, peak memory in MB of the process itself, its output) of a command of the fleet."""
    before = time.monotonic()
    program = ("import resource, sys; from layerwatt.fleet.command import main; code = main(sys.argv[1:]);"
               "print('peak', resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr); sys.exit(code)")
    done = subprocess.run([sys.executable, "-c", program, *map(str, words)], env=environment, capture_output=True, text=True,
                          check=False, preexec_fn=processor.enter if processor else None)
    took = time.monotonic() - before
    if done.returncode != 0:
        raise SystemExit(f"{words}: {done.stdout}{done.stderr}")
    return took, int(re.search(r"^peak (\d+)$", done.stderr, re.M)[1]) / 1024.0, done.stdout + done.stderr


def solver():
    return subprocess.run([COMMAND, "--version"], capture_output=True, text=True, check=True).stdout.strip()


def report(folder, arguments):
    from layerwatt.fleet.options import SolveOptions
    from layerwatt.fleet.tree import Tree

    fleet_synthetic.profiles(Tree(str(folder)), SolveOptions(solver=solver()), arguments.runs)
    page = folder / "fleet.html"
    took, peak, _ = fleet("report", "--out", folder, "--by", "board-mode", "--output", page)
    print(f"page of {arguments.runs} runs: made in {took:.2f} s, {peak:.0f} MB; {page.stat().st_size / 1e6:.2f} MB")
    watched = folder / "watched.html"
    watched.write_text(page.read_text().replace("</body>", WATCH))
    opened = []
    for _ in range(arguments.rounds):
        done = subprocess.run([os.environ.get("CHROMIUM", "chromium"), "--headless", "--no-sandbox", "--disable-gpu",
                               "--dump-dom", watched.as_uri()],
                              capture_output=True, text=True, check=True)
        opened.append(float(re.search("opened after ([0-9.]+)", done.stdout)[1]) / 1e3)
    print(f"opened in Chromium: median {statistics.median(opened):.2f} s ({min(opened):.2f} … {max(opened):.2f})")
    if arguments.keep:
        shutil.copy(page, arguments.keep)


def driver(folder, arguments):
    from layerwatt.fleet import job, manifest
    from layerwatt.fleet.options import SolveOptions
    from layerwatt.fleet.solve_one import status_schema
    from layerwatt.fleet.tree import Tree
    import datetime
    import pyarrow as pa

    raw, listed, out = folder / "raw", folder / "manifest", folder / "out"
    fleet_synthetic.recordings(str(raw), arguments.recordings)
    for name in ("manifest", "manifest renewed"):
        took, peak, said = fleet("manifest", raw, "--manifest", listed)
        print(f"{name}: {took:.1f} s, {peak:.0f} MB in the driver: {said.splitlines()[0]}")
    # All have their results but ten; the last job's status is there.
    options = SolveOptions(solver=solver(), command=COMMAND, out=str(out))
    tree = Tree(str(out))
    table = manifest.read(str(listed))
    plan = job.plan(table, tree, options, False)
    places = zip(plan.keys, table.column("board").to_pylist(), table.column("mode").to_pylist(),
                 table.column("recording").to_pylist())
    now, rows = datetime.datetime.now(datetime.timezone.utc), []
    for number, (key, board, mode, recording) in enumerate(places):
        failed = number % (arguments.recordings // 10) == 0
        row = dict.fromkeys(status_schema().names)
        row.update(recording=recording, key=key, board=board, mode=mode, outcome="failed" if failed else "solved",
                   reason="data" if failed else None, error="power.npy is broken" if failed else None, bytes=1, seconds=1.0,
                   solver_seconds=1.0, peak_mb=100.0, host="here", pyarrow=pa.__version__, finished_at=now)
        rows.append(row)
        if failed:
            continue
        path = pathlib.Path(tree.path(tree.profile_name(options.version(), board, mode, key)))
        path.parent.mkdir(parents=True, exist_ok=True)
        # A listing is all that resuming takes of them.
        path.touch()
    for begin in range(0, len(rows), 500):
        piece = pa.Table.from_pylist(rows[begin:begin + 500], schema=status_schema())
        tree.write_table(f"status/v={options.version()}/made-{begin // 500:05}.parquet", piece)
    tree.write(f"profiles/v={options.version()}/_options.json", json.dumps(options.deciding()).encode())
    before = time.monotonic()
    program = f"""
import resource, time
from layerwatt.fleet import job, manifest
from layerwatt.fleet.options import SolveOptions
from layerwatt.fleet.tree import Tree
options = SolveOptions(solver={options.solver!r}, command={COMMAND!r}, out={str(out)!r})
plan = job.plan(manifest.read({str(listed)!r}), Tree({str(out)!r}), options, False)
print(plan.done, len(plan.to_do), len(plan.left), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    print(f"resume: {time.monotonic() - before:.1f} s, {float(done[3]):.0f} MB: done before {done[0]}, to do {done[1]}, "
          f"failed before {done[2]}")


# As docs/performance.md has them: 80 s behind 512 averages, 40 s of single conversions, 60 s of whole passes.
KINDS = [
    ("--board", "orin-nano", "--network", "alexnet-like", "--schedule", "weighing", "--duration", "80"),
    ("--board", "agx-orin", "--network", "mobilenet-like", "--schedule", "weighing", "--duration", "40", "--sensor-samples", "1"),
    ("--board", "orin-nano", "--network", "alexnet-like", "--schedule", "whole", "--duration", "60", "--sensor-samples", "1"),
]
SIMULATED = 30


def simulated(raw, count):
    """`count` recordings in one dataset: 30 are simulated, the others have the same samples and another number of the seed,
    so that each is a recording of its own and costs the same."""
    for number in range(count):
        if number < SIMULATED:
            made = raw.parent / "made"
            subprocess.run([COMMAND, "simulate", *KINDS[number % len(KINDS)], "--seed", str(number), "--result-dir", made],
                           check=True, capture_output=True)
            run = next(path for path in made.iterdir() if path.is_dir())
            run.rename(raw / f"run{number:05}")
            (made / "idling_power.json").rename(raw / "idling_power.json")
            continue
        folder = raw / f"run{number:05}"
        shutil.copytree(raw / f"run{number % SIMULATED:05}", folder, copy_function=os.link)
        run = json.loads((folder / "run.json").read_text())
        run["seed"] = number
        (folder / "run.json").unlink()
        (folder / "run.json").write_text(json.dumps(run))


def spark(folder, arguments):
    """In rounds, so that what else the machine does meets all alike."""
    from cluster import Cluster

    environment = {**os.environ, "LAYERWATT_SOLVED": "", "LAYERWATT_COMMAND": COMMAND, "SPARK_LOCAL_IP": "127.0.0.1",
                   "PYSPARK_PYTHON": sys.executable, "PYSPARK_DRIVER_PYTHON": sys.executable}
    conf = []
    for setting in ("spark.ui.enabled=false", "spark.driver.host=127.0.0.1", "spark.driver.bindAddress=127.0.0.1",
                    "spark.executor.memory=512m", "spark.executor.cores=1"):
        conf += ["--conf", setting]
    ways = {"map --jobs 2": Processor("map"), "fleet on Spark": Processor("spark")}
    if arguments.threads:
        ways["fleet, 2 threads"] = Processor("threads")
    walls = {name: 0.0 for name in ways}
    raw, listed, some = folder / "raw", folder / "manifest", folder / "some"
    raw.mkdir()
    each = arguments.recordings // arguments.rounds
    simulated(raw, each)
    by_map = min(arguments.by_map or each, each)
    some.mkdir()
    for number in range(by_map):
        shutil.copytree(raw / f"run{number:05}", some / f"run{number:05}", copy_function=os.link)
    os.link(raw / "idling_power.json", some / "idling_power.json")
    size = sum(path.stat().st_size for path in raw.rglob("*") if path.is_file())
    fleet("manifest", raw, "--manifest", listed)
    print(f"{each} recordings, {size / 1e6:.0f} MB, {arguments.rounds} rounds", flush=True)
    joins = ways["fleet on Spark"]
    with Cluster(folder / "cluster", environment, joins.enter) as cluster:
        cluster_itself = joins.seconds()
        for number in range(arguments.rounds):
            begin = time.monotonic()
            subprocess.run([COMMAND, "map", "--raw-data-dir", some, "--result-dir", folder / "mapped", "--jobs", "2"],
                           env=environment, check=True, capture_output=True, preexec_fn=ways["map --jobs 2"].enter)
            walls["map --jobs 2"] += time.monotonic() - begin
            shutil.rmtree(folder / "mapped")
            solve = ["solve", "--manifest", listed, "--out", folder / "out"]
            if arguments.threads:
                walls["fleet, 2 threads"] += fleet(*solve, "--jobs", 2, environment=environment,
                                                   processor=ways["fleet, 2 threads"])[0]
                shutil.rmtree(folder / "out")
            walls["fleet on Spark"] += fleet(*solve, "--master", cluster.url, *conf, environment=environment, processor=joins)[0]
            shutil.rmtree(folder / "out")
            print(f"round {number + 1}: " + "; ".join(
                f"{name} {walls[name]:.0f} s, processor {way.seconds():.0f} s" for name, way in ways.items()), flush=True)
        # Executors of the last session end.
        time.sleep(5.0)
    best = by_map * arguments.rounds / ways["map --jobs 2"].seconds()
    for name, way in ways.items():
        count = (by_map if name == "map --jobs 2" else each) * arguments.rounds
        used = way.seconds() - (cluster_itself if way is joins else 0.0)
        print(f"{name}: {count} recordings, {used:.1f} s of processor time, {count / used:.3f} recordings a second of a core "
              f"({100 * (count / used / best - 1):+.1f} %), {walls[name]:.1f} s by the clock")
    print(f"the cluster's begin, not counted: {cluster_itself:.1f} s of processor time")
    for way in ways.values():
        way.folder.rmdir()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["report", "driver", "spark"])
    parser.add_argument("--runs", type=int, default=10_000)
    parser.add_argument("--recordings", type=int)
    parser.add_argument("--by-map", type=int, help="spark: of each round's recordings, those that `map` solves (all): its time "
                                                   "grows with their number alone; a multiple of what is simulated")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", action="store_true", help="spark: threads of one machine too")
    parser.add_argument("--keep", help="report: keep the page here")
    arguments = parser.parse_args()
    # So that the cluster and the folder go too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    arguments.recordings = arguments.recordings or (100_000 if arguments.what == "driver" else 1_000)
    with tempfile.TemporaryDirectory(prefix="layerwatt-fleet-") as folder:
        {"report": report, "driver": driver, "spark": spark}[arguments.what](pathlib.Path(folder), arguments)
    print(f"memory of the largest child: {resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024:.0f} MB")


if __name__ == "__main__":
    main()
