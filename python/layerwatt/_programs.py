"""What runs in processes of its own: programs, networks, predictions."""

from __future__ import annotations

import json
import os
import shlex
import sys
import tempfile
from typing import Any, Dict, List, NamedTuple, Optional, Sequence, Union

from . import _core
from ._command import call, seconds
from ._errors import CommandError, UsageError
from ._measure import Region, _choices, _measuring
from ._profile import Comparison, Estimate, Profile
from ._recording import Path, Recording
from ._recording import open as open_recording

Command = Union[str, Sequence[str]]


class Mean(NamedTuple):
    """A mean over repeats, and half of its 95 % interval; None for one repeat."""

    value: float
    half_width: Optional[float]


def _mean(told: Optional[Dict[str, Any]]) -> Optional[Mean]:
    return None if told is None else Mean(told["mean"], told["half_width_95"])


class Program:
    """One of the programs of a run."""

    def __init__(self, told: Dict[str, Any]) -> None:
        self._told = told
        self.name: str = told["name"]

    @property
    def time_second(self) -> Optional[Mean]:
        """Time of one run, in seconds."""
        return _mean(self._told["time_seconds"])

    @property
    def energy_joule(self) -> Optional[Mean]:
        """Of everything that the board drew during one run, in joules."""
        return _mean(self._told["energy_joules"])

    @property
    def energy_above_idle_joule(self) -> Optional[Mean]:
        """The same less idle power, in joules."""
        return _mean(self._told["energy_above_idle_joules"])

    def __repr__(self) -> str:
        energy = self.energy_joule
        told = "energy not known" if energy is None else f"{energy.value:.6g} J a run"
        return f"<Program {self.name!r}: {told}>"


class ProgramRun:
    """What `run` measured; `to_dict()` is what the command prints with --json."""

    def __init__(self, told: Dict[str, Any], notes: List[str]) -> None:
        self._told = told
        #: What a reader must know, each a sentence.
        self.notes = notes

    @property
    def exit_code(self) -> int:
        """The program's own; 128 and the signal's number where one ended it."""
        return int(self._told["exit_code"])

    @property
    def virtual(self) -> bool:
        """True if the power was synthesised, and not measured."""
        return bool(self._told["virtual"])

    @property
    def folder(self) -> str:
        """The raw dataset of the run."""
        return str(self._told["folder"])

    @property
    def programs(self) -> List[Program]:
        """One, or with `vs` two."""
        return [Program(one) for one in self._told["programs"]]

    @property
    def energy_joule(self) -> Optional[Mean]:
        """Of one run of the first program, in joules."""
        return self.programs[0].energy_joule

    @property
    def regions(self) -> List[Region]:
        """Each region that the programs marked."""
        found = []
        for told in self._told.get("regions", []):
            energy = told["energy_above_idle_joules"]
            estimate = None
            if energy is not None:
                estimate = Estimate(energy["value"], energy["low"], energy["high"])
            found.append(
                Region(
                    told["name"],
                    told["count"],
                    told["time_seconds"],
                    estimate,
                    told["holds_others"],
                    told["status"],
                    told["reason"],
                )
            )
        return found

    @property
    def profile(self) -> Profile:
        """Programs and regions as layers."""
        return Profile.read(self.folder)

    def open(self) -> Recording:
        """The recording itself."""
        return open_recording(self.folder)

    def to_dict(self) -> Dict[str, Any]:
        """In SI units (docs/files.md)."""
        return dict(self._told)

    def __repr__(self) -> str:
        banner = "VIRTUAL power, " if self.virtual else ""
        return f"<ProgramRun in {self.folder!r}: {banner}{self.programs!r}>"


def _existing(existing: str) -> List[str]:
    options: Dict[str, List[str]] = {"refuse": [], "replace": ["--force"], "number": ["--new-run"]}
    if existing not in options:
        raise UsageError(f"existing is to be 'refuse', 'replace' or 'number', not {existing!r}")
    return options[existing]


def _sensor(sensor: str) -> List[str]:
    return [] if sensor == "auto" else ["--sensor", sensor]


