"""PyTorch: what each leaf module of a network costs."""

from __future__ import annotations

import importlib
import sys
import time
from typing import Any, Callable, Dict, List, Optional, Sequence, Tuple

from ._errors import UsageError
from ._measure import Weighed, weigh
from ._recording import Path
from ._regions import Sync


class _Call:
    """One leaf module with the inputs that it gets inside the network."""

    def __init__(self, module: Any, inputs: Tuple[Any, ...], named: Dict[str, Any]) -> None:
        self._module = module
        self._inputs = inputs
        self._named = named
        self._layerwatt_type = type(module).__name__

    def __call__(self) -> None:
        self._module(*self._inputs, **self._named)


def _copied(torch: Any, value: Any) -> Any:
    """Tensors as they are now, whatever happens to them later (modules that work in place)."""
    if isinstance(value, torch.Tensor):
        return value.detach().clone()
    if isinstance(value, tuple):
        copies = [_copied(torch, item) for item in value]
        return type(value)(*copies) if hasattr(value, "_fields") else tuple(copies)
    if isinstance(value, list):
        return [_copied(torch, item) for item in value]
    if isinstance(value, dict):
        return {key: _copied(torch, item) for key, item in value.items()}
    return value


def _captured(
    torch: Any, net: Any, inputs: Sequence[Any], names: str
) -> "Dict[str, Callable[[], object]]":
    """Every call of a leaf module during one pass, in order, by its name in named_modules(), or by
    its type and place."""
    calls: Dict[str, Callable[[], object]] = {}
    hooks = []

    def hook_of(name: str) -> Callable[..., None]:
        def before(module: Any, args: Any, named: Any = {}) -> None:  # noqa: B006: it is only read
            called, times = name, 1
            if names == "type":
                called = f"{type(module).__name__}_{len(calls)}"
            while called in calls:
                times += 1
                called = f"{name}#{times}"
            calls[called] = _Call(module, _copied(torch, args), _copied(torch, named))

        return before

    for name, module in net.named_modules():
        if next(module.children(), None) is not None:
            continue
        hook = hook_of(name or type(module).__name__)
        try:
            hooks.append(module.register_forward_pre_hook(hook, with_kwargs=True))
        except TypeError:  # Before PyTorch 2.0 hooks see arguments by position alone.
            hooks.append(module.register_forward_pre_hook(hook))
    try:
        net(*inputs)
    finally:
        for hook in hooks:
            hook.remove()
    return calls


def _least_time(function: Callable[[], object], wait: Callable[[], object]) -> float:
    """Of a few calls, in seconds."""
    times = []
    for _ in range(5):
        begin = time.perf_counter()
        function()
        wait()
        times.append(time.perf_counter() - begin)
    return min(times)


def profile_torch(
    net: Any,
    inputs: Sequence[Any],
    *,
    duration: Optional[float] = None,
    schedule: str = "weighing",
    names: str = "module",
    warmup: int = 3,
    seed: int = 1,
    sensor: str = "auto",
    result_dir: Path = "raw_data",
    name: Optional[str] = None,
    rails: Sequence[str] = (),
    idle_lead: Optional[float] = None,
    existing: str = "number",
    sysfs_root: str = "/",
) -> Weighed:
    """What each leaf module of a PyTorch network costs, by name as in `named_modules()`.

    One pass finds which modules are called and with what; then each is called by itself with those
    inputs, singly and repeated at random, under torch.inference_mode(). A module that is called
    again has "#2" behind its name. What the network does outside of modules (functions, additions)
    is in no row; `notes` says how much of the time it is.

    net: a torch.nn.Module in evaluation mode (`net.eval()`).
    inputs: what it is called with, on the device that it is on.
    duration: of the run, in seconds; None: as long as two balanced sets of blocks take.
    names: 'module' as in `named_modules()`, or 'type' and place in the pass: 'Conv2d_0', 'ReLU_1'.
    Others: as of `measure` and `weigh`.
    """
    torch: Any = sys.modules.get("torch") or importlib.import_module("torch")
    if not isinstance(net, torch.nn.Module):
        raise UsageError(f"net is to be a torch.nn.Module, not {type(net).__name__}")
    in_training = [kind for kind, module in net.named_modules() if module.training]
    if in_training:
        shown = in_training[0] or type(net).__name__
        raise UsageError(
            f"the network is in training mode ({shown!r}), in which calls change it: net.eval() first"
        )
    if names not in ("module", "type"):
        raise UsageError(f"names is to be 'module' or 'type', not {names!r}")
    if isinstance(inputs, torch.Tensor):
        inputs = (inputs,)
    sync: Sync = None
    tensors = [*net.parameters(), *net.buffers()]
    tensors += [value for value in inputs if isinstance(value, torch.Tensor)]
    if any(tensor.is_cuda for tensor in tensors):
        sync = "torch"

    def wait() -> object:
        return torch.cuda.synchronize() if sync else None

    with torch.inference_mode():
        calls = _captured(torch, net, inputs, names)
        if not calls:
            raise UsageError("no leaf module was called in a pass of the network")
        whole = _least_time(lambda: net(*inputs), wait)
        parts = sum(_least_time(call, wait) for call in calls.values())
        weighed = weigh(
            calls,
            duration=duration,
            schedule=schedule,
            sync=sync,
            warmup=warmup,
            seed=seed,
            sensor=sensor,
            result_dir=result_dir,
            name=name or type(net).__name__,
            rails=rails,
            idle_lead=idle_lead,
            existing=existing,
            sysfs_root=sysfs_root,
        )
    notes: List[str] = weighed._result()["notes"]
    notes.append(
        f"The modules by themselves took {1e3 * parts:.3g} ms, a pass of the network {1e3 * whole:.3g} "
        "ms: what lies between is work outside of modules, and caches that are warm where a module "
        "is repeated."
    )
    return weighed
