"""A job: what of a manifest is still to be solved, by whom, and what came of it."""

from __future__ import annotations

import contextlib
import json
import os
import time
from typing import Any, Callable, Dict, Generator, Iterator, List, NamedTuple, Optional

from . import engines, extras, manifest
from .options import SolveOptions
from .solve_one import Status
from .status import StatusWriter, last_rows
from .tree import Tree

#: Recordings a Spark job: task list and results stay small in the driver.
BATCH = 5_000

Say = Callable[[str], None]


class Plan(NamedTuple):
    """What a job is to do."""

    #: Indexes into the manifest, largest recordings first.
    to_do: List[int]
    #: Key of every row of the manifest.
    keys: List[str]
    #: Recordings that have their result.
    done: int
    #: Recordings whose last word was a failure, which are left alone.
    left: List[Dict[str, Any]]


class Outcome(NamedTuple):
    """What a job came to."""

    run_id: str
    listed: int
    done_before: int
    solved: int
    #: Results that others wrote meanwhile.
    present: int
    #: Of this job and, where they were left alone, of earlier ones.
    failed: List[Dict[str, Any]]
    seconds: float


def plan(table: Any, tree: Tree, options: SolveOptions, retry_failed: bool) -> Plan:
    """Compares a manifest with what is there: one listing a partition, whatever the number of recordings."""
    names = ("oid", "idle_md5", "recording", "network", "run", "board", "mode")
    columns = {name: table.column(name).to_pylist() for name in names}
    sizes = table.column("bytes").to_pylist()
    keys = []
    for values in zip(*columns.values()):
        keys.append(options.key(dict(zip(names, values))))
    there = tree.keys(options.version())
    last = {} if retry_failed else last_rows(tree, options.version(), only_failed=True)
    to_do, left = [], []
    done = 0
    for index, key in enumerate(keys):
        if key in there:
            done += 1
        elif key in last:
            left.append(last[key])
        else:
            to_do.append(index)
    # The largest first: what takes longest is not what all wait for at the end.
    to_do.sort(key=lambda index: (-sizes[index], columns["recording"][index]))
    return Plan(to_do, keys, done, left)


def _rows(table: Any, indexes: List[int], keys: List[str]) -> List[Dict[str, Any]]:
    rows: List[Dict[str, Any]] = table.take(extras.arrow().array(indexes)).to_pylist()
    for row, index in zip(rows, indexes):
        row["key"] = keys[index]
        del row["signature"]
    return rows


def _write_options(tree: Tree, options: SolveOptions) -> None:
    """Beside the profiles: what `v` stands for."""
    name = f"profiles/v={options.version()}/_options.json"
    if not tree.has(name):
        text = json.dumps(options.deciding(), indent=4, sort_keys=True) + "\n"
        tree.write(name, text.encode())


@contextlib.contextmanager
def _statuses(
    table: Any, plan: Plan, options: SolveOptions, jobs: int, spark: Optional[engines.Spark], say: Say
) -> Iterator[Iterator[Status]]:
    def of_threads() -> Generator[Status, None, None]:
        for begin in range(0, len(plan.to_do), BATCH):
            rows = _rows(table, plan.to_do[begin : begin + BATCH], plan.keys)
            yield from engines.on_threads(rows, options, jobs)

    def of_spark(session: engines.Spark) -> Generator[Status, None, None]:
        for begin in range(0, len(plan.to_do), BATCH):
            rows = _rows(table, plan.to_do[begin : begin + BATCH], plan.keys)

            def progress(done: int, total: int, begin: int = begin) -> None:
                say(f"{begin + done} of {len(plan.to_do)} done")

            yield from session.solve(rows, options, progress)

    found = of_threads() if spark is None else of_spark(spark)
    try:
        yield found
    finally:
        found.close()


def run(
    place: str,
    options: SolveOptions,
    *,
    jobs: int,
    spark: Optional[engines.Spark] = None,
    retry_failed: bool = False,
    say: Say = lambda text: None,
) -> Outcome:
    """Solves what of the manifest at `place` has no result yet. What was solved stays, whatever happens."""
    begin = time.monotonic()
    tree = Tree(options.out)
    table = manifest.read(place)
    _write_options(tree, options)
    tree.sweep(options.version())
    todo = plan(table, tree, options, retry_failed)
    say(f"{table.num_rows} recordings: done before {todo.done}, to do {len(todo.to_do)}"
        + (f", failed before {len(todo.left)} (--retry-failed takes them)" if todo.left else ""))
    run_id = engines.new_run_id()
    writer = StatusWriter(tree, options.version(), run_id)
    counts = {"solved": 0, "present": 0, "failed": 0}
    failed = list(todo.left)
    told = time.monotonic()
    with _statuses(table, todo, options, jobs, spark, say) as statuses:
        try:
            for status in statuses:
                writer.add(status)
                counts[status["outcome"]] += 1
                if status["outcome"] == "failed":
                    failed.append(status)
                if spark is None and time.monotonic() - told > 10.0:
                    told = time.monotonic()
                    say(f"{sum(counts.values())} of {len(todo.to_do)} done, {counts['failed']} failed")
        finally:
            writer.flush()
    failed.sort(key=lambda row: str(row["recording"]))
    return Outcome(
        run_id, table.num_rows, todo.done, counts["solved"], counts["present"], failed,
        time.monotonic() - begin,
    )


def default_jobs() -> int:
    """Processors that this process may use."""
    return len(os.sched_getaffinity(0))
