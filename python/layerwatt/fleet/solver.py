"""The command `layerwatt` in a process of its own, with limits of time and memory.

A crash, a hang or a hunger for memory of native code is then a row of the status, not the end of a worker.
"""

from __future__ import annotations

import functools
import os
import select
import shutil
import signal
import subprocess
import threading
import time
from typing import Dict, List, NamedTuple, Optional, Set

from .._errors import CommandError, LayerwattError, MissingError


class LimitError(LayerwattError):
    """The solver was ended because it took too long, or asked for more memory than it may have."""


class StoppedBySignal(LayerwattError):
    """A signal ended the solver."""


class Ended(NamedTuple):
    """A command that did what it should."""

    seconds: float
    peak_mb: float
    #: What it said on standard error.
    said: str


_children: Set[int] = set()
_children_lock = threading.Lock()
_stopping = threading.Event()

# RLIMIT_AS is set by the shell, as a function between fork and exec is not safe beside threads; `timeout` ends
# the solver also where this process is gone.
_LIMITED = 'ulimit -v "$1" && ulimit -c 0 && limit="$2" && shift 2 && exec timeout -s KILL "$limit" "$@"'


def stop_all() -> None:
    """Ends every solver of this process, and lets none begin."""
    _stopping.set()
    with _children_lock:
        for process in _children:
            try:
                os.killpg(process, signal.SIGKILL)
            except ProcessLookupError:
                pass


def begin_again() -> None:
    _stopping.clear()


def _wait(process: "subprocess.Popen[bytes]", seconds: float) -> Optional[float]:
    """Peak memory in MB, or None where it did not end in time. Sets the return code."""
    descriptor = os.pidfd_open(process.pid)
    try:
        poll = select.poll()
        poll.register(descriptor, select.POLLIN)
        if not poll.poll(max(0.0, seconds) * 1e3):
            return None
    finally:
        os.close(descriptor)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return usage.ru_maxrss / 1024.0


def _environment(home: str) -> Dict[str, str]:
    # Nothing kept of earlier solves: what was solved is told by the output alone. Two arenas, so that address space
    # is what is used and not what threads reserve.
    return {**os.environ, "LAYERWATT_SOLVED": "", "MALLOC_ARENA_MAX": "2", "TMPDIR": home}


def _last(path: str, most: int = 2000) -> str:
    with open(path, "rb") as file:
        file.seek(0, os.SEEK_END)
        file.seek(max(0, file.tell() - most))
        return file.read().decode("utf-8", "replace").strip()


def run(
    command: str, words: List[str], *, home: str, seconds: float, memory_mb: int, output: str
) -> Ended:
    """Runs `layerwatt <words>`; its standard output goes to the file `output`.

    home: a folder for what it leaves behind. LimitError, StoppedBySignal or CommandError with its own last words.
    """
    errors = output + ".errors"
    limited = ["/bin/sh", "-c", _LIMITED, "sh", str(memory_mb * 1024), f"{seconds:.3f}"]
    begin = time.monotonic()
    with open(output, "wb") as out, open(errors, "wb") as err:
        with _children_lock:
            if _stopping.is_set():
                raise StoppedBySignal("stopped by a person")
            process = subprocess.Popen(
                [*limited, command, *words],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                cwd=home,
                env=_environment(home),
                start_new_session=True,
            )
            _children.add(process.pid)
        try:
            peak = _wait(process, seconds + 5.0)
            if peak is None:
                os.killpg(process.pid, signal.SIGKILL)
                peak = _wait(process, 30.0)
        finally:
            with _children_lock:
                _children.discard(process.pid)
    took = time.monotonic() - begin
    said = _last(errors)
    code = process.returncode
    if code == 0 and peak is not None:
        return Ended(took, peak, said)
    if _stopping.is_set():
        raise StoppedBySignal("stopped by a person")
    name = f"layerwatt {words[0]}"
    if took >= seconds and (code is None or code in (-signal.SIGKILL, 137)):
        raise LimitError(
            f"{name} was ended after {took:.0f} s: its limit is {seconds:.0f} s (--seconds, --seconds-per-mb)"
        )
    if "bad_alloc" in said or "cannot allocate" in said.lower() or "out of memory" in said.lower():
        raise LimitError(
            f"{name} asked for more memory than it may have, {memory_mb} MB (--memory-mb): {said}"
        )
    if code is None or code < 0 or code in (134, 137, 139):
        number = -code if code is not None and code < 0 else (code or 0) - 128
        told = signal.Signals(number).name if 0 < number < 65 else "an unknown signal"
        memory = ", as the system does where memory runs out" if number == signal.SIGKILL else ""
        raise StoppedBySignal(f"{name} was ended by {told}{memory}: {said or 'it said nothing'}")
    if code in (126, 127):
        raise MissingError(
            f"the command '{command}' cannot be run on this machine: {said}. Install layerwatt on every worker, or "
            "say where it is with LAYERWATT_COMMAND"
        )
    raise CommandError(said or f"{name} ended with {code}", code)


def version_of(command: str) -> str:
    """What `command --version` says; asked once."""
    return _version_of(command)


@functools.lru_cache(maxsize=8)
def _version_of(command: str) -> str:
    found = shutil.which(command)
    if found is None:
        raise MissingError(
            f"the command '{command}' is not on this machine: install layerwatt on every worker, or say where it is "
            "with LAYERWATT_COMMAND"
        )
    done = subprocess.run(
        [found, "--version"], capture_output=True, text=True, timeout=60, check=False
    )
    if done.returncode != 0:
        raise CommandError(f"{found} --version: {done.stderr.strip()}", done.returncode)
    return done.stdout.strip()