def run(
    command: Command,
    *,
    repeats: int = 1,
    warmup: int = 0,
    vs: Optional[Command] = None,
    mark: Optional[str] = None,
    markers: bool = False,
    idle_lead: Optional[float] = None,
    sensor: str = "auto",
    result_dir: Path = "raw_data",
    name: Optional[str] = None,
    rails: Sequence[str] = (),
    existing: str = "number",
    sysfs_root: str = "/",
) -> ProgramRun:
    """Measures any program, as `layerwatt run` does. Its input, output and error are this process's.

    command: words, or a line for the shell.
    repeats, warmup: runs that are measured, and runs before that are not.
    vs: a second program, run in turn with the first and compared.
    mark: a regular expression; lines that the program prints begin and end regions.
    markers: the program marks regions by layerwatt/markers.h or this package.
    Others: as of `measure`.
    """
    words = ["sh", "-c", command] if isinstance(command, str) else list(command)
    if not words:
        raise UsageError("command is to name a program")
    if repeats < 1 or warmup < 0:
        raise UsageError("repeats is to be 1 or more, warmup 0 or more")
    other = "" if vs is None else vs if isinstance(vs, str) else shlex.join(vs)
    choices = _choices(sensor, result_dir, name or "", rails, idle_lead, existing, sysfs_root)
    # What Python has buffered stands before what the program prints.
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            stream.flush()
    with _measuring():
        told, code, said = _core.run_program(
            choices, words, other, repeats, warmup, mark or "", markers
        )
    if told is None:
        raise CommandError(f"the program ended with exit code {code}: {said}", code)
    return ProgramRun(json.loads(told), list(said))


def profile_onnx(
    model: Path,
    *,
    engine: Optional[str] = None,
    runs: Optional[int] = None,
    duration: Optional[float] = None,
    schedule: str = "whole",
    warmup: int = 50,
    input_shape: Optional[Sequence[int]] = None,
    dtype: Optional[str] = None,
    idle_lead: Optional[float] = None,
    sensor: str = "auto",
    result_dir: Path = "raw_data",
    existing: str = "number",
) -> Profile:
    """Measures a network layer by layer, as `layerwatt measure` does, by the command's own engines.

    model: path of an ONNX file, or the name of a built-in architecture.
    engine: 'onnxruntime', …; None: the command's choice.
    runs: passes; duration: in seconds; schedule: 'whole', 'isolated' or 'weighing'.
    Others: as of `measure`.
    """
    arguments = ["measure", os.fspath(model), "--json", "--schedule", schedule]
    arguments += ["--warmup", str(warmup), "--result-dir", os.fspath(result_dir)]
    arguments += seconds(duration, "--duration") + seconds(idle_lead, "--idle-lead")
    arguments += _sensor(sensor) + _existing(existing)
    if engine is not None:
        arguments += ["--engine", engine]
    if runs is not None:
        arguments += ["--runs", str(runs)]
    if input_shape is not None:
        arguments += ["--input-shape", *(str(size) for size in input_shape)]
    if dtype is not None:
        arguments += ["--dtype", dtype]
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "layer_profile.json")
        with open(path, "w", encoding="utf-8") as file:
            file.write(call(arguments))
        return Profile(_core.read_profile(path))


def predict(
    network: Path,
    model_dir: Path,
    *,
    batch: Optional[int] = None,
    input_shape: Optional[Sequence[int]] = None,
    dtype: Optional[str] = None,
) -> Dict[str, Any]:
    """What a network costs that was never run here, as `layerwatt predict --json` prints it.

    network: path of an ONNX file, or the name of a built-in architecture.
    model_dir: what `layerwatt train` wrote.
    """
    arguments = ["predict", os.fspath(network), "--json", "--model-dir", os.fspath(model_dir)]
    if batch is not None:
        arguments += ["--batch", str(batch)]
    if input_shape is not None:
        arguments += ["--input-shape", *(str(size) for size in input_shape)]
    if dtype is not None:
        arguments += ["--dtype", dtype]
    told: Dict[str, Any] = json.loads(call(arguments))
    return told


def compare(
    before: Union[Path, Profile],
    after: Union[Path, Profile],
    *,
    before_name: Optional[str] = None,
    after_name: Optional[str] = None,
) -> Comparison:
    """One run against another, layer by layer. `print()` shows the command's table.

    before, after: profiles, or folders with a layer_profile.json.
    """

    def loaded(run: Union[Path, Profile]) -> Profile:
        return run if isinstance(run, Profile) else Profile.read(run)

    def shown(run: Union[Path, Profile], profile: Profile) -> str:
        if isinstance(run, Profile):
            return profile.model
        return os.path.basename(os.path.normpath(os.fspath(run)))

    first, second = loaded(before), loaded(after)
    names = [shown(before, first), shown(after, second)]
    if names[0] == names[1]:
        names = [
            run.model if isinstance(run, Profile) else os.fspath(run) for run in (before, after)
        ]
    return Comparison(first, second, before_name or names[0], after_name or names[1])
