"""Runs the same function for every recording: on threads of this machine, or on Apache Spark."""

from __future__ import annotations

import concurrent.futures
import functools
import os
import threading
import time
from typing import Any, Callable, Dict, Generator, List, Optional

from . import extras, solver
from .options import SolveOptions
from .solve_one import Status, solve_and_keep

Row = Dict[str, Any]
Progress = Callable[[int, int], None]


def on_threads(rows: List[Row], options: SolveOptions, jobs: int) -> Generator[Status, None, None]:
    """As they are done. Where the caller goes away, or Ctrl-C comes, solvers are ended and none begins."""
    solver.begin_again()
    pool = concurrent.futures.ThreadPoolExecutor(jobs)
    try:
        # A few ahead of the threads, not all: a hundred thousand futures are memory too.
        waiting = set()
        rest = iter(rows)
        for row in rest:
            waiting.add(pool.submit(solve_and_keep, row, options))
            if len(waiting) < 4 * jobs:
                continue
            done, waiting = concurrent.futures.wait(
                waiting, return_when=concurrent.futures.FIRST_COMPLETED
            )
            for future in done:
                yield future.result()
        for future in concurrent.futures.as_completed(waiting):
            yield future.result()
    except BaseException:
        solver.stop_all()
        raise
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


#: Set where the caller sets nothing else.
_SPARK = {
    "spark.task.maxFailures": "4",
    # A recording that hangs on a sick machine is begun elsewhere; the same key, the same content.
    "spark.speculation": "true",
    "spark.speculation.minTaskRuntime": "20s",
    "spark.speculation.multiplier": "3",
    "spark.ui.showConsoleProgress": "false",
}


class Spark:
    """A session on a cluster."""

    def __init__(self, master: str, settings: Dict[str, str], name: str = "layerwatt.fleet") -> None:
        sql = extras.spark_sql()
        builder = sql.SparkSession.builder.master(master).appName(name)
        for key, value in {**_SPARK, **settings}.items():
            builder = builder.config(key, value)
        self.session = builder.getOrCreate()
        self._context = self.session.sparkContext
        self._context.setLogLevel("ERROR")

    def solve(
        self, rows: List[Row], options: SolveOptions, progress: Optional[Progress] = None
    ) -> List[Status]:
        """One recording, one task: with fewer, a slow one holds up those behind it."""
        done = threading.Event()
        if progress is not None:
            threading.Thread(target=self._watch, args=(done, progress, len(rows)), daemon=True).start()
        try:
            spread = self._context.parallelize(rows, len(rows))
            found: List[Status] = spread.map(
                functools.partial(solve_and_keep, options=options)
            ).collect()
            return found
        finally:
            done.set()

    def _watch(self, done: threading.Event, progress: Progress, total: int) -> None:
        tracker = self._context.statusTracker()
        while not done.wait(2.0):
            for stage in tracker.getActiveStageIds():
                info = tracker.getStageInfo(stage)
                if info is not None:
                    progress(info.numCompletedTasks, total)

    def stop(self) -> None:
        self.session.stop()


def spark_settings(given: List[str]) -> Dict[str, str]:
    """"key=value" texts as a dictionary. ValueError names one that is none."""
    settings = {}
    for text in given:
        key, equals, value = text.partition("=")
        if not equals or not key:
            raise ValueError(f"'{text}' is no KEY=VALUE")
        settings[key] = value
    return settings


def new_run_id() -> str:
    """Of a job, sorted by its begin."""
    return time.strftime("%Y%m%dT%H%M%SZ", time.gmtime()) + f"-{os.urandom(4).hex()}"
