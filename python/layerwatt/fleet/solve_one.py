"""One recording, from where it lies to its result. Engines only call this, on threads or on Spark."""

from __future__ import annotations

import csv
import io
import json
import os
import socket
import time
from typing import Any, Dict, List, Mapping, NamedTuple, Tuple

from .._errors import (
    CommandError,
    DatasetError,
    LayerwattError,
    MissingError,
    StorageError,
    UnsupportedError,
)
from . import extras, identity, solver, sources
from .options import SolveOptions
from .result_table import table_of
from .scratch import Scratch
from .tree import Tree

#: What `layerwatt map` writes is text, about so many bytes for each of the recording.
_TEXT = 3.0
#: Taken for recordings of a store that does not tell sizes.
_UNKNOWN_SIZE = 60_000_000
_ENGINE_INFO = ("trt_profiling/trt_engine_info.json", "trt_engine_info.json", "model_summary.json")

Status = Dict[str, Any]


class Solved(NamedTuple):
    """The result of one recording."""

    table: Any
    #: Shapes of the layers, where nobody has written them yet: name below the tree, table.
    features: List[Tuple[str, Any]]
    seconds: float
    peak_mb: float


def status_schema() -> Any:
    """Of the files below status/."""
    pa = extras.arrow()
    text = pa.string()
    return pa.schema(
        [
            ("recording", text),
            ("key", text),
            ("board", text),
            ("mode", text),
            # solved, present (it was there), failed
            ("outcome", text),
            # why it failed: data, time or memory, signal, storage, missing, solver, internal
            ("reason", text),
            ("error", text),
            ("bytes", pa.int64()),
            ("seconds", pa.float64()),
            ("solver_seconds", pa.float64()),
            ("peak_mb", pa.float64()),
            ("host", text),
            ("pyarrow", text),
            ("finished_at", pa.timestamp("us", tz="UTC")),
        ]
    )


def _engine_info_md5(files: List[identity.File]) -> str:
    by_path = {file.path: file.md5 for file in files}
    for name in _ENGINE_INFO:
        if name in by_path:
            return by_path[name]
    return next((f.md5 for f in files if f.path.endswith("_trt_engine_info.json")), "")


def _features(text: str, md5: str) -> Any:
    """layers.csv as `layerwatt training-data` writes it, without what was measured."""
    pa = extras.arrow()
    rows = list(csv.DictReader(io.StringIO(text)))
    measured = ("run_time_millisecond", "run_times", "board", "power_mode", "gpu_hertz",
                "memory_hertz", "virtual")
    names = [
        name for name in (rows[0] if rows else {})
        if name not in measured and not name.startswith("power_")
    ]
    columns = {name: pa.array([row[name] for row in rows], pa.string()) for name in names}
    columns["engine_info_md5"] = pa.array([md5] * len(rows), pa.string())
    return pa.table(columns)


def solve_one(row: Mapping[str, Any], options: SolveOptions, tree: Tree) -> Solved:
    """Checks a recording against the manifest, solves it, and returns its result. A LayerwattError says why not.

    row: of a manifest, with its `key`.
    """
    said = solver.version_of(options.command)
    if said != options.solver:
        raise MissingError(
            f"this machine's command says '{said}' and the job is for '{options.solver}': install one version on all "
            "workers"
        )
    files = identity.files_of(row["listing"], f"the manifest's list of {row['recording']}")
    if identity.id_of(row["listing"]) != row["oid"]:
        raise DatasetError(f"{row['recording']}: the manifest's list is not the one that {row['oid']} names")
    in_place = sources.is_in_place(row["uri"])
    size = int(row["bytes"]) or _UNKNOWN_SIZE
    limit = options.time_limit(size)
    room = int((_TEXT if in_place else 1.0 + _TEXT) * size) + 1_000_000
    with Scratch(options.scratch, options.scratch_mb).room(room, patience=limit) as home:
        if in_place:
            folder = sources.verify_in_place(row["uri"], files, row["idle_name"], row["idle_md5"])
        else:
            folder = os.path.join(home, "raw", row["recording"].rpartition("/")[2])
            os.makedirs(folder)
            sources.fetch(row["uri"], files, row["idle_name"], row["idle_md5"], folder)
        profile = os.path.join(home, "profile.json")
        mapped = os.path.join(home, "mapped")
        words = ["map", "--raw-data-dir", folder, "--result-dir", mapped, "--json"]
        ended = solver.run(
            options.command,
            [*words, *options.map_words()],
            home=home,
            seconds=limit,
            memory_mb=options.memory_mb,
            output=profile,
        )
        with open(profile, encoding="utf-8") as file:
            told = json.load(file)
        if not isinstance(told, list) or len(told) != 1:
            raise DatasetError(f"{row['recording']}: expected one model, the solver told {len(told)}")
        md5 = _engine_info_md5(files)
        features = []
        name = f"features/v={options.version()}/{md5}.parquet"
        if md5 and not tree.has(name):
            made = os.path.join(home, "training")
            solver.run(
                options.command,
                ["training-data", "--preprocessed-data-dir", mapped, "--result-dir", made,
                 "--per-layer-measurements", "1"],
                home=home,
                seconds=limit,
                memory_mb=options.memory_mb,
                output=os.path.join(home, "training.txt"),
            )
            text = ""
            for folder, _, names in os.walk(made):
                if "layers.csv" in names:
                    with open(os.path.join(folder, "layers.csv"), encoding="utf-8", newline="") as file:
                        text = file.read()
            # Also where no layer has shapes: nobody need ask again.
            features.append((name, _features(text, md5)))
        more = {**row, "solver": options.solver, "engine_info_md5": md5}
        return Solved(table_of(told[0], more), features, ended.seconds, ended.peak_mb)


def _reason(error: BaseException) -> str:
    kinds = [
        (solver.LimitError, "time or memory"),
        (solver.StoppedBySignal, "signal"),
        (DatasetError, "data"),
        (UnsupportedError, "data"),
        (StorageError, "storage"),
        (MissingError, "missing"),
        (CommandError, "solver"),
        (OSError, "storage"),
    ]
    return next((word for kind, word in kinds if isinstance(error, kind)), "internal")


def solve_and_keep(row: Mapping[str, Any], options: SolveOptions) -> Status:
    """Solves one recording unless its result is there, keeps it, and tells what came of it. Throws nothing."""
    from datetime import datetime, timezone

    begin = time.monotonic()
    status: Status = {name: row[name] for name in ("recording", "key", "board", "mode", "bytes")}
    status.update(
        outcome="failed", reason=None, error=None, solver_seconds=None, peak_mb=None,
        host=socket.gethostname(), pyarrow=str(extras.arrow().__version__),
    )
    try:
        tree = Tree(options.out)
        name = tree.profile_name(options.version(), row["board"], row["mode"], row["key"])
        if tree.has(name):
            # Of another job on the same output, or of an attempt that was thought lost.
            status["outcome"] = "present"
        else:
            solved = solve_one(row, options, tree)
            for features, table in solved.features:
                tree.write_table(features, table)
            tree.write_table(name, solved.table)
            status.update(outcome="solved", solver_seconds=solved.seconds, peak_mb=solved.peak_mb)
    except (LayerwattError, OSError, ValueError, KeyError, TypeError) as error:
        status["reason"] = _reason(error)
        text = str(error) if isinstance(error, (LayerwattError, OSError)) else repr(error)
        status["error"] = text[:4000]
    status["seconds"] = time.monotonic() - begin
    status["finished_at"] = datetime.now(timezone.utc)
    return status
