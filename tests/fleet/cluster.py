"""A real standalone Spark on loopback, from the pyspark wheel: a master and two workers, processes of their own."""

import json
import os
import pathlib
import signal
import subprocess
import sys
import time
import urllib.request

import pyspark

HOME = pathlib.Path(pyspark.__file__).parent
STARTS_IN = 180


def processes():
    """Process to (parent, command line) of what runs here."""
    found = {}
    for folder in pathlib.Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            stat = (folder / "stat").read_text()
            words = (folder / "cmdline").read_bytes().split(b"\0")
        except (FileNotFoundError, ProcessLookupError):
            continue
        parent = int(stat.rpartition(")")[2].split()[1])
        found[int(folder.name)] = (parent, [word.decode("utf-8", "replace") for word in words if word])
    return found


def below(process):
    """All descendants of a process."""
    there = processes()
    found, front = [], [process]
    while front:
        parent = front.pop()
        children = [one for one, (its_parent, _) in there.items() if its_parent == parent]
        found += children
        front += children
    return found


def kill(*which):
    for process in which:
        try:
            os.kill(process, signal.SIGKILL)
        except ProcessLookupError:
            pass


class Cluster:
    """`with Cluster(folder, environment) as cluster:`; what is left of it goes with it."""

    def __init__(self, folder, environment, enter=None):
        """enter: called in each new process before it becomes master or worker."""
        self.enter = enter
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.environment = {
            **environment, "SPARK_HOME": str(HOME), "SPARK_LOCAL_IP": "127.0.0.1", "SPARK_DAEMON_MEMORY": "256m",
            "PYSPARK_PYTHON": sys.executable, "PYSPARK_DRIVER_PYTHON": sys.executable,
            "SPARK_LOG_DIR": str(self.folder / "logs"),
        }
        self.master = None
        self.workers = []

    def _start(self, name, *words):
        with open(self.folder / f"{name}.log", "ab") as log:
            return subprocess.Popen([str(HOME / "bin" / "spark-class"), *words], env=self.environment, cwd=self.folder, stdout=log,
                                    stderr=log, stdin=subprocess.DEVNULL, start_new_session=True, preexec_fn=self.enter)

    def _said(self, name, words):
        """What stands behind `words` in a log, once it is there."""
        until = time.monotonic() + STARTS_IN
        while time.monotonic() < until:
            for line in (self.folder / f"{name}.log").read_text(errors="replace").splitlines():
                if words in line:
                    return line.partition(words)[2].strip().strip("'\".,").split()[0]
            time.sleep(0.2)
        raise AssertionError(f"{name} did not say '{words}':\n" + (self.folder / f"{name}.log").read_text()[-3000:])

    def __enter__(self):
        try:
            # Ports that are free: several clusters may be on one machine.
            self.master = self._start("master", "org.apache.spark.deploy.master.Master", "--host", "127.0.0.1", "--port", "0",
                                      "--webui-port", "0")
            self.url = self._said("master", "Starting Spark master at")
            port = self._said("master", "Successfully started service 'MasterUI' on port")
            self.page = f"http://127.0.0.1:{port.rstrip('.')}/json/"
            self.add_worker()
            self.add_worker()
            self.wait_for_workers(2)
        except BaseException:
            self.__exit__()
            raise
        return self

    def add_worker(self):
        number = len(self.workers)
        self.workers.append(self._start(
            f"worker{number}", "org.apache.spark.deploy.worker.Worker", "--host", "127.0.0.1", "--cores", "1", "--memory", "1g",
            "--webui-port", "0", "--work-dir", str(self.folder / f"work{number}"), self.url))

    def alive_workers(self):
        with urllib.request.urlopen(self.page, timeout=10) as answer:
            return json.load(answer)["aliveworkers"]

    def wait_for_workers(self, count):
        until = time.monotonic() + STARTS_IN
        while time.monotonic() < until:
            try:
                if self.alive_workers() >= count:
                    return
            except OSError:
                pass
            time.sleep(0.3)
        raise AssertionError(f"{count} workers are not alive after {STARTS_IN} s")

    def kill_worker(self, number):
        """Kill -9 of a worker with all that it started: the executor, its Python workers and their solvers."""
        worker = self.workers[number].pid
        kill(worker, *below(worker))
        self.workers[number].wait()

    def __exit__(self, *_):
        for one in [*self.workers, self.master]:
            if one is not None and one.poll() is None:
                kill(one.pid, *below(one.pid))
                one.wait()
