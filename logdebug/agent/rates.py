"""How many requests per second a server allows, as its refusals tell.

Between two times at which a server was at the end of what it allows, it took just what it allows, whether it counts by
bucket or by window: that many per second is its rate. Until it was at its end for a second time, the rate is guessed
from what it took in the last second. Requests are spaced to stay a little below, and after a while more and more above
it, to learn whether it has changed. Where a refusal came at a higher rate than what was taken in the mean, the truth
lies between: it is what was taken at once at the very first where that does, or else in the middle. A server that
refuses for long counts by the minute, say, and took what it allows from the one time that it opened to the next.

A server that refuses however much it is slowed down refuses by chance (since it has too much to do for others, say):
then its refusals are no reason to be slower, while they are few.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from math import exp

__all__ = ["Rate", "Stretch"]

_BELOW, _ABOVE = 0.98, 1.05
"""Which share of the learned rate is used, and which to see whether there is more."""
_LONG_PAUSE_SECONDS, _WINDOW_MOST_SECONDS = 3.0, 60.0
"""A server that refuses for longer counts by more than the second: by what it took until it took some again. What
refuses for longer than a minute does so for other reasons, too."""
_AT_ONCE_SECONDS = 0.6
"""What was taken in so short a time, until the first refusal, may well be what is allowed in a second."""
_NEAR, _FAR = 1.05, 1.6
"""By how much the first guess may be outside of what was found since, and by how much below what was refused."""
_SHORTEST_SECONDS = 0.1
"""How soon after a refusal one may be taken by chance."""
_DROP, _LOWER, _DROP_MOST = 0.8, 0.9, 0.25
"""What is left of the rate where a server refuses again soon: several in a row, one alone, and at the least."""
_FEW = 8
"""After so few, what was taken is a matter of luck."""
_MUCH_IDLE = 0.25
"""Where more of the time than this was lost by waiting, what was taken in the mean says little of the rate."""
_SURE = 1.2
"""Estimates that differ by no more than this factor are taken for the same."""
_PLATEAU, _UNSURE_PLATEAU = 100, 10
"""For so many answers the rate stays below what was learned, where that is sure and where it isn't."""
_UNSURE_SECONDS = 5.0
"""And for no longer than this, where it isn't and answers are few."""
_GUESS_DOUBLING, _UNSURE_DOUBLING, _SURE_DOUBLING = 20.0, 40.0, 300.0
"""After so many more answers a rate is doubled: one that is guessed, one that was learned once, one that is sure."""
_LOW = 4.0
"""A guess of no more than this per second is raised ever faster: it may be far too low, and answers are few."""
_PAUSES = 30.0
"""A sure rate stays below for at least so many times the last pause, too: a pause is time lost."""
_ALONE_SECONDS = 0.1
"""After a pause that was no longer, the refusal stood alone."""
_EARLY_MOST, _CHANCE_BELOW = 5, 0.65
"""Refused so often in a row, each time soon and alone, though slowed down to this share, it isn't the rate."""
_CHANCE_GROWTH, _CHANCE_MOST = 1.02, 0.2
"""By how much each answer raises the rate then, and up to which share of the latest requests refused it is chance."""
_RECENT = 0.05
_TIMES = 128
"""Of how many requests the times are kept."""


@dataclass(slots=True)
class Stretch:
    """What went on between two times at which a server was at its end.

    Parameters
    ----------
    taken, answers
        How many requests were sent and not refused; how many of them were answered.
    seconds
        From the one time to the other.
    pause, idle
        For how many seconds it refused at first, and for how many of these it might have taken some.
    recent
        How many were sent in the last second and not refused; those before count ever less.
    times
        When the latest of them were sent.
    """

    taken: int = 0
    answers: int = 0
    seconds: float = 0.0
    pause: float = 0.0
    idle: float = 0.0
    recent: float = 0.0
    times: deque[float] = field(default_factory=lambda: deque(maxlen=_TIMES))
    _sent_at: float = 0.0

    def send(self, now: float) -> None:
        """Count a request as taken, which is sent now."""
        self.taken += 1
        self.recent = self.recent * exp(self._sent_at - now) + 1.0
        self._sent_at = now
        self.times.append(now)

    def give_back(self) -> None:
        """Count one of the latest as refused."""
        self.taken -= 1
        self.recent = max(self.recent - 1.0, 0.0)
        if self.times:
            self.times.pop()

    def sustained(self, burst: float) -> float:
        """Give how many per second a server allows at the least that takes no more than so many at once."""
        lately = [(len(self.times) - number, self.times[-1] - at) for number, at in enumerate(self.times)]
        return max(((sent - burst) / since for sent, since in lately if since >= _SHORTEST_SECONDS), default=0.0)


