"""One exception class a kind of error. The texts are those of the command `layerwatt`."""

from __future__ import annotations

from typing import Optional


class LayerwattError(Exception):
    """Any failure of layerwatt. Its text says what failed, on what, the likely cause, and what to do."""

    #: The file that was being read, where there is one.
    file: Optional[str]
    #: Its line, from 1.
    line: Optional[int]

    def __init__(self, message: str, file: Optional[str] = None, line: Optional[int] = None) -> None:
        super().__init__(message)
        self.file = file
        self.line = line


class UsageError(LayerwattError, ValueError):
    """The call is off: an argument out of range, a name that there is none of."""


class MissingError(LayerwattError, LookupError):
    """A file, model, rail, sensor or program is not there."""


class AccessError(LayerwattError):
    """The system refuses access."""


class UnsupportedError(LayerwattError):
    """Well-formed, but beyond what this build, board or format can do."""


class DatasetError(LayerwattError):
    """A file is not what its format says; `file` and `line` tell where."""


class StorageError(LayerwattError):
    """Reading or writing failed: a full disk, a broken device."""


class SensorError(LayerwattError):
    """A sensor is busy, or has vanished."""


class StoppedError(LayerwattError):
    """Stopped before anything was measured."""


class RefusedError(LayerwattError):
    """The data cannot answer the question; the text says what could."""


class InternalError(LayerwattError):
    """A library failed in a way that it should not."""


class CommandError(LayerwattError):
    """The command `layerwatt` failed; `returncode` is its exit status."""

    returncode: int

    def __init__(self, message: str, returncode: int = 1) -> None:
        super().__init__(message)
        self.returncode = returncode
