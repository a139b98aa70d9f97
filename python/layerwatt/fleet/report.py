"""A fleet as one page of HTML, which needs nothing beside it."""

from __future__ import annotations

import json
import os
from datetime import datetime
from typing import Any, Dict, List, Optional

from .compare import QUANTITIES, compare, find_drift, find_outliers
from .runs import chosen

Row = Dict[str, Any]

#: What a page shows of lists that may be long.
MOST_OUTLIERS = 50
MOST_FAILED = 200
_QUANTITY = "pass_energy_joule"


def _count(number: int) -> str:
    return f"{number:,}".replace(",", "\u202f")


def _median(values: List[float]) -> Optional[float]:
    ordered = sorted(values)
    return ordered[len(ordered) // 2] if ordered else None


def _tiles(rows: List[Row], failed: List[Row]) -> List[List[str]]:
    stamps = sorted(row["recorded_at"] for row in rows if isinstance(row["recorded_at"], datetime))
    virtual = sum(1 for row in rows if row["virtual"])
    known = [row for row in rows if row["pass_energy_joule"]]
    widths = [
        (row["pass_energy_high_joule"] - row["pass_energy_low_joule"]) / 2.0 / abs(row["pass_energy_joule"])
        for row in known
        if row["pass_energy_low_joule"] is not None and row["pass_energy_high_joule"] is not None
    ]
    tiles = [
        ["Runs", _count(len(rows)), f"{_count(virtual)} of virtual boards" if virtual else "all measured"],
        ["Not solved", _count(len(failed)), ""],
        ["Boards", _count(len({row["board"] for row in rows})),
         f"{_count(len({(row['board'], row['mode']) for row in rows}))} with their power modes"],
        ["Networks", _count(len({row["network"] for row in rows})), ""],
        ["With an energy", _count(len(known)), f"{100.0 * len(known) / max(1, len(rows)):.0f} % of the runs"],
    ]
    middle = _median(widths)
    if middle is not None:
        tiles.append(["Half-width of a run", f"{100.0 * middle:.1f} %", "of its energy, median"])
    if stamps:
        same = stamps[0].date() == stamps[-1].date()
        tiles.append(["Recorded", f"{stamps[0]:%Y-%m-%d}", "" if same else f"to {stamps[-1]:%Y-%m-%d}"])
    return tiles


def _columns() -> List[Dict[str, Any]]:
    """Of the table of runs; `low` and `high` are the places of its interval."""
    return [
        {"name": "Recording", "unit": None},
        {"name": "Network", "unit": None},
        {"name": "Board", "unit": None},
        {"name": "Mode", "unit": None},
        {"name": "Power", "unit": None},
        {"name": "Energy of a pass", "unit": "J", "low": 11, "high": 12},
        {"name": "Time of a pass", "unit": "s"},
        {"name": "Idle power", "unit": "W"},
        {"name": "Schedule", "unit": None},
        {"name": "Engine", "unit": None},
        {"name": "Recorded", "unit": None},
        {"name": "low", "unit": "J", "hidden": True},
        {"name": "high", "unit": "J", "hidden": True},
    ]


def _six(value: Optional[float]) -> Optional[float]:
    """Six digits are more than is known, and a third of the page."""
    return None if value is None else float(f"{value:.6g}")


def _run(row: Row) -> List[Any]:
    when = row["recorded_at"]
    return [
        row["recording"], row["network"], row["board"], row["mode"],
        "virtual" if row["virtual"] else "measured",
        _six(row["pass_energy_joule"]), _six(row["pass_time_second"]), _six(row["idle_power_watt"]),
        row["schedule"], " ".join(part for part in (row["engine"], row["engine_version"]) if part),
        f"{when:%Y-%m-%d %H:%M}" if isinstance(when, datetime) else "",
        _six(row["pass_energy_low_joule"]), _six(row["pass_energy_high_joule"]),
    ]


def _banners(rows: List[Row], failed: List[Row], kind: str) -> List[List[str]]:
    banners = []
    virtual = sum(1 for row in rows if row["virtual"])
    if virtual == len(rows) and rows:
        banners.append(["virtual", "VIRTUAL: the power of all these runs was synthesised, and not measured."])
    elif virtual and kind == "mixed":
        banners.append(["virtual", f"VIRTUAL: {virtual} of {len(rows)} runs are of virtual boards, and medians hold them "
                                   "together with measured ones, as was asked for."])
    elif virtual:
        banners.append(["virtual", f"VIRTUAL: {virtual} of {len(rows)} runs are of virtual boards. No median holds both "
                                   "kinds; those of virtual power are marked."])
    if failed:
        banners.append(["failed", f"{len(failed)} recordings are not in these numbers: they could not be solved."])
    return banners


def page_data(
    rows: List[Row], failed: List[Row], *, title: str, subtitle: str, by: str, kind: str
) -> Dict[str, Any]:
    """What the page shows."""
    rows = chosen(rows, kind)
    found = find_outliers(rows, _QUANTITY, kind)
    cells = []
    for cell in compare(rows, by, _QUANTITY, kind):
        ratio = cell.ratio
        cells.append({
            "subject": cell.subject, "fixed": cell.fixed, "power": cell.power, "group": cell.group,
            "value": cell.median.value, "low": cell.median.low, "high": cell.median.high, "runs": cell.median.runs,
            "ratio": ratio.value if ratio else None, "ratio_low": ratio.low if ratio else None,
            "ratio_high": ratio.high if ratio else None, "differs": bool(ratio and ratio.differs),
        })
    drifts = []
    # Those that drift first, the steepest before the others.
    told = find_drift(rows, _QUANTITY, kind)
    told.sort(key=lambda one: -abs(one.drift.a_month) if one.drift and one.drift.is_certain else 0.0)
    for one in told:
        drift = one.drift
        drifts.append({
            "board": one.board, "mode": one.mode, "power": one.power,
            "a_month": drift.a_month if drift else None, "a_month_low": drift.low if drift else None,
            "a_month_high": drift.high if drift else None, "runs": drift.runs if drift else 0,
            "days": drift.days if drift else 0.0,
            "months": [{"month": month, **middle._asdict()} for month, middle in one.months],
        })
    return {
        "title": title,
        "subtitle": subtitle,
        "unit": QUANTITIES[_QUANTITY][0],
        "axis": {"board": "Board", "mode": "Power mode", "board-mode": "Board and mode", "software": "Software",
                 "solver": "Solver"}[by],
        "banners": _banners(rows, failed, kind),
        "tiles": _tiles(rows, failed),
        "cells": cells,
        "drift": drifts,
        "outliers": [one._asdict() for one in found[:MOST_OUTLIERS]],
        "more_outliers": max(0, len(found) - MOST_OUTLIERS),
        "failed": [
            {"recording": row["recording"], "reason": row["reason"], "error": (row["error"] or "")[:400]}
            for row in failed[:MOST_FAILED]
        ],
        "more_failed": max(0, len(failed) - MOST_FAILED),
        "columns": _columns(),
        "runs": [_run(row) for row in rows],
    }


def page(data: Dict[str, Any]) -> str:
    """The page itself. Names of files and networks are texts in it, never markup."""
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "report_page.html")
    with open(path, encoding="utf-8") as file:
        template = file.read()
    text = json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    # In a script element nothing but "</" and "<!--" ends or changes what is text.
    text = text.replace("<", "\\u003c")
    return template.replace("/*DATA*/", text, 1)
