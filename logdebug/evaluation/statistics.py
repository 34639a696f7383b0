"""The statistics of a few cases: intervals for shares and means, the paired test, calibration. Pure figures."""

from __future__ import annotations

from dataclasses import dataclass
from math import comb, sqrt
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Comparison", "Estimate", "brier", "exact_mcnemar", "mean", "paired_difference", "share"]

_Z = 1.959963984540054  # the 97.5% quantile of the normal distribution: intervals are two-sided, 95%
_RESAMPLES = 2_000
_SEED = 20_261_118  # the same figures give the same interval


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure with its 95% interval.

    Parameters
    ----------
    value
        The figure; NaN where nothing was measured.
    low, high
        The ends of the interval.
    n
        How many cases it rests on.
    interval
        How the interval was made: `Wilson`, `bootstrap` or `Newcombe`; empty where there is none.
    """

    value: float
    low: float
    high: float
    n: int
    interval: str = ""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two analysts on the same cases.

    Parameters
    ----------
    a, b
        The analysts.
    measure
        What was compared: a column of `Scores.to_df`.
    both, only_a, only_b, neither
        In how many cases both were right, one of them, or none.
    difference
        By how much a's share is above b's, from -1 to 1, with Newcombe's 95% interval for paired shares.
    p_value
        Of McNemar's exact test, two-sided: how likely so uneven a split of the cases on which they differ would be
        if both were equally good.
    """

    a: str
    b: str
    measure: str
    both: int
    only_a: int
    only_b: int
    neither: int
    difference: Estimate
    p_value: float

    @property
    def n(self) -> int:
        """The cases that both were measured on."""
        return self.both + self.only_a + self.only_b + self.neither

    def __str__(self) -> str:
        """Say it in a sentence or two."""
        apart = self.difference
        return (
            f"{self.measure} on {self.n} cases: both {self.both}, only {self.a} {self.only_a}, "
            f"only {self.b} {self.only_b}, neither {self.neither}. {self.a} is {100 * apart.value:+.0f} points from "
            f"{self.b} (95% interval {100 * apart.low:+.0f} to {100 * apart.high:+.0f}; McNemar's exact "
            f"p = {self.p_value:.2g})."
        )


def share(values: Sequence[float]) -> Estimate:
    """Estimate a share from values between 0 and 1, with Wilson's score interval.

    Where values lie between (half of a case's keywords), they vary less than wrongs and rights of the same mean, so the
    interval is on the safe side. Unlike the bootstrap's it has a width where all cases came out the same.

    Source: E. B. Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22 (1927)
    209-212; method 3 of R. G. Newcombe, Statistics in Medicine 17 (1998) 857-872.
    """
    n = len(values)
    if not n:
        return Estimate(float("nan"), float("nan"), float("nan"), 0)
    value = sum(values) / n
    low, high = _wilson(value, n)
    return Estimate(value, low, high, n, "Wilson")


def mean(values: Sequence[float]) -> Estimate:
    """Estimate a mean, with the bootstrap's percentile interval (2,000 resamples of the cases, one seed).

    Source: B. Efron, R. J. Tibshirani, "An Introduction to the Bootstrap" (1993), chapter 13.
    """
    import numpy as np

    n = len(values)
    if not n:
        return Estimate(float("nan"), float("nan"), float("nan"), 0)
    held = np.asarray(values, dtype=float)
    chosen = np.random.default_rng(_SEED).integers(0, n, size=(_RESAMPLES, n))
    low, high = np.percentile(held[chosen].mean(axis=1), [2.5, 97.5])
    return Estimate(float(held.mean()), float(low), float(high), n, "bootstrap")


def exact_mcnemar(only_a: int, only_b: int) -> float:
    """Give the two-sided p-value of McNemar's exact test, which looks only at the cases on which two differ.

    Source: Q. McNemar, Psychometrika 12 (1947) 153-157; the exact form is the sign test (Siegel, "Nonparametric
    Statistics" (1956), table D, doubled).
    """
    n = only_a + only_b
    tail = sum(comb(n, count) for count in range(min(only_a, only_b) + 1))
    return min(1.0, 2 * tail / (1 << n))


def paired_difference(both: int, only_a: int, only_b: int, neither: int) -> Estimate:
    """Estimate by how much a's share is above b's on the same cases, with Newcombe's square-and-add interval.

    Source: R. G. Newcombe, "Improved confidence intervals for the difference between binomial proportions based on
    paired data", Statistics in Medicine 17 (1998) 2635-2650, method 10.
    """
    n = both + only_a + only_b + neither
    if not n:
        return Estimate(float("nan"), float("nan"), float("nan"), 0)
    share_a, share_b = (both + only_a) / n, (both + only_b) / n
    difference = (only_a - only_b) / n
    low_a, high_a = _wilson(share_a, n)
    low_b, high_b = _wilson(share_b, n)
    margins = (both + only_a) * (only_b + neither) * (both + only_b) * (only_a + neither)
    product = both * neither - only_a * only_b
    corrected = max(product - n / 2, 0) if product > 0 else product
    agreement = corrected / sqrt(margins) if margins else 0.0

    def reach(of_a: float, of_b: float) -> float:
        return sqrt(max(0.0, of_a**2 - 2 * agreement * of_a * of_b + of_b**2))

    return Estimate(
        difference,
        difference - reach(share_a - low_a, high_b - share_b),
        difference + reach(high_a - share_a, share_b - low_b),
        n,
        "Newcombe",
    )


def brier(confidences: Sequence[float], right: Sequence[bool]) -> float:
    """Give the Brier score: the mean square by which confidences miss what came out; 0 is perfect, always 50% is 0.25.

    Source: G. W. Brier, Monthly Weather Review 78 (1950) 1-3, in its form for two outcomes.
    """
    misses = [(said - was) ** 2 for said, was in zip(confidences, right, strict=True)]
    return sum(misses) / len(misses) if misses else float("nan")


def _wilson(value: float, n: int) -> tuple[float, float]:
    square = _Z**2
    centre = value + square / (2 * n)
    reach = _Z * sqrt(value * (1 - value) / n + square / (4 * n * n))
    # Rounding must not leave the certain end a hair off 0 or 1, nor the value outside its interval.
    low, high = (centre - reach) / (1 + square / n), (centre + reach) / (1 + square / n)
    return (0.0 if value == 0 else max(0.0, low)), (1.0 if value == 1 else min(1.0, high))
