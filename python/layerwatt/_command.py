"""The command `layerwatt`, for networks, and the recorder."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import List, Optional, Sequence

from ._errors import CommandError, MissingError, UsageError


def recorder_path() -> str:
    """What records in a process of its own: the package's, or the command."""
    own = os.path.join(os.path.dirname(os.path.abspath(__file__)), "bin", "layerwatt-recorder")
    return own if os.access(own, os.X_OK) else command_path()


def command_path() -> str:
    """The command that runs networks: $LAYERWATT_COMMAND, or the one on PATH."""
    named = os.environ.get("LAYERWATT_COMMAND")
    if named:
        return named
    found = shutil.which("layerwatt")
    if found is None:
        raise MissingError(
            "networks are run by the command 'layerwatt', which is neither on PATH nor named by "
            "LAYERWATT_COMMAND: install it beside this package"
        )
    return found


def call(arguments: Sequence[str], output: bool = False) -> str:
    """Runs it. Its own text is the exception's where it fails. Returns what it printed."""
    done = subprocess.run(
        [command_path(), *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    if done.returncode == 0:
        return done.stdout
    text = done.stderr.strip() or f"layerwatt {arguments[0]} ended with {done.returncode}"
    if done.returncode == 2:
        raise UsageError(text)
    raise CommandError(text, done.returncode)


def seconds(value: Optional[float], option: str) -> List[str]:
    """An option in seconds, as the command takes it."""
    if value is None:
        return []
    if not 0.0 <= value < 1e9:
        raise UsageError(f"{option[2:].replace('-', '_')} is to be a number of seconds, not {value!r}")
    return [option, f"{value:.9f}s"]
