"""The folder, or the S3 prefix, that holds a fleet's results.

    profiles/v=…/board=…/mode=…/<key>.parquet    one a recording, written beside its place and renamed
    features/v=…/<id of the engine information>.parquet
    status/v=…/<run id>-<number>.parquet
    training/v=…/…

Names that begin with a dot or an underscore are nobody's data: drafts, and what is told of a folder.
"""

from __future__ import annotations

import json
import os
import re
import socket
import time
import uuid
from typing import Any, Dict, Iterator, List, Optional, Set, Tuple
from urllib.parse import quote, unquote

from .._errors import DatasetError, MissingError, StorageError
from . import extras

_KEY = re.compile(r"([0-9a-f]{16})\.parquet")
#: Names the live files of a partition that was compacted.
LIVE = "_manifest.json"
#: A draft this old was left by a process that died.
_STALE_SECONDS = 86_400.0


def s3_file_system() -> Any:
    """S3 as the environment says: AWS_ENDPOINT_URL_S3 or AWS_ENDPOINT_URL, AWS_REGION, keys."""
    files = extras.arrow_files()
    environment = os.environ
    endpoint = environment.get("AWS_ENDPOINT_URL_S3") or environment.get("AWS_ENDPOINT_URL")
    more: Dict[str, Any] = {}
    if endpoint:
        more["endpoint_override"] = endpoint
    region = environment.get("AWS_REGION") or environment.get("AWS_DEFAULT_REGION")
    if region or endpoint:
        more["region"] = region or "us-east-1"
    # Listings, reads and writes are asked for again after lost connections, 429 and 5xx.
    again = files.AwsStandardS3RetryStrategy(max_attempts=8)
    # Results are small: one PUT each, not an upload in parts.
    more["allow_delayed_open"] = True
    return files.S3FileSystem(connect_timeout=10, request_timeout=60, retry_strategy=again, **more)


def file_system(place: str) -> Tuple[Any, str]:
    """What carries `place`, and the path in it."""
    if place.startswith("s3://"):
        return s3_file_system(), place[len("s3://") :].rstrip("/")
    if "://" in place and not place.startswith("file://"):
        raise MissingError(f"{place}: results go to a folder or to s3://bucket/prefix")
    path = unquote(place[len("file://") :]) if place.startswith("file://") else place
    return extras.arrow_files().LocalFileSystem(), os.path.abspath(path)


def partition(board: str, mode: str) -> str:
    """The folders of a board and a power mode, as Hive names them: Spark, DuckDB and Arrow read it."""
    return f"board={quote(board, safe='')}/mode={quote(mode, safe='')}"


def of_partition(path: str) -> Tuple[str, str]:
    """Board and mode of a path below profiles/v=…"""
    board = re.search(r"(?:^|/)board=([^/]*)/", path)
    mode = re.search(r"/mode=([^/]*)(?:/|$)", path)
    if not board or not mode:
        raise DatasetError(f"{path}: no folders board=…/mode=… above it")
    return unquote(board[1]), unquote(mode[1])


