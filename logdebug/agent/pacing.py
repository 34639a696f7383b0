"""How fast an endpoint may be asked: learned from its answers and refusals, and from what it says of itself.

Pure: no clock, no waiting. Whoever asks says when a request is sent, answered or refused, and is told how long to wait.

How many requests may be out at one time grows with those that are taken and is halved by a refusal (429). A refusal
comes soon, an answer may take long: a request that isn't refused for a while is taken. Until then no more are sent at a
time than one might lose. Besides, once a server has
refused, requests are spaced by the rate that it was found to allow: see `Rate`. A refusal that stands alone slows all
down a little; only where the next is refused, too, all wait, and then a single one is tried. A server that says how
much is left, and until when, is believed: what is left is spread over that time.
"""

from __future__ import annotations

from dataclasses import dataclass

from logdebug.agent.rates import Rate, Stretch

__all__ = ["Allowance", "Pace", "Sent"]

_GROWTH, _GROWTH_AT_WORK = 0.25, 1.5
"""By how much the width, 1 at first, grows with each request that was answered, and that the server has begun to work
on, while nothing is known: what is out when the server refuses for the first time is lost, a part of all before it."""
_ROOM = 1.5
"""How many times what the rate takes may be out at the least, once that is known: it is the rate that is to bind."""
_PAUSE_SECONDS = 0.1
"""For so long, or for the time of one more, is a server left alone that has refused once and whose rate is known."""
_PROBE_SECONDS, _PROBE_FACTOR, _PROBE_MOST_SECONDS, _PROBE_LATEST_SECONDS = 0.25, 3.0, 8.0, 15.0
"""How long a server that refuses is left alone at first, how many times as long the next time, and at most; the last
where it was found to refuse for long. The second try is after a second in all, since many count by the second."""
_FEW, _FEW_PROBE_SECONDS = 8, 1.0
"""Where it took fewer than this before, it is left alone for so long at once: each refusal is a large part of all."""
_ROUNDED_SECONDS = 1.0
"""Where whole seconds are counted, this is said of any moment: it is for the refused request to keep, not for all."""
_SILENCE_SECONDS = 0.2
"""A request that isn't refused by then is taken to be worked on."""
_LATE_SECONDS = 0.05
"""By so much a request that is late, since the machine is busy, makes the next ones come earlier."""
_LEFT_MORE = 0.25
"""What is left is taken for so much more: servers whose window slides say until when one more is left, not all of the
limit, and to those who never use more than that they never show more."""
_EARLY_SECONDS = 0.01
"""By so much a request is sent later than when one is said to be left again: that was counted from when the one before
came in, and this one may come in sooner after it was sent."""
_OUTDATED, _FASTEST = 1.1, 1e6
"""By how much each answer raises what was told, in the mean, until something is told again; per second at most."""
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


@dataclass(frozen=True, slots=True)
class Sent:
    """A request that was sent.

    Parameters
    ----------
    number
        How many were sent until then, itself counted.
    at
        When.
    """

    number: int
    at: float


