"""Energy per token of what another benchmark recorded, joined with power by time."""

from __future__ import annotations

import os
import tempfile
import time
from typing import Any, Dict, List, Optional, Tuple

from . import _core
from ._errors import RefusedError, UsageError
from ._exports import Export, Request, Test, read_export
from ._llm import DECODE, PREFILL, Tokens, _keep_counts, _phase_of
from ._measure import Run
from ._profile import Estimate
from ._recording import Path

ALL = "all"
_REQUEST = "request"
_FAILED = "failed request"
_WARMUP = "warmup"

#: llama-bench rounds the begin of a test down to a second.
_ROUNDED_SECOND = 1.0
#: Five time constants of a stock sensor: what ran before is then forgotten.
_SETTLING_SECOND = 2.2
_LEAST_SECOND = 1.0
#: Between the end of a test and the begin of the next; more may be a pause (--delay).
_MOST_UNTOLD_SECOND = 2.0


class JoinedTokens(Run):
    """The result of `join_tokens`: a run whose layers are what requests do."""

    #: Requests that the power covers and that were answered; of llama-bench, repetitions.
    requests: int
    #: Requests that ended with an error or were cancelled.
    failed: int
    #: Requests that the power does not cover.
    left_out: int
    prompt_tokens: int
    generated_tokens: int
    #: Requests that ran at once, at most, and the part of the time with more than one, 0 to 1.
    most_at_once: int
    overlap_share: float
    #: Of AIPerf prefill, decode and 'all'; of llama-bench its tests, in their order.
    phases: List[Tokens]

    def _only(self, phase: str, tests: str) -> Tokens:
        found = [one for one in self.phases if one.phase == phase]
        found = found or [
            one for one in self.phases if one.phase.startswith(tests) and "+" not in one.phase
        ]
        if len(found) == 1:
            return found[0]
        names = ", ".join(repr(one.phase) for one in self.phases)
        raise UsageError(f"there are {len(found)} of {phase}; look at phases: {names}")

    @property
    def prefill(self) -> Tokens:
        """From the request to the first token, per token of the prompt."""
        return self._only(PREFILL, "pp")

    @property
    def decode(self) -> Tokens:
        """From the first token on, per token after it."""
        return self._only(DECODE, "tg")

    @property
    def all(self) -> Tokens:
        """All that requests did, per token that was generated; failed requests included."""
        return self._only(ALL, "\0")

    @property
    def folder(self) -> str:
        """The raw dataset of the run; llama-bench's tests, whose begins are not told, make none."""
        folder = str(self._result()["folder"])
        if not folder:
            raise UsageError("tests of llama-bench, whose begins are not told, make no run folder")
        return folder

    def __repr__(self) -> str:
        banner = "VIRTUAL power, " if self.virtual else ""
        return f"<JoinedTokens: {banner}{self.requests} requests, {self.phases!r}>"


def _estimate(told: Any, scale: float) -> Optional[Estimate]:
    if told is None:
        return None
    value, low, high = told
    return Estimate(
        value * scale, None if low is None else low * scale, None if high is None else high * scale
    )


def _offset_second(hours: Optional[float], at_second: float) -> float:
    if hours is None:
        return float(time.localtime(at_second).tm_gmtoff)
    if not -26.0 <= hours <= 26.0:
        raise UsageError(f"utc_offset_hour is to be -26 to 26, not {hours!r}")
    return 3600.0 * hours


def _overlap(requests: List[Request]) -> Tuple[int, float]:
    """How many ran at once at most, and the part of the busy time with more than one."""
    edges = sorted(
        [(one.start_ns, 1) for one in requests] + [(one.end_ns, -1) for one in requests],
        # What ends where another begins does not overlap it.
        key=lambda edge: (edge[0], edge[1]),
    )
    running = most = 0
    busy = shared = 0
    before = edges[0][0] if edges else 0
    for at, change in edges:
        busy += (at - before) * (running > 0)
        shared += (at - before) * (running > 1)
        running += change
        most = max(most, running)
        before = at
    return most, shared / busy if busy else 0.0


def _spans_of(requests: List[Request]) -> List[Tuple[str, int, int, int]]:
    spans = []
    for group, one in enumerate(requests):
        first = one.first_token_ns
        if one.is_warmup or one.is_failed or first is None:
            name = _WARMUP if one.is_warmup else _FAILED if one.is_failed else _REQUEST
            spans.append((name, group, one.start_ns, one.end_ns))
        else:
            spans.append((PREFILL, group, one.start_ns, first))
            spans.append((DECODE, group, first, one.end_ns))
    return spans


