"""The place of a name: who is called upon is told from who calls, and from who is only mentioned."""

from __future__ import annotations

import pytest

from logdebug.report.correlation.mentions import Names, key_of, stem_of
from logdebug.report.correlation.placing import DEPENDENCY, PASSING

CALLED = [
    "requests.exceptions.ConnectionError: HTTPConnectionPool(host='stock-api', port=8080): Max retries exceeded",
    'I/O error on POST request for "http://stock-api:8080/charge": Connection refused',
    'feign.RetryableException: Connection refused executing POST http://stock_api/api/v1/reserve"',
    'transport: Error while dialing: dial tcp: lookup stock-api on 10.96.0.10:53: no such host"',
    'connect() failed (111: Connection refused) while connecting to upstream, upstream: "http://stock-api/x"',
    "gave up waiting for stock-api after 30s",
    "WARN Hystrix circuit OPEN for command StockApi",
    "downstream service stock-api responded with 500 Internal Server Error",
    "Unable to reach stock-api.prod.svc.cluster.local:443",
    "Error: getaddrinfo ENOTFOUND stock-api",
    "2 of 3 health checks failing: stock-api (timeout), media-svc (ok)",
    "dependency check failed: stock-api=DOWN",
    "upstream connect error or disconnect/reset before headers, cluster outbound|80||stock-api",
    "failed to fetch balances from stock-api: context deadline exceeded",
    "[stock-api] 503 Service Unavailable",
    "CRITICAL: stock-api health endpoint gave 502 Bad Gateway",
    "haproxy: Server bk_stock/stock-api is DOWN, reason: Layer4 timeout",
    "could not get prices: stock_api answered 500",
    "lost connection to stock-api-6d5f7c9b8-x7k2p",
    "upstream stock_api has no live peer",
    "rejected by stock-api",
]
NOT_CALLED = [
    "unauthorized request from stock-api: token expired",
    "rate limit exceeded for client stock-api",
    "NullPointerException at com.acme.stock.api.Main",
    "cannot write to /var/log/stock-api/out: No space left",
    "failed to load config /etc/stock-api.yaml",
    "duplicate key in table stock_api_audit",
    "image registry.internal/shop/stock-api:4.8.2 has CVE, policy failed",
    "deployment stock-api-canary failed",
    "topic stock-api-events: message too large",
    "permission denied for role stock-api",
    "container stock-api on this node was fine, but disk is full",
    "OutOfMemoryError while serialising response to stock-api",
    "unlike stock-api this service has no retry, crashed",
    "500 on POST /internal from stock-api/2.3 (10.0.0.1): KeyError",
    "access to stock-api's database denied to us",
    "user stock-api locked out",
    "not caused by stock-api failing",
    "failed, just after calling stock-api went well",
]


def strongest(text: str, service: str = "stock-api") -> float:
    """Give the weight of the strongest mention of a service in a text."""
    return max((mention.weight for mention in Names([service]).mentions(text, own="other")), default=0.0)


@pytest.mark.parametrize("text", CALLED)
def test_what_is_called_upon_is_a_dependency(text: str) -> None:
    """The ways in which libraries and proxies say that a call to a service failed are known."""
    assert strongest(text) == DEPENDENCY


@pytest.mark.parametrize("text", NOT_CALLED)
def test_who_calls_or_is_mentioned_is_none(text: str) -> None:
    """A caller, a path, a part of a longer name and what is ruled out are not taken for what failed."""
    assert strongest(text) <= PASSING


def test_a_service_does_not_name_itself() -> None:
    """Its own name, however spelled, is left out."""
    names = Names(["stock-api", "media-svc"])
    assert not list(names.mentions("Stock_API is down", own=key_of("stock-api")))
    assert [mention.key for mention in names.mentions("media service is down", own="stock-api")] == ["media-svc"]


def test_of_names_that_begin_alike_the_longest_counts() -> None:
    """payment-svc-mock is no payment-svc."""
    names = Names(["payment-svc", "payment-svc-mock"])
    assert [mention.key for mention in names.mentions("payment-svc-mock is down", own="x")] == ["payment-svc-mock"]


@pytest.mark.parametrize(
    ("service", "key"),
    [("Payment_Service", "payment-svc"), ("api.gateway", "api-gw"), ("shop (php)", "shop"), ("", ""), ("***", "")],
)
def test_spellings_have_one_key(service: str, key: str) -> None:
    """A name's key is the same for all its spellings, and empty for what is no name."""
    assert key_of(service) == key


@pytest.mark.parametrize(
    ("service", "stem"),
    [("notif-worker", "notif"), ("api-gw", ""), ("big-stock-svc", ""), ("etl-daily", ""), ("web-svc", "")],
)
def test_a_stem_is_the_one_telling_word(service: str, stem: str) -> None:
    """The part of a name that says which service it is, where exactly one does."""
    assert stem_of(service) == stem


def test_no_names_are_found_nowhere() -> None:
    """Names that can't be looked for match nothing, rather than everything."""
    assert not list(Names(["", "db", "???"]).mentions("db ??? is down", own=""))
