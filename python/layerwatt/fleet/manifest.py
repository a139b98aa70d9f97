"""The list of a fleet's recordings: what each is, where it lies, and the id of its content.

    manifest/board=…/mode=…/part-<n>.parquet
"""

from __future__ import annotations

import concurrent.futures
import json
import os
import posixpath
import re
import time
from datetime import datetime, timezone
from typing import Any, Callable, Dict, Iterable, Iterator, List, NamedTuple, Optional, Tuple

from .._errors import DatasetError, LayerwattError, MissingError, UsageError
from . import extras, identity, sources
from .tree import Tree, of_partition, partition

UNKNOWN = "unknown"
IDLE = "idling_power.json"
_IDLE_LOG = "idling_power_log_"
_ROWS_PER_FILE = 50_000
#: From so many recordings on, processes read them.
_WORTH_PROCESSES = 2_000

Row = Dict[str, Any]


def schema() -> Any:
    """Of a manifest's files; `board` and `mode` stand in their folders."""
    pa = extras.arrow()
    text = pa.string()
    return pa.schema(
        [
            ("recording", text),
            ("network", text),
            ("run", text),
            ("uri", text),
            ("bytes", pa.int64()),
            ("oid", text),
            ("idle_name", text),
            ("idle_md5", text),
            ("duration_second", pa.float64()),
            ("virtual", pa.bool_()),
            ("recorded_at", pa.timestamp("us", tz="UTC")),
            ("engine", text),
            ("engine_version", text),
            ("software", text),
            ("signature", text),
            # DVC's list of the recording's files, whose MD5 `oid` is.
            ("listing", text),
        ]
    )


class Built(NamedTuple):
    """What making a manifest came to."""

    rows: int
    bytes: int
    #: Recordings whose ids were taken from the manifest that was there.
    known: int
    #: "a is b's content again"
    duplicates: List[str]
    #: "path: why"
    refused: List[str]


def is_recording(names: Iterable[str], folders: Iterable[str]) -> bool:
    """Whether a folder with these files is one of a model of a raw dataset."""
    for name in names:
        if name in ("run.json", "power.npy") or name.endswith("_power_log.log"):
            return True
        if name.endswith(("trt_layer_latency.json", "trt_engine_info.json")):
            return True
        if name.endswith("_layerwise_latency.json") or "_cycles_power_log_" in name:
            return True
    return "trt_profiling" in folders


def is_cut_short(name: str) -> bool:
    """As measuring names what did not reach its end."""
    return name.endswith((".recording", ".partial", ".replaced")) or ".interrupted-" in name


def idle_of(names: Iterable[str]) -> str:
    """The idle power of a dataset's folder, in one of its published forms; "" where there is none."""
    logs = [name for name in names if _IDLE_LOG in name and name.endswith(".log")]
    if IDLE in names:
        return IDLE
    return max(logs, key=lambda name: name[name.index(_IDLE_LOG) :], default="")


def find(root: str) -> Iterator[Tuple[str, str]]:
    """Folders of recordings below `root`, and the idle power beside each ("" where there is none)."""
    stack = [(root, "")]
    while stack:
        here, idle = stack.pop()
        names, folders = [], []
        with os.scandir(here) as entries:
            for entry in entries:
                if entry.is_dir():
                    folders.append(entry.name)
                else:
                    names.append(entry.name)
        if is_recording(names, folders):
            # What lies in its own folder is part of its content.
            yield here, "" if idle_of(names) else idle
            continue
        beside = idle_of(names)
        for name in sorted(folders, reverse=True):
            if not name.startswith(".") and not is_cut_short(name):
                stack.append((os.path.join(here, name), beside))


def _anchor(run: Dict[str, Any], end: str) -> Optional[Dict[str, Any]]:
    anchor = run.get("clock", {}).get(end)
    return anchor if isinstance(anchor, dict) else None


