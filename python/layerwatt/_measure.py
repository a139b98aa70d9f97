"""Measuring what this process does."""

from __future__ import annotations

import contextlib
import functools
import os
import threading
from dataclasses import dataclass
from types import TracebackType
from typing import (
    Any,
    Callable,
    Dict,
    Iterator,
    List,
    Mapping,
    Optional,
    Sequence,
    Type,
    TypeVar,
    Union,
    cast,
    overload,
)

from . import _core
from ._command import recorder_path
from ._errors import UsageError
from ._profile import Estimate, Profile
from ._recording import Recording
from ._recording import open as open_recording
from ._regions import Sync, _sync_of, region

F = TypeVar("F", bound=Callable[..., Any])
_one_at_a_time = threading.Lock()


@contextlib.contextmanager
def _measuring() -> Iterator[None]:
    """One measurement at a time in a process."""
    if not _one_at_a_time.acquire(blocking=False):
        raise UsageError("a measurement is running in this process; mark regions inside it")
    try:
        yield
    finally:
        _one_at_a_time.release()


@dataclass(frozen=True)
class Region:
    """What one region costs, each time that it runs."""

    name: str
    #: How often it ran.
    count: int
    #: Mean time, in seconds.
    time_second: float
    #: Energy above idle power of one run, in joules; None: not known, and `reason` says why.
    energy_joule: Optional[Estimate]
    #: Whether other regions began inside it; its energy is then with those.
    holds_others: bool
    status: str
    reason: str


def _region(told: Mapping[str, Any]) -> Region:
    energy = told["energy_joule"]
    return Region(
        told["name"],
        told["count"],
        told["time_second"],
        None if energy is None else Estimate(*energy),
        told["holds_others"],
        told["status"],
        told["reason"],
    )


class Run:
    """A measurement. Its results are there once the block is over."""

    def __init__(self) -> None:
        self._told: Optional[Dict[str, Any]] = None

    def _result(self) -> Dict[str, Any]:
        if self._told is None:
            raise UsageError("the measurement is not over: its results are there after the block")
        return self._told

    @property
    def folder(self) -> str:
        """The raw dataset of the run: `layerwatt report` and `compare` take it."""
        return str(self._result()["folder"])

    @property
    def virtual(self) -> bool:
        """True if the power was synthesised, and not measured."""
        return bool(self._result()["virtual"])

    @property
    def partial_reason(self) -> str:
        """Why the run is partial; empty for a whole one."""
        return str(self._result()["partial_reason"])

    @property
    def time_second(self) -> float:
        """From begin to end of the block, in seconds."""
        return float(self._result()["time_second"])

    @property
    def energy_joule(self) -> Optional[float]:
        """Of everything that the board drew during the block, idle power included, in joules."""
        energy = self._result()["energy_joule"]
        return None if energy is None else float(energy)

    @property
    def mean_power_watt(self) -> Optional[float]:
        """Energy over time, in watts."""
        energy = self.energy_joule
        return None if energy is None or self.time_second <= 0.0 else energy / self.time_second

    @property
    def regions(self) -> List[Region]:
        """Each region that was marked, with those that hold others."""
        return [_region(told) for told in self._result()["regions"]]

    @property
    def notes(self) -> List[str]:
        """What a reader must know, each a sentence."""
        return list(self._result()["notes"])

    def solve(self) -> Profile:
        """Energy of each region, with intervals, or the reason why not."""
        return Profile(self._result()["profile"])

    def open(self) -> Recording:
        """The recording itself."""
        return open_recording(self.folder)

    def __repr__(self) -> str:
        if self._told is None:
            return "<Run: not over>"
        banner = "VIRTUAL power, " if self.virtual else ""
        energy = self.energy_joule
        told = "energy not known" if energy is None else f"{energy:.6g} J"
        return f"<Run in {self.folder!r}: {banner}{told} in {self.time_second:.6g} s>"

    def _repr_html_(self) -> str:
        return self.solve()._repr_html_()


def _choices(
    sensor: str,
    result_dir: "Union[str, os.PathLike[str]]",
    name: str,
    rails: Sequence[str],
    idle_lead: Optional[float],
    existing: str,
    sysfs_root: str,
) -> _core.Choices:
    choices = _core.Choices()
    choices.sensor = sensor
    place = os.fspath(result_dir)
    choices.name = name
    if "/" in name or name in (".", ".."):
        raise UsageError(f"name is to be a folder's name, not {name!r}")
    choices.result_dir = place
    choices.rails = list(rails)
    choices.idle_lead_second = idle_lead
    if existing not in ("refuse", "replace", "number"):
        raise UsageError(f"existing is to be 'refuse', 'replace' or 'number', not {existing!r}")
    choices.existing = existing
    choices.sysfs_root = sysfs_root
    choices.activity = ""
    choices.recorder = recorder_path()
    return choices


