"""What the tests inside the guest share: the command, modules, recordings."""

import collections
import json
import os
import pathlib
import struct
import subprocess
import time
import unittest

LAYERWATT = os.environ.get("LAYERWATT", "layerwatt")
KERNEL = pathlib.Path(os.environ.get("LAYERWATT_KERNEL", "/"))  # the folder of scripts/make_kernel.sh
VERSION = tuple(map(int, os.uname().release.split("-")[0].split("+")[0].split(".")[:2]))
# Generous: an emulated processor, on a machine that may do other work too. Whoever waits so long has hung.
PATIENCE = 300

Reading = collections.namedtuple("Reading", "before after power energy voltage current rail status tick")
RECORD = struct.Struct("<qqqqiihhI")  # docs/files.md
READ, BUSY, DISABLED, GONE, NO_NUMBER = range(5)


def modprobe(*words):
    """Loads a module of this kernel, or takes it away (-r)."""
    done = subprocess.run(["modprobe", "-d", str(KERNEL), *words], capture_output=True, text=True, check=False)
    if "not found in directory" in done.stderr:
        raise unittest.SkipTest(f"Linux {VERSION[0]}.{VERSION[1]} has no driver {words[0]}")
    if done.returncode != 0:
        raise AssertionError(done.stderr)


def wait_for(holds, what):
    """Returns the first true value of `holds`."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        value = holds()
        if value:
            return value
        time.sleep(0.02)
    raise AssertionError(f"waited {PATIENCE} s in vain: {what}")


def run(*words, code=0, **more):
    """Standard output of the command, which succeeds; all that it says where it is to fail, with `code` or anyhow (None)."""
    done = subprocess.run([LAYERWATT, *map(str, words)], capture_output=True, text=True, timeout=PATIENCE,
                          check=False, **more)
    if done.returncode != code if code is not None else done.returncode == 0:
        raise AssertionError(f"layerwatt {' '.join(map(str, words))} ended with {done.returncode}\n"
                             f"{done.stdout}\n{done.stderr}")
    return done.stdout if code == 0 else done.stdout + done.stderr


def sensors(*words):
    """What `layerwatt sensors --json` says: (rails by name, unusable rails by name)."""
    listing = json.loads(run("sensors", *words, "--json"))
    return {r["name"]: r for r in listing["rails"]}, {r["name"]: r for r in listing["unusable"]}


def read_recording(path):
    """(names of the rails, readings) of a recording."""
    summary = json.loads(path.with_name(path.name.removesuffix(".npy") + ".recorder.json").read_text())
    data = path.read_bytes()
    start = 10 + int.from_bytes(data[8:10], "little")
    body = data[start:]
    body = body[:len(body) - len(body) % RECORD.size]
    return [r["name"] for r in summary["rails"]], [Reading(*record) for record in RECORD.iter_unpack(body)]


class Recorder:
    """`layerwatt record` in a process of its own; left, it is stopped as by Ctrl-C unless it ended by itself."""

    def __init__(self, output, *words, **more):
        self.output = output
        self.process = subprocess.Popen([LAYERWATT, "record", "--output", str(output), *map(str, words)],
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **more)

    def size(self):
        return self.output.stat().st_size if self.output.exists() else 0

    def readings(self):
        """Whole records that are in the file by now."""
        if not self.size():
            return []
        data = self.output.read_bytes()
        start = 10 + int.from_bytes(data[8:10], "little")
        return [Reading(*RECORD.unpack_from(data, at))
                for at in range(start, len(data) - RECORD.size + 1, RECORD.size)]

    def wait_for_more(self, count=3):
        """Waits until `count` more readings are in the file than now."""
        have = len(self.readings())
        wait_for(lambda: self.process.poll() is not None or len(self.readings()) >= have + count, "more readings")
        if self.process.poll() is not None:
            raise AssertionError(f"the recorder ended: {self.process.communicate()}")

    def finish(self, stop=True):
        """(exit code, what it said, its readings)"""
        if stop:
            self.process.terminate()
        out, err = self.process.communicate(timeout=PATIENCE)
        return self.process.returncode, out + err, self.readings()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
            self.process.communicate()