def _stamp(anchor: Optional[Dict[str, Any]]) -> Optional[datetime]:
    """Wall time of an anchor, UTC."""
    if not anchor or not isinstance(anchor.get("local_ns"), int):
        return None
    offset = anchor.get("utc_offset_second") or 0
    seconds = anchor["local_ns"] / 1e9 - offset
    return datetime.fromtimestamp(seconds, timezone.utc)


def facts_of(run: Dict[str, Any]) -> Row:
    """The members of run.json that a fleet is sorted by."""
    environment = run.get("environment")
    if not isinstance(environment, dict):
        environment = {}
    begin, end = _anchor(run, "begin"), _anchor(run, "end")
    duration = None
    if begin and end and "monotonic_ns" in begin and "monotonic_ns" in end:
        duration = max(0.0, (end["monotonic_ns"] - begin["monotonic_ns"]) / 1e9)
    return {
        "board": environment.get("board") or "",
        "mode": environment.get("power_mode") or "",
        "model": run.get("model") or "",
        "virtual": bool(run.get("virtual", False)),
        "duration_second": duration,
        "recorded_at": _stamp(begin),
        "engine": run.get("engine") or "",
        "engine_version": run.get("engine_version") or "",
        "software": environment.get("jetpack") or environment.get("l4t") or "",
    }


def _facts_from(read: Callable[[str], bytes], paths: Iterable[str], where: str) -> Row:
    paths = set(paths)
    if "run.json" in paths:
        try:
            run = json.loads(read("run.json"))
        except ValueError as error:
            raise DatasetError(f"{where}/run.json: {error}; record it again") from error
        if not isinstance(run, dict):
            raise DatasetError(f"{where}/run.json is no object; record it again")
        return facts_of(run)
    # Published files alone, which say nothing of the machine; those of virtual boards have their mark.
    return {**facts_of({}), "virtual": bool(paths & {"virtual.json", "truth.json"})}


class _Look(NamedTuple):
    """A recording to look at."""

    folder: str
    idle: str
    root: str
    uri: str
    board: Optional[str]
    mode: Optional[str]
    #: signature to what was there.
    known: Optional[Row]


def _row(facts: Row, name: str, uri: str, board: Optional[str], mode: Optional[str]) -> Row:
    parts = name.split("/")
    return {
        **{key: value for key, value in facts.items() if key != "model"},
        "recording": name,
        "network": facts["model"] or parts[-1],
        "run": "/".join(parts[:-1]),
        "uri": uri,
        "board": board or facts["board"] or UNKNOWN,
        "mode": mode or facts["mode"] or UNKNOWN,
    }


def _look(look: _Look) -> Tuple[Optional[Row], str]:
    """A row, or why there is none."""
    try:
        found = identity.scan(look.folder)
        signature = identity.signature_of(found)
        idle = os.path.join(os.path.dirname(look.folder), look.idle) if look.idle else ""
        known = look.known
        # A file that has just changed may change again with the same times.
        newest = max((one.mtime_ns for one in found), default=0)
        if known and known["signature"] == signature and time.time_ns() - newest > 2_000_000_000:
            listing = known["listing"]
        else:
            known = None
            listing = identity.listing_of(identity.hashed(look.folder, found))

        def read(path: str) -> bytes:
            with open(os.path.join(look.folder, path), "rb") as file:
                return file.read()

        facts = _facts_from(read, (one.path for one in found), look.folder)
        name = os.path.relpath(look.folder, look.root).replace(os.sep, "/")
        if name == ".":
            name = os.path.basename(look.folder)
        row = _row(facts, name, look.uri, look.board, look.mode)
        row.update(
            bytes=sum(one.size for one in found),
            oid=identity.id_of(listing),
            listing=listing,
            signature=signature,
            idle_name=look.idle,
            idle_md5=identity.md5_of(idle) if idle else "",
        )
        return row, "known" if known else ""
    except (LayerwattError, OSError) as error:
        return None, f"{look.folder}: {error}"


