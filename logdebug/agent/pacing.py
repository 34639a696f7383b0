"""How fast an endpoint may be asked: learned from its answers and refusals, and from what it says of itself.

Pure: no clock, no waiting. Whoever asks says when a request is sent, answered or refused, and is told how long to wait.

How many requests may be out at one time grows with the answers and is halved by a refusal (429). Besides, once a server
has refused, requests are spaced. Between two times at which it was at the end of what it allows, it took just what it
allows, whether it counts by bucket or by window: that many per second is its rate. Requests are then spaced to stay a
little below, and a little above it now and then, to learn whether it has changed. A server that says how much is left,
and until when, is believed: what is left is spread over that time.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Allowance", "Pace"]

_FIRST_WIDTH = 4.0
_GROWTH_PER_SECOND = 10.0
"""By how much the width grows in a second at the most, or by its double: what is out at the first refusal is lost."""
_PROBE_SECONDS, _PROBE_MOST_SECONDS = 0.1, 8.0
"""How long a server that refuses is left alone at first, and at most, where it doesn't say for how long."""
_SILENCE_SECONDS = 0.5
"""A request that isn't refused by then is taken to be worked on."""
_LATE_SECONDS = 0.05
"""By so much a request that is late, since the machine is busy, makes the next ones come earlier."""
_BELOW, _ABOVE = 0.98, 1.05
"""Which share of the learned rate is used, and which to see whether there is more."""
_RAMP = 1.5
"""By how much each answer raises the rate, while nothing is known of it but that there is one."""
_DROP = 0.8
"""What is left of the rate where a server refuses again after a `_FEW` answers."""
_FEW = 8
_EARLY_MOST = 5
"""Refused so often in a row within what was sure, it isn't the rate: a server may refuse by chance, too."""
_SURE = 1.15
"""Estimates that differ by no more than this factor are taken for the same."""
_PLATEAU, _UNSURE_PLATEAU = 100, 10
"""For so many answers the rate stays below what was learned, where that is sure and where it isn't."""
_UNSURE_DOUBLING = 40
"""After so many more answers an unsure rate is doubled."""
_PAUSES = 30.0
"""A sure rate stays below for at least so many times the last pause, too: a pause is time lost."""
_IDLE_MOST_SECONDS = 1.0
_SPREAD_MOST_SECONDS = 120.0
"""What is left for longer than this (for the day, say) isn't spread over that time."""


@dataclass(frozen=True, slots=True)
class Allowance:
    """What a server says is left.

    Parameters
    ----------
    requests
        How many requests; of a limit in tokens, how many of the usual size.
    seconds
        Until all of the limit is there again.
    """

    requests: float
    seconds: float


