"""Training tables of a fleet's results, which `layerwatt train` reads.

    training/v=…/board=…/mode=…/measured/<network>/layers.csv      and …/virtual/… for virtual boards

A row is a layer of a network as one engine built it: medians over its runs, with their intervals.
"""

from __future__ import annotations

import csv
import io
import os
import shutil
from typing import Any, Dict, List, NamedTuple, Optional, Tuple

from .._errors import MissingError, UnsupportedError
from . import extras
from .statistics import median_of
from .tree import Tree, partition

#: The columns of layers.csv (docs/prediction.md), as `layerwatt training-data` orders them.
_SHAPES = [
    "layer_name", "layer_type", "kind", "precision", "batch_size", "input_channels", "input_height",
    "input_width", "output_channels", "output_height", "output_width", "kernel_height",
    "kernel_width", "stride_height", "stride_width", "padding_height", "padding_width",
    "dilation_height", "dilation_width", "groups", "activation", "residual", "flops",
    "input_bytes", "output_bytes", "weight_bytes",
]
_MEASURED = [
    "run_time_millisecond", "run_times", "power_microwatt", "power_low_microwatt",
    "power_high_microwatt", "power_status", "power_group", "board", "power_mode", "virtual",
]


class Table(NamedTuple):
    """One layers.csv that was written."""

    folder: str
    network: str
    layers: int
    runs: int


class Made(NamedTuple):
    """What making tables came to."""

    tables: List[Table]
    #: Networks whose layers have no shapes, and thus teach nothing.
    without_shapes: List[str]


def _number(value: Optional[float]) -> str:
    """The shortest text that reads back as the same number; nothing for None."""
    return "" if value is None else repr(float(value))


def _row(
    shape: Dict[str, Any], runs: List[Dict[str, Any]], board: str, mode: str, shapes: List[str]
) -> List[str]:
    times = median_of([run["mean_run_time_second"] for run in runs])
    told = [run for run in runs if run["status"] == "resolved" and run["power_watt"] is not None]
    merged = [run for run in runs if run["status"] == "merged" and run["power_watt"] is not None]
    # What most runs could tell is what is told of all; powers of the others would mix sums with parts.
    status = "unresolved"
    chosen: List[Dict[str, Any]] = []
    if 2 * len(told) >= len(runs) and told:
        status, chosen = "resolved", told
    elif merged:
        status, chosen = "merged", merged
    power = median_of(
        [run["power_watt"] for run in chosen],
        [run["power_low_watt"] for run in chosen],
        [run["power_high_watt"] for run in chosen],
    )
    if power is not None and power.value < 0.0:
        # Noise around nothing is no power to learn from.
        status, power = "unresolved", None
    group = chosen[0]["group"] if status == "merged" else None
    scaled = [None if power is None or v is None else v * 1e6 for v in (power or (None,) * 3)[:3]]
    measured = [
        _number(times.value * 1e3 if times else None),
        str(sum(run["run_count"] or 0 for run in runs)),
        *(_number(value) for value in scaled),
        status,
        "" if group is None else str(group),
        board,
        mode,
        "1" if runs[0]["virtual"] else "0",
    ]
    return [str(shape.get(name) or "") for name in shapes] + measured


def _read_shapes(tree: Tree, version: str) -> Dict[Tuple[str, str], Dict[str, Any]]:
    """(engine information, layer) to its shapes."""
    shapes: Dict[Tuple[str, str], Dict[str, Any]] = {}
    for name, _ in tree.list(f"features/v={version}"):
        last = name.rpartition("/")[2]
        if last.startswith(".") or not last.endswith(".parquet"):
            continue
        for row in tree.read_table(name).to_pylist():
            shapes.setdefault((row["engine_info_md5"], row["layer_name"]), row)
    return shapes


def make(tree: Tree, version: str) -> Made:
    """Writes the tables anew. Measured and virtual runs never share one."""
    if not tree.is_local:
        raise UnsupportedError(
            f"{tree.place}: `layerwatt train` reads folders; copy the results to one (aws s3 sync), or make the tables "
            "where they are mounted"
        )
    columns = [
        "network", "recording", "engine_info_md5", "virtual", "layer_index", "layer_name", "status", "group",
        "run_count", "mean_run_time_second", "power_watt", "power_low_watt", "power_high_watt",
    ]
    shapes = _read_shapes(tree, version)
    tables: List[Table] = []
    without = set()
    draft = tree.path(f"training/.v={version}.{os.getpid()}")
    with extras.duckdb().connect() as connection:
        for part in tree.read_profiles(version, [*columns, "board", "mode"]):
            connection.register("layers", part)
            # Of equal names in one network the first alone, as in layers.csv of one run.
            found = connection.sql(
                "select * from layers qualify row_number() over (partition by recording, layer_name order by "
                "layer_index) = 1 order by virtual, network, engine_info_md5, layer_index, recording"
            ).to_arrow_table().to_pylist()
            connection.unregister("layers")
            networks: Dict[Tuple[bool, str], Dict[Tuple[str, str], List[Dict[str, Any]]]] = {}
            for row in found:
                layers = networks.setdefault((row["virtual"], row["network"]), {})
                layers.setdefault((row["engine_info_md5"], row["layer_name"]), []).append(row)
            for (virtual, network), layers in networks.items():
                first = next(iter(layers.values()))[0]
                board, mode = first["board"], "" if first["mode"] == "unknown" else first["mode"]
                kind = "virtual" if virtual else "measured"
                folder = f"{partition(first['board'], first['mode'])}/{kind}"
                known = {key: runs for key, runs in layers.items() if key in shapes}
                # A column that no row has is left out: readers know it as absent.
                names = [name for name in _SHAPES if any(shapes[key].get(name) for key in known)]
                rows = [_row(shapes[key], runs, board, mode, names) for key, runs in known.items()]
                if not rows:
                    without.add(network)
                    continue
                text = io.StringIO()
                writer = csv.writer(text, lineterminator="\n")
                writer.writerow(names + _MEASURED)
                writer.writerows(rows)
                place = os.path.join(draft, folder, network.replace("/", "_"))
                os.makedirs(place, exist_ok=True)
                with open(os.path.join(place, "layers.csv"), "w", encoding="utf-8") as file:
                    file.write(text.getvalue())
                if virtual:
                    with open(os.path.join(place, "virtual.json"), "w", encoding="utf-8") as file:
                        file.write('{\n    "virtual": true,\n    "note": "The power is of a virtual board."\n}\n')
                runs = len({run["recording"] for runs in layers.values() for run in runs})
                tables.append(Table(tree.path(f"training/v={version}/{folder}"), network, len(rows), runs))
    if not tables:
        shutil.rmtree(draft, ignore_errors=True)
        raise MissingError(
            f"no layer of {tree.place}, v={version}, has shapes: engines were built without detailed layer information, "
            "or recordings are of simulated networks; nothing can be learnt of them"
        )
    place = tree.path(f"training/v={version}")
    aside = f"{place}.before.{os.getpid()}"
    if os.path.isdir(place):
        os.rename(place, aside)
    os.rename(draft, place)
    shutil.rmtree(aside, ignore_errors=True)
    return Made(tables, sorted(without))