def _join_requests(export: Export, joining: _core.Joining) -> JoinedTokens:
    joining.spans = _spans_of(export.requests)
    joining.is_all_that_ran = True
    joining.apart = _WARMUP
    told = _core.join_spans(joining)
    covered = [export.requests[group] for group in told["groups"]]
    wanted = [one for one in covered if not one.is_warmup]
    answered = [one for one in wanted if not one.is_failed]
    result = JoinedTokens()
    result.requests = len(answered)
    result.failed = len(wanted) - len(answered)
    result.left_out = sum(not one.is_warmup for one in export.requests) - len(wanted)
    result.prompt_tokens = sum(one.prompt_tokens for one in answered)
    result.generated_tokens = sum(one.generated_tokens for one in answered)
    result.most_at_once, result.overlap_share = _overlap(covered)
    streamed = [one for one in answered if one.first_token_ns is not None]
    tokens = {
        PREFILL: sum(one.prompt_tokens for one in streamed),
        DECODE: sum(max(one.generated_tokens - 1, 0) for one in streamed),
    }
    busy = told["busy"][0] if told["busy"] else None
    result._told = {"time_second": busy["time_second"] if busy else 0.0, "energy_joule": None, **told}
    result.phases = []
    for phase in (PREFILL, DECODE):
        one = _phase_of(result.regions, phase, tokens[phase])
        if not streamed:
            one = one._replace(
                reason="The export has no time to first token: AIPerf tells it with --streaming."
            )
        elif one.joule_per_token is None and result.overlap_share > 0.0:
            one = one._replace(
                reason=f"Up to {result.most_at_once} requests ran at once, for "
                f"{100 * result.overlap_share:.3g} % of the time, and a board has one power: 'all' "
                "tells what they cost together."
            )
        result.phases.append(one)
    result.phases.append(_all_of(busy, result))
    context = sum(one.prompt_tokens for one in streamed) / len(streamed) if streamed else None
    _keep_counts(
        result.folder,
        [
            {"region": phase, "phase": phase, "context_tokens": context, "tokens": tokens[phase]}
            for phase in (PREFILL, DECODE)
        ],
    )
    notes = export.notes
    if result.left_out:
        notes.append(f"{result.left_out} requests are left out: the power does not cover them.")
    if result.failed:
        notes.append(
            f"{result.failed} requests failed or were cancelled: what they drew is in 'all', their "
            "tokens, which are not known, are not."
        )
    result._told["notes"] = notes + told["notes"]
    return result


def _all_of(busy: Optional[Dict[str, Any]], result: JoinedTokens) -> Tokens:
    generated = result.generated_tokens
    if busy is None:
        reason = "No rail is known to stand for the board."
        return Tokens(ALL, generated, 0.0, None, "unresolved", reason)
    energy = _estimate(busy["energy_joule"], 1.0 / generated if generated else 0.0)
    reason = busy["reason"]
    if not generated:
        energy, reason = None, "Not one token was generated."
    status = "unresolved" if energy is None else "resolved"
    return Tokens(ALL, generated, busy["time_second"], energy, status, reason)


def _why_not(test: Test, following: Optional[Test]) -> str:
    """Why nobody knows when a test's repetitions ran; empty where it is known well enough."""
    marks = (
        "run it as `layerwatt run --mark '(?<prompt>prompt run)|(?<generate>generation run)|"
        "(?<other>warmup|depth)' -- llama-bench --progress ...`, which sees when each run begins"
    )
    if test.depth > 0:
        return (
            "Before each repetition llama-bench fills the context to its depth, for a time that it "
            f"does not tell: {marks}."
        )
    total = sum(test.samples_ns) * 1e-9
    mean = total / len(test.samples_ns)
    if following is not None and following.model == test.model and test.has_all_samples:
        # From the end of the repetitions to the next test, after a warm-up of one prompt at most.
        untold = following.begin_second + _ROUNDED_SECOND - test.begin_second - total - 1.5 * mean
        if untold > _MOST_UNTOLD_SECOND + _ROUNDED_SECOND:
            return (
                f"Up to {untold:.3g} s between this test and the next are not told (--delay?), so that "
                f"nobody knows when it ran: leave --delay out, or {marks}."
            )
    least = _ROUNDED_SECOND + _SETTLING_SECOND + _LEAST_SECOND
    if test.prompt_tokens and test.generated_tokens:
        least += 2 * mean
    if total < least:
        return (
            f"Its begin is told to a second, and its repetitions took {total:.3g} s: at least "
            f"{least:.3g} s are needed. Take more repetitions (-r) or more tokens."
        )
    return ""


