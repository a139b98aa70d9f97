"""Energy per token: prefill and decode of whatever yields tokens."""

from __future__ import annotations

import json
import os
from typing import Any, Callable, Dict, Iterable, Iterator, List, NamedTuple, Optional, Sequence, TypeVar

from ._errors import UsageError
from ._measure import Region, Run, measure
from ._profile import Estimate
from ._recording import Path
from ._regions import begin, end

T = TypeVar("T")
PREFILL = "prefill"
DECODE = "decode"
#: In the folder of a run: how many tokens each of its regions stands for.
TOKENS_FILE = "tokens.json"
#: Lengths of context that are told apart; more would leave each too little time.
_MOST_CONTEXTS = 32


class Tokens(NamedTuple):
    """What one phase of generation costs."""

    #: 'prefill' or 'decode'.
    phase: str
    #: Of all requests.
    tokens: int
    time_second: float
    #: Above idle power, in joules a token; None: not known, and `reason` says why.
    joule_per_token: Optional[Estimate]
    status: str
    reason: str
    #: Tokens of the prompt, in the mean; None where requests of different lengths are together.
    context_tokens: Optional[float] = None

    @property
    def tokens_per_second(self) -> float:
        """Of one request after the other."""
        return self.tokens / self.time_second if self.time_second > 0.0 else 0.0

    @property
    def tokens_per_joule(self) -> Optional[float]:
        """Above idle power."""
        energy = self.joule_per_token
        return None if energy is None or energy.value <= 0.0 else 1.0 / energy.value


def mark_tokens(tokens: Iterable[T], context_tokens: Optional[int] = None) -> Iterator[T]:
    """The same tokens, as regions of whoever measures: 'prefill' until the first, then 'decode'.

    For a generator, a streaming answer, or anything else that yields tokens when they are there.
    context_tokens: of the prompt; the regions are then apart from those of other lengths.
    """
    phase = _region_of(PREFILL, context_tokens)
    decode = _region_of(DECODE, context_tokens)
    begin(phase)
    try:
        for token in tokens:
            if phase != decode:
                end(phase)
                begin(decode)
                phase = decode
            # The consumer's own time is part of decoding: it waits for the next token.
            yield token
    finally:
        end(phase)


def _region_of(phase: str, context_tokens: Optional[int]) -> str:
    return phase if context_tokens is None else f"{phase} {context_tokens}"


def _phase_of(regions: Sequence[Region], phase: str, tokens: int) -> Tokens:
    """Per token what a region costs each time that it runs."""
    for region in regions:
        if region.name != phase:
            continue
        energy = region.energy_joule
        scale = region.count / tokens if tokens > 0 else 0.0
        each: Optional[Estimate] = None
        if energy is not None and tokens > 0:
            low = None if energy.low is None else energy.low * scale
            high = None if energy.high is None else energy.high * scale
            each = Estimate(energy.value * scale, low, high)
        time = region.time_second * region.count
        return Tokens(phase, tokens, time, each, region.status, region.reason)
    return Tokens(phase, tokens, 0.0, None, "unresolved", "It never ran.")


def _together(phases: Sequence[Tokens], phase: str, tokens: int) -> Tokens:
    """Of several lengths of context. Intervals add up: their errors are those of one recording."""
    found = [one for one in phases if one.phase == phase]
    if len(found) == 1:
        return found[0]._replace(tokens=tokens, context_tokens=None)
    time = sum(one.time_second for one in found)
    value = low = high = 0.0
    has_interval = True
    for one in found:
        energy = one.joule_per_token
        if energy is None:
            reason = f"At a context of {one.context_tokens:g} tokens: {one.reason}"
            return Tokens(phase, tokens, time, None, one.status, reason)
        value += energy.value * one.tokens
        has_interval = has_interval and energy.low is not None and energy.high is not None
        low += (energy.low or 0.0) * one.tokens
        high += (energy.high or 0.0) * one.tokens
    if tokens == 0:
        return Tokens(phase, 0, time, None, "unresolved", "It yielded no token.")
    each = Estimate(value / tokens, None, None)
    if has_interval:
        each = Estimate(value / tokens, low / tokens, high / tokens)
    worst = "merged" if any(one.status == "merged" for one in found) else "resolved"
    return Tokens(phase, tokens, time, each, worst, "")


