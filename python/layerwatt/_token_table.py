"""Energy per token against context length and power mode."""

from __future__ import annotations

import json
import os
from html import escape
from typing import Any, Dict, List, NamedTuple, Optional, Sequence, Tuple, Union

from ._errors import DatasetError, MissingError, StorageError, UsageError
from ._llm import TOKENS_FILE, Tokens, _phase_of
from ._measure import Region, Run
from ._profile import Estimate, Profile
from ._recording import Path

_COLOURS = ("#1b6ca8", "#c0392b", "#2e8b57", "#8e44ad", "#d68910", "#555555")
#: Of the plot, in pixels: a panel, and what stands around it.
_PANEL = (360, 240)
_LEFT, _TOP, _BETWEEN, _BELOW, _LINE = 70, 40, 90, 60, 18


class TokenRow(NamedTuple):
    """What one phase costs at one length of context, in one run."""

    run: str
    #: As the board calls it; None: not known.
    power_mode: Optional[str]
    #: True if the power was synthesised, and not measured.
    virtual: bool
    tokens: Tokens


def _power_mode(folder: str) -> Optional[str]:
    try:
        with open(os.path.join(folder, "run.json"), encoding="utf-8") as file:
            mode = json.load(file).get("environment", {}).get("power_mode")
    except (OSError, ValueError):
        return None
    return str(mode) if mode else None


def _counts(folder: str) -> List[Dict[str, Any]]:
    path = os.path.join(folder, TOKENS_FILE)
    try:
        with open(path, encoding="utf-8") as file:
            told = json.load(file)
    except FileNotFoundError as error:
        raise MissingError(f"{path}: no run of llm or join_tokens is in this folder", path) from error
    except ValueError as error:
        raise DatasetError(f"{path}: {error}", path) from error
    except OSError as error:
        raise StorageError(f"{path}: {error.strerror}", path) from error
    try:
        return [
            {
                "region": str(one["region"]),
                "phase": str(one["phase"]),
                "context_tokens": None if one["context_tokens"] is None else float(one["context_tokens"]),
                "tokens": int(one["tokens"]),
            }
            for one in told["phases"]
        ]
    except (KeyError, TypeError, ValueError) as error:
        raise DatasetError(f"{path}: 'phases' is not what llm writes ({error!r})", path) from error


def _rows_of_folder(folder: str) -> List[TokenRow]:
    profile = Profile.read(folder)
    regions = [
        Region(
            layer.name,
            layer.executions,
            layer.mean_run_time_second,
            layer.energy_joule,
            False,
            layer.status,
            layer.reason,
        )
        for layer in profile
    ]
    rows = []
    for one in _counts(folder):
        tokens = _phase_of(regions, one["region"], one["tokens"])
        tokens = tokens._replace(phase=one["phase"], context_tokens=one["context_tokens"])
        rows.append(TokenRow(profile.model, _power_mode(folder), profile.virtual, tokens))
    return rows


def _number(value: Optional[float], scale: float = 1.0) -> str:
    return "" if value is None else f"{value * scale:.4g}"


def _ticks(most: float) -> List[float]:
    """Round numbers from 0 to what is shown."""
    if most <= 0.0:
        return [0.0]
    step = 10.0 ** len(str(int(most))) if most >= 1.0 else 1.0
    while most / step < 4.0:
        step /= 10.0
    step *= next(factor for factor in (1.0, 2.0, 5.0, 10.0) if most / (step * factor) <= 6.0)
    return [step * i for i in range(int(most / step) + 1)]


