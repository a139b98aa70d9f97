"""How recordings are solved, the same on every machine of a fleet."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import Any, Dict, List, Mapping, Optional

#: Of the files of profiles; a new one makes new keys.
SCHEMA = 1


@dataclass(frozen=True)
class SolveOptions:
    """What decides a result, and what limits the work. Sent to every worker."""

    #: "solve", "window" or "nearest".
    method: str = "solve"
    idle_power_watt: Optional[float] = None
    sensor_samples: Optional[int] = None
    conversion_time_us: Optional[float] = None
    sensor_board: Optional[str] = None
    #: What `layerwatt --version` says; a worker whose command says otherwise refuses.
    solver: str = ""
    #: The command on the workers: a path, or a name on their PATH.
    command: str = "layerwatt"
    #: Where results go: a folder that all workers share, or s3://bucket/prefix.
    out: str = "."
    #: Address space of the solver of one recording.
    memory_mb: int = 2048
    #: Time of the solver of one recording: so many seconds, and so many for each MB of it.
    seconds: float = 60.0
    seconds_per_mb: float = 1.0
    #: Where recordings are copied to and mapped; empty: SPARK_LOCAL_DIRS, or the system's own.
    scratch: str = ""
    #: What all tasks of a machine may take there together; 0: nine tenths of what is free.
    scratch_mb: int = 0

    def deciding(self) -> Dict[str, Any]:
        """What a result depends on."""
        names = ("method", "idle_power_watt", "sensor_samples", "conversion_time_us", "sensor_board")
        told = {name: getattr(self, name) for name in names}
        return {"schema": SCHEMA, "solver": self.solver, **told}

    def version(self) -> str:
        """The `v=` of paths."""
        text = json.dumps(self.deciding(), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:12]

    def key(self, row: Mapping[str, Any]) -> str:
        """The name of a recording's result: the same key, the same content."""
        named = ("oid", "idle_md5", "recording", "network", "run", "board", "mode")
        text = json.dumps([self.version(), *(row[name] for name in named)])
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def map_words(self) -> List[str]:
        """Options of `layerwatt map`."""
        words = ["--method", self.method]
        named = {
            "--idle-power": self.idle_power_watt,
            "--sensor-samples": self.sensor_samples,
            "--conversion-time": self.conversion_time_us,
            "--sensor-board": self.sensor_board,
        }
        for name, value in named.items():
            if value is not None:
                words += [name, str(value)]
        return words

    def time_limit(self, size: int) -> float:
        """For the solver of a recording of so many bytes, in seconds."""
        return self.seconds + self.seconds_per_mb * size / 1e6

    def to_dict(self) -> Dict[str, Any]:
        return asdict(self)