class Rate:
    """What is known of one server's rate.

    Attributes
    ----------
    value
        How many requests may be sent per second; None while it hasn't refused any.
    learned
        How many the server was found to allow; 0 while nothing is known.
    """

    def __init__(self) -> None:
        self.value: float | None = None
        self.learned = 0.0
        self._sure = False
        self._guessed = True  # from the first refusal alone
        self._early = 0  # how often in a row it refused alone and soon
        self._early_from = 0.0  # what was learned before that
        self._share = 0.0  # which share of the latest requests was refused
        self._by_chance = False
        self._at_once = float("inf")  # how many it took at the very first
        self._first_guess = 0.0  # what it allows per second, if that was a second's worth
        self._pool, self._pool_seconds = 0.0, 0.0  # how many it took in how long, that of long ago counting ever less

    def begin(self, before: Stretch, pause: float, gap: float) -> None:
        """Guess the rate after the first refusal.

        Parameters
        ----------
        before
            What went on until then.
        pause
            For how many seconds the server refused.
        gap
            How many seconds after the last refusal it took one.
        """
        if pause > _LONG_PAUSE_SECONDS:
            self.learned = max(before.taken, 1) / (before.seconds + min(pause, _WINDOW_MOST_SECONDS))
            self._guessed = False
        else:
            self.learned = max(before.recent, 1.0 / max(gap, _SHORTEST_SECONDS))
            self._at_once = before.taken
            self._first_guess = before.taken if before.seconds < _AT_ONCE_SECONDS else 0.0
        self.value = _BELOW * self.learned

    def answered(self) -> None:
        """Take note of an answer."""
        self._share -= _RECENT * self._share

    def refused(self) -> bool:
        """Take note of a refusal; give whether it is by chance."""
        self._share += _RECENT * (1.0 - self._share)
        if self._by_chance and self._share >= _CHANCE_MOST:
            self._by_chance, self._early = False, 0
        return self._by_chance

    def learn(self, last: Stretch) -> None:
        """Learn from what was taken since the last time that the server was at its end."""
        # Of what it didn't get while it was left alone some servers keep nothing for later, and some keep all.
        busy_seconds = max(last.seconds - last.idle, 1e-3)
        least, most = last.taken / max(last.seconds, 1e-3), last.taken / busy_seconds
        rate, before = self.value or least, self.learned
        early = self._sure and last.answers < _PLATEAU
        alone = last.pause <= _ALONE_SECONDS
        agrees = False
        if self._sure and last.taken < _FEW:
            self.learned = (_LOWER if alone else _DROP) * before
        elif last.taken < _FEW:
            pooled = (self._pool + last.taken + 1) / (self._pool_seconds + busy_seconds)
            self.learned = min(_LOWER * rate, max(pooled, _DROP_MOST * rate))
        elif early:
            self.learned = max((_LOWER if alone else _DROP) * before, (least * most) ** 0.5)
        else:
            least = max(least, last.sustained(self._at_once))
            if last.idle > _MUCH_IDLE * last.seconds:
                most = min(most, _LOWER * rate)
                least = least if self._guessed else max(least, most)
            else:
                most *= 2.0
            agrees = self._settle(min(least, rate), min(most, rate), rate)
        if early:
            self._suspect(before, alone=alone)
        else:
            self._sure, self._early = agrees, 0
        self._guessed = False
        self._pool, self._pool_seconds = 0.5 * self._pool + last.taken, 0.5 * self._pool_seconds + busy_seconds
        self.value = _BELOW * self.learned

    def open(self, last: Stretch, pause: float) -> None:
        """Learn from how long it refused then: if long, what was taken since it last opened is all that it allows."""
        if pause <= _LONG_PAUSE_SECONDS:
            return
        taken = max(last.taken, 1) / max(last.seconds - last.pause + min(pause, _WINDOW_MOST_SECONDS), 1.0)
        self.learned = max(taken, _DROP_MOST * self.learned)
        self._sure = last.taken >= _FEW
        self.value = _BELOW * self.learned

    def rise(self, now: Stretch, used: float) -> None:
        """Raise the rate with an answer: seldom, and little; by more while it is not sure.

        Parameters
        ----------
        now
            What went on since the last refusal.
        used
            How many requests per second go out.
        """
        if self.value is None:
            return
        if self._by_chance:
            self.value = self.learned = min(self.value * _CHANCE_GROWTH, max(self.value, 2.0 * used))
            return
        beyond = now.answers - self._plateau(now.pause)
        if beyond <= 0:
            return
        self.value = self.learned * self._raised(beyond)

    def _raised(self, beyond: float) -> float:
        """Give which part of what was learned is used, so many answers after the plateau."""
        share = _BELOW
        if self._sure:
            share += (_ABOVE - _BELOW) * min(beyond / _PLATEAU, 1.0)
            doubled = max(beyond - _PLATEAU, 0.0) / _SURE_DOUBLING
        elif self._guessed:
            doubled = beyond / max(_GUESS_DOUBLING, self.learned)
            doubled += doubled**2 * min(_LOW / self.learned, 1.0)
        else:
            doubled = beyond / max(_UNSURE_DOUBLING, self.learned)
            doubled = min(doubled, 1.0 + doubled / 10)
        return share * float(2.0 ** min(doubled, 10.0))

    def _settle(self, least: float, most: float, rate: float) -> bool:
        """Choose between these two, where it refused at some rate; give whether that is sure."""
        before, first = self.learned, self._first_guess
        if not self._sure and least / _NEAR <= first <= rate * _NEAR:
            self.learned = first
            return rate < _FAR * first
        self.learned = (least * most) ** 0.5
        same = not self._guessed and before / _SURE < self.learned < before * _SURE
        return same or rate < self.learned * _SURE

    def _suspect(self, before: float, *, alone: bool) -> None:
        """Count the refusals that came soon although the rate was sure."""
        self._early = self._early + 1 if alone else 0
        if self._early == 1:
            self._early_from = before
        self._by_chance = self._early >= _EARLY_MOST and self.learned < _CHANCE_BELOW * self._early_from
        self._sure = not self._by_chance

    def _plateau(self, pause: float) -> float:
        """For how many answers the rate stays below what was learned."""
        window = min(pause, _WINDOW_MOST_SECONDS) * self.learned if pause > _LONG_PAUSE_SECONDS else 0.0
        if not self._sure:  # a second's worth at the least, so that a window of one is seen whole
            return max(min(_UNSURE_PLATEAU, _UNSURE_SECONDS * self.learned), self.learned, window)
        return max(_PLATEAU, _PAUSES * min(pause, 2.0) * self.learned, window)
