"""What benchmarks of language models export: when each request, or each test, ran."""

from __future__ import annotations

import calendar
import csv
import json
import os
import time
from dataclasses import dataclass, field
from typing import Any, Dict, Iterator, List, Optional, Tuple

from ._errors import DatasetError, MissingError, StorageError

_NS = {"ns": 1.0, "us": 1e3, "µs": 1e3, "ms": 1e6, "s": 1e9, "sec": 1e9}
_EXPECTED = (
    "expected AIPerf's profile_export.jsonl, or what llama-bench prints with -o jsonl, json or csv"
)


@dataclass
class Request:
    """One record of AIPerf. Instants in nanoseconds since 1970 UTC."""

    start_ns: int
    end_ns: int
    #: None: the answer was not streamed.
    first_token_ns: Optional[int]
    prompt_tokens: int
    generated_tokens: int
    is_warmup: bool
    #: Ended with an error, or cancelled; its tokens are not known.
    is_failed: bool


@dataclass
class Test:
    """One test of llama-bench: repetitions of the same work, right after each other."""

    #: When it was set up, before its warm-up: seconds since 1970 UTC, rounded down to whole ones.
    begin_second: int
    prompt_tokens: int
    generated_tokens: int
    #: Tokens that are in the context before.
    depth: int
    model: str
    #: Of each repetition. Of a CSV, which has their mean alone, as many as there were at least.
    samples_ns: List[int]
    #: False: there may have been more repetitions.
    has_all_samples: bool = True

    @property
    def label(self) -> str:
        """As llama-bench calls it in its table."""
        parts = []
        if self.prompt_tokens:
            parts.append(f"pp{self.prompt_tokens}")
        if self.generated_tokens:
            parts.append(f"tg{self.generated_tokens}")
        return "+".join(parts) + (f" @ d{self.depth}" if self.depth else "")


@dataclass
class Export:
    """What a file holds: requests, or tests."""

    path: str
    requests: List[Request] = field(default_factory=list)
    tests: List[Test] = field(default_factory=list)
    notes: List[str] = field(default_factory=list)


class _Members:
    """Members of one JSON object, or complaints that name file and line."""

    def __init__(self, told: Any, path: str, line: int) -> None:
        self._told = told
        self.path = path
        self.line = line

    def wrong(self, text: str) -> DatasetError:
        return DatasetError(f"{self.path}:{self.line}: {text}", self.path, self.line)

    def find(self, name: str) -> Any:
        at = self._told
        for part in name.split("."):
            at = at.get(part) if isinstance(at, dict) else None
        return at

    def whole(self, name: str) -> int:
        value = self.find(name)
        if isinstance(value, bool) or not isinstance(value, (int, float)) or value != int(value):
            what = "is missing" if value is None else f"is {value!r}"
            raise self.wrong(f"'{name}' {what}; expected a whole number")
        if not 0 <= value < 2**63:
            raise self.wrong(f"'{name}' is {value!r}; expected 0 to 2^63")
        return int(value)

    def nanoseconds(self, name: str) -> Optional[int]:
        """Of a metric with its unit; None where there is none."""
        if self.find(name) is None:
            return None
        value, unit = self.find(f"{name}.value"), self.find(f"{name}.unit")
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < 1e15:
            raise self.wrong(f"'{name}.value' is {value!r}; expected a time")
        if unit not in _NS:
            raise self.wrong(f"'{name}.unit' is {unit!r}; expected one of {', '.join(_NS)}")
        return round(value * _NS[unit])


def _request(members: _Members) -> Request:
    """A record of AIPerf's profile_export.jsonl.

    Format: docs/tutorials/working-with-profile-exports.md of github ai-dynamo/aiperf: a JSON object
    a line; `metadata` with instants of the wall clock in nanoseconds, `metrics` of {value, unit},
    which a failed request has none of, and `error`.
    """
    start = members.whole("metadata.request_start_ns")
    end = members.whole("metadata.request_end_ns")
    if end < start:
        raise members.wrong(f"the request ends at {end} ns, before it starts at {start} ns")
    is_warmup = members.find("metadata.benchmark_phase") == "warmup"
    is_failed = members.find("error") is not None or bool(members.find("metadata.was_cancelled"))
    if is_failed:
        return Request(start, end, None, 0, 0, is_warmup, True)
    prompt = members.whole("metrics.input_sequence_length.value")
    generated = members.whole("metrics.output_sequence_length.value")
    wait = members.nanoseconds("metrics.time_to_first_token")
    first = None if wait is None else start + wait
    if first is not None and first > end:
        # Both are rounded on their own.
        if first > end + 1_000_000:
            raise members.wrong("the first token comes after the request's end")
        first = end
    return Request(start, end, first, prompt, generated, is_warmup, False)


