"""The result of one recording: a row a layer, with what is of the whole run repeated.

Powers and energies are above idle power, in watts and joules, times in seconds; every estimate has its interval
beside it. What is not known is null, never 0.
"""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, Optional, Tuple

from .._errors import DatasetError
from . import extras

#: Columns of a run: name, type, how it is told in layer_profile.json ("" for those of the manifest).
_RUN: List[Tuple[str, str, str]] = [
    ("key", "text", ""),
    ("recording", "text", ""),
    ("network", "text", ""),
    ("run", "text", ""),
    ("oid", "text", ""),
    ("engine_info_md5", "text", ""),
    ("virtual", "flag", "virtual"),
    ("partial", "flag", "partial"),
    ("recorded_at", "time", ""),
    ("engine", "text", ""),
    ("engine_version", "text", ""),
    ("software", "text", ""),
    ("solver", "text", ""),
    ("method", "text", "method"),
    ("rail", "text", "rail"),
    ("schedule", "text", "schedule"),
    ("passes", "whole", "passes"),
    ("samples", "whole", "samples"),
    ("confidence", "number", "confidence"),
    ("sum_check", "number", "sum_check"),
    ("pass_time_second", "number", "pass_time_second"),
    ("gap_time_second", "number", "gap_time_second"),
]
#: Estimates of a run: value, `…_low` and `…_high`.
_RUN_ESTIMATES = ["idle_power_watt", "gap_power_watt", "pass_energy_joule", "plain_pass_energy_joule"]
_LAYER: List[Tuple[str, str, str]] = [
    ("layer_name", "text", "layer_name"),
    ("layer_type", "text", "layer_type"),
    ("status", "text", "status"),
    ("reason", "text", "reason"),
    ("group", "whole", "group"),
    ("share", "number", "share"),
]
_TIMES = [("run_count", "count"), ("median_run_time_second", "median_second"),
          ("mean_run_time_second", "mean_second"), ("p95_run_time_second", "p95_second")]
_LAYER_ESTIMATES = [("power_watt", "power_watt"), ("energy_joule", "energy_joule")]


def estimate_columns(name: str) -> List[str]:
    """"energy_joule" → itself, energy_low_joule, energy_high_joule."""
    stem, _, unit = name.rpartition("_")
    return [name, f"{stem}_low_{unit}", f"{stem}_high_{unit}"]


def schema() -> Any:
    """Of the files below profiles/; `board` and `mode` stand in their folders."""
    pa = extras.arrow()
    types = {
        "text": pa.string(),
        "flag": pa.bool_(),
        "whole": pa.int64(),
        "number": pa.float64(),
        "time": pa.timestamp("us", tz="UTC"),
    }
    fields = [(name, types[kind]) for name, kind, _ in _RUN]
    for name in _RUN_ESTIMATES:
        fields += [(column, pa.float64()) for column in estimate_columns(name)]
    fields.append(("layer_index", pa.int64()))
    fields += [(name, types[kind]) for name, kind, _ in _LAYER]
    fields += [(name, pa.int64() if name == "run_count" else pa.float64()) for name, _ in _TIMES]
    for name, _ in _LAYER_ESTIMATES:
        fields += [(column, pa.float64()) for column in estimate_columns(name)]
    return pa.schema(fields)


def _estimate(told: Mapping[str, Any], member: str) -> List[Optional[float]]:
    estimate = told.get(member)
    if not isinstance(estimate, dict):
        return [None, None, None]
    return [estimate.get("value"), estimate.get("low"), estimate.get("high")]


def table_of(profile: Mapping[str, Any], row: Mapping[str, Any]) -> Any:
    """From what `layerwatt map --json` prints of one model, and the recording's row of the manifest.

    `row` also has `key`, `solver` and `engine_info_md5`. DatasetError where the profile has no layers.
    """
    layers = profile.get("layers")
    if not isinstance(layers, list) or not layers:
        raise DatasetError(f"{row['recording']}: the profile has no layers")
    run: Dict[str, Any] = {}
    for name, _, member in _RUN:
        run[name] = profile.get(member) if member else row[name]
    for name in _RUN_ESTIMATES:
        run.update(zip(estimate_columns(name), _estimate(profile, name)))
    columns: Dict[str, List[Any]] = {name: [value] * len(layers) for name, value in run.items()}
    columns["layer_index"] = list(range(len(layers)))
    for name, _, member in _LAYER:
        columns[name] = [layer.get(member) for layer in layers]
    for name, member in _TIMES:
        columns[name] = [layer.get("run_time", {}).get(member) for layer in layers]
    for name, member in _LAYER_ESTIMATES:
        estimates = [_estimate(layer, member) for layer in layers]
        for i, column in enumerate(estimate_columns(name)):
            columns[column] = [estimate[i] for estimate in estimates]
    pa = extras.arrow()
    own = schema()
    arrays = [pa.array(columns[field.name], type=field.type) for field in own]
    return pa.Table.from_arrays(arrays, schema=own)


def run_columns() -> List[str]:
    """Those of a run, without the layers'."""
    names = [name for name, _, _ in _RUN]
    for name in _RUN_ESTIMATES:
        names += estimate_columns(name)
    return names
