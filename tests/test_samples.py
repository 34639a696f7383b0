"""The checked-in sample incidents: generated, bounded, harmless, each telling the story that its service promises."""

import json
import re
from datetime import UTC, datetime, timedelta
from functools import cache
from ipaddress import ip_address, ip_network
from itertools import pairwise
from pathlib import Path

import pytest
from samples import sample_files

ROOT = Path(__file__).parents[1] / "sample_logs"
LOGS = {
    "payment-svc": "payment-svc.log",
    "auth-svc": "auth-svc.log",
    "notif-worker": "worker.log",
    "etl-daily": "etl-daily.log",
    "api-gw": "gateway.log",
}
PRIVATE = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8", "0.0.0.0/32")  # RFC 1918 and the host itself
DOCUMENTATION = ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24")  # RFC 5737
HARMLESS_NETWORKS = [ip_network(text) for text in (*PRIVATE, *DOCUMENTATION)]
# What each log says on the way to its failure, in this order.
STORIES = {
    "payment-svc": (
        '"msg":"authorized after retry"',
        "could not serialize access",
        '"msg":"slow query"',
        '"msg":"database connection lost"',
        "read tcp 10.20.1.41:48210->10.20.8.15:5432: i/o timeout",
        '"msg":"reconnect failed","attempt":5',
        '"level":"fatal"',
        "retries exhausted",
        '"msg":"starting payment-svc"',
    ),
    "auth-svc": (
        "maximumSize=unbounded",
        "Caused by: java.net.SocketTimeoutException",
        "jwks refreshed keys=3 errors=0 (retry 1)",
        "Pause Young (Mixed)",
        "Pause Full (G1 Compaction Pause)",
        "java.lang.OutOfMemoryError: Java heap space",
        "Dumping heap to",
        "Caused by: java.lang.OutOfMemoryError: Java heap space",
        "received SIGTERM",
        "exited with status 143",
    ),
    "notif-worker": (
        "Greylisting in action",
        "UndefinedError",
        "SMTPConnectError(421",
        "ConnectionRefusedError: [Errno 111] Connection refused",
        "circuit breaker smtp-relay: closed -> open",
        "half-open -> open, probe failed",
        "above high water mark 400, answering 503",
    ),
    "etl-daily": (
        "Parquet magic bytes not found in footer",
        "skipped corrupt file 1 of at most 3",
        "java.net.SocketTimeoutException: Read timed out",
        "stage transform finished",
        "stage load started",
        "low free space on wh-node-3.internal",
        "java.io.IOException: No space left on device",
        "failed 4 times; aborting job",
        "try 2 of 2 failed in stage load",
    ),
    "api-gw": (
        "peer 10.20.4.63:8080 is turned down",
        "peer 10.20.4.63:8080 is turned up",
        "/wp-login.php",
        "upstream payment_svc has no live peer, 1 of 4",
        "no live upstreams while connecting to upstream",
        "upstream timed out (110: Connection timed out)",
        "upstream auth_svc has no live peer, 2 of 4",
        "upstream notif_svc has no live peer, 3 of 4",
        "[crit]",
        "not ready: 3 of 4 upstreams down",
        "signal 3 (SIGQUIT)",
    ),
}


@cache
def _files(seed: int) -> dict[str, str]:
    return sample_files(seed)


def _log(service: str) -> list[str]:
    return (ROOT / service / LOGS[service]).read_text().splitlines()


def _line(service: str, text: str) -> int:
    return next(number for number, line in enumerate(_log(service), start=1) if text in line)


def _moment(line: str) -> datetime | None:
    """Return the UTC time of a line in any of the five formats, None when it carries none."""
    found = re.search(r"(2026)[-/](11)[-/](18)[T ](\d\d):(\d\d):(\d\d)(?:[.,](\d{3}))?", line)
    if found is None:
        found = re.search(r"\[(18)/(Nov)/(2026):(\d\d):(\d\d):(\d\d) \+0000\]()", line)
    if found is None:
        return None
    hour, minute, second, milli = (int(part or 0) for part in found.groups()[3:])
    return datetime(2026, 11, 18, hour, minute, second, milli * 1000, tzinfo=UTC)


def _when(service: str, text: str) -> datetime:
    moment = _moment(_log(service)[_line(service, text) - 1])
    assert moment is not None
    return moment


def test_checked_in_files_are_the_generators_output() -> None:
    """Every checked-in file equals what the generator writes today, and there is no other."""
    checked_in = {path.relative_to(ROOT).as_posix(): path.read_bytes() for path in ROOT.rglob("*") if path.is_file()}
    assert checked_in == {name: text.encode() for name, text in sample_files().items()}


def test_the_seed_decides_every_byte() -> None:
    """The same seed gives the same files, another seed another log of each service."""
    again, other = sample_files(1), _files(2)
    assert again == _files(1)
    assert all(again[f"{service}/{log}"] != other[f"{service}/{log}"] for service, log in LOGS.items())


