"""Medians over runs with intervals, outliers, and drift. Functions of values: no files, no clocks.

What runs share (a sensor's gain, a shunt's tolerance) is not averaged away by more of them: the interval of a median is
never narrower than that of a typical run.
"""

from __future__ import annotations

import functools
import math
from typing import List, NamedTuple, Optional, Sequence

import numpy as np

#: Of every interval here.
CONFIDENCE = 0.95
#: Fewer runs say nothing of who is an outlier.
LEAST_FOR_OUTLIERS = 8
#: Robust standard deviations from the median (Iglewicz and Hoaglin, 1993, take 3.5 for small samples; a fleet of
#: thousands would then name some of its best).
OUTLIER_DISTANCE = 5.0
#: Of a drift: fewer runs or days do not tell one from the weather.
LEAST_FOR_DRIFT = 10
LEAST_DAYS = 30.0
_DAYS_A_MONTH = 30.4375
_MAD_TO_SIGMA = 1.4826
#: Student's t for 95 % and 1 to 4 degrees of freedom: fewer than six runs have no order statistics that hold a median.
_STUDENT = [12.706, 4.303, 3.182, 2.776]
#: A median scatters so much more than a mean, for normal errors: √(π/2).
_MEDIAN_TO_MEAN = 1.2533
#: Of pairs for a slope: 1,000 runs have half a million.
_MOST_FOR_PAIRS = 1_000


class Median(NamedTuple):
    """A median over runs, with its interval; none where neither runs nor their own intervals give one."""

    value: float
    low: Optional[float]
    high: Optional[float]
    runs: int


def order_statistics(count: int) -> Optional[int]:
    """r, so that the r-th smallest and the r-th largest of `count` hold the median with 95 %; None below six."""
    return _order_statistics(count)


@functools.lru_cache(maxsize=4096)
def _order_statistics(count: int) -> Optional[int]:
    if count > 2_000:
        return max(1, int(math.floor((count - 1.96 * math.sqrt(count)) / 2.0)))
    # P(Binomial(n, ½) < r) ≤ 2.5 %.
    tail, r = 0.0, 0
    while True:
        log = math.lgamma(count + 1) - math.lgamma(r + 1) - math.lgamma(count - r + 1)
        tail += math.exp(log - count * math.log(2.0))
        if tail > (1.0 - CONFIDENCE) / 2.0:
            return r if r >= 1 else None
        r += 1


def median_of(
    values: Sequence[Optional[float]],
    lows: Sequence[Optional[float]] = (),
    highs: Sequence[Optional[float]] = (),
) -> Optional[Median]:
    """Of runs; `lows` and `highs` are their own intervals, absent where a method gives none."""
    known = np.array([value for value in values if value is not None], dtype=float)
    if known.size == 0:
        return None
    known.sort()
    middle = float(np.median(known))
    bounds_low: List[float] = []
    bounds_high: List[float] = []
    r = order_statistics(int(known.size))
    if r is not None:
        bounds_low.append(float(known[r - 1]))
        bounds_high.append(float(known[known.size - r]))
    elif known.size > 1:
        spread = float(np.std(known, ddof=1)) / math.sqrt(known.size)
        half = _STUDENT[int(known.size) - 2] * _MEDIAN_TO_MEAN * spread
        bounds_low.append(middle - half)
        bounds_high.append(middle + half)
    below = [v - a for v, a in zip(values, lows) if v is not None and a is not None]
    above = [b - v for v, b in zip(values, highs) if v is not None and b is not None]
    if below and above:
        bounds_low.append(middle - float(np.median(below)))
        bounds_high.append(middle + float(np.median(above)))
    if not bounds_low:
        return Median(middle, None, None, int(known.size))
    return Median(middle, min(bounds_low), max(bounds_high), int(known.size))