class TokenTable:
    """Joules per token, tokens per second and per joule, a row a run, phase and length of context."""

    def __init__(self, rows: Sequence[TokenRow]) -> None:
        #: By power mode, phase and context.
        self.rows: List[TokenRow] = sorted(
            rows,
            key=lambda row: (
                row.power_mode or "",
                # Prefill comes first.
                row.tokens.phase != "prefill",
                row.tokens.phase,
                row.tokens.context_tokens or 0.0,
            ),
        )

    @property
    def virtual(self) -> bool:
        """True if the power of any row was synthesised."""
        return any(row.virtual for row in self.rows)

    def _cells(self) -> List[List[str]]:
        cells = [
            ["Power mode", "Phase", "Context", "Tokens", "Tokens/s", "mJ/token", "95 % interval", "Tokens/J"]
        ]
        for row in self.rows:
            tokens = row.tokens
            energy = tokens.joule_per_token
            interval = "" if energy is None else "none"
            if energy is not None and energy.low is not None and energy.high is not None:
                interval = f"{1e3 * energy.low:.4g} … {1e3 * energy.high:.4g}"
            mode = (row.power_mode or "not known") + (" VIRTUAL" if row.virtual else "")
            cells.append(
                [
                    mode,
                    tokens.phase,
                    _number(tokens.context_tokens),
                    str(tokens.tokens),
                    _number(tokens.tokens_per_second),
                    "not known" if energy is None else _number(energy.value, 1e3),
                    interval,
                    _number(tokens.tokens_per_joule),
                ]
            )
        return cells

    @property
    def text(self) -> str:
        """For people: energies above idle power, in millijoules a token."""
        cells = self._cells()
        widths = [max(len(row[i]) for row in cells) for i in range(len(cells[0]))]
        lines = [
            "  ".join(
                cell.ljust(width) if i < 2 else cell.rjust(width)
                for i, (cell, width) in enumerate(zip(row, widths))
            ).rstrip()
            for row in cells
        ]
        for row in self.rows:
            if row.tokens.reason:
                lines.append(f"{row.tokens.phase} at {_number(row.tokens.context_tokens)}: {row.tokens.reason}")
        return "\n".join(lines) + "\n"

    def __str__(self) -> str:
        return self.text

    def to_csv(self) -> str:
        """A row a line; units stand in the names; what is not known is empty."""
        lines = [
            "run,power_mode,virtual,phase,context_tokens,tokens,time_second,tokens_per_second,"
            "joule_per_token,joule_per_token_low,joule_per_token_high,tokens_per_joule,status"
        ]
        for row in self.rows:
            tokens = row.tokens
            energy = tokens.joule_per_token or Estimate(float("nan"), None, None)
            values: List[Any] = [
                row.run,
                row.power_mode,
                "true" if row.virtual else "false",
                tokens.phase,
                tokens.context_tokens,
                tokens.tokens,
                tokens.time_second,
                tokens.tokens_per_second,
                None if tokens.joule_per_token is None else energy.value,
                energy.low,
                energy.high,
                tokens.tokens_per_joule,
                tokens.status,
            ]
            texts = ["" if value is None else str(value) for value in values]
            lines.append(",".join(f'"{t}"' if "," in t or '"' in t else t for t in texts))
        return "\n".join(lines) + "\n"

    def _repr_html_(self) -> str:
        cells = self._cells()
        head = "".join(f"<th>{escape(cell)}</th>" for cell in cells[0])
        body = "".join(
            "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in cells[1:]
        )
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"

    def _lines(self, phase: str) -> "Dict[str, List[Tuple[float, Estimate]]]":
        """By power mode, what is known of a phase, from short contexts to long ones."""
        lines: Dict[str, List[Tuple[float, Estimate]]] = {}
        for row in self.rows:
            tokens = row.tokens
            if tokens.phase != phase or tokens.context_tokens is None or tokens.joule_per_token is None:
                continue
            lines.setdefault(row.power_mode or "power mode not known", []).append(
                (tokens.context_tokens, tokens.joule_per_token)
            )
        return lines

    def plot(self, path: Path) -> None:
        """Writes an SVG: millijoules a token against tokens of context, a panel a phase, a line a power
        mode, with the intervals."""
        phases = [phase for phase in ("prefill", "decode") if self._lines(phase)]
        if not phases:
            raise UsageError("no energy is known at any length of context: there is nothing to plot")
        modes = sorted({mode for phase in phases for mode in self._lines(phase)})
        width = _LEFT + len(phases) * (_PANEL[0] + _BETWEEN)
        height = _TOP + _PANEL[1] + _BELOW + _LINE * len(modes)
        parts = [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
            'font-family="sans-serif" font-size="12">',
            f'<rect width="{width}" height="{height}" fill="white"/>',
        ]
        if self.virtual:
            parts.append(
                '<text x="10" y="16" fill="#b00000" font-weight="bold">VIRTUAL power: synthesised, '
                "not measured</text>"
            )
        for i, phase in enumerate(phases):
            left = _LEFT + i * (_PANEL[0] + _BETWEEN)
            parts += _panel(phase, self._lines(phase), modes, left)
        for i, mode in enumerate(modes):
            y = _TOP + _PANEL[1] + _BELOW + _LINE * i
            colour = _COLOURS[i % len(_COLOURS)]
            parts.append(f'<rect x="{_LEFT}" y="{y - 9}" width="18" height="4" fill="{colour}"/>')
            parts.append(f'<text x="{_LEFT + 26}" y="{y - 3}">{escape(mode)}</text>')
        parts.append("</svg>")
        place = os.fspath(path)
        try:
            with open(place, "w", encoding="utf-8") as file:
                file.write("\n".join(parts) + "\n")
        except OSError as error:
            raise StorageError(f"{place}: {error.strerror}", place) from error