class Tree:
    """Reads and writes below one place."""

    def __init__(self, place: str) -> None:
        self.place = place
        self.files, self.root = file_system(place)
        self.is_local = not place.startswith("s3://")

    def path(self, name: str) -> str:
        return f"{self.root}/{name}"

    def _info(self, name: str, recursive: bool) -> List[Any]:
        selector = extras.arrow_files().FileSelector(
            self.path(name), allow_not_found=True, recursive=recursive
        )
        found: List[Any] = self.files.get_file_info(selector)
        return found

    def list(self, name: str, recursive: bool = False) -> List[Tuple[str, int]]:
        """Files below, with their sizes, by path; none where the folder is not there."""
        kind = extras.arrow_files().FileType.File
        skip = len(self.root) + 1
        found = [
            (one.path[skip:], one.size) for one in self._info(name, recursive) if one.type == kind
        ]
        return sorted(found)

    def folders(self, name: str) -> List[str]:
        kind = extras.arrow_files().FileType.Directory
        skip = len(self.root) + 1
        return sorted(one.path[skip:] for one in self._info(name, False) if one.type == kind)

    def has(self, name: str) -> bool:
        kind = extras.arrow_files().FileType.File
        return bool(self.files.get_file_info([self.path(name)])[0].type == kind)

    def read(self, name: str) -> bytes:
        with self.files.open_input_stream(self.path(name)) as stream:
            data: bytes = stream.read()
        return data

    def write(self, name: str, data: bytes) -> None:
        """Whole or not at all: on a folder beside its place and renamed; S3 shows an object once it is there."""
        path = self.path(name)
        folder, _, last = path.rpartition("/")
        try:
            if not self.is_local:
                with self.files.open_output_stream(path) as stream:
                    stream.write(data)
                return
            os.makedirs(folder, exist_ok=True)
            draft = f"{folder}/.{last}.{socket.gethostname()}.{os.getpid()}.{uuid.uuid4().hex[:8]}"
            try:
                with open(draft, "xb") as file:
                    file.write(data)
                    file.flush()
                    os.fsync(file.fileno())
                os.replace(draft, path)
            except BaseException:
                if os.path.exists(draft):
                    os.unlink(draft)
                raise
        except OSError as error:
            raise StorageError(f"cannot write {path}: {error.strerror or error}", path) from error

    def remove(self, name: str) -> None:
        try:
            self.files.delete_file(self.path(name))
        except FileNotFoundError:
            pass

    def write_table(self, name: str, table: Any) -> None:
        """The same table gives the same bytes, by the same pyarrow."""
        sink = extras.arrow().BufferOutputStream()
        extras.parquet().write_table(
            table, sink, compression="zstd", version="2.6", write_statistics=True
        )
        self.write(name, sink.getvalue().to_pybytes())

    def read_table(self, name: str, columns: Optional[List[str]] = None) -> Any:
        try:
            return extras.parquet().read_table(
                self.path(name), filesystem=self.files, columns=columns, partitioning=None
            )
        except (OSError, ValueError) as error:
            raise DatasetError(
                f"{self.path(name)}: not a Parquet file of ours ({error}); remove it, and solve again",
                self.path(name),
            ) from error

    # Profiles

    def versions(self) -> List[str]:
        """The `v` of results that are here."""
        return [name.rpartition("v=")[2] for name in self.folders("profiles") if "v=" in name]

    def partitions(self, version: str) -> List[str]:
        """Below the root: profiles/v=…/board=…/mode=…"""
        found = []
        for board in self.folders(f"profiles/v={version}"):
            found += self.folders(board)
        return found

    def live(self, folder: str) -> Tuple[List[str], Dict[str, Any]]:
        """Files of a partition that count, and what compaction left said: {"live": […], "keys": […]}."""
        names = {name for name, _ in self.list(folder)}
        told: Dict[str, Any] = {"live": [], "keys": []}
        if f"{folder}/{LIVE}" in names:
            told = json.loads(self.read(f"{folder}/{LIVE}"))
        live = [f"{folder}/{name}" for name in told["live"]]
        compacted = set(told["keys"])
        for name in sorted(names):
            match = _KEY.fullmatch(name.rpartition("/")[2])
            if match and match[1] not in compacted:
                live.append(name)
        return live, told

    def keys(self, version: str) -> Set[str]:
        """Recordings that have their result, whatever partition it is in."""
        found: Set[str] = set()
        for folder in self.partitions(version):
            live, told = self.live(folder)
            found.update(told["keys"])
            for name in live:
                match = _KEY.fullmatch(name.rpartition("/")[2])
                if match:
                    found.add(match[1])
        return found

    def profile_name(self, version: str, board: str, mode: str, key: str) -> str:
        return f"profiles/v={version}/{partition(board, mode)}/{key}.parquet"

    def sweep(self, version: str) -> int:
        """Removes drafts of processes that died more than a day ago. How many."""
        if not self.is_local:
            return 0
        swept = 0
        for folder, _, names in os.walk(self.path(f"profiles/v={version}")):
            for name in names:
                path = os.path.join(folder, name)
                try:
                    if name.startswith(".") and time.time() - os.stat(path).st_mtime > _STALE_SECONDS:
                        os.unlink(path)
                        swept += 1
                except FileNotFoundError:
                    pass
        return swept

    def read_profiles(self, version: str, columns: Optional[List[str]] = None) -> Iterator[Any]:
        """A table a partition, with columns `board` and `mode`."""
        arrow = extras.arrow()
        for folder in self.partitions(version):
            live, _ = self.live(folder)
            if not live:
                continue
            board, mode = of_partition(folder + "/")
            kept = None if columns is None else [c for c in columns if c not in ("board", "mode")]
            try:
                table = (
                    extras.dataset()
                    .dataset([self.path(name) for name in live], filesystem=self.files)
                    .to_table(columns=kept)
                )
            except (OSError, ValueError) as error:
                raise DatasetError(
                    f"{self.path(folder)}: a file is not readable ({error}); remove it, and solve "
                    "again"
                ) from error
            for name, value in (("board", board), ("mode", mode)):
                filled = arrow.repeat(arrow.scalar(value), table.num_rows)
                table = table.append_column(name, filled)
            yield table
