"""What the layers of a run cost."""

from __future__ import annotations

import importlib
import json
import os
from html import escape
from typing import Any, Dict, Iterator, List, NamedTuple, Optional, Tuple, Union

from . import _core
from ._errors import MissingError


class Estimate(NamedTuple):
    """A value and its 95 % interval; `low` and `high` are None where the method gives none."""

    value: float
    low: Optional[float]
    high: Optional[float]


def _estimate(values: Any) -> Optional[Estimate]:
    return None if values is None else Estimate(*values)


class LayerResult:
    """One row of a profile. Every number has its unit in its name; None: not known."""

    def __init__(self, profile: "Profile", row: int) -> None:
        self._profile = profile
        self._row = row

    def __getitem__(self, column: str) -> Any:
        """The cell of a column of Profile.columns."""
        return self._profile._core.value(self._row, column)

    def _estimate(self, name: str, unit: str) -> Optional[Estimate]:
        value = self[f"{name}_{unit}"]
        if value is None:
            return None
        return Estimate(value, self[f"{name}_low_{unit}"], self[f"{name}_high_{unit}"])

    @property
    def name(self) -> str:
        """The layer's, region's or function's name."""
        return str(self["layer_name"])

    @property
    def energy_joule(self) -> Optional[Estimate]:
        """Energy of one execution above idle power, in joules."""
        return self._estimate("energy", "joule")

    @property
    def power_watt(self) -> Optional[Estimate]:
        """Mean power above idle while it runs, in watts."""
        return self._estimate("power", "watt")

    @property
    def mean_run_time_second(self) -> float:
        """Mean time of one execution, in seconds."""
        return float(self["mean_run_time_second"])

    @property
    def executions(self) -> int:
        """How often it ran."""
        return int(self["run_count"])

    @property
    def share(self) -> Optional[float]:
        """Part of the energy of all layers, 0 to 1."""
        share = self["share"]
        return None if share is None else float(share)

    @property
    def status(self) -> str:
        """'resolved', 'merged' (only the sum with others could be told) or 'unresolved'."""
        return str(self["status"])

    @property
    def reason(self) -> str:
        """Why it is merged or unresolved, in a sentence; empty where it is neither."""
        return str(self["reason"] or "")

    def __repr__(self) -> str:
        energy = self.energy_joule
        told = "energy not known" if energy is None else f"{energy.value:.6g} J"
        return f"<LayerResult {self.name!r}: {told}, {self.status}>"