def _panel(
    phase: str, lines: "Dict[str, List[Tuple[float, Estimate]]]", modes: List[str], left: int
) -> List[str]:
    every = [point for line in lines.values() for point in line]
    most_x = max(context for context, _ in every) * 1.05
    most_y = max((e.value if e.high is None else e.high) for _, e in every) * 1e3 * 1.1
    bottom = _TOP + _PANEL[1]

    def x_of(context: float) -> float:
        return left + _PANEL[0] * context / most_x

    def y_of(joule: float) -> float:
        return bottom - _PANEL[1] * max(joule, 0.0) * 1e3 / most_y

    parts = [
        f'<text x="{left}" y="{_TOP - 8}" font-weight="bold">{escape(phase)}: mJ a token, above idle</text>',
        f'<path d="M{left} {_TOP}V{bottom}H{left + _PANEL[0]}" stroke="black" fill="none"/>',
        f'<text x="{left + _PANEL[0] // 2}" y="{bottom + 36}" text-anchor="middle">'
        "tokens of the prompt</text>",
    ]
    for tick in _ticks(most_x):
        x = x_of(tick)
        parts.append(f'<text x="{x:.1f}" y="{bottom + 16}" text-anchor="middle">{tick:g}</text>')
    for tick in _ticks(most_y):
        y = y_of(tick * 1e-3)
        parts.append(f'<text x="{left - 6}" y="{y + 4:.1f}" text-anchor="end">{tick:g}</text>')
        parts.append(f'<path d="M{left} {y:.1f}h{_PANEL[0]}" stroke="#dddddd"/>')
    for mode, line in lines.items():
        colour = _COLOURS[modes.index(mode) % len(_COLOURS)]
        points = " ".join(f"{x_of(context):.1f},{y_of(e.value):.1f}" for context, e in line)
        parts.append(f'<polyline points="{points}" stroke="{colour}" fill="none" stroke-width="2"/>')
        for context, e in line:
            x = x_of(context)
            parts.append(f'<circle cx="{x:.1f}" cy="{y_of(e.value):.1f}" r="3" fill="{colour}"/>')
            if e.low is not None and e.high is not None:
                parts.append(
                    f'<path d="M{x:.1f} {y_of(e.low):.1f}V{y_of(e.high):.1f}" stroke="{colour}"/>'
                )
    return parts


def token_table(*runs: Union[Path, Run]) -> TokenTable:
    """Runs of `llm` or `join_tokens` side by side: a row a power mode, phase and length of context.

    runs: results, or the folders that they were kept in: a board's power mode seldom changes within
        one process. With `llm(…, by_context=True)` a run has a row a length of prompt.
    """
    if not runs:
        raise UsageError("name at least one run")
    rows: List[TokenRow] = []
    for run in runs:
        rows += _rows_of_folder(run.folder if isinstance(run, Run) else os.fspath(run))
    return TokenTable(rows)
