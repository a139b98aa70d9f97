#!/usr/bin/env python3
"""Push and pull of 1 GB in 1,000 files by `layerwatt data` and by real DVC, side by side.

Usage: LAYERWATT=build/release/layerwatt DVC=venv/bin/dvc benchmarks/data_versions.py [--files N] [--bytes N]
           [--versitygw PROGRAM]

Each runs on the same data, in a project of its own, to a folder and to S3 on loopback: the tests' server that checks
signatures, which is written in Python and for some of the time what both wait for, or with --versitygw the S3 gateway
of that name (`go install github.com/versity/versitygw/cmd/versitygw@v1.8.0`), as people run it. DVC's start-up is part of its time: it is part of everybody's
who types it. Both take turns; seconds of each run, their median, and processor time are printed, and those of a
plain `cp`, below which no push to a folder can come.
"""

import argparse
import contextlib
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


server_process = None  # what to look up the processor time of


def server_seconds():
    if server_process is None:
        return 0.0
    stat = pathlib.Path(f"/proc/{server_process.pid}/stat").read_text()
    user, system = stat.rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def timed(folder, *words):
    begin, before = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN)
    server_before = server_seconds()
    done = run(folder, *words, timeout=3600)
    if done.returncode != 0:
        raise SystemExit(f"{words}: {done.stdout}{done.stderr}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return Cost(time.monotonic() - begin, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime,
                server_seconds() - server_before)


def words_of(tool):
    return (LAYERWATT, "data") if tool == "layerwatt" else (DVC,)


def measure(project, tool, remote, remote_folder):
    """Costs of a push to an empty remote, and of a pull without cache and files. What is pushed is what the same tool
    added or pulled last: neither reads again what it has seen."""
    for path in remote_folder.iterdir():
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()
    os.sync()  # what others wrote is no part of what is measured
    push = timed(project, *words_of(tool), "push", "-r", remote)
    os.sync()
    for path in (project / "raw", project / ".dvc/cache", project / ".dvc/tmp"):
        shutil.rmtree(path, True)
    return push, timed(project, *words_of(tool), "pull", "-r", remote)


@contextlib.contextmanager
def serving_s3(objects, versitygw):
    """Port of an S3 server on loopback whose buckets are the folders of `objects`, in a process of its own."""
    global server_process
    if versitygw is None:
        script = pathlib.Path(__file__).parent.parent / "tests/versioning/servers/object_server.py"
        server = subprocess.Popen([sys.executable, script, objects], stdout=subprocess.PIPE, text=True)
        port = server.stdout.readline().strip()
    else:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        server = subprocess.Popen([versitygw, "--quiet", "--keep-alive", "--port", f"127.0.0.1:{port}",
                                   "--access", object_server.KEY, "--secret", object_server.SECRET,
                                   "posix", objects], stdout=subprocess.DEVNULL)
        wait_until_listening(port, server)
    server_process = server
    try:
        yield port
    finally:
        server_process = None
        server.terminate()
        server.wait()


def wait_until_listening(port, server):
    for _ in range(200):
        if server.poll() is not None:
            raise SystemExit(f"{server.args[0]} ended with {server.returncode}")
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise SystemExit(f"{server.args[0]} does not listen")


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
        with serving_s3(root / "objects", arguments.versitygw) as port:
            projects = {tool: root / tool for tool in ("layerwatt", "dvc")}
            for tool, project in projects.items():
                make_project(project, tool, root, port)
            show("cp of the same files", [timed(root, "cp", "-r", root / "raw", root / f"copy{i}")
                                          for i in range(arguments.runs)])
            for i in range(arguments.runs):
                shutil.rmtree(root / f"copy{i}")
            for remote, place in (("folder", root / "store"), ("s3", root / "objects" / "bucket")):
                costs = {tool: [] for tool in projects}
                for _ in range(arguments.runs):  # in turn, so that what else the machine does falls on both
                    for tool, of_tool in costs.items():
                        of_tool.append(measure(projects[tool], tool, remote, place))
                medians = {}
                for tool, of_tool in costs.items():
                    medians[tool] = [show(f"{tool} push to {remote}", [push for push, _ in of_tool]),
                                     show(f"{tool} pull from {remote}", [pull for _, pull in of_tool])]
                for at, what in enumerate(("push", "verified pull against DVC's unverified")):
                    ours, theirs = medians["layerwatt"][at], medians["dvc"][at]
                    print(f"{remote}, {what}: {theirs[0] / ours[0]:.1f} times as fast, "
                          f"1/{theirs[1] / ours[1]:.1f} of the processor time")


if __name__ == "__main__":
    main()
