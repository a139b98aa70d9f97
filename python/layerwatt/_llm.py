"""Energy per token: prefill and decode of whatever yields tokens."""

from __future__ import annotations

from typing import Any, Callable, Iterable, Iterator, List, NamedTuple, Optional, Sequence, TypeVar

from ._errors import UsageError
from ._measure import Region, Run, measure
from ._profile import Estimate
from ._recording import Path
from ._regions import begin, end

T = TypeVar("T")
PREFILL = "prefill"
DECODE = "decode"


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

    @property
    def tokens_per_second(self) -> float:
        """Of one request after the other."""
        return self.tokens / self.time_second if self.time_second > 0.0 else 0.0

    @property
    def tokens_per_joule(self) -> Optional[float]:
        """Above idle power."""
        energy = self.joule_per_token
        return None if energy is None or energy.value <= 0.0 else 1.0 / energy.value


def mark_tokens(tokens: Iterable[T]) -> Iterator[T]:
    """The same tokens, as regions of whoever measures: 'prefill' until the first, then 'decode'.

    For a generator, a streaming answer, or anything else that yields tokens when they are there.
    """
    phase: Optional[str] = PREFILL
    begin(PREFILL)
    try:
        for token in tokens:
            if phase == PREFILL:
                end(PREFILL)
                begin(DECODE)
                phase = DECODE
            # The consumer's own time is part of decoding: it waits for the next token.
            yield token
    finally:
        if phase is not None:
            end(phase)


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


class Generation(Run):
    """The result of `llm`: a run whose regions are prefill and decode."""

    #: Requests, tokens of their prompts and tokens that they yielded.
    requests: int
    prompt_tokens: int
    generated_tokens: int

    @property
    def prefill(self) -> Tokens:
        """From the request to the first token, per token of the prompt."""
        return _phase_of(self.regions, PREFILL, self.prompt_tokens)

    @property
    def decode(self) -> Tokens:
        """From the first token on, per token after it."""
        return _phase_of(self.regions, DECODE, self.generated_tokens - self.requests)

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
    warmup: requests before that, which are not measured.
    Others: as of `measure`.
    """
    if not prompts:
        raise UsageError("prompts is to hold at least one")
    lengths: List[int] = [count(prompt) for prompt in prompts]
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
    generated = 0
    answered = 0
    with measured as run:
        for prompt in prompts:
            tokens = sum(1 for _ in mark_tokens(generate(prompt)))
            generated += tokens
            answered += 1 if tokens else 0
    result = Generation()
    result._told = run._result()
    result.requests = answered
    result.prompt_tokens = sum(lengths)
    result.generated_tokens = generated
    return result