class Pace:
    """How fast one endpoint may be asked.

    Times are in seconds of any clock that only goes forward.

    Attributes
    ----------
    width
        How many requests may be out at one time.
    share
        Which part of what the server says is left is this process's; the rest is for others that ask with the same key.
    """

    def __init__(self) -> None:
        self.width = 1.0
        self._share = 1.0
        self._rate = Rate()
        self._out = 0
        self._sent = 0
        self._unsure: dict[int, float] = {}  # by number, when those were sent of which nothing is known yet
        self._slot_at = float("-inf")  # when the latest request was due, by the rate
        self._next_at = float("-inf")  # when the next request may be sent, by the rate
        self._latency = 0.0  # how long an answer takes, in the mean
        self._blocked_until: float | None = None  # there while the server refuses; then a single request is tried
        self._tried_at: float | None = None  # when that was sent
        self._refused_at = float("-inf")  # what was sent until then was known to be too much
        self._refusals = 0  # in a row
        self._ended_at = float("-inf")  # when the server was last at the end of what it allows; first, when it began
        self._pause = 0.0  # how long it refused at the longest, lately
        self._stretch = Stretch()  # what went on since
        self._before = Stretch()  # and before the last refusal
        self._told: tuple[int, float, float] | None = None  # by the answer to which request, the rate, until when
        self._told_mean = 0.0

    @property
    def rate(self) -> float | None:
        """How many requests may be sent per second, as learned from refusals; None while there were none."""
        return self._rate.value

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
        self._hear_silence(now)
        if self._out >= max(1, int(self.width)):
            return next((at + _SILENCE_SECONDS - now for at in self._unsure.values()), float("inf"))
        return max(self._next_at - now, 0.0)

    def send(self, now: float) -> Sent:
        """Take note that a request is sent."""
        if not self._sent:
            self._ended_at = now
        self._sent += 1
        self._out += 1
        self._unsure[self._sent] = now
        self._stretch.send(now)
        if self._blocked_until is not None:
            self._tried_at = now
        rate = self._rate_at(now)
        self._slot_at = max(self._next_at, now - _LATE_SECONDS)
        self._next_at = self._slot_at + 1 / rate if rate else now + self._gap()
        return Sent(self._sent, now)

    def release(self, sent: Sent) -> None:
        """Take note that a request is over, however it went."""
        self._out -= 1
        self._unsure.pop(sent.number, None)

    def answered(self, sent: Sent, now: float, allowance: Allowance | None = None) -> None:
        """Take note of an answer, and of what the server says is left."""
        sent_at = sent.at
        if self._blocked_until is not None and self._tried_at is not None and sent_at >= self._tried_at:
            self._unblock(sent_at, now)
        self._latency += 0.1 * (now - sent_at - self._latency) if self._latency else now - sent_at
        if self._unsure.pop(sent.number, None) is not None or self._rate.learned:
            self._grow(1.0 if self._rate.learned else _GROWTH)
        if self._blocked_until is None and sent_at > self._refused_at:
            self._refusals = 0
        self._rate.answered()
        if sent_at >= self._ended_at:
            self._stretch.answers += 1
            if self._blocked_until is None:
                self._rate.rise(self._stretch, self._out / max(self._latency, 1e-3))
                self._make_room()
        if not self._unsure and self._rate_at(now) is None:
            self._next_at = now  # nothing is out that might be refused
        if allowance is not None:
            self._hear(allowance, sent, now)

    def refused(self, sent: Sent, now: float, retry_after_seconds: float | None = None) -> None:
        """Take note of a refusal, and of how long the server asks to be left alone."""
        sent_at = sent.at
        self._unsure.pop(sent.number, None)
        if sent_at >= self._ended_at:
            self._stretch.give_back()
        if self._rate.refused() and retry_after_seconds is None:
            return
        alone = self._rate.learned > 0 and not self._refusals and (retry_after_seconds or 0.0) <= _ROUNDED_SECONDS
        if sent_at > self._refused_at:
            if self._blocked_until is None and not self._refusals:
                self._cut(now)
            self._refusals += 1
            self._refused_at, self._tried_at = now, None
        elif retry_after_seconds is None or alone:
            return  # it was sent before it could be known that it was too much
        if alone:
            self._stretch.pause = self._stretch.idle = _PAUSE_SECONDS
            self._next_at = max(self._next_at, now + _PAUSE_SECONDS)
            return
        until = now + (self._probe_after() if retry_after_seconds is None else retry_after_seconds)
        self._blocked_until = max(self._blocked_until or until, until)

    def refusing_seconds(self, now: float) -> float:
        """Give for how long the server has refused all that it was asked; 0 where it doesn't."""
        return now - self._ended_at if self._blocked_until is not None else 0.0

    def _probe_after(self) -> float:
        """Give how long a server is left alone that refuses, and doesn't say for how long."""
        if not self._rate.learned:
            first, factor, most = _PROBE_SECONDS, _PROBE_FACTOR, _PROBE_MOST_SECONDS
            if self._before.taken < _FEW:
                first = _FEW_PROBE_SECONDS
        else:
            first, factor = max(_PAUSE_SECONDS, self._pause / 10), 2.0
            most = max(_PROBE_MOST_SECONDS, min(self._pause / 4, _PROBE_LATEST_SECONDS))
        return min(first * factor ** min(self._refusals - 1, 30), most)

    def _gap(self) -> float:
        """Give how long to wait between requests while nothing is known: so that a refusal is heard before the next."""
        room = max(int(self.width) - self._out + len(self._unsure), 1)
        return min(self._latency or _SILENCE_SECONDS, _SILENCE_SECONDS) / room

    def _unblock(self, sent_at: float, now: float) -> None:
        """Go on: a single request was taken, after some that were refused."""
        self._blocked_until, self._tried_at, self._refusals = None, None, 0
        self._stretch.pause = sent_at - self._ended_at
        self._stretch.idle = min(sent_at - self._refused_at, _IDLE_MOST_SECONDS)
        if self.rate is None:
            self._rate.begin(self._before, self._stretch.pause, sent_at - self._refused_at)
            self._make_room()
        else:
            self._rate.open(self._before, self._stretch.pause)
        self._pause = max(self._stretch.pause, self._pause / 2)
        self._next_at = max(now, sent_at + 1.0 / (self.rate or 1.0))

    def _hear_silence(self, now: float) -> None:
        """Make room for more than those that were sent and not refused for a while: the server works on them."""
        while self._unsure:
            number, at = next(iter(self._unsure.items()))
            if now < at + _SILENCE_SECONDS:
                return
            del self._unsure[number]
            self._grow(_GROWTH_AT_WORK)

    def _grow(self, step: float) -> None:
        """Let more be out."""
        if self._out >= int(self.width) / 2:  # a width that nobody uses says nothing
            self.width += step

    def _cut(self, now: float) -> None:
        """Halve the width, and learn the rate: the server is at the end of what it allows."""
        self.width = max(1.0, min(self.width, self._out) / 2)
        self._stretch.seconds = now - self._ended_at
        self._before = self._stretch
        if self.rate is not None:
            self._rate.learn(self._stretch)
            self._make_room()
        self._ended_at, self._stretch = now, Stretch()

    def _make_room(self) -> None:
        """Let so many be out that it is the rate that binds, where that is known."""
        if self._rate.learned:
            self.width = max(self.width, _ROOM * self._rate.learned * self._latency)

    def _hear(self, allowance: Allowance, sent: Sent, now: float) -> None:
        """Spread what is left over the time for which it is to last."""
        number, sent_at = sent.number, sent.at
        until = sent_at + allowance.seconds  # servers count a request when it comes in
        if until <= now or now - sent_at > allowance.seconds / 2:
            self._told_mean = min(self._told_mean * _OUTDATED, _FASTEST)
            return  # it was so when the request came in: too long ago
        if allowance.seconds > _SPREAD_MOST_SECONDS and allowance.requests >= 1:
            return
        if self._told is not None and number < self._told[0]:
            return  # a later request was answered before
        left = allowance.requests * self._share - (self._sent - number)
        if left < 1:  # the spacing by what was left before doesn't matter: one more is there then
            self._told_mean = self._told_mean or 1 / min(allowance.seconds, _PROBE_MOST_SECONDS)
            learned = self._slot_at + 1 / self.rate if self.rate else now
            self._next_at = max(learned, min(until + min(now - sent_at, _EARLY_SECONDS), now + _PROBE_MOST_SECONDS))
            return
        rate = (left + _LEFT_MORE) / (until - now)
        self._told = (number, rate, until)
        self._told_mean = self._told_mean + 0.1 * (rate - self._told_mean) if self._told_mean else rate
        self._next_at = min(self._next_at, self._slot_at + 1 / (self._rate_at(now) or rate))

    def _rate_at(self, now: float) -> float | None:
        """Give the rate by which requests are spaced: the lesser of what was learned and what was told."""
        if not self._told_mean:
            return self.rate
        told = self._told[1] if self._told is not None and now < self._told[2] else self._told_mean
        return told if self.rate is None else min(told, self.rate)
