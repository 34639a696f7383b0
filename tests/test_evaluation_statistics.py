"""The statistics against published figures."""

from __future__ import annotations

import math

import pytest

from logdebug.evaluation.statistics import brier, exact_mcnemar, mean, paired_difference, share


@pytest.mark.parametrize(
    ("hits", "n", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_as_published(hits: int, n: int, low: float, high: float) -> None:
    """Shares have the intervals of Newcombe (1998), Statistics in Medicine 17, 857-872, table I, method 3."""
    found = share([1] * hits + [0] * (n - hits))
    assert (found.low, found.high) == pytest.approx((low, high), abs=5e-5)
    assert (found.n, found.interval) == (n, "Wilson")


@pytest.mark.parametrize(("n", "fewer", "tail"), [(10, 1, 0.011), (17, 3, 0.006), (25, 7, 0.022), (12, 2, 0.019)])
def test_mcnemar_is_the_sign_test(n: int, fewer: int, tail: float) -> None:
    """Half of McNemar's exact p is the one-tailed probability of Siegel (1956), table D, whichever side has fewer."""
    assert exact_mcnemar(fewer, n - fewer) / 2 == pytest.approx(tail, abs=5e-4)
    assert exact_mcnemar(fewer, n - fewer) == exact_mcnemar(n - fewer, fewer)


def test_mcnemar_where_nothing_differs() -> None:
    """Two that never differ, or differ evenly, have p = 1; thousands of cases don't overflow."""
    assert exact_mcnemar(0, 0) == exact_mcnemar(4, 4) == 1.0
    assert 0 <= exact_mcnemar(100, 5_000) < 1e-100


def test_paired_difference_as_published() -> None:
    """The interval of the difference is that of Fagerland, Lydersen and Laake (2014), table V: counts 1, 1, 7, 12."""
    found = paired_difference(1, 1, 7, 12)
    assert found.value == pytest.approx(-6 / 21)
    assert (found.low, found.high) == pytest.approx((-0.507, -0.026), abs=5e-4)


@pytest.mark.parametrize("counts", [(5, 0, 0, 0), (0, 0, 0, 5), (0, 5, 0, 0), (0, 0, 5, 0), (3, 0, 0, 4), (1, 1, 1, 1)])
def test_paired_difference_at_the_edges(counts: tuple[int, int, int, int]) -> None:
    """Tables with empty margins have an interval within -1 and 1 that holds the difference."""
    found = paired_difference(*counts)
    assert -1 - 1e-9 <= found.low <= found.value <= found.high <= 1 + 1e-9


def test_the_interval_of_a_mean_covers_it_about_as_often_as_it_says() -> None:
    """The bootstrap's interval of 200 sets of 40 normal values holds the true mean in 88% to 99% of them."""
    import numpy as np

    draws = np.random.default_rng(7).normal(10, 3, size=(200, 40))
    held = [found.low <= 10 <= found.high for found in (mean(list(row)) for row in draws)]
    assert 0.88 <= sum(held) / len(held) <= 0.99


def test_the_same_values_give_the_same_interval() -> None:
    """The bootstrap is seeded: a table does not change when it is shown again."""
    assert mean([1.0, 5.0, 2.0]) == mean([1.0, 5.0, 2.0])


def test_no_case_has_no_figure() -> None:
    """Where nothing was measured the figure is NaN and n is 0, and nothing is raised."""
    for found in (share([]), mean([]), paired_difference(0, 0, 0, 0)):
        assert math.isnan(found.value)
        assert found.n == 0
    assert math.isnan(brier([], []))


def test_brier_by_hand() -> None:
    """Sure and right is 0, sure and wrong is 1, and half sure is a quarter."""
    assert brier([1.0, 1.0, 0.5, 0.5], [True, False, True, False]) == pytest.approx((0 + 1 + 0.25 + 0.25) / 4)