class Generation(Run):
    """The result of `llm`: a run whose regions are prefill and decode."""

    #: Requests, tokens of their prompts and tokens that they yielded.
    requests: int
    prompt_tokens: int
    generated_tokens: int
    _counts: List[Dict[str, Any]]

    @property
    def phases(self) -> List[Tokens]:
        """Prefill and decode; with `by_context` those of each length of context."""
        regions = self.regions
        return [
            _phase_of(regions, one["region"], one["tokens"])._replace(
                phase=one["phase"], context_tokens=one["context_tokens"]
            )
            for one in self._counts
        ]

    @property
    def prefill(self) -> Tokens:
        """From the request to the first token, per token of the prompt."""
        return _together(self.phases, PREFILL, self.prompt_tokens)

    @property
    def decode(self) -> Tokens:
        """From the first token on, per token after it."""
        return _together(self.phases, DECODE, self.generated_tokens - self.requests)

    def __repr__(self) -> str:
        if self._told is None:
            return "<Generation: not over>"
        banner = "VIRTUAL power, " if self.virtual else ""
        return f"<Generation: {banner}{self.prefill!r}, {self.decode!r}>"


def llm(
    generate: Callable[[Any], Iterable[object]],
    prompts: Sequence[Any],
    *,
    count: Callable[[Any], int] = len,
    by_context: bool = False,
    warmup: int = 1,
    sensor: str = "auto",
    result_dir: Path = "raw_data",
    name: str = "llm",
    rails: Sequence[str] = (),
    idle_lead: Optional[float] = None,
    existing: str = "number",
    sysfs_root: str = "/",
) -> Generation:
    """Energy per token of anything that yields tokens, prefill and decode apart.

    generate: called with a prompt; what it returns yields a token at a time.
    prompts: one request each, one after the other. Requests that differ in length tell prefill and
        decode apart; each should last longer than the sensor's time constant (0.43 s on a stock
        Jetson), or there should be many.
    count: tokens of a prompt.
    by_context: tells each length of prompt apart, as rows of their own; each then needs requests of
        some seconds in all. `token_table` shows them.
    warmup: requests before that, which are not measured.
    Others: as of `measure`.
    """
    if not prompts:
        raise UsageError("prompts is to hold at least one")
    lengths: List[int] = [count(prompt) for prompt in prompts]
    if by_context and len(set(lengths)) > _MOST_CONTEXTS:
        raise UsageError(
            f"prompts are of {len(set(lengths))} lengths; {_MOST_CONTEXTS} at most are told apart: "
            "leave by_context out, or make some of one length"
        )
    for prompt in list(prompts)[: max(warmup, 0)]:
        for _ in generate(prompt):
            pass
    measured = measure(
        sensor,
        result_dir,
        name,
        rails=rails,
        idle_lead=idle_lead,
        existing=existing,
        sysfs_root=sysfs_root,
    )
    yielded: List[int] = []
    with measured as run:
        for prompt, length in zip(prompts, lengths):
            context = length if by_context else None
            yielded.append(sum(1 for _ in mark_tokens(generate(prompt), context)))
    result = Generation()
    result._told = run._result()
    result.requests = sum(tokens > 0 for tokens in yielded)
    result.prompt_tokens = sum(lengths)
    result.generated_tokens = sum(yielded)
    result._counts = []
    for phase in (PREFILL, DECODE):
        for context in sorted(set(lengths)) if by_context else [None]:
            chosen = [i for i, length in enumerate(lengths) if context in (None, length)]
            of_prompts = sum(lengths[i] for i in chosen)
            after_first = sum(max(yielded[i] - 1, 0) for i in chosen)
            result._counts.append(
                {
                    "region": _region_of(phase, context),
                    "phase": phase,
                    "context_tokens": of_prompts / len(chosen)
                    if len({lengths[i] for i in chosen}) == 1
                    else None,
                    "tokens": of_prompts if phase == PREFILL else after_first,
                }
            )
    _keep_counts(result.folder, result._counts)
    return result


def _keep_counts(folder: str, counts: Sequence[Dict[str, Any]]) -> None:
    """Beside the run, so that it can be shown beside others later."""
    path = os.path.join(folder, TOKENS_FILE)
    with open(path + ".tmp", "w", encoding="utf-8") as file:
        json.dump({"schema_version": 1, "phases": list(counts)}, file, indent=2)
        file.write("\n")
    os.replace(path + ".tmp", path)