class Ratio(NamedTuple):
    """One median over another, with its interval."""

    value: float
    low: Optional[float]
    high: Optional[float]

    @property
    def differs(self) -> bool:
        """Whether the interval leaves out 1."""
        return self.low is not None and self.high is not None and not self.low <= 1.0 <= self.high


def ratio_of(one: Median, other: Median) -> Optional[Ratio]:
    """of positive quantities; half-widths of both are added in quadrature on the logarithmic scale."""
    if one.value <= 0.0 or other.value <= 0.0:
        return None
    value = one.value / other.value
    if one.low is None or one.high is None or other.low is None or other.high is None:
        return Ratio(value, None, None)
    if one.low <= 0.0 or other.low <= 0.0:
        return Ratio(value, None, None)
    down = math.hypot(math.log(one.value / one.low), math.log(other.high / other.value))
    up = math.hypot(math.log(one.high / one.value), math.log(other.value / other.low))
    return Ratio(value, value * math.exp(-down), value * math.exp(up))


def outliers(
    values: Sequence[Optional[float]], lows: Sequence[Optional[float]], highs: Sequence[Optional[float]]
) -> List[int]:
    """Indexes of runs that are far from the median of all, by their own intervals too."""
    known = np.array([value for value in values if value is not None], dtype=float)
    if known.size < LEAST_FOR_OUTLIERS:
        return []
    middle = float(np.median(known))
    sigma = _MAD_TO_SIGMA * float(np.median(np.abs(known - middle)))
    # More than half are equal: a part in a million is still no outlier.
    sigma = max(sigma, 1e-6 * abs(middle))
    found = []
    for index, value in enumerate(values):
        if value is None or abs(value - middle) <= OUTLIER_DISTANCE * sigma:
            continue
        low = lows[index] if index < len(lows) else None
        high = highs[index] if index < len(highs) else None
        if low is not None and high is not None and low <= middle <= high:
            continue
        found.append(index)
    return found


class Drift(NamedTuple):
    """Change of a quantity a month, as a part of it."""

    a_month: float
    low: float
    high: float
    runs: int
    days: float

    @property
    def is_certain(self) -> bool:
        """Whether the interval leaves out no change."""
        return not self.low <= 0.0 <= self.high


def drift_of(days: Sequence[float], relative: Sequence[float]) -> Optional[Drift]:
    """Theil's slope with Sen's interval (Sen, J. Am. Stat. Assoc. 63, 1968), of values over their median, by day.

    None for fewer than 10 runs or 30 days.
    """
    x = np.asarray(days, dtype=float)
    y = np.asarray(relative, dtype=float)
    if x.size < LEAST_FOR_DRIFT or float(np.ptp(x)) < LEAST_DAYS:
        return None
    span = float(np.ptp(x))
    runs = int(x.size)
    if x.size > _MOST_FOR_PAIRS:
        # Evenly over time; the same ones each time.
        chosen = np.argsort(x, kind="stable")[np.linspace(0, x.size - 1, _MOST_FOR_PAIRS).astype(int)]
        x, y = x[chosen], y[chosen]
    first, second = np.triu_indices(x.size, k=1)
    gap = x[second] - x[first]
    apart = np.abs(gap) > 1e-9
    slopes = np.sort((y[second] - y[first])[apart] / gap[apart])
    n = x.size
    # Variance of Kendall's S, less what equal times take from it.
    _, ties = np.unique(x, return_counts=True)
    variance = (n * (n - 1) * (2 * n + 5) - float(np.sum(ties * (ties - 1) * (2 * ties + 5)))) / 18.0
    half = 1.96 * math.sqrt(variance)
    low = int(max(0, math.floor((slopes.size - half) / 2.0)))
    high = int(min(slopes.size - 1, math.ceil((slopes.size + half) / 2.0)))
    month = _DAYS_A_MONTH
    return Drift(
        float(np.median(slopes)) * month, float(slopes[low]) * month, float(slopes[high]) * month, runs, span
    )
