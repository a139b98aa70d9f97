"""The results of a fleet as tables: a row a run, a row a layer, read by DuckDB."""

from __future__ import annotations

from typing import Any, Dict, List, Optional

from .._errors import MissingError, UsageError
from . import extras
from .result_table import run_columns
from .tree import Tree

#: Which power is looked at: measured and virtual are never in one number unless asked for.
KINDS = ("each", "measured", "virtual", "mixed")


def version_of(tree: Tree, wanted: Optional[str]) -> str:
    """The version of results that is meant; UsageError where there are several and none is named."""
    there = tree.versions()
    if not there:
        raise MissingError(f"{tree.place} holds no results: 'solve' them first")
    if wanted is not None:
        if wanted not in there:
            raise UsageError(f"no results v={wanted} here; there are {', '.join(there)}")
        return wanted
    if len(there) > 1:
        raise UsageError(
            f"there are several versions of results: say with --version which ({', '.join(there)}); 'status' tells "
            "them apart"
        )
    return there[0]


def _all(tree: Tree, version: str, columns: List[str]) -> Any:
    tables = list(tree.read_profiles(version, columns))
    if not tables:
        raise MissingError(f"{tree.place} holds no results v={version} yet")
    return extras.arrow().concat_tables(tables)


def of_runs(tree: Tree, versions: List[str]) -> List[Dict[str, Any]]:
    """A row a run, of every version that is given, in the order of board, mode, network, recording."""
    wanted = [name for name in run_columns() if name not in ("oid", "engine_info_md5", "rail")]
    tables = []
    for version in versions:
        table = _all(tree, version, [*wanted, "layer_index"])
        pa = extras.arrow()
        tables.append(table.append_column("version", pa.repeat(pa.scalar(version), table.num_rows)))
    layers = extras.arrow().concat_tables(tables)
    with extras.duckdb().connect() as connection:
        connection.register("layers", layers)
        rows: List[Dict[str, Any]] = (
            connection.sql(
                "select * exclude (layer_index) from layers where layer_index = 0 "
                "order by board, mode, network, recording, version"
            )
            .to_arrow_table()
            .to_pylist()
        )
    return rows


def of_layers(tree: Tree, versions: List[str], network: str) -> List[Dict[str, Any]]:
    """A row a layer of every run of one network, in the network's order."""
    columns = ["recording", "network", "virtual", "engine", "engine_version", "software", "solver", "method",
               "layer_index", "layer_name", "energy_joule", "energy_low_joule", "energy_high_joule", "power_watt",
               "power_low_watt", "power_high_watt", "mean_run_time_second"]
    pa = extras.arrow()
    rows: List[Dict[str, Any]] = []
    for version in versions:
        table = _all(tree, version, columns)
        with extras.duckdb().connect() as connection:
            connection.register("layers", table)
            found = connection.sql(
                "select * from layers where network = ? order by layer_index, board, mode, recording", params=[network]
            ).to_arrow_table()
        rows += found.append_column("version", pa.repeat(pa.scalar(version), found.num_rows)).to_pylist()
    return rows


def chosen(rows: List[Dict[str, Any]], kind: str) -> List[Dict[str, Any]]:
    """Runs of that kind of power."""
    if kind == "measured":
        return [row for row in rows if not row["virtual"]]
    if kind == "virtual":
        return [row for row in rows if row["virtual"]]
    return rows


def power_of(row: Dict[str, Any], kind: str) -> str:
    """The word that keeps measured and virtual runs apart in a group."""
    if kind == "mixed":
        return "mixed"
    return "virtual" if row["virtual"] else "measured"
