"""Recordings as NumPy arrays."""

from __future__ import annotations

import os
from typing import Any, Dict, Iterator, List, Mapping, Tuple, Union

import numpy as np
import numpy.typing as npt

from . import _core
from ._errors import DatasetError, MissingError, UsageError
from ._profile import Profile

_NO_VALUE_64 = np.iinfo(np.int64).min
_NO_VALUE_32 = np.iinfo(np.int32).min
Path = Union[str, "os.PathLike[str]"]


def _map(path: str) -> npt.NDArray[Any]:
    """A .npy mapped into memory, read only: nothing is copied, nor read before it is looked at."""
    try:
        if os.path.getsize(path) == 0:
            raise DatasetError("the file is empty", path)
        array: npt.NDArray[Any] = np.load(path, mmap_mode="r", allow_pickle=False)
    except (ValueError, EOFError) as error:
        raise DatasetError(f"{path}: {error}", path) from error
    except OSError as error:
        raise MissingError(f"{path}: {error}", path) from error
    return array


class Rail:
    """The samples of one rail, in the order in which they were read."""

    def __init__(self, name: str, records: npt.NDArray[Any], virtual: bool) -> None:
        #: As the board labels it.
        self.name = name
        #: True for readings that were synthesised.
        self.virtual = virtual
        #: The records of power.npy, failed reads included; a view where the file allows it.
        self.records = records

    def __len__(self) -> int:
        return len(self.records)

    @property
    def before_ns(self) -> npt.NDArray[np.int64]:
        """Just before each read, in nanoseconds of CLOCK_MONOTONIC (time.monotonic_ns()). A view."""
        return self._field("before_ns")

    @property
    def after_ns(self) -> npt.NDArray[np.int64]:
        """Just after each read, in nanoseconds of CLOCK_MONOTONIC. A view."""
        return self._field("after_ns")

    @property
    def power_microwatt(self) -> npt.NDArray[np.int64]:
        """As recorded, in microwatts; the least int64 where the rail has none. A view."""
        return self._field("power_uw")

    @property
    def voltage_microvolt(self) -> npt.NDArray[np.int32]:
        """As recorded, in microvolts; the least int32 where the rail has none. A view."""
        return self._field("voltage_uv")

    @property
    def current_microampere(self) -> npt.NDArray[np.int32]:
        """As recorded, in microamperes; the least int32 where the rail has none. A view."""
        return self._field("current_ua")

    def _field(self, name: str) -> npt.NDArray[Any]:
        field: npt.NDArray[Any] = self.records[name]
        return field

    @property
    def seconds(self) -> npt.NDArray[np.float64]:
        """The middle of each read, in seconds from the first. Computed."""
        middle = self.before_ns + (self.after_ns - self.before_ns) // 2
        return (middle - (middle[0] if len(middle) else 0)) * 1e-9

    @property
    def watts(self) -> npt.NDArray[np.float64]:
        """Power in watts; NaN where a read failed, or the rail is a counter of energy. Computed."""
        power = self.power_microwatt
        volts = self.voltage_microvolt
        amperes = self.current_microampere
        product = volts.astype(np.float64) * amperes.astype(np.float64) * 1e-12
        known = (volts != _NO_VALUE_32) & (amperes != _NO_VALUE_32)
        watts = np.where(power != _NO_VALUE_64, power * 1e-6, np.where(known, product, np.nan))
        return np.where(self.records["status"] == 0, watts, np.nan)

    def __repr__(self) -> str:
        banner = "VIRTUAL, " if self.virtual else ""
        return f"<Rail {self.name!r}: {banner}{len(self)} samples>"


class Power(Mapping[str, Rail]):
    """The rails of a recording by name; `records` is all of power.npy."""

    def __init__(self, records: npt.NDArray[Any], rails: List[Dict[str, Any]]) -> None:
        self.records = records
        self._rails = rails

    def __getitem__(self, name: str) -> Rail:
        for index, rail in enumerate(self._rails):
            if rail["name"] == name:
                return Rail(name, self._of(index), bool(rail["virtual"]))
        raise KeyError(name)

    def _of(self, index: int) -> npt.NDArray[Any]:
        count = len(self._rails)
        if count == 1:
            return self.records
        rails = self.records["rail"]
        # Rails are read in turn: then each is every n-th record, and a view.
        turns = self.records[index::count]
        if len(rails) % count == 0 and bool((rails[index::count] == index).all()):
            return turns
        chosen: npt.NDArray[Any] = self.records[rails == index]
        return chosen

    def __iter__(self) -> Iterator[str]:
        return (str(rail["name"]) for rail in self._rails)

    def __len__(self) -> int:
        return len(self._rails)