def _window(test: Test) -> Tuple[int, int]:
    """When it surely ran, in nanoseconds since 1970 UTC: with a warm-up before it or without."""
    total = sum(test.samples_ns)
    begin = test.begin_second * 1_000_000_000 + round((_ROUNDED_SECOND + _SETTLING_SECOND) * 1e9)
    end = test.begin_second * 1_000_000_000 + total
    if test.prompt_tokens and test.generated_tokens:
        # The warm-up is of another mix; of the rest whole repetitions are taken, from wherever.
        mean = total // len(test.samples_ns)
        begin += mean
        begin = end - (end - begin) // mean * mean
    return begin, end


def _join_tests(export: Export, joining: _core.Joining) -> JoinedTokens:
    tests = export.tests
    reasons = [_why_not(test, after) for test, after in zip(tests, [*tests[1:], None])]
    labels: List[str] = []
    for test in tests:
        label, times = test.label, 1
        while label in labels:
            times += 1
            label = f"{test.label}#{times}"
        labels.append(label)
    joining.spans = [
        (label, group, *_window(test))
        for group, (label, test) in enumerate(zip(labels, tests))
        if not reasons[group]
    ]
    if not joining.spans:
        raise RefusedError(f"{export.path}: no test can be told: {labels[0]}: {reasons[0]}")
    joining.is_all_that_ran = False
    with tempfile.TemporaryDirectory() as folder:
        joining.result_dir = folder
        told = _core.join_spans(joining)
    found = {one["name"]: one for one in told["busy"]}
    result = JoinedTokens()
    result.phases = []
    for label, test, reason in zip(labels, tests, reasons):
        each = test.prompt_tokens + test.generated_tokens
        count = each * len(test.samples_ns)
        seconds = sum(test.samples_ns) * 1e-9
        energy = None
        if label in found:
            stretch = found[label]
            energy = _estimate(
                stretch["energy_joule"], seconds / count / stretch["time_second"]
            )
            reason = stretch["reason"]
        elif not reason:
            reason = "The power does not cover it."
        status = "unresolved" if energy is None else "resolved"
        result.phases.append(Tokens(label, count, seconds, energy, status, reason))
    result.requests = sum(len(test.samples_ns) for test in tests)
    result.failed = 0
    result.left_out = sum(not why for why in reasons) - len(told["groups"])
    result.prompt_tokens = sum(test.prompt_tokens * len(test.samples_ns) for test in tests)
    result.generated_tokens = sum(test.generated_tokens * len(test.samples_ns) for test in tests)
    result.most_at_once, result.overlap_share = 1, 0.0
    result._told = {
        **told,
        "time_second": sum(one.time_second for one in result.phases),
        "energy_joule": None,
        "folder": "",
        "notes": export.notes + told["notes"],
    }
    return result


def join_tokens(
    export: Path,
    power: Path,
    *,
    rail: str = "",
    idle_power_watt: Optional[float] = None,
    utc_offset_hour: Optional[float] = None,
    power_begin: Optional[str] = None,
    result_dir: Path = "raw_data",
    name: str = "tokens",
    existing: str = "number",
) -> JoinedTokens:
    """Energy per token of a benchmark that somebody ran while somebody recorded power.

    export: AIPerf's profile_export.jsonl, or what llama-bench printed with -o jsonl, json or csv.
    power: a power log (also of tegrastats), a power.npy of `layerwatt record`, or a run's folder.
    rail: which of several stands for the board.
    idle_power_watt: of the board, where it was measured apart; None: that of the recording.
    utc_offset_hour: local time of a text log minus UTC; None: this machine's time zone.
    power_begin: 'YYYYMMDD-HH:MM:SS', where a log does not tell when its first line was printed.
    result_dir, name, existing: as of `measure`.

    Requests of AIPerf become a run like any other, whose prefill and decode the solver tells apart.
    Requests that overlap are told together alone. llama-bench tells when a test began to a second:
    what it drew while it surely ran is taken for the whole of it.
    """
    if not name or "/" in name or name in (".", ".."):
        raise UsageError(f"name is to be a folder's name, not {name!r}")
    if existing not in ("refuse", "replace", "number"):
        raise UsageError(f"existing is to be 'refuse', 'replace' or 'number', not {existing!r}")
    if idle_power_watt is not None and not 0.0 <= idle_power_watt < 1e6:
        raise UsageError(f"idle_power_watt is to be a number of watts, not {idle_power_watt!r}")
    read = read_export(export)
    begin = read.requests[0].start_ns * 1e-9 if read.requests else read.tests[0].begin_second
    joining = _core.Joining()
    joining.name = name
    joining.power = os.fspath(power)
    joining.rail = rail
    joining.utc_offset_second = _offset_second(utc_offset_hour, begin)
    joining.begin = power_begin
    joining.idle_power_watt = idle_power_watt
    joining.result_dir = os.fspath(result_dir)
    joining.existing = existing
    return _join_requests(read, joining) if read.requests else _join_tests(read, joining)