@pytest.mark.parametrize("service", LOGS)
def test_one_log_of_a_real_length_with_neighbours(service: str) -> None:
    """A directory holds one *.log of 800 to 4,000 lines, below 600 kB, and files beside it."""
    directory = ROOT / service
    assert [path.name for path in directory.glob("*.log")] == [LOGS[service]]
    assert len([path for path in directory.iterdir() if path.suffix != ".log"]) >= 2
    assert 800 <= len(_log(service)) <= 4_000
    assert (directory / LOGS[service]).stat().st_size < 600_000


def test_all_samples_are_small_enough_to_ship() -> None:
    """The five directories together stay within 1.5 MB."""
    assert sum(path.stat().st_size for path in ROOT.rglob("*") if path.is_file()) <= 1_500_000


@pytest.mark.parametrize("seed", [None, 1, 2])
@pytest.mark.parametrize("service", LOGS)
def test_a_log_tells_its_story_in_order(service: str, seed: int | None) -> None:
    """The decoys, the cause and the cascade each occur, first ones in the promised order, whatever the seed."""
    text = "\n".join(_log(service)) if seed is None else _files(seed)[f"{service}/{LOGS[service]}"]
    found = [text.find(step) for step in STORIES[service]]
    assert -1 not in found, STORIES[service][found.index(-1)]
    assert found == sorted(found)


@pytest.mark.parametrize("service", LOGS)
def test_a_log_runs_forward_on_one_day(service: str) -> None:
    """The times of a log never go back (by more than the second to which an access line is rounded)."""
    moments = [moment for line in _log(service) if (moment := _moment(line))]
    assert len(moments) > 500
    backwards = [late for early, late in pairwise(moments) if early - late > timedelta(seconds=1)]
    assert backwards == []


@pytest.mark.parametrize("service", ["payment-svc", "auth-svc", "notif-worker", "api-gw"])
def test_a_failure_follows_on_healthy_traffic(service: str) -> None:
    """At least twenty minutes of ordinary traffic precede the first line of the failure."""
    first = {
        "payment-svc": "database connection lost",
        "auth-svc": "with root cause",
        "notif-worker": "SMTPConnectError(421",
        "api-gw": "no live peer",
    }
    moments = [moment for line in _log(service) if (moment := _moment(line))]
    assert _when(service, first[service]) - moments[0] > timedelta(minutes=20)


def test_the_cascade_can_be_seen_across_the_clocks() -> None:
    """Payments fail before the gateway sees it, likewise auth and notif, and the gateway gives up last of all."""
    order = [
        _when("payment-svc", "database connection lost"),
        _when("api-gw", "bad status code from 10.20.1.41:8080: 503"),
        _when("api-gw", "upstream payment_svc has no live peer"),
        _when("notif-worker", "SMTPConnectError(421"),
        _when("auth-svc", "with root cause"),
        _when("api-gw", "upstream auth_svc has no live peer"),
        _when("notif-worker", "above high water mark"),
        _when("api-gw", "upstream notif_svc has no live peer"),
    ]
    assert order == sorted(order)
    assert _when("api-gw", "not ready: 3 of 4") >= order[-1]


@pytest.mark.parametrize(
    ("service", "key"), [("payment-svc", '"request_id":"'), ("auth-svc", "rid="), ("notif-worker", "rid=")]
)
def test_request_ids_lead_from_the_gateway_to_the_service(service: str, key: str) -> None:
    """Requests of the gateway are found by their id in the service's own log, at the same second or nearly so."""
    at_gateway = {found[1]: _moment(line) for line in _log("api-gw") if (found := re.search(r"rid=(\w{32})", line))}
    gaps = []
    for line in _log(service):
        found = re.search(re.escape(key) + r"(\w{32})", line)
        if found and (seen := at_gateway.get(found[1])) and (moment := _moment(line)):
            gaps.append(abs((moment - seen).total_seconds()))
    assert len(gaps) > 50
    assert max(gaps) < 1.5


def test_payment_log_is_json_throughout() -> None:
    """Every line of payment-svc parses as a JSON object with level, ts, caller and msg."""
    for line in _log("payment-svc"):
        assert {"level", "ts", "caller", "msg"} <= json.loads(line).keys()


@pytest.mark.parametrize("path", sorted(ROOT.rglob("*.*")), ids=lambda path: path.name)
def test_samples_name_nobody_real(path: Path) -> None:
    """Addresses are private or for documentation, domains end in .internal or example.com, no secret is written."""
    text = path.read_text()
    for address in set(re.findall(r"(?<![\d./-])\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}(?![\d.])", text)):
        if not re.search(rf"(?:Chrome|openresty)/{re.escape(address)}", text):
            assert any(ip_address(address) in network for network in HARMLESS_NETWORKS), address
    for domain in re.findall(r"https?://([A-Za-z0-9.-]+\.[a-z]{2,})", text) + re.findall(
        r"@([a-z0-9.-]+\.[a-z]{2,})", text
    ):
        assert domain.endswith((".internal", "example.com")), domain
    assert not re.search(r"/(?:home|work|tmp|root|Users)/", text)
    assert not re.search(
        r"(?i)(?:password|secret|token|api_key)['\"]?\s*[:=]\s*['\"]?[A-Za-z0-9+/]{12,}['\"]?\s*$", text, re.MULTILINE
    )
