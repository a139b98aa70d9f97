#!/usr/bin/env python3
"""Push and pull of 1 GB in 1,000 files by `layerwatt data` and by real DVC, side by side.

Usage: LAYERWATT=build/release/layerwatt DVC=venv/bin/dvc benchmarks/data_versions.py [--files N] [--bytes N]
           [--versitygw PROGRAM]

Each runs on the same data, in a project of its own, to a folder and to S3 on loopback: the tests' server that checks
signatures, which is written in Python and for some of the time what both wait for, or with --versitygw the S3 gateway
of that name (`go install github.com/versity/versitygw/cmd/versitygw@v1.8.0`), as people run it. DVC's start-up is part
of its time: it is part of everybody's who types it. Both take turns; seconds of each run, their median, and processor
time are printed, the server's too, and those of a plain `cp`, below which no push to a folder can come.
"""

import argparse
import os
import pathlib
import resource
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "tests" / "versioning"))

from command import LAYERWATT, data, object_server, run  # noqa: E402

DVC = os.environ.get("DVC", "dvc")


class Cost:
    """Seconds by the clock, and of processor time of the program with what it started, and of the S3 server."""

    def __init__(self, wall, processor, server):
        self.wall, self.processor, self.server = wall, processor, server


def timed(folder, *words, server=None):
    begin, before = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN)
    server_before = server.processor_seconds() if server else 0.0
    done = run(folder, *words, timeout=3600)
    if done.returncode != 0:
        raise SystemExit(f"{words}: {done.stdout}{done.stderr}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return Cost(time.monotonic() - begin, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime,
                server.processor_seconds() - server_before if server else 0.0)


def words_of(tool):
    return (LAYERWATT, "data") if tool == "layerwatt" else (DVC,)


def measure(project, tool, remote, remote_folder, server):
    """Costs of a push to an empty remote, and of a pull without cache and files. What is pushed is what the same tool
    added or pulled last: neither reads again what it has seen."""
    for path in remote_folder.iterdir():
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()
    os.sync()  # what others wrote is no part of what is measured
    push = timed(project, *words_of(tool), "push", "-r", remote, server=server)
    os.sync()
    for path in (project / "raw", project / ".dvc/cache", project / ".dvc/tmp"):
        shutil.rmtree(path, True)
    return push, timed(project, *words_of(tool), "pull", "-r", remote, server=server)


class S3Server:
    """An S3 server on loopback whose buckets are the folders of `objects`, in a process of its own."""

    def __init__(self, objects, versitygw):
        if versitygw is None:
            script = pathlib.Path(__file__).parent.parent / "tests/versioning/servers/object_server.py"
            self.process = subprocess.Popen([sys.executable, script, objects], stdout=subprocess.PIPE, text=True)
            self.port = self.process.stdout.readline().strip()
            return
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.process = subprocess.Popen(
            [versitygw, "--quiet", "--keep-alive", "--port", f"127.0.0.1:{self.port}", "--access", object_server.KEY,
             "--secret", object_server.SECRET, "posix", objects], stdout=subprocess.DEVNULL)
        self.wait_until_it_listens()

    def wait_until_it_listens(self):
        for _ in range(200):
            if self.process.poll() is not None:
                raise SystemExit(f"{self.process.args[0]} ended with {self.process.returncode}")
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.05)
        self.end()
        raise SystemExit(f"{self.process.args[0]} does not listen")

    def processor_seconds(self):
        stat = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text()
        user, system = stat.rpartition(")")[2].split()[11:13]
        return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")

    def end(self):
        self.process.terminate()
        self.process.wait()


def make_project(project, tool, root, port):
    project.mkdir()
    run(project, "git", "init", "-q")
    data(project, "init")
    data(project, "remote", "add", "folder", root / "store")
    data(project, "remote", "add", "s3", "s3://bucket/x", "--set", f"endpointurl=http://127.0.0.1:{port}")
    shutil.copytree(root / "raw", project / "raw")
    os.sync()
    show(f"{tool} add", [timed(project, *words_of(tool), "add", "raw")])


def show(what, costs):
    wall, processor, server = (statistics.median(getattr(cost, part) for cost in costs)
                               for part in ("wall", "processor", "server"))
    print(f"{what:<32} {'  '.join(f'{cost.wall:6.2f}' for cost in costs)}   median {wall:6.2f} s, processor {processor:6.2f} s"
          f", the server's {server:5.2f} s", flush=True)
    return wall, processor


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=1000)
    parser.add_argument("--bytes", type=int, default=1_000_000_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--versitygw", metavar="PROGRAM")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        (root / "objects" / "bucket").mkdir(parents=True)
        (root / "store").mkdir()
        (root / "raw").mkdir()
        each = arguments.bytes // arguments.files
        for i in range(arguments.files):
            (root / f"raw/{i:04}").write_bytes(os.urandom(each))
        server = S3Server(root / "objects", arguments.versitygw)
        try:
            projects = {tool: root / tool for tool in ("layerwatt", "dvc")}
            for tool, project in projects.items():
                make_project(project, tool, root, server.port)
            show("cp of the same files", [timed(root, "cp", "-r", root / "raw", root / f"copy{i}")
                                          for i in range(arguments.runs)])
            for i in range(arguments.runs):
                shutil.rmtree(root / f"copy{i}")
            for remote, place in (("folder", root / "store"), ("s3", root / "objects" / "bucket")):
                costs = {tool: [] for tool in projects}
                for _ in range(arguments.runs):  # in turn, so that what else the machine does falls on both
                    for tool, of_tool in costs.items():
                        of_tool.append(measure(projects[tool], tool, remote, place, server if remote == "s3" else None))
                medians = {}
                for tool, of_tool in costs.items():
                    medians[tool] = [show(f"{tool} push to {remote}", [push for push, _ in of_tool]),
                                     show(f"{tool} pull from {remote}", [pull for _, pull in of_tool])]
                for at, what in enumerate(("push", "verified pull against DVC's unverified")):
                    ours, theirs = medians["layerwatt"][at], medians["dvc"][at]
                    print(f"{remote}, {what}: {theirs[0] / ours[0]:.1f} times as fast, "
                          f"1/{theirs[1] / ours[1]:.1f} of the processor time")
        finally:
            server.end()


if __name__ == "__main__":
    main()
