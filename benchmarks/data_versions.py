#!/usr/bin/env python3
"""Push and pull of 1 GB in 1,000 files by `layerwatt data` and by real DVC, side by side.

Usage: LAYERWATT=build/release/layerwatt DVC=venv/bin/dvc benchmarks/data_versions.py [--files N] [--bytes N]

Each runs on the same data, in a project of its own, to a folder and to S3 on loopback (the tests' server that
checks signatures, in a process of its own). DVC's start-up is part of its time: it is part of everybody's
who types it. The seconds of three runs each are printed, the fastest last.
"""

import argparse
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "tests" / "versioning"))

from command import LAYERWATT, data, run  # noqa: E402

DVC = os.environ.get("DVC", "dvc")


def timed(folder, *words):
    begin = time.monotonic()
    done = run(folder, *words, timeout=3600)
    if done.returncode != 0:
        raise SystemExit(f"{words}: {done.stdout}{done.stderr}")
    return time.monotonic() - begin


def forget(project, remote_folder, also_remote):
    for path in (project / "raw", project / ".dvc/cache", project / ".dvc/tmp"):
        shutil.rmtree(path, True)
    if also_remote:
        shutil.rmtree(remote_folder, True)
        remote_folder.mkdir()


def measure(project, tool, remote, remote_folder, cache, runs):
    """Seconds of pushes to an empty remote, and of pulls without cache and files."""
    words = (LAYERWATT, "data") if tool == "layerwatt" else (DVC,)
    pushes, pulls = [], []
    for _ in range(runs):
        forget(project, remote_folder, True)
        shutil.copytree(cache, project / ".dvc/cache", copy_function=os.link)
        pushes.append(timed(project, *words, "push", "-r", remote))
        forget(project, remote_folder, False)
        pulls.append(timed(project, *words, "pull", "-r", remote))
    return pushes, pulls


def show(what, seconds):
    print(f"{what:<32} {'  '.join(f'{s:6.2f}' for s in seconds)}   {min(seconds):6.2f} s", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=1000)
    parser.add_argument("--bytes", type=int, default=1_000_000_000)
    parser.add_argument("--runs", type=int, default=3)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        project = root / "project"
        (root / "objects" / "bucket").mkdir(parents=True)
        (root / "store").mkdir()
        project.mkdir()
        script = pathlib.Path(__file__).parent.parent / "tests/versioning/servers/object_server.py"
        server = subprocess.Popen([sys.executable, script, root / "objects"], stdout=subprocess.PIPE, text=True)
        try:
            port = server.stdout.readline().strip()
            run(project, "git", "init", "-q")
            data(project, "init")
            data(project, "remote", "add", "folder", root / "store")
            data(project, "remote", "add", "s3", "s3://bucket/x", "--set", f"endpointurl=http://127.0.0.1:{port}")
            each = arguments.bytes // arguments.files
            (project / "raw").mkdir()
            for i in range(arguments.files):
                (project / f"raw/{i:04}").write_bytes(os.urandom(each))
            show("layerwatt add", [timed(project, LAYERWATT, "data", "add", "raw")])
            cache = root / "cache"
            shutil.copytree(project / ".dvc/cache", cache)
            fastest = {}
            for remote, place in (("folder", root / "store"), ("s3", root / "objects" / "bucket")):
                for tool in ("layerwatt", "dvc"):
                    pushes, pulls = measure(project, tool, remote, place, cache, arguments.runs)
                    show(f"{tool} push to {remote}", pushes)
                    show(f"{tool} pull from {remote}", pulls)
                    fastest[tool, remote] = min(pushes), min(pulls)
            for remote in ("folder", "s3"):
                ours, theirs = fastest["layerwatt", remote], fastest["dvc", remote]
                print(f"{remote}: push {theirs[0] / ours[0]:.1f} times as fast as DVC, verified pull "
                      f"{theirs[1] / ours[1]:.1f} times as fast as DVC's unverified")
        finally:
            server.terminate()


if __name__ == "__main__":
    main()