def _test(members: _Members) -> Test:
    """A test of llama-bench.

    Format: tools/llama-bench/README.md and llama-bench.cpp of github ggml-org/llama.cpp: `test_time`
    is set before the warm-up, in whole seconds of UTC; `samples_ns` are times, without instants.
    """
    text = members.find("test_time")
    try:
        begin = calendar.timegm(time.strptime(str(text), "%Y-%m-%dT%H:%M:%SZ"))
    except ValueError:
        what = "is missing" if text is None else f"is {text!r}"
        raise members.wrong(f"'test_time' {what}; expected 2026-11-28T12:00:00Z") from None
    samples = members.find("samples_ns")
    has_all = samples is not None
    if samples is None:
        # A deviation tells that there were two at least.
        spread = members.whole("stddev_ns")
        samples = [members.whole("avg_ns")] * (2 if spread > 0 else 1)
    if not isinstance(samples, list) or not samples:
        raise members.wrong("'samples_ns' holds no times")
    for sample in samples:
        if isinstance(sample, bool) or not isinstance(sample, int) or not 0 < sample < 2**63:
            raise members.wrong(f"'samples_ns' holds {sample!r}; expected nanoseconds above 0")
    prompt, generated = members.whole("n_prompt"), members.whole("n_gen")
    if prompt + generated == 0:
        raise members.wrong("'n_prompt' and 'n_gen' are both 0")
    # Older versions have no depth.
    depth = members.whole("n_depth") if members.find("n_depth") is not None else 0
    model = str(members.find("model_filename") or "")
    return Test(begin, prompt, generated, depth, model, samples, has_all)


def _objects(lines: List[str], export: Export) -> Iterator[_Members]:
    """The objects of JSON Lines. A last line that is cut (it was being written) is left out."""
    filled = [i for i, line in enumerate(lines) if line.strip()]
    for i in filled:
        try:
            told = json.loads(lines[i])
        except ValueError as error:
            if i == filled[-1] and not lines[i].endswith("\n"):
                export.notes.append(f"The last line of {export.path} is cut off; it was left out.")
                return
            raise DatasetError(
                f"{export.path}:{i + 1}: not a JSON object a line ({error})", export.path, i + 1
            ) from error
        yield _Members(told, export.path, i + 1)


def _add(members: _Members, export: Export) -> None:
    if members.find("test_time") is not None or members.find("samples_ns") is not None:
        export.tests.append(_test(members))
    elif isinstance(members.find("metadata"), dict):
        export.requests.append(_request(members))
    else:
        raise members.wrong(f"neither a request nor a test; {_EXPECTED}")


def _read_table(lines: List[str], export: Export) -> None:
    """llama-bench's CSV, every field in quotes."""
    numbers = {"n_prompt", "n_gen", "n_depth", "avg_ns", "stddev_ns"}
    rows = csv.reader(lines)
    header = next(rows)
    for row in rows:
        if not row:
            continue
        if len(row) != len(header):
            if rows.line_num == len(lines) and not lines[-1].endswith("\n"):
                export.notes.append(f"The last line of {export.path} is cut off; it was left out.")
                return
            raise DatasetError(
                f"{export.path}:{rows.line_num}: {len(row)} fields; expected {len(header)}",
                export.path,
                rows.line_num,
            )
        told: Dict[str, Any] = dict(zip(header, row))
        for name in numbers & told.keys():
            told[name] = int(told[name]) if told[name].isdecimal() else told[name]
        export.tests.append(_test(_Members(told, export.path, rows.line_num)))
    export.notes.append(
        "A CSV of llama-bench does not tell how many repetitions there were: only the time that one "
        "or two took was looked at. -o jsonl tells."
    )


def _read_array(text: str, export: Export) -> None:
    try:
        told = json.loads(text)
    except json.JSONDecodeError as error:
        raise DatasetError(
            f"{export.path}:{error.lineno}: the JSON ends or breaks off here ({error.msg}); of a "
            "llama-bench that was stopped, -o jsonl keeps the tests that were over",
            export.path,
            error.lineno,
        ) from error
    # Line by line is not told by the parser; llama-bench's own objects begin with "  {".
    begins = [i + 1 for i, line in enumerate(text.splitlines()) if line.strip() == "{"]
    for i, one in enumerate(told):
        _add(_Members(one, export.path, begins[i] if len(begins) == len(told) else 1), export)


def _lines(path: str) -> Tuple[str, List[str]]:
    try:
        with open(path, encoding="utf-8") as file:
            text = file.read()
    except FileNotFoundError as error:
        raise MissingError(f"{path}: there is no such file; {_EXPECTED}", path) from error
    except UnicodeDecodeError as error:
        raise DatasetError(f"{path}: not a text file; {_EXPECTED}", path) from error
    except OSError as error:
        raise StorageError(f"{path}: {error.strerror}", path) from error
    return text, text.splitlines(keepends=True)


def read_export(path: "str | os.PathLike[str]") -> Export:
    """Finds out whose it is by what it holds, and reads it."""
    export = Export(os.fspath(path))
    text, lines = _lines(export.path)
    head = text.lstrip()[:1]
    first = lines[0] if lines else ""
    if head == "[":
        _read_array(text, export)
    elif head == "{":
        try:
            whole = json.loads(text)
        except ValueError:
            whole = None
        if isinstance(whole, dict) and not (whole.keys() & {"metadata", "test_time"}):
            raise DatasetError(
                f"{export.path}: not a record of a request; {_EXPECTED} "
                "(profile_export_aiperf.json has the sums alone)",
                export.path,
            )
        for members in _objects(lines, export):
            _add(members, export)
    elif "test_time" in first and "," in first:
        _read_table(lines, export)
    else:
        raise DatasetError(f"{export.path}:1: {_EXPECTED}", export.path, 1)
    if export.requests and export.tests:
        raise DatasetError(f"{export.path}: it mixes requests and tests", export.path)
    if not export.requests and not export.tests:
        raise DatasetError(f"{export.path}: it holds no request and no test", export.path)
    return export
