"""`compare` and `report` of the command: what they print."""

from __future__ import annotations

from typing import Any, Dict, List, Optional, Sequence

from .compare import QUANTITIES, BoardDrift, Cell, Outlier

_PREFIXES = [(1e3, "k"), (1.0, ""), (1e-3, "m"), (1e-6, "µ"), (1e-9, "n")]


def _scale(value: float) -> "tuple[float, str]":
    return next((one for one in _PREFIXES if abs(value) >= one[0]), _PREFIXES[-1])


def _digits(value: float) -> str:
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def with_unit(value: Optional[float], unit: str) -> str:
    """"12.3 mJ"; a dash for what is not known."""
    if value is None:
        return "–"
    size, prefix = _scale(value)
    return f"{_digits(value / size)} {prefix}{unit}"


def with_interval(value: Optional[float], low: Optional[float], high: Optional[float], unit: str) -> str:
    """"12.3 mJ (12.0 … 12.6)"."""
    text = with_unit(value, unit)
    if value is None or low is None or high is None:
        return text
    size, _ = _scale(value)
    return f"{text} ({_digits(low / size)} … {_digits(high / size)})"


def text_table(titles: Sequence[str], rows: Sequence[Sequence[str]]) -> List[str]:
    """Columns side by side."""
    widths = [max(len(row[i]) for row in [titles, *rows]) for i in range(len(titles))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in [titles, *rows]]
    return [lines[0], "─" * max(map(len, lines)), *lines[1:]]


def comparison_lines(cells: List[Cell], quantity: str, axis: str, subject: str) -> List[str]:
    """The table for people."""
    unit = QUANTITIES[quantity][0]
    rows = []
    before = None
    for cell in cells:
        head = (cell.subject, cell.fixed, cell.power)
        same = head == before
        before = head
        name = "" if same else cell.subject + (" (VIRTUAL)" if cell.power == "virtual" else
                                               " (VIRTUAL and measured)" if cell.power == "mixed" else "")
        ratio = ""
        if cell.ratio is not None:
            ratio = f"× {cell.ratio.value:.3f}"
            if cell.ratio.low is not None and cell.ratio.high is not None:
                ratio += f" ({cell.ratio.low:.3f} … {cell.ratio.high:.3f})"
            ratio += " *" if cell.ratio.differs else ""
        rows.append([name, "" if same else cell.fixed, cell.group,
                     with_interval(cell.median.value, cell.median.low, cell.median.high, unit),
                     str(cell.median.runs), ratio])
    lines = text_table([subject, "Fixed", axis, quantity, "Runs", "Against the first"], rows)
    if any(cell.ratio is not None and cell.ratio.differs for cell in cells):
        lines.append("* differs: the 95 % interval leaves out 1")
    return lines


def outlier_lines(found: List[Outlier], quantity: str, most: int = 20) -> List[str]:
    """Named, farthest first."""
    if not found:
        return ["No outliers."]
    unit = QUANTITIES[quantity][0]
    lines = [f"{len(found)} outliers:"]
    for one in found[:most]:
        off = f"{100.0 * (one.value / one.median - 1.0):+.0f} %" if one.median else "–"
        word = ", VIRTUAL" if one.power != "measured" else ""
        lines.append(f"  {one.recording} ({one.network} on {one.board}, {one.mode}{word}): "
                     f"{with_interval(one.value, one.low, one.high, unit)}, median of {one.runs} "
                     f"{with_unit(one.median, unit)}, {off}")
    if len(found) > most:
        lines.append(f"  … and {len(found) - most} more; --json lists all")
    return lines


def drift_lines(found: List[BoardDrift]) -> List[str]:
    """A line a board."""
    lines = []
    for one in found:
        name = f"  {one.board}, {one.mode}" + (", VIRTUAL" if one.power != "measured" else "")
        if one.drift is None:
            lines.append(f"{name}: too few runs or days to tell a drift")
            continue
        d = one.drift
        lines.append(f"{name}: {100 * d.a_month:+.2f} % a month ({100 * d.low:+.2f} … {100 * d.high:+.2f}), {d.runs} runs "
                     f"over {d.days:.0f} days" + (", DRIFTS" if d.is_certain else ""))
    return ["Drift:", *lines] if lines else []


def cells_as_json(cells: List[Cell]) -> List[Dict[str, Any]]:
    """For programs."""
    return [
        {
            "subject": cell.subject, "fixed": cell.fixed, "power": cell.power, "group": cell.group,
            **cell.median._asdict(),
            "ratio": None if cell.ratio is None else {**cell.ratio._asdict(), "differs": cell.ratio.differs},
        }
        for cell in cells
    ]