def _looks(
    root: str, served_as: Optional[str], board: Optional[str], mode: Optional[str], known: Dict[str, Row]
) -> Iterator[_Look]:
    root = os.path.realpath(root)
    if not os.path.isdir(root):
        raise MissingError(f"{root}: no such folder", root)
    for folder, idle in find(root):
        uri = sources.uri_of(folder)
        if served_as:
            uri = sources.join(served_as, os.path.relpath(folder, root).replace(os.sep, "/"))
        yield _Look(folder, idle, root, uri, board, mode, known.get(uri))


def from_folder(
    root: str,
    served_as: Optional[str],
    board: Optional[str],
    mode: Optional[str],
    known: Dict[str, Row],
    jobs: int,
) -> Iterator[Tuple[Optional[Row], str]]:
    """Rows of the recordings below a folder, each with "known", or none with a reason."""
    looks = list(_looks(root, served_as, board, mode, known))
    if len(looks) < _WORTH_PROCESSES:
        with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
            yield from pool.map(_look, looks)
        return
    import multiprocessing

    # Not by fork, which threads of Arrow do not outlive.
    with concurrent.futures.ProcessPoolExecutor(
        jobs, mp_context=multiprocessing.get_context("spawn")
    ) as processes:
        yield from processes.map(_look, looks, chunksize=200)


def _groups(files: List[identity.File]) -> Dict[str, List[identity.File]]:
    """Folder to its files: the recordings of a dataset by its list."""
    by_folder: Dict[str, List[str]] = {}
    for file in files:
        folder, _, name = file.path.rpartition("/")
        by_folder.setdefault(folder, []).append(name)
    children: Dict[str, set[str]] = {}
    for folder in by_folder:
        while folder:
            above, _, name = folder.rpartition("/")
            children.setdefault(above, set()).add(name)
            folder = above
    found: set[str] = set()

    def owner(folder: str) -> Optional[str]:
        """The recording that a folder belongs to."""
        while True:
            if folder in found:
                return folder
            if not folder:
                return None
            folder = folder.rpartition("/")[0]

    # Shorter paths first, so that what lies in a recording is none of its own.
    for folder in sorted(by_folder.keys() | children.keys(), key=lambda path: (path.count("/"), path)):
        parts = folder.split("/")
        if any(part.startswith(".") or is_cut_short(part) for part in parts if part):
            continue
        if owner(folder) is None and is_recording(by_folder.get(folder, []), children.get(folder, ())):
            found.add(folder)
    groups: Dict[str, List[identity.File]] = {folder: [] for folder in sorted(found)}
    for file in files:
        mine = owner(file.path.rpartition("/")[0])
        if mine is not None:
            below = file.path[len(mine) + 1 :] if mine else file.path
            groups[mine].append(identity.File(below, file.md5))
    return groups


_DVC_MD5 = re.compile(r"^\s*-?\s*md5:\s*['\"]?([0-9a-f]{32}\.dir)['\"]?\s*$", re.MULTILINE)
_DVC_PATH = re.compile(r"^\s*-?\s*path:\s*(.+?)\s*$", re.MULTILINE)


def tracked(path: str) -> Tuple[str, str]:
    """Id and name of the folder that a `.dvc` file tracks."""
    try:
        with open(path, encoding="utf-8") as file:
            text = file.read()
    except OSError as error:
        raise MissingError(f"{path}: {error.strerror}", path) from error
    ids = _DVC_MD5.findall(text)
    if len(ids) != 1:
        raise DatasetError(
            f"{path}: expected one tracked folder (an 'md5' that ends with '.dir'), found {len(ids)}; "
            "'layerwatt data add FOLDER' writes one",
            path,
        )
    name = _DVC_PATH.search(text)
    return ids[0], name[1].strip("'\"") if name else posixpath.basename(path)[: -len(".dvc")]


