"""Energy and time of each layer of a neural network, and of any program, with intervals.

    import layerwatt as lw

    with lw.measure() as run:
        for _ in range(100):
            with lw.region("backbone"): f = backbone(x)
            with lw.region("head"): y = head(f)
    print(run.energy_joule, run.solve()["head"].energy_joule)

Numbers are in SI units unless their name says another one. Power that a simulated board made up is
`virtual` wherever it is shown. docs/python.md tells more.
"""

from ._core import version as __version__
from ._errors import (
    AccessError,
    CommandError,
    DatasetError,
    InternalError,
    LayerwattError,
    MissingError,
    RefusedError,
    SensorError,
    StoppedError,
    StorageError,
    UnsupportedError,
    UsageError,
)
from ._joined import JoinedTokens, join_tokens
from ._llm import Generation, Tokens, llm, mark_tokens
from ._measure import Region, Run, Weighed, measure, measured, weigh
from ._profile import Comparison, Estimate, LayerResult, Profile
from ._programs import Mean, Program, ProgramRun, compare, predict, profile_onnx, run
from ._recording import Power, Rail, Recording, map, open, solve
from ._regions import begin, end, region
from ._sensors import Board, Sample, Sensor, Stream, board, sensors, stream
from ._token_table import TokenRow, TokenTable, token_table
from ._torch import profile_torch

__all__ = [
    "AccessError",
    "Board",
    "CommandError",
    "Comparison",
    "DatasetError",
    "Estimate",
    "Generation",
    "InternalError",
    "JoinedTokens",
    "LayerResult",
    "LayerwattError",
    "Mean",
    "MissingError",
    "Power",
    "Profile",
    "Program",
    "ProgramRun",
    "Rail",
    "Recording",
    "RefusedError",
    "Region",
    "Run",
    "Sample",
    "Sensor",
    "SensorError",
    "StoppedError",
    "StorageError",
    "Stream",
    "TokenRow",
    "TokenTable",
    "Tokens",
    "UnsupportedError",
    "UsageError",
    "Weighed",
    "__version__",
    "begin",
    "board",
    "compare",
    "end",
    "join_tokens",
    "llm",
    "map",
    "mark_tokens",
    "measure",
    "measured",
    "open",
    "predict",
    "profile_onnx",
    "profile_torch",
    "region",
    "run",
    "sensors",
    "solve",
    "stream",
    "token_table",
    "weigh",
]