class measure:
    """Measures what runs inside a `with` block, while a process of its own records power.

    The block begins when idle power before it has been recorded; after it idle power is recorded
    again. Regions inside it become the timeline; outermost regions that come again are passes.

    sensor: 'auto', a kind that `sensors()` names, or 'virtual:BOARD', whose power is synthesised and
        called virtual everywhere.
    result_dir, name: the run goes to the folder `result_dir/name`.
    rails: which to record; empty: those of the board's total.
    idle_lead: idle time before and after, in seconds; None: five time constants of the sensor.
    existing: what to do where a finished run is in its place: 'refuse', 'replace' or 'number'.
    """

    def __init__(
        self,
        sensor: str = "auto",
        result_dir: "Union[str, os.PathLike[str]]" = "raw_data",
        name: str = "run",
        *,
        rails: Sequence[str] = (),
        idle_lead: Optional[float] = None,
        existing: str = "number",
        sysfs_root: str = "/",
    ) -> None:
        if not name:
            raise UsageError("name is to be a folder's name that is not empty")
        self._choices = _choices(sensor, result_dir, name, rails, idle_lead, existing, sysfs_root)
        self._run = Run()
        self._session: Optional[_core.Session] = None

    def __enter__(self) -> Run:
        if not _one_at_a_time.acquire(blocking=False):
            raise UsageError("a measurement is running in this process; mark regions inside it")
        try:
            self._session = _core.Session(self._choices, _core.open_ring())
        except BaseException:
            _one_at_a_time.release()
            raise
        return self._run

    def __exit__(
        self,
        kind: Optional[Type[BaseException]],
        error: Optional[BaseException],
        trace: Optional[TracebackType],
    ) -> None:
        session, self._session = self._session, None
        try:
            if session is not None:
                self._run._told = session.finish(error is None)
        except Exception:
            # The block's own exception is what a person wants to know of.
            if error is None:
                raise
        finally:
            _one_at_a_time.release()


@overload
def measured(function: F) -> F: ...


@overload
def measured(
    function: None = None, *, sync: Sync = None, **options: Any
) -> Callable[[F], F]: ...


def measured(function: Optional[F] = None, *, sync: Sync = None, **options: Any) -> Any:
    """Decorates a function: each call is a region named after it, and, where nobody measures, a
    measurement of its own, whose result is the function's `last_run`.

    sync: as of `region`. Other options: as of `measure`.
    """
    if function is None:
        return functools.partial(measured, sync=sync, **options)
    wanted: Callable[..., Any] = function
    _sync_of(sync)
    name = wanted.__name__

    @functools.wraps(wanted)
    def call(*args: Any, **kwargs: Any) -> Any:
        if _one_at_a_time.locked():
            with region(name, sync):
                return wanted(*args, **kwargs)
        with measure(**{"name": name, **options}) as run:
            with region(name, sync):
                result = wanted(*args, **kwargs)
        setattr(call, "last_run", run)
        return result

    setattr(call, "last_run", None)
    return cast(F, call)


class Weighed(Run):
    """The result of `weigh`: a run whose layers are the functions."""

    @property
    def regions(self) -> List[Region]:
        """Each function."""
        told = []
        for layer in self.solve():
            told.append(
                Region(
                    layer.name,
                    layer.executions,
                    layer.mean_run_time_second,
                    layer.energy_joule,
                    False,
                    layer.status,
                    layer.reason,
                )
            )
        return told

    def __getitem__(self, name: str) -> Region:
        """What one function costs a call."""
        for found in self.regions:
            if found.name == name:
                return found
        raise KeyError(name)


def weigh(
    functions: Mapping[str, Callable[[], object]],
    *,
    duration: Optional[float] = None,
    schedule: str = "weighing",
    sync: Sync = None,
    warmup: int = 3,
    seed: int = 1,
    sensor: str = "auto",
    result_dir: "Union[str, os.PathLike[str]]" = "raw_data",
    name: str = "weigh",
    rails: Sequence[str] = (),
    idle_lead: Optional[float] = None,
    existing: str = "number",
    sysfs_root: str = "/",
) -> Weighed:
    """What each of some functions costs a call, on a board whose sensor averages over many calls.

    They are called singly and repeated, at random: the one way that works for any framework on a
    stock board. A function that calls for work on a GPU is to wait for it, or name `sync`.

    functions: by name; each is called without arguments, many times.
    duration: of the run, in seconds; None: as long as two balanced sets of blocks take.
    schedule: 'weighing', or 'isolated': each by itself for a time.
    Others: as of `measure`.
    """
    if not name:
        raise UsageError("name is to be a folder's name that is not empty")
    if not functions:
        raise UsageError("name at least one function to weigh")
    if schedule not in ("weighing", "isolated"):
        raise UsageError(f"schedule is to be 'weighing' or 'isolated', not {schedule!r}")
    if warmup < 0:
        raise UsageError("warmup is to be a number of calls, not negative")
    if duration is not None and not 0.0 < duration < 1e6:
        raise UsageError(f"duration is to be a number of seconds above 0, not {duration!r}")
    wait = _sync_of(sync)
    calls: List[Callable[[], object]] = []
    for function in functions.values():
        if not callable(function):
            raise UsageError(f"{function!r} is no function")
        calls.append(function if wait is None else _then(function, wait))
    choices = _choices(sensor, result_dir, name, rails, idle_lead, existing, sysfs_root)
    types = [str(getattr(call, "_layerwatt_type", "Function")) for call in functions.values()]
    with _measuring():
        told = _core.weigh(
            choices, list(functions), calls, types, schedule, duration, warmup, seed
        )
    weighed = Weighed()
    weighed._told = {"time_second": 0.0, "energy_joule": None, "regions": [], **told}
    return weighed


def _then(function: Callable[[], object], wait: Callable[[], object]) -> Callable[[], object]:
    def both() -> None:
        function()
        wait()

    return both