def from_store(
    oid: str, name: str, store: str, board: Optional[str], mode: Optional[str]
) -> Iterator[Tuple[Optional[Row], str]]:
    """Rows of the recordings in a tracked folder: their ids come from its list, and only run.json is read."""
    if "://" not in store:
        store = sources.uri_of(store)
    sizes = sources.sizes_of(store)
    listing = sources.read_object(store, oid).decode("ascii", "replace")
    files = identity.files_of(listing, f"object {oid} of {store}")
    top = {file.path: file.md5 for file in files}
    groups = _groups(files)
    if not groups:
        raise DatasetError(f"{oid} at {store} holds no recording: it is no raw dataset")
    for folder, own in groups.items():
        where = f"{name}/{folder}" if folder else name
        md5s = {file.path: file.md5 for file in own}
        try:
            facts = _facts_from(
                lambda path: sources.read_object(store, md5s[path]), md5s, where  # noqa: B023
            )
        except LayerwattError as error:
            yield None, f"{where}: {error}"
            continue
        beside = folder.rpartition("/")[0]
        near = [p[len(beside) + 1 :] if beside else p for p in top if p.rpartition("/")[0] == beside]
        idle = "" if not folder or idle_of(md5s) else idle_of(near)
        own_listing = identity.listing_of(own)
        row = _row(facts, folder or name, f"dvc+{store}#{folder or name}", board, mode)
        row.update(
            # The list holds no sizes; 0 where the store does not tell them either.
            bytes=sum(sizes(file.md5) for file in own),
            oid=identity.id_of(own_listing),
            listing=own_listing,
            signature="",
            idle_name=idle,
            idle_md5=top[f"{beside}/{idle}" if beside else idle] if idle else "",
        )
        yield row, ""


def from_s3(
    uri: str, board: Optional[str], mode: Optional[str]
) -> Iterator[Tuple[Optional[Row], str]]:
    """Rows of the recordings below a prefix. Every byte is read once, as S3 tells no MD5s to rely on."""
    import hashlib

    tree = Tree(uri)
    listed = tree.list("", recursive=True) if tree.root else []
    sizes = {name.lstrip("/"): size for name, size in listed}
    if not sizes:
        raise MissingError(f"{uri}: nothing is there")
    groups = _groups([identity.File(name, "") for name in sizes])
    for folder, own in groups.items():
        where = sources.join(uri, folder) if folder else uri
        try:
            files, contents = [], {}
            for file in own:
                digest = hashlib.md5(usedforsecurity=False)
                data = sources.read(sources.join(where, file.path))
                digest.update(data)
                files.append(identity.File(file.path, digest.hexdigest()))
                if file.path == "run.json":
                    contents[file.path] = data
            facts = _facts_from(contents.__getitem__, [file.path for file in own], where)
            beside = folder.rpartition("/")[0]
            near = [
                name[len(beside) + 1 :] if beside else name
                for name in sizes
                if name.rpartition("/")[0] == beside
            ]
            idle = "" if not folder or idle_of([file.path for file in own]) else idle_of(near)
            idle_md5 = ""
            if idle:
                data = sources.read(sources.join(uri, f"{beside}/{idle}" if beside else idle))
                idle_md5 = hashlib.md5(data, usedforsecurity=False).hexdigest()
        except LayerwattError as error:
            yield None, f"{where}: {error}"
            continue
        listing = identity.listing_of(files)
        row = _row(facts, folder or posixpath.basename(uri), where, board, mode)
        row.update(
            bytes=sum(sizes[f"{folder}/{file.path}" if folder else file.path] for file in own),
            oid=identity.id_of(listing),
            listing=listing,
            signature="",
            idle_name=idle,
            idle_md5=idle_md5,
        )
        yield row, ""


def read(place: str, columns: Optional[List[str]] = None) -> Any:
    """The whole manifest as one table, with `board` and `mode`, in the order of `recording`."""
    pa = extras.arrow()
    tree = Tree(place)
    tables = []
    for name, _ in tree.list("", recursive=True):
        name = name.lstrip("/")
        if not name.endswith(".parquet") or posixpath.basename(name).startswith((".", "_")):
            continue
        board, mode = of_partition(name)
        kept = None if columns is None else [c for c in columns if c not in ("board", "mode")]
        if kept is not None and "recording" not in kept:
            kept.append("recording")
        table = tree.read_table(name, kept)
        for column, value in (("board", board), ("mode", mode)):
            table = table.append_column(column, pa.repeat(pa.scalar(value), table.num_rows))
        tables.append(table)
    if not tables:
        raise MissingError(
            f"{place} holds no manifest; 'python -m layerwatt.fleet manifest SOURCE --manifest "
            f"{place}' makes one"
        )
    return pa.concat_tables(tables).sort_by("recording")