class Pace:
    """How fast one endpoint may be asked.

    Times are in seconds of any clock that only goes forward.

    Attributes
    ----------
    width
        How many requests may be out at one time.
    share
        Which part of what the server says is left is this process's; the rest is for others that ask with the same key.
    rate
        How many requests may be sent per second, as learned from refusals; None while there were none.
    """

    def __init__(self) -> None:
        self.width = _FIRST_WIDTH
        self._share = 1.0
        self.rate: float | None = None
        self._out = 0
        self._sent = 0
        self._next_at = float("-inf")  # when the next request may be sent, by the rate
        self._grew_at: float | None = None
        self._blocked_until: float | None = None  # there while the server refuses; then a single request is tried
        self._tried_at: float | None = None  # when that was sent
        self._refused_at = float("-inf")  # what was sent until then was known to be too much
        self._refusals = 0  # in a row
        self._learned = 0.0  # the rate that the server was found to allow; 0 while nothing is known
        self._sure = False
        self._early = 0  # how often in a row it refused though the rate was sure
        self._ended_at = float("-inf")  # when the server was last at the end of what it allows; first, when it began
        self._before = (0, 0.0)  # how many were taken before the first refusal, in how many seconds
        self._taken = 0  # requests sent since `_ended_at`, and not refused
        self._answers = 0  # to those
        self._pause = 0.0  # how long it refused the last time
        self._idle = 0.0  # and for how much of that it might have taken some
        self._told: tuple[int, float, float] | None = None  # by the answer to which request, the rate, until when
        self._told_mean = 0.0

    @property
    def share(self) -> float:
        """Which part of an allowance may be used, above 0 to 1."""
        return self._share

    @share.setter
    def share(self, share: float) -> None:
        # What is learned from refusals shares itself out: whoever asks too much is refused.
        self.width = max(1.0, self.width * min(share / self._share, 1.0))
        self._share = share

    def wait(self, now: float) -> float:
        """Give how long to wait before the next request may be sent; infinite where one has to come back first."""
        if self._blocked_until is not None:
            if self._tried_at is None:
                return max(self._blocked_until - now, 0.0)
            if now < self._tried_at + _SILENCE_SECONDS:
                return self._tried_at + _SILENCE_SECONDS - now
            self._unblock(self._tried_at, now)
        if self._out >= max(1, int(self.width)):
            return float("inf")
        return max(self._next_at - now, 0.0)

    def send(self, now: float) -> int:
        """Take note that a request is sent; give its number."""
        if not self._sent:
            self._ended_at = self._grew_at = now
        self._sent += 1
        self._out += 1
        self._taken += 1
        if self._blocked_until is not None:
            self._tried_at = now
        rate = self._rate_at(now)
        self._next_at = max(self._next_at, now - _LATE_SECONDS) + 1 / rate if rate else now
        return self._sent

    def release(self) -> None:
        """Take note that a request is over, however it went."""
        self._out -= 1

    def answered(self, number: int, sent_at: float, now: float, allowance: Allowance | None = None) -> None:
        """Take note of an answer, and of what the server says is left."""
        if self._blocked_until is not None and self._tried_at is not None and sent_at >= self._tried_at:
            self._unblock(sent_at, now)
        self._grow(now)
        if sent_at >= self._ended_at:
            self._answers += 1
            self._speed_up()
        if allowance is not None:
            self._hear(allowance, number, sent_at, now)

    def refused(self, sent_at: float, now: float, retry_after_seconds: float | None = None) -> None:
        """Take note of a refusal, and of how long the server asks to be left alone."""
        if sent_at >= self._ended_at:
            self._taken -= 1
        if sent_at > self._refused_at:
            if self._blocked_until is None:
                self._cut(now)
            self._refusals += 1
            self._refused_at, self._tried_at = now, None
        elif retry_after_seconds is None:
            return  # it was sent before it could be known that it was too much
        wait = min(_PROBE_SECONDS * 2.0 ** min(self._refusals - 1, 30), _PROBE_MOST_SECONDS)
        until = now + (wait if retry_after_seconds is None else retry_after_seconds)
        self._blocked_until = max(self._blocked_until or until, until)

    def refusing_seconds(self, now: float) -> float:
        """Give for how long the server has refused all that it was asked; 0 where it doesn't."""
        return now - self._ended_at if self._blocked_until is not None else 0.0

    def _unblock(self, sent_at: float, now: float) -> None:
        """Go on: a single request was taken, after some that were refused."""
        self._blocked_until, self._tried_at, self._refusals = None, None, 0
        self._pause = sent_at - self._ended_at
        self._idle = min(sent_at - self._refused_at, _IDLE_MOST_SECONDS)
        if self.rate is None:
            taken, seconds = self._before
            least = 1.0 / max(sent_at - self._refused_at, 1e-3)
            self.rate = (least * max(least, taken / max(self._pause + seconds, 1e-3))) ** 0.5
        self._next_at = max(now, sent_at + 1.0 / self.rate)

    def _grow(self, now: float) -> None:
        """Let one more be out; slowly, while nothing is known of how many would be too many."""
        step = 1.0
        if not self._learned and self._grew_at is not None:
            step = min(1.0, (now - self._grew_at) * max(_GROWTH_PER_SECOND, self.width))
        self._grew_at = now
        if self._out >= int(self.width):  # a width that nobody uses says nothing
            self.width += step

    def _cut(self, now: float) -> None:
        """Halve the width, and learn the rate: the server is at the end of what it allows."""
        self.width = max(1.0, min(self.width, self._out) / 2)
        seconds = now - self._ended_at
        if self.rate is None:
            self._before = (self._taken, seconds)
        else:
            self._learn(self.rate, seconds)
        self._ended_at, self._taken, self._answers = now, 0, 0

    def _learn(self, rate: float, seconds: float) -> None:
        """Learn the rate from what was taken since the last time that the server was at its end."""
        # Of what it didn't get while it was left alone some servers keep nothing for later, and some keep all.
        least = self._taken / max(seconds, 1e-3)
        most = self._taken / max(seconds - self._idle, 1e-3)
        before, early = self._learned, self._sure and self._answers < self._plateau
        if not before:
            self._learned = (least * most) ** 0.5
        elif self._taken < _FEW:
            self._learned = max(_DROP * rate, least)
        elif early:
            self._learned = max(_DROP * before, (least * most) ** 0.5)
        else:
            self._learned = min(most, rate)
        agrees = before / _SURE < self._learned < before * _SURE or rate < self._learned * _SURE
        # Refused early again and again, though slower each time: it is not the rate that it refuses.
        self._early = self._early + 1 if early else 0
        self._sure = self._early < _EARLY_MOST if early else self._taken >= _FEW and before > 0 and agrees
        self.rate = _BELOW * self._learned

    @property
    def _plateau(self) -> float:
        """For how many answers the rate stays below what was learned."""
        if not self._sure:
            return _UNSURE_PLATEAU
        return max(_PLATEAU, _PAUSES * min(self._pause, 2.0) * self._learned)

    def _speed_up(self) -> None:
        """Raise the rate: fast while nothing is known, else little, and seldom."""
        if self.rate is None or self._blocked_until is not None:
            return
        if not self._learned:
            self.rate *= _RAMP
            return
        beyond = self._answers - self._plateau
        if beyond <= 0:
            return
        if self._sure:
            share = _BELOW + (_ABOVE - _BELOW) * min(beyond / _PLATEAU, 1.0)
            doubled = max(beyond / _PLATEAU - 3.0, 0.0)
        else:
            share = _BELOW
            doubled = min(beyond / _UNSURE_DOUBLING, 1.0 + beyond / (10 * _UNSURE_DOUBLING))
        self.rate = self._learned * share * 2.0 ** min(doubled, 10.0)

    def _hear(self, allowance: Allowance, number: int, sent_at: float, now: float) -> None:
        """Spread what is left over the time for which it is to last."""
        until = sent_at + allowance.seconds  # servers count a request when it comes in
        if until <= now or (allowance.seconds > _SPREAD_MOST_SECONDS and allowance.requests >= 1):
            return
        if self._told is not None and number < self._told[0]:
            return  # a later request was answered before
        left = allowance.requests * self._share - (self._sent - number)
        if left < 1:
            self._next_at = max(self._next_at, min(until, now + _PROBE_MOST_SECONDS))
            return
        rate = left / (until - now)
        self._told = (number, rate, until)
        self._told_mean = self._told_mean + 0.1 * (rate - self._told_mean) if self._told_mean else rate

    def _rate_at(self, now: float) -> float | None:
        """Give the rate by which requests are spaced: the lesser of what was learned and what was told."""
        if self._told is None:
            return self.rate
        _, told, until = self._told
        told = told if now < until else self._told_mean
        return told if self.rate is None else min(told, self.rate)
