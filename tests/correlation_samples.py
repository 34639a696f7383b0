"""Made-up outages to correlate: services that call one another, of which some fail and take others with them.

Each log is written by the clock of its service, which may be wrong, in one of four formats; requests carry ids through
all services that they cross. Red herrings name others where it means nothing. What explains what is known.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from logdebug.records import Diagnosis, Evidence, TimelineEvent
from logdebug.report.report import Report

if TYPE_CHECKING:
    from pathlib import Path

BEGIN = datetime(2026, 11, 18, 9, 0, tzinfo=UTC)

_WORDS = """
orders billing ledger catalog search basket stock pricing profile session invoice shipping coupon review
wishlist media geo fraud loyalty refund export import audit report notify chat feed graph index token vault
quota
"""
WORDS = _WORDS.split()
ENDINGS = ["svc", "api", "worker", "service", "gw", "proxy"]
ROOT_FAULTS = [
    "java.lang.OutOfMemoryError: Java heap space",
    "write failed: No space left on device",
    "query failed: read tcp 10.9.0.7:47391->10.9.8.15:5432: i/o timeout",
    "panic: runtime error: invalid memory address or nil pointer dereference",
    "segfault at 0 ip 00007f error 4 in core.so",
    "too many open files, accept failed",
]
HERRINGS = [
    "disk full, audit of {other} not written: No space left on device",
    "request failed with 500, client: {other}, reason: nil pointer dereference",
    "could not parse /srv/{other}/export.csv: invalid header",
    "login refused for user svc-{other}: bad password",
    "could not connect to localhost:5432: connection refused",
    "backend web returned an invalid response, db app timeout",
    "job failed: KeyError 'total' in row of {other}-mock",
    "failed to answer: response to {other} was not sent, out of memory",
]


@dataclass
class Service:
    """One service: whom it calls, what is wrong with its clock, and its log."""

    name: str
    host: str
    port: int
    form: int
    ahead: timedelta = timedelta()
    calls: list[Service] = field(default_factory=list)
    lines: list[tuple[datetime, str, str]] = field(default_factory=list)

    def say(self, moment: datetime, level: str, text: str) -> None:
        """Log a line, by its own clock."""
        self.lines.append((moment + self.ahead, level, text))


@dataclass
class Outage:
    """A report of made-up incidents, and which of them explain which."""

    report: Report
    links: set[tuple[str, str]]
    causes: set[str]
    ahead: dict[str, float]


def formatted(form: int, moment: datetime, level: str, text: str) -> str:
    """Write a line in one of four formats."""
    if form == 0:
        return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03}Z {level:5} main : {text}"
    if form == 1:
        said = text.replace('"', "'")
        return f'{{"ts":"{moment:%Y-%m-%dT%H:%M:%S.%f}Z","level":"{level.lower()}","msg":"{said}"}}'
    if form == 2:
        return f"{moment:%Y/%m/%d %H:%M:%S} [{level.lower()}] 31#31: *7 {text}"
    return f"[{moment:%Y-%m-%d %H:%M:%S},{moment.microsecond // 1000:03}: {level}/MainProcess] {text}"


def outage(root: Path, seed: int, *, cascades: int = 1, alone: int = 3, skewed: bool = True) -> Outage:
    """Write the logs of an outage and diagnose them.

    Parameters
    ----------
    root
        Where to write them.
    seed
        The same seed gives the same outage.
    cascades
        How many failures take other services with them.
    alone
        How many services fail by themselves.
    skewed
        Whether some clocks are wrong.
    """
    dice = random.Random(seed)
    names = [f"{word}-{dice.choice(ENDINGS)}" for word in dice.sample(WORDS, len(WORDS))]
    names += [f"{word}-{number}x-job" for number in range(9) for word in WORDS[:16]]
    made = [
        Service(
            name, f"10.{20 + number // 200}.{number % 200}.{dice.randrange(2, 250)}", 7000 + number, dice.randrange(4)
        )
        for number, name in enumerate(names)
    ]
    services = iter(made)
    links: set[tuple[str, str]] = set()
    causes = set()
    failed: list[Service] = []
    for number in range(cascades):
        members = [next(services) for _ in range(dice.randrange(2, 6))]
        for member in members:
            if skewed and dice.random() < 0.4:
                member.ahead = timedelta(seconds=dice.choice([-1, 1]) * dice.uniform(5, 90))
        begin = BEGIN + timedelta(minutes=20 + 9 * number, seconds=dice.uniform(0, 60))
        links |= cascade(dice, members, begin)
        causes.add(members[0].name)
        failed += members
    for _ in range(alone):
        service = next(services)
        others = [other for other in failed if other is not service]
        stand_alone(dice, service, others, BEGIN + timedelta(minutes=dice.uniform(15, 30 + 9 * cascades)))
        failed.append(service)
    dice.shuffle(failed)
    report = Report(
        BEGIN + timedelta(hours=3), "offline", f"outage-{seed}", tuple(diagnose(root, each) for each in failed)
    )
    return Outage(report, links, causes, {each.name: each.ahead.total_seconds() for each in failed})


def cascade(dice: random.Random, members: list[Service], begin: datetime) -> set[tuple[str, str]]:
    """Let the first of some services fail, and each of the others for want of one before it."""
    links = set()
    onsets = {members[0].name: begin}
    for place, service in enumerate(members[1:], 1):
        service.calls.append(dice.choice(members[max(place - 2, 0) : place]))
    for service in members:
        service.say(BEGIN, "INFO", f"listening on {service.host}:{service.port}")
    for _ in range(160):
        cross(dice, members, BEGIN + timedelta(seconds=dice.uniform(5, (begin - BEGIN).total_seconds())))
    for number in range(dice.randrange(3, 9)):
        members[0].say(
            begin + timedelta(seconds=4 * number), "ERROR", dice.choice(ROOT_FAULTS[:3] if number else ROOT_FAULTS)
        )
    for service in members[1:]:
        called = service.calls[0]
        onset = onsets[service.name] = onsets[called.name] + timedelta(seconds=dice.uniform(3, 40))
        links.add((called.name, service.name))
        how = dice.choice([named, addressed, by_request])
        for number in range(dice.randrange(2, 6)):
            how(dice, service, called, onset + timedelta(seconds=5 * number))
    return links


def named(dice: random.Random, service: Service, called: Service, moment: datetime) -> None:
    """Fail with the name of who is called."""
    name = dice.choice([called.name, called.name.replace("-", "_")])
    said = dice.choice(
        [
            f'upstream timed out while reading response header, upstream: "http://{name}/v1/items"',
            f"call to {name} failed: connection refused",
            f"circuit breaker {name} open after 5 failures",
            f"got 503 from {name}, giving up",
            f"{name} is unavailable, request failed",
        ]
    )
    service.say(moment, "ERROR", said)


def addressed(dice: random.Random, service: Service, called: Service, moment: datetime) -> None:
    """Fail with the address of who is called."""
    service.say(moment, "ERROR", f"dial tcp {called.host}:{called.port}: connect: connection refused")


def by_request(dice: random.Random, service: Service, called: Service, moment: datetime) -> None:
    """Fail on a request that fails there, too, and say no more than its id."""
    request = f"{dice.getrandbits(128):032x}"
    called.say(moment - timedelta(seconds=0.05), "ERROR", f"request failed with 500 request_id={request}")
    service.say(moment, "ERROR", f"request failed with 502 request_id={request}")


def cross(dice: random.Random, members: list[Service], moment: datetime) -> None:
    """Let a request cross some services, from the last that calls to the first that is called."""
    request = f"{dice.getrandbits(128):032x}"
    service: Service | None = dice.choice(members)
    while service is not None:
        service.say(moment, "INFO", f"request done status=200 rid={request} in {dice.uniform(3, 90):.1f} ms")
        service = service.calls[0] if service.calls else None
        moment -= timedelta(milliseconds=dice.uniform(1, 40))


def stand_alone(dice: random.Random, service: Service, others: list[Service], begin: datetime) -> None:
    """Let a service fail by itself, and name others where it means nothing."""
    for _ in range(60):
        moment = BEGIN + timedelta(seconds=dice.uniform(0, (begin - BEGIN).total_seconds()))
        service.say(moment, "INFO", f"job done id={dice.getrandbits(64):016x}")
    other = dice.choice(others).name if others else "basket-svc"
    service.say(begin - timedelta(seconds=1), "INFO", f"calling {other} went well")
    for number, said in enumerate([*dice.sample(HERRINGS, 2), dice.choice(ROOT_FAULTS)]):
        service.say(begin + timedelta(seconds=3 * number), "ERROR", said.format(other=other))


def diagnose(root: Path, service: Service) -> Diagnosis:
    """Write a service's log, and quote the first lines of it that tell of trouble and differ, and the last."""
    directory = root / service.name
    directory.mkdir(parents=True)
    ordered = sorted(service.lines, key=lambda line: line[0])
    texts = [formatted(service.form, *line) for line in ordered]
    (directory / "app.log").write_text("".join(f"{text}\n" for text in texts))
    offsets = [0]
    for text in texts:
        offsets.append(offsets[-1] + len(text.encode()) + 1)
    bad = [place for place, line in enumerate(ordered) if line[1] == "ERROR"]
    cited = sorted({*bad[:3], bad[-1]})
    return Diagnosis(
        service=service.name,
        working_dir=str(directory),
        log_file="app.log",
        status="diagnosed",
        root_cause="The first error of the log says what failed.",
        category="unknown",
        severity="high",
        confidence=0.7,
        timeline=tuple(
            TimelineEvent(ordered[place][0], f"Cause: {ordered[place][2]}", place + 1) for place in cited[:2]
        ),
        evidence=tuple(
            Evidence(texts[place], "app.log", place + 1, offsets[place], offsets[place + 1] - 1, verified=True)
            for place in cited
        ),
        grounded=True,
    )
