"""Marks of regions: what this program is doing, told to whoever measures it."""

from __future__ import annotations

import contextvars
import functools
import importlib
import sys
import warnings
from types import TracebackType
from typing import Any, Callable, Dict, Optional, Tuple, Type, TypeVar, Union, cast

from . import _core
from ._errors import UsageError

Sync = Union[None, str, Callable[[], object]]
F = TypeVar("F", bound=Callable[..., Any])

_ids: Dict[str, int] = {}
_task_lane: "contextvars.ContextVar[Tuple[Optional[object], int]]" = contextvars.ContextVar(
    "layerwatt_lane", default=(None, 0)
)
_warned = False


def _warn_of_queues() -> None:
    """Work on a GPU is only queued where it is called: without sync its time is another region's."""
    global _warned
    torch = sys.modules.get("torch")
    if _warned or torch is None:
        return
    cuda = getattr(torch, "cuda", None)
    if cuda is not None and cuda.is_initialized():
        _warned = True
        warnings.warn(
            "regions without sync= while PyTorch uses a GPU: work is queued there and not done when "
            "a region ends. Pass sync='torch'.",
            RuntimeWarning,
            stacklevel=4,
        )


def _sync_of(sync: Sync) -> Optional[Callable[[], object]]:
    if sync is None or callable(sync):
        return sync
    if sync == "torch":
        torch = importlib.import_module("torch")
        return cast("Callable[[], object]", torch.cuda.synchronize)
    if sync == "cupy":
        cupy = importlib.import_module("cupy")
        return cast("Callable[[], object]", cupy.cuda.Device().synchronize)
    raise UsageError(f"sync is to be 'torch', 'cupy' or a function to call, not {sync!r}")


def _id_of(name: str, sync: Sync) -> int:
    """Its number in the ring; 0, which is kept by nobody, where nobody measures."""
    if not isinstance(name, str) or not name:
        raise UsageError("a region's name is to be a text that is not empty")
    number = _core.region_id(name)
    if number:
        _ids[name] = number
        if sync is None:
            _warn_of_queues()
    return number


def _lane() -> int:
    """Of the asyncio task that runs; 0 outside of any: then the thread has its own."""
    asyncio = sys.modules.get("asyncio")
    if asyncio is None:
        return 0
    if asyncio._get_running_loop() is None:
        return 0
    task = asyncio.current_task()
    owner, lane = _task_lane.get()
    # A task begins with a copy of its maker's context.
    if owner is not task:
        lane = _core.new_lane()
        _task_lane.set((task, lane))
    return lane


class region:
    """A region as long as a `with` block, or as a function that it decorates.

    Regions may nest, and each thread and asyncio task has its own. Where nobody measures they cost
    next to nothing. An exception ends the region as it ends the block.

    name: what the run's rows are called.
    sync: called when the region begins and before it ends, so that queued work is done: a function,
        'torch' or 'cupy'.
    """

    __slots__ = ("_name", "_sync", "_id", "_lane")

    def __init__(self, name: str, sync: Sync = None) -> None:
        self._name = name
        self._sync = _sync_of(sync) if sync is not None else None
        self._id = _ids.get(name) or _id_of(name, sync)
        self._lane = 0

    def __enter__(self) -> "region":
        if self._sync is not None:
            self._sync()
        lane = self._lane = _lane()
        if lane:
            _core.begin_in(lane, self._id)
        else:
            _core.begin(self._id)
        return self

    def __exit__(
        self,
        kind: Optional[Type[BaseException]],
        error: Optional[BaseException],
        trace: Optional[TracebackType],
    ) -> None:
        if self._sync is not None and error is None:
            self._sync()
        if self._lane:
            _core.end_in(self._lane, self._id)
        else:
            _core.end(self._id)

    def __call__(self, function: F) -> F:
        name, sync = self._name, self._sync

        @functools.wraps(function)
        def marked(*args: Any, **kwargs: Any) -> Any:
            with region(name, sync):
                return function(*args, **kwargs)

        return cast(F, marked)


def begin(name: str) -> None:
    """Begins a region, for callbacks that a `with` block does not fit."""
    number = _ids.get(name) or _id_of(name, None)
    lane = _lane()
    if lane:
        _core.begin_in(lane, number)
    else:
        _core.begin(number)


def end(name: str) -> None:
    """Ends the region of that name that began last in this thread or task."""
    number = _ids.get(name) or _id_of(name, None)
    lane = _lane()
    if lane:
        _core.end_in(lane, number)
    else:
        _core.end(number)
