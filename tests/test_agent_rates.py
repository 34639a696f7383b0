"""What a server's rate is taken to be, by its refusals."""

from __future__ import annotations

import pytest

from logdebug.agent.rates import Rate, Stretch


def found(*stretches: Stretch) -> Rate:
    """Give a rate that was learned from these."""
    rate = Rate()
    rate.begin(Stretch(taken=20, seconds=0.1, recent=20.0), 1.0, 0.1)
    for stretch in stretches:
        rate.learn(stretch)
    return rate


STEADY = Stretch(taken=100, answers=100, seconds=5.0)


def test_nothing_is_known_before_the_first_refusal() -> None:
    """Answers alone give no rate."""
    rate = Rate()
    rate.rise(Stretch(answers=1_000), 100.0)
    assert (rate.value, rate.learned) == (None, 0.0)


@pytest.mark.parametrize(("pause", "guess"), [(0.25, 30.0), (1.0, 30.0), (28.0, 3.0)])
def test_the_first_refusal_gives_a_guess(pause: float, guess: float) -> None:
    """The rate is guessed to be what was taken in the last second, or all, over the time of a window that is longer."""
    rate = Rate()
    rate.begin(Stretch(taken=90, seconds=2.0, recent=30.0), pause, 0.25)
    assert rate.learned == pytest.approx(guess)


def test_what_was_taken_lately_counts_most() -> None:
    """Of twenty requests that were sent a minute ago nothing is counted, of ten that were sent now, one refused, 9."""
    stretch = Stretch()
    for _ in range(20):
        stretch.send(0.0)
    for _ in range(10):
        stretch.send(60.0)
    stretch.give_back()
    assert stretch.taken == 29
    assert stretch.recent == pytest.approx(9.0)


def test_between_two_ends_it_took_what_it_allows() -> None:
    """100 taken in 5 s between refusals are 20 per second, of which a little less is used."""
    rate = found(STEADY)
    assert rate.learned == pytest.approx(20, rel=0.03)
    assert rate.value == pytest.approx(0.98 * rate.learned)


def test_a_rate_is_kept_for_a_while_and_then_exceeded() -> None:
    """A sure rate stays for a hundred answers, exceeds what was learned in the next hundred, and doubles in 300."""
    rate = found(STEADY, STEADY)
    values = []
    for answers in (50, 200, 500):
        rate.rise(Stretch(answers=answers), 20.0)
        values.append(rate.value)
    assert values == pytest.approx([share * rate.learned for share in (0.98, 1.05, 2.1)])


def test_the_truth_lies_between_the_mean_and_where_it_refused() -> None:
    """Refused at 36 a second where 16 were taken in the mean, it allows 24."""
    rate = found(STEADY, STEADY)
    rate.value = 36.0
    rate.learn(Stretch(taken=320, answers=320, seconds=20.0))
    assert 22.0 < rate.learned < 25.0


def test_what_refuses_however_slow_is_chance() -> None:
    """Five lone refusals in a row, ever slower, are none of the rate's; many at once are."""
    soon = Stretch(taken=20, answers=20, seconds=4.0, pause=0.1, idle=0.1)
    rate = found(STEADY, STEADY, *[soon] * 5)
    assert rate.refused()
    slow = rate.value or 0.0
    for _ in range(50):
        rate.answered()
        rate.rise(Stretch(), 1_000.0)
    assert (rate.value or 0.0) > 2 * slow
    assert [rate.refused() for _ in range(6)][-1] is False


def test_pauses_after_which_several_were_refused_are_no_chance() -> None:
    """A server that stays shut for a second after each refusal is taken at its word."""
    shut = Stretch(taken=20, answers=20, seconds=4.0, pause=1.0, idle=0.5)
    assert not found(STEADY, STEADY, *[shut] * 8).refused()
