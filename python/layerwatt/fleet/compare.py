"""Thousands of runs side by side: boards, power modes, software, solvers; outliers; drift over months."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any, Callable, Dict, List, NamedTuple, Optional, Tuple

from .runs import power_of
from .statistics import Drift, Median, Ratio, drift_of, median_of, outliers, ratio_of

Row = Dict[str, Any]

#: What runs are told apart by, and how a run is named by it.
AXES: Dict[str, Callable[[Row], str]] = {
    "board": lambda row: str(row["board"]),
    "mode": lambda row: str(row["mode"]),
    "board-mode": lambda row: f"{row['board']}, {row['mode']}",
    "software": lambda row: " ".join(
        part for part in (row["software"], row["engine"], row["engine_version"]) if part
    ) or "unknown",
    "solver": lambda row: f"{row['solver']}, {row['method']} (v={row['version']})",
}
#: What is compared: name, unit, value and interval of a run.
QUANTITIES: Dict[str, Tuple[str, str, str, str]] = {
    "pass_energy_joule": ("J", "pass_energy_joule", "pass_energy_low_joule", "pass_energy_high_joule"),
    "pass_time_second": ("s", "pass_time_second", "", ""),
    "idle_power_watt": ("W", "idle_power_watt", "idle_power_low_watt", "idle_power_high_watt"),
    # Of layers.
    "energy_joule": ("J", "energy_joule", "energy_low_joule", "energy_high_joule"),
    "power_watt": ("W", "power_watt", "power_low_watt", "power_high_watt"),
    "mean_run_time_second": ("s", "mean_run_time_second", "", ""),
}
OF_RUNS = ["pass_energy_joule", "pass_time_second", "idle_power_watt"]
OF_LAYERS = ["energy_joule", "power_watt", "mean_run_time_second"]


def _values(rows: List[Row], quantity: str) -> Tuple[List[Any], List[Any], List[Any]]:
    _, value, low, high = QUANTITIES[quantity]
    return (
        [row[value] for row in rows],
        [row[low] if low else None for row in rows],
        [row[high] if high else None for row in rows],
    )


def _rest(row: Row, by: str) -> str:
    """What a comparison holds fixed, so that a group differs in one thing."""
    fixed = {"board": ["mode"], "mode": ["board"], "board-mode": [], "software": ["board", "mode"],
             "solver": ["board", "mode"]}[by]
    return ", ".join(str(row[name]) for name in fixed)


class Cell(NamedTuple):
    """A network, or one of its layers, on one of the compared."""

    subject: str
    fixed: str
    power: str
    group: str
    median: Median
    #: Against the first of the same network; None for itself.
    ratio: Optional[Ratio]


def compare(
    rows: List[Row],
    by: str,
    quantity: str,
    kind: str,
    baseline: Optional[str] = None,
    subject: str = "network",
) -> List[Cell]:
    """Medians over runs for each network and each board (mode, …), and their ratios to the baseline.

    rows: of runs, or of the layers of one network, whose `subject` is then "layer_name".
    baseline: of the compared; the first by name where absent, or where a network has none of it.
    """
    groups: Dict[Tuple[str, str, str], Dict[str, List[Row]]] = {}
    for row in rows:
        key = (str(row[subject]), _rest(row, by), power_of(row, kind))
        groups.setdefault(key, {}).setdefault(AXES[by](row), []).append(row)
    cells = []
    # Layers stand in the order of their network.
    ordered = groups.items() if subject == "layer_name" else sorted(groups.items())
    for (name_of_it, fixed, power), members in ordered:
        medians = {}
        for name, own in sorted(members.items()):
            middle = median_of(*_values(own, quantity))
            if middle is not None:
                medians[name] = middle
        if not medians:
            continue
        first = baseline if baseline in medians else next(iter(medians))
        for name, middle in medians.items():
            ratio = None if name == first else ratio_of(middle, medians[first])
            cells.append(Cell(name_of_it, fixed, power, name, middle, ratio))
    return cells


class Outlier(NamedTuple):
    """A run that is far from the others of its network, board and mode."""

    recording: str
    board: str
    mode: str
    network: str
    power: str
    value: float
    low: Optional[float]
    high: Optional[float]
    median: float
    runs: int


def find_outliers(rows: List[Row], quantity: str, kind: str) -> List[Outlier]:
    """Farthest first."""
    groups: Dict[Tuple[str, ...], List[Row]] = {}
    for row in rows:
        key = (str(row["board"]), str(row["mode"]), str(row["network"]), power_of(row, kind), str(row["version"]))
        groups.setdefault(key, []).append(row)
    found = []
    for (board, mode, network, power, _), own in groups.items():
        values, lows, highs = _values(own, quantity)
        middle = median_of(values)
        if middle is None:
            continue
        for index in outliers(values, lows, highs):
            found.append(Outlier(str(own[index]["recording"]), board, mode, network, power, values[index],
                                 lows[index], highs[index], middle.value, middle.runs))
    found.sort(key=lambda one: (-abs(one.value / one.median - 1.0) if one.median else 0.0, one.recording))
    return found


class BoardDrift(NamedTuple):
    """A board over months: what its runs cost, as a part of their networks' medians."""

    board: str
    mode: str
    power: str
    #: None: too few runs or days to tell.
    drift: Optional[Drift]
    #: Month ("2026-01"), median of the part, its interval, runs.
    months: List[Tuple[str, Median]]


def _parts(own: List[Row], quantity: str) -> List[Tuple[float, float, str]]:
    """Day, part of the network's median, month."""
    by_network: Dict[Tuple[str, str], List[Row]] = {}
    for row in own:
        by_network.setdefault((str(row["network"]), str(row["version"])), []).append(row)
    found = []
    for members in by_network.values():
        values, _, _ = _values(members, quantity)
        middle = median_of(values)
        if middle is None or middle.value <= 0.0:
            continue
        for row, value in zip(members, values):
            when = row["recorded_at"]
            if value is None or not isinstance(when, datetime):
                continue
            when = when.astimezone(timezone.utc)
            found.append((when.timestamp() / 86_400.0, value / middle.value, when.strftime("%Y-%m")))
    return sorted(found)


def find_drift(rows: List[Row], quantity: str, kind: str) -> List[BoardDrift]:
    """By board and mode."""
    groups: Dict[Tuple[str, str, str], List[Row]] = {}
    for row in rows:
        groups.setdefault((str(row["board"]), str(row["mode"]), power_of(row, kind)), []).append(row)
    found = []
    for (board, mode, power), own in sorted(groups.items()):
        parts = _parts(own, quantity)
        drift = drift_of([day for day, _, _ in parts], [part for _, part, _ in parts])
        by_month: Dict[str, List[float]] = {}
        for _, part, month in parts:
            by_month.setdefault(month, []).append(part)
        months = []
        for month, values in sorted(by_month.items()):
            middle = median_of(values)
            if middle is not None:
                months.append((month, middle))
        found.append(BoardDrift(board, mode, power, drift, months))
    return found