class Profile:
    """What each layer of one run costs, and how far each number may be trusted.

    It is an Arrow stream (`__arrow_c_stream__`), so that `pandas.DataFrame.from_arrow(profile)`,
    `pyarrow.table(profile)`, DuckDB and polars read it. Rows are layers, columns `Profile.columns`.
    """

    def __init__(self, core: _core.Profile) -> None:
        self._core = core

    @staticmethod
    def read(path: "Union[str, os.PathLike[str]]") -> "Profile":
        """Reads a layer_profile.json, or that of a folder."""
        text = os.fspath(path)
        if os.path.isdir(text):
            text = os.path.join(text, "layer_profile.json")
        return Profile(_core.read_profile(text))

    @property
    def model(self) -> str:
        """Name of the run."""
        return self._core.model

    @property
    def method(self) -> str:
        """'solve', 'window' or 'nearest'."""
        return self._core.method

    @property
    def rail(self) -> str:
        """The rail, or sum of rails, that the powers are of."""
        return self._core.rail

    @property
    def virtual(self) -> bool:
        """True if the power was synthesised, and not measured."""
        return self._core.virtual

    @property
    def partial(self) -> bool:
        """True if the recording was stopped before its end."""
        return self._core.partial

    @property
    def schedule(self) -> str:
        """'whole', 'isolated' or 'weighing'."""
        return self._core.schedule

    @property
    def passes(self) -> int:
        """Passes recorded."""
        return self._core.passes

    @property
    def samples(self) -> int:
        """Samples of power that it comes from."""
        return self._core.samples

    @property
    def confidence(self) -> float:
        """With this probability an interval holds the truth."""
        return self._core.confidence

    @property
    def idle_power_watt(self) -> Optional[Estimate]:
        """What the board draws when nothing runs, in watts."""
        return _estimate(self._core.idle_power_watt)

    @property
    def pass_energy_joule(self) -> Optional[Estimate]:
        """Energy of one pass above idle power, in joules."""
        return _estimate(self._core.pass_energy_joule)

    @property
    def pass_time_second(self) -> Optional[float]:
        """Time of one pass, in seconds."""
        return self._core.pass_time_second

    @property
    def notes(self) -> List[str]:
        """What a reader must know, each a sentence."""
        return list(self._core.notes)

    @property
    def advice(self) -> List[str]:
        """What would tell apart what could not be told, each a sentence."""
        return list(self._core.advice)

    @property
    def status(self) -> Dict[str, int]:
        """How many layers are resolved, merged and unresolved."""
        counts = {"resolved": 0, "merged": 0, "unresolved": 0}
        for layer in self:
            counts[layer.status] += 1
        return counts

    @property
    def columns(self) -> Tuple[str, ...]:
        """Names of the columns, with their units."""
        return tuple(_core.profile_columns())

    def __len__(self) -> int:
        return len(self._core)

    def __iter__(self) -> Iterator[LayerResult]:
        return (LayerResult(self, i) for i in range(len(self)))

    def __getitem__(self, layer: Union[str, int]) -> LayerResult:
        """A layer by its name, or by its place from 0."""
        if isinstance(layer, int):
            if not -len(self) <= layer < len(self):
                raise IndexError(f"there are {len(self)} layers")
            return LayerResult(self, layer % len(self))
        for found in self:
            if found.name == layer:
                return found
        names = ", ".join(repr(found.name) for found in list(self)[:20])
        raise MissingError(f"there is no layer {layer!r}; there are: {names}")

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self._core.__arrow_c_stream__(requested_schema)

    def to_json(self) -> str:
        """The text of layer_profile.json."""
        return self._core.to_json()

    def to_csv(self) -> str:
        """The text of layer_profile.csv."""
        return self._core.to_csv()

    def to_dict(self) -> Dict[str, Any]:
        """layer_profile.json as a dictionary."""
        told: Dict[str, Any] = json.loads(self.to_json())
        return told

    def to_pandas(self) -> Any:
        """A pandas.DataFrame, a row a layer. Needs pandas."""
        pandas = importlib.import_module("pandas")
        columns = {name: [layer[name] for layer in self] for name in self.columns}
        return pandas.DataFrame(columns)

    def to_arrow(self) -> Any:
        """A pyarrow.Table, a row a layer. Needs pyarrow."""
        return importlib.import_module("pyarrow").table(self)

    def write(self, folder: "Union[str, os.PathLike[str]]") -> None:
        """Writes layer_profile.json and layer_profile.csv into a folder."""
        self._core.write(os.fspath(folder))

    def __repr__(self) -> str:
        banner = "VIRTUAL power, " if self.virtual else ""
        counts = ", ".join(f"{n} {word}" for word, n in self.status.items() if n)
        return f"<Profile of {self.model!r} by {self.method}: {banner}{len(self)} layers, {counts}>"

    def _repr_html_(self) -> str:
        """For notebooks: a table with bars, and the banner where the power is virtual."""
        most = max((layer.share or 0.0 for layer in self), default=0.0) or 1.0
        rows = []
        for layer in self:
            energy = layer.energy_joule
            told = "not known" if energy is None else f"{energy.value:.4g} J"
            if energy is not None and energy.low is not None and energy.high is not None:
                told += f" ({energy.low:.4g} … {energy.high:.4g})"
            width = round(100.0 * max(layer.share or 0.0, 0.0) / most)
            bar = f'<div style="width:{width}px;height:0.8em;background:#4682b4"></div>'
            reason = f' title="{escape(layer.reason)}"' if layer.reason else ""
            rows.append(
                f"<tr><td>{escape(layer.name)}</td><td>{1e3 * layer.mean_run_time_second:.4g} ms</td>"
                f"<td>{told}</td><td>{bar}</td><td{reason}>{escape(layer.status)}</td></tr>"
            )
        banner = ""
        if self.virtual:
            banner = (
                '<p style="background:#fff3cd;padding:0.3em"><b>virtual</b>: the power was '
                "synthesised by a simulated board, not measured.</p>"
            )
        return (
            f"{banner}<table><caption>{escape(self.model)}: energy above idle of one execution, "
            f"{escape(self.rail)}</caption><thead><tr><th>Layer</th><th>Mean time</th>"
            f"<th>Energy</th><th>Share</th><th>Status</th></tr></thead><tbody>{''.join(rows)}"
            "</tbody></table>"
        )


class Comparison:
    """One profile against another. Differences have intervals; `text` is the command's table."""

    def __init__(self, before: Profile, after: Profile, before_name: str, after_name: str) -> None:
        self._before = before
        self._after = after
        self._names = (before_name, after_name)

    def to_json(self) -> str:
        """The text that `layerwatt compare --json` prints."""
        return _core.comparison_json(self._before._core, self._after._core, *self._names)

    def to_dict(self) -> Dict[str, Any]:
        """The same as a dictionary, in SI units."""
        told: Dict[str, Any] = json.loads(self.to_json())
        return told

    @property
    def text(self) -> str:
        """The table that `layerwatt compare` prints."""
        return _core.comparison_text(self._before._core, self._after._core, *self._names)

    def is_worse(self, limit: float) -> bool:
        """Whether a pass costs more by more than `limit` (0.05 is 5 %), beyond its interval."""
        return _core.is_worse(self._before._core, self._after._core, limit)

    def __str__(self) -> str:
        return self.text
