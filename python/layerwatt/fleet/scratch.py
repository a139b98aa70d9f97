"""Room on a worker's disk: a cap over all tasks of a machine, and folders that go when they are done with."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import socket
import tempfile
import time
import uuid
from typing import Iterator, List, Tuple

from .._errors import StorageError

_FOLDER = "layerwatt-fleet"
_RESERVED = ".bytes"
_STALE_SECONDS = 86_400.0


def default_folder() -> str:
    """Spark's own local folders where it runs us, else the system's."""
    spark = os.environ.get("SPARK_LOCAL_DIRS", "").split(",")[0].strip()
    return spark or tempfile.gettempdir()


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


class Scratch:
    """Folders below `<place>/layerwatt-fleet-<user>`, each with what it may grow to."""

    def __init__(self, place: str = "", limit_mb: int = 0) -> None:
        self.folder = os.path.join(place or default_folder(), f"{_FOLDER}-{os.getuid()}")
        self._limit_mb = limit_mb

    def _is_left(self, path: str, name: str) -> bool:
        """Whether its process is gone; one of another host, or pod, on the same disk is known by its age alone."""
        host, _, rest = name.partition("~")
        process = rest.partition("-")[0]
        if host == socket.gethostname() and process.isdigit():
            return not _is_alive(int(process))
        try:
            return time.time() - os.stat(path).st_mtime > _STALE_SECONDS
        except FileNotFoundError:
            return False

    def _reservations(self) -> List[Tuple[str, int]]:
        """Of folders whose process lives; the others are removed."""
        found = []
        for name in os.listdir(self.folder):
            path = os.path.join(self.folder, name)
            if not os.path.isdir(path):
                continue
            if self._is_left(path, name):
                shutil.rmtree(path, ignore_errors=True)
                continue
            try:
                with open(os.path.join(path, _RESERVED), encoding="ascii") as file:
                    found.append((path, int(file.read() or 0)))
            except (FileNotFoundError, ValueError):
                pass
        return found

    def limit(self) -> int:
        """In bytes."""
        if self._limit_mb > 0:
            return self._limit_mb * 1_000_000
        usage = shutil.disk_usage(self.folder)
        return int(0.9 * usage.free)

    @contextlib.contextmanager
    def room(self, size: int, patience: float) -> Iterator[str]:
        """A folder that may take `size` bytes. StorageError where that is more than the cap allows, or where
        others do not make room within `patience` seconds."""
        os.makedirs(self.folder, exist_ok=True)
        until = time.monotonic() + patience
        mine = os.path.join(self.folder, f"{socket.gethostname()}~{os.getpid()}-{uuid.uuid4().hex[:12]}")
        while True:
            with open(os.path.join(self.folder, ".lock"), "w", encoding="ascii") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                others = sum(reserved for _, reserved in self._reservations())
                limit = self.limit()
                if size > limit:
                    raise StorageError(
                        f"scratch is too small: this recording needs {size / 1e6:.1f} MB in "
                        f"{self.folder}, which may hold {limit / 1e6:.1f} MB (--scratch, "
                        "--scratch-mb)"
                    )
                if others + size <= limit:
                    os.mkdir(mine)
                    with open(os.path.join(mine, _RESERVED), "w", encoding="ascii") as file:
                        file.write(str(size))
                    break
            if time.monotonic() > until:
                raise StorageError(
                    f"scratch is full: {self.folder} may hold {limit / 1e6:.1f} MB, of which other "
                    f"recordings have {others / 1e6:.1f} MB, and {size / 1e6:.1f} MB are needed"
                )
            time.sleep(0.2)
        try:
            yield mine
        finally:
            shutil.rmtree(mine, ignore_errors=True)