class Recording:
    """One recorded run. Arrays are views of its files; a run that goes on grows with refresh()."""

    def __init__(self, told: Dict[str, Any]) -> None:
        self._told = told
        self.refresh()

    def refresh(self) -> None:
        """Maps what its files hold now."""
        told = self._told
        records = np.zeros(0, dtype=[("rail", "<i2")])
        if told["power_npy"]:
            records = _map(told["power_npy"])
        #: Rails by name.
        self.power = Power(records, told["rails"])
        self._timeline: Any = _map(told["timeline_npy"]) if told["timeline_npy"] else None

    @property
    def timeline(self) -> npt.NDArray[Any]:
        """timeline.npy: fields segment (index into layers, -1 for a whole pass), pass, repeat,
        block, start_ns, end_ns (CLOCK_MONOTONIC). A view."""
        if self._timeline is None:
            raise MissingError(
                f"{self.folder} has no timeline.npy: it was recorded by others; solve() reads it",
                self.folder,
            )
        return self._timeline  # type: ignore[no-any-return]

    @property
    def name(self) -> str:
        """The run's."""
        return str(self._told["name"])

    @property
    def folder(self) -> str:
        """Where it is."""
        return str(self._told["folder"])

    @property
    def layers(self) -> List[str]:
        """Names that Timeline's segments count."""
        return list(self._told["layers"])

    @property
    def total(self) -> Tuple[str, ...]:
        """Rails that add up to the board's total; empty where that is not known."""
        return tuple(self._told["total"])

    @property
    def virtual(self) -> bool:
        """True if the power was synthesised, and not measured."""
        return bool(self._told["virtual"])

    @property
    def partial(self) -> bool:
        """True if it was stopped before its end."""
        return bool(self._told["partial"])

    @property
    def notes(self) -> List[str]:
        """What a reader must know, each a sentence."""
        return list(self._told["notes"])

    def solve(self, **options: Any) -> Profile:
        """What each layer costs: `layerwatt.solve` of this run."""
        return solve(self.folder, **options)[0]

    def __repr__(self) -> str:
        banner = "VIRTUAL power, " if self.virtual else ""
        return f"<Recording {self.name!r}: {banner}rails {', '.join(self.power) or 'in text files'}>"


def open(dataset: Path) -> Recording:
    """A recording as NumPy views of its files: `rec.power["VDD_IN"].watts`, `rec.timeline`.

    dataset: the folder of a run, or a raw dataset that holds one.
    """
    found = _core.describe(os.fspath(dataset))
    if len(found) != 1:
        names = ", ".join(repr(one["name"]) for one in found)
        raise UsageError(f"{os.fspath(dataset)} holds {len(found)} runs; open the folder of one: {names}")
    return Recording(found[0])


def solve(
    dataset: Path,
    *,
    idle_power_watt: "float | None" = None,
    sensor_samples: "int | None" = None,
    sensor_board: str = "",
) -> List[Profile]:
    """What each layer of each run of a raw dataset costs. Nothing is written.

    idle_power_watt: of the board, in watts, where it was measured apart.
    sensor_samples, sensor_board: what is known of the sensor of a recording that does not say it.
    """
    found = _core.solve(os.fspath(dataset), idle_power_watt, sensor_samples, sensor_board)
    return [Profile(profile) for profile in found]


def map(
    dataset: Path,
    result_dir: Path = "preprocessed_data",
    method: str = "solve",
    *,
    idle_power_watt: "float | None" = None,
    sensor_samples: "int | None" = None,
    sensor_board: str = "",
) -> List[Profile]:
    """Maps power to layers and writes the preprocessed dataset, as `layerwatt map` does.

    method: 'solve', or as published: 'window' (mean of the samples inside a layer) or 'nearest'.
    """
    found = _core.map(
        os.fspath(dataset),
        os.fspath(result_dir),
        method,
        idle_power_watt,
        sensor_samples,
        sensor_board,
    )
    return [Profile(profile) for profile in found]
