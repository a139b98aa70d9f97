"""The power sensors of this machine."""

from __future__ import annotations

from types import TracebackType
from typing import Any, Dict, Iterator, List, NamedTuple, Optional, Sequence, Type

from . import _core
from ._errors import MissingError


class Sample(NamedTuple):
    """One reading of one rail. None: the rail has no such value, or the read failed."""

    rail: str
    #: Just before and after the read, in nanoseconds of CLOCK_MONOTONIC (time.monotonic_ns()).
    before_ns: int
    after_ns: int
    watts: Optional[float]
    volts: Optional[float]
    amperes: Optional[float]
    #: Of a counter of energy, since some moment.
    joules: Optional[float]


class Stream:
    """Readings one after the other, at a pace; ends with its `with` block, or with close().

    It reads in the thread that iterates. To record a run use `measure`, whose recorder is a process
    of its own.
    """

    def __init__(self, reader: _core.Reader) -> None:
        self._reader: Optional[_core.Reader] = reader

    def __enter__(self) -> "Stream":
        return self

    def __exit__(
        self,
        kind: Optional[Type[BaseException]],
        error: Optional[BaseException],
        trace: Optional[TracebackType],
    ) -> None:
        self.close()

    def close(self) -> None:
        """Closes the files of the sensor."""
        self._reader = None

    def __iter__(self) -> Iterator[Sample]:
        while self._reader is not None:
            for reading in self._reader.read():
                yield Sample(*reading)


class Sensor:
    """One rail that can be read."""

    def __init__(self, told: Dict[str, Any], sysfs_root: str) -> None:
        self._sysfs_root = sysfs_root
        #: As the board labels it ("VDD_IN").
        self.rail: str = told["name"]
        #: Row of the sensor table ("ina3221-hwmon").
        self.kind: str = told["kind"]
        #: The chip or file that it is read from.
        self.location: str = told["location"]
        #: What draws through it.
        self.coverage: str = told["coverage"]
        #: True if its readings are synthesised.
        self.virtual: bool = told["virtual"]

    def stream(self, hertz: float = 100.0) -> Stream:
        """Its readings, so many a second."""
        return stream([self.rail], hertz, sysfs_root=self._sysfs_root)

    def __repr__(self) -> str:
        banner = ", virtual" if self.virtual else ""
        return f"<Sensor {self.rail!r}: {self.kind}, {self.coverage}{banner}>"


class Board(NamedTuple):
    """The machine under test."""

    name: str
    module: str
    virtual: bool
    #: Rails that add up to what it draws; empty where that is not known, and why.
    total: Sequence[str]
    why_total: str


def board(*, sysfs_root: str = "/") -> Board:
    """What machine this is, and which rails add up to what it draws."""
    told = _core.board(sysfs_root)
    return Board(
        told["name"], told["module"], told["virtual"], tuple(told["total"]), told["why_total"]
    )


def sensors(*, sysfs_root: str = "/") -> List[Sensor]:
    """Every rail of this machine that can be read; an empty list where there is none."""
    return [Sensor(rail, sysfs_root) for rail in _core.board(sysfs_root)["rails"]]


def stream(rails: Sequence[str] = (), hertz: float = 100.0, *, sysfs_root: str = "/") -> Stream:
    """Readings of rails by name, those of the board's total where none is named.

    Raises MissingError where there is no sensor, or no rail of that name.
    """
    if not rails and not sensors(sysfs_root=sysfs_root):
        raise MissingError(
            "this machine has no power sensor that layerwatt can read; 'layerwatt doctor' and "
            "'layerwatt sensors' tell more. To try without one: measure(sensor='virtual:orin-nano')"
        )
    return Stream(_core.Reader(sysfs_root, "", list(rails), hertz))
