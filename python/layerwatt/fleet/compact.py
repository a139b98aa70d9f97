"""Fewer, larger files: each partition's results, one file a recording, become files of about 128 MB.

New files are written first; then the partition's `_manifest.json`, which names the files that count, is replaced;
then the old ones go. A reader that died in between, or a compaction, finds every recording once.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import socket
import time
from typing import Any, Dict, Iterator, List, NamedTuple

from .._errors import StorageError
from . import extras
from .tree import LIVE, Tree

FILE_BYTES = 128_000_000
_LOCK = "_compact.lock"


class Compacted(NamedTuple):
    """What one partition came to."""

    partition: str
    files_before: int
    files: int
    rows: int


def _holder_lives(told: Dict[str, Any]) -> bool:
    """False where the lock is of a process of this machine that is gone."""
    if told.get("host") != socket.gethostname():
        return True
    try:
        os.kill(int(told["process"]), 0)
    except ProcessLookupError:
        return False
    except (PermissionError, KeyError, ValueError):
        return True
    return True


@contextlib.contextmanager
def _locked(tree: Tree, version: str) -> Iterator[None]:
    """One compaction at a time. On S3 there is no file that only one can make: there it is up to you."""
    if not tree.is_local:
        yield
        return
    path = tree.path(f"profiles/v={version}/{_LOCK}")
    mine = json.dumps({"host": socket.gethostname(), "process": os.getpid(), "since": time.time()})
    for _ in range(2):
        try:
            with open(path, "x", encoding="ascii") as file:
                file.write(mine)
            break
        except FileExistsError:
            try:
                with open(path, encoding="ascii") as file:
                    told = json.loads(file.read())
            except (OSError, ValueError):
                told = {}
            if _holder_lives(told):
                raise StorageError(
                    f"{path}: another compaction is at work (process {told.get('process', '?')} on "
                    f"{told.get('host', '?')}); where it is not any more, remove the file",
                    path,
                ) from None
            os.unlink(path)
    else:
        raise StorageError(f"{path}: another compaction has just begun", path)
    try:
        yield
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)


def _pieces(tree: Tree, names: List[str], most: int) -> Iterator[List[str]]:
    """Groups of files of about `most` bytes together."""
    sizes = {}
    for folder in {name.rpartition("/")[0] for name in names}:
        sizes.update(dict(tree.list(folder)))
    piece: List[str] = []
    total = 0
    for name in names:
        if piece and total + sizes[name] > most:
            yield piece
            piece, total = [], 0
        piece.append(name)
        total += sizes[name]
    if piece:
        yield piece


def _one(tree: Tree, folder: str, most: int) -> Compacted:
    pa = extras.arrow()
    live, told = tree.live(folder)
    there = [name for name, _ in tree.list(folder) if name.endswith(".parquet")]
    fresh = [name for name in live if name.rpartition("/")[2] not in told["live"]]
    kept = list(told["live"])
    keys = set(told["keys"])
    rows = 0
    for piece in _pieces(tree, fresh, most):
        own = [name.rpartition("/")[2][: -len(".parquet")] for name in piece]
        tables = [tree.read_table(name) for name in piece]
        table = pa.concat_tables(tables).sort_by([("network", "ascending"), ("key", "ascending"), ("layer_index", "ascending")])
        rows += table.num_rows
        digest = hashlib.sha256("\n".join(own).encode()).hexdigest()[:16]
        name = f"compact-{digest}.parquet"
        tree.write_table(f"{folder}/{name}", table)
        kept.append(name)
        keys.update(own)
    if fresh:
        text = json.dumps({"live": kept, "keys": sorted(keys)}, indent=0)
        tree.write(f"{folder}/{LIVE}", text.encode())
    # Also what a compaction left that died before it came so far.
    for name in there:
        last = name.rpartition("/")[2]
        if last in kept or last.startswith("."):
            continue
        if last.startswith("compact-") or last[: -len(".parquet")] in keys:
            tree.remove(name)
    return Compacted(folder, len(there), len(kept), rows)


def run(tree: Tree, version: str, most: int = FILE_BYTES) -> List[Compacted]:
    """Every partition of a version."""
    with _locked(tree, version):
        return [_one(tree, folder, most) for folder in tree.partitions(version)]