def write(place: str, rows: List[Row]) -> None:
    """Replaces the manifest: new files first, then the old ones go."""
    pa = extras.arrow()
    tree = Tree(place)
    before = [name.lstrip("/") for name, _ in tree.list("", recursive=True)]
    groups: Dict[str, List[Row]] = {}
    for row in rows:
        groups.setdefault(partition(row["board"], row["mode"]), []).append(row)
    generation = f"{time.time_ns():x}"
    for folder, members in sorted(groups.items()):
        members.sort(key=lambda row: str(row["recording"]))
        for begin in range(0, len(members), _ROWS_PER_FILE):
            part = members[begin : begin + _ROWS_PER_FILE]
            own = schema()
            arrays = [pa.array([row[f.name] for row in part], type=f.type) for f in own]
            table = pa.Table.from_arrays(arrays, schema=own)
            tree.write_table(f"{folder}/part-{generation}-{begin // _ROWS_PER_FILE}.parquet", table)
    for name in before:
        if name.endswith(".parquet"):
            tree.remove(name)


def build(
    place: str,
    given: List[str],
    *,
    served_as: Optional[str] = None,
    store: Optional[str] = None,
    board: Optional[str] = None,
    mode: Optional[str] = None,
    jobs: int = 2,
) -> Built:
    """Makes or renews the manifest at `place` of all recordings of the sources.

    given: folders, s3:// prefixes, or `.dvc` files, which need `store`, a folder or URL with DVC's objects.
    served_as: the URI under which workers see the one folder that is given.
    """
    if served_as and (len(given) != 1 or "://" in given[0] or given[0].endswith(".dvc")):
        raise UsageError("--served-as is of one folder: give one, or make several manifests")
    known: Dict[str, Row] = {}
    try:
        old = read(place, ["uri", "signature", "listing"])
        columns = (old.column(name).to_pylist() for name in ("uri", "signature", "listing"))
        known = {u: {"signature": s, "listing": t} for u, s, t in zip(*columns) if s}
    except MissingError:
        pass
    rows: Dict[str, Row] = {}
    by_content: Dict[Tuple[str, str], str] = {}
    duplicates, refused = [], []
    reused = 0
    for one in given:
        if one.endswith(".dvc"):
            if not store:
                raise UsageError(f"{one}: say with --store where its objects are (.dvc/cache, s3://…, https://…)")
            found = from_store(*tracked(one), store, board, mode)
        elif one.startswith("s3://"):
            found = from_s3(one.rstrip("/"), board, mode)
        elif "://" in one and not one.startswith("file://"):
            raise UsageError(
                f"{one}: a server lists no folders. Make the manifest where the recordings lie, with "
                f"--served-as {one}, or of a .dvc file with --store"
            )
        else:
            path = sources.local_path(one) if one.startswith("file://") else one
            found = from_folder(path, served_as, board, mode, known, jobs)
        for row, told in found:
            if row is None:
                refused.append(told)
                continue
            reused += told == "known"
            content = (row["oid"], row["idle_md5"])
            name = row["recording"]
            if content in by_content:
                duplicates.append(f"{row['uri']} holds what {by_content[content]} holds")
                continue
            if name in rows:
                # Of another source: told apart by where it is from.
                name = row["recording"] = f"{posixpath.basename(one.rstrip('/'))}/{name}"
                number = 2
                while row["recording"] in rows:
                    row["recording"] = f"{name}#{number}"
                    number += 1
            by_content[content] = row["uri"]
            rows[row["recording"]] = row
    if not rows and not refused:
        raise MissingError(f"no recording in {', '.join(given)}: a raw dataset has a folder a model")
    if rows:
        write(place, list(rows.values()))
    return Built(len(rows), sum(row["bytes"] for row in rows.values()), reused, duplicates, refused)
