"""What became of each recording: rows below status/, and the words for it."""

from __future__ import annotations

from typing import Any, Dict, List

from . import extras
from .solve_one import Status, status_schema
from .tree import Tree


class StatusWriter:
    """Writes rows in pieces, so that a driver that dies loses no more than the last."""

    #: A piece is written once it has so many rows.
    ROWS = 500

    def __init__(self, tree: Tree, version: str, run_id: str) -> None:
        self._tree = tree
        self._name = f"status/v={version}/{run_id}"
        self._rows: List[Status] = []
        self._number = 0

    def add(self, row: Status) -> None:
        self._rows.append(row)
        if len(self._rows) >= self.ROWS:
            self.flush()

    def flush(self) -> None:
        if not self._rows:
            return
        table = extras.arrow().Table.from_pylist(self._rows, schema=status_schema())
        self._tree.write_table(f"{self._name}-{self._number:05}.parquet", table)
        self._rows = []
        self._number += 1


def last_rows(tree: Tree, version: str, only_failed: bool = False) -> Dict[str, Dict[str, Any]]:
    """Key to the last that was said of it; "present" says less than what came before, and counts for nothing."""
    tables = [
        tree.read_table(name)
        for name, _ in tree.list(f"status/v={version}")
        if name.endswith(".parquet") and not name.rpartition("/")[2].startswith(".")
    ]
    if not tables:
        return {}
    failed = "where outcome = 'failed'" if only_failed else ""
    with extras.duckdb().connect() as connection:
        connection.register("said", extras.arrow().concat_tables(tables))
        found = connection.sql(
            "select * from (select * from said where outcome <> 'present' "
            f"qualify row_number() over (partition by key order by finished_at desc) = 1) {failed}"
        ).to_arrow_table()
        return {row["key"]: row for row in found.to_pylist()}


def failures(keys: Any, last: Dict[str, Dict[str, Any]]) -> List[Dict[str, Any]]:
    """Those whose last word is a failure and that have no result, by recording."""
    rows = [row for key, row in last.items() if row["outcome"] == "failed" and key not in keys]
    return sorted(rows, key=lambda row: str(row["recording"]))


def failure_lines(rows: List[Dict[str, Any]], most: int = 50) -> List[str]:
    """A table of reasons for people, most common first, then each recording."""
    counts: Dict[str, int] = {}
    for row in rows:
        counts[row["reason"]] = counts.get(row["reason"], 0) + 1
    lines = [f"{len(rows)} failed:"]
    for reason, count in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
        lines.append(f"  {count:>6}  {reason}")
    for row in rows[:most]:
        first = (row["error"] or "").strip().splitlines()
        lines.append(f"  {row['recording']}: {first[0] if first else ''}")
    if len(rows) > most:
        lines.append(f"  … and {len(rows) - most} more; 'status --json' lists all")
    return lines
