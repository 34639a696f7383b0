"""Across incidents: what explains what is found, with its evidence, and nothing else is."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from datetime import timedelta
from itertools import permutations
from typing import TYPE_CHECKING

import pytest
from correlation_samples import BEGIN, outage
from report_samples import HOSTILE, diagnosis, hostile, many, report

from logdebug.incidents import demo_incidents
from logdebug.records import Diagnosis, Evidence, TimelineEvent
from logdebug.report.correlation.around import read_around
from logdebug.report.correlation.correlate import correlate
from logdebug.run.dispatch import investigate_sync

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import WriteCase

    from logdebug.report.correlation.correlate import Correlation
    from logdebug.report.report import Report


def failed(service: str, at_seconds: float | None, *quotes: str, **changes: object) -> Diagnosis:
    """Make a diagnosis with these quotes, by a log that is gone, of a failure so many seconds after the begin."""
    moment = None if at_seconds is None else BEGIN + timedelta(seconds=at_seconds)
    stamp = f"{moment:%Y-%m-%d %H:%M:%S}.000 " if moment else ""
    made = diagnosis(
        service,
        root_cause="Something gave way.",
        timeline=() if moment is None else (TimelineEvent(moment, f"Cause: {(quotes or ('it crashed',))[0]}", 7),),
        evidence=tuple(
            Evidence(f"{stamp}{quote}", "app.log", 7 + place, verified=True) for place, quote in enumerate(quotes)
        ),
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def pairs(found: Correlation) -> set[tuple[str, str]]:
    """Give the (cause, effect) of each link."""
    return {(link.cause_service, link.effect_service) for link in found.links}


def roles(found: Correlation) -> dict[str, str]:
    """Give the role of each service."""
    return {standing.service: standing.role for standing in found.order}


CALL = "ERROR call to payment-svc failed: connection refused"
CRASH = "FATAL out of memory, exiting"


# -- the five samples --------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def shop() -> Report:
    """Give the embedded analyst's report on the five samples."""
    return investigate_sync(demo_incidents(), model="offline")


def test_on_the_samples_payment_comes_before_the_gateway(shop: Report) -> None:
    """Payment-svc failed first and explains api-gw, with the gateway's own words and requests that failed in both."""
    found = correlate(shop)
    assert found.finding == "payment-svc failed first and explains api-gw"
    [link] = [link for link in found.links if link.cause_service == "payment-svc"]
    assert (link.effect_service, link.role) == ("api-gw", "explains")
    assert link.confidence > 0.9
    assert link.lag_seconds == pytest.approx(16, abs=2)
    named = [reason for reason in link.reasons if reason.rule == "names_service"]
    assert all("payment_svc" in reason.quote and reason.file == "gateway.log" and reason.line for reason in named)
    assert {"names_service", "shared_ids", "earlier"} == {reason.rule for reason in link.reasons}


def test_on_the_samples_nothing_is_linked_that_is_not(shop: Report) -> None:
    """The two others that took upstreams from the gateway add to what was failing; the nightly load stands alone."""
    found = correlate(shop)
    assert pairs(found) == {("payment-svc", "api-gw"), ("auth-svc", "api-gw"), ("notif-worker", "api-gw")}
    assert {link.cause_service for link in found.links if link.role == "adds_to"} == {"auth-svc", "notif-worker"}
    assert [standing.service for standing in found.symptoms] == ["api-gw"]
    assert [standing.service for standing in found.unrelated] == ["etl-daily"]
    assert not any(skew.corrected for skew in found.skews)
    assert min(skew.ids for skew in found.skews) > 30


def test_the_reports_order_changes_nothing(shop: Report) -> None:
    """Whatever order the incidents are given in, the same is found."""
    expected = pairs(correlate(shop))
    for order in list(permutations(range(5)))[::29]:
        shuffled = replace(shop, reports=tuple(shop.reports[place] for place in order))
        found = correlate(shuffled)
        assert pairs(found) == expected
        assert all(shuffled[link.cause].service == link.cause_service for link in found.links)


# -- made-up outages ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(6))
def test_cascades_are_found_among_red_herrings_and_wrong_clocks(tmp_path: Path, seed: int) -> None:
    """Every link of two cascades is found, and none of the six failures that name others in passing is linked."""
    made = outage(tmp_path, seed, cascades=2, alone=6)
    found = correlate(made.report)
    assert pairs(found) == made.links
    assert {standing.service for standing in found.causes} == made.causes


def test_fifty_failures_that_have_nothing_to_do_with_one_another_stay_apart(tmp_path: Path) -> None:
    """Fifty failures within some minutes, all of which name another in passing, give no link at all."""
    found = correlate(outage(tmp_path, 1, cascades=0, alone=50).report)
    assert not found.links
    assert len(found.unrelated) == 50
    assert found.finding == "None of the 50 incidents explains another"


@pytest.mark.parametrize("seed", [11, 12, 13])
def test_clock_skew_is_estimated_from_shared_ids(tmp_path: Path, seed: int) -> None:
    """A clock that is ahead by seconds or minutes is found out to within a second, and onsets are corrected by it."""
    made = outage(tmp_path, seed, cascades=1, alone=0)
    found = correlate(made.report)
    assert found.skews
    for skew in found.skews:
        true = made.ahead[skew.service] - made.ahead[skew.reference]
        assert skew.seconds == pytest.approx(true, abs=1.0)
        assert skew.corrected == (abs(true) > 1.5)
        assert skew.ids >= 3


# -- rules, one by one -------------------------------------------------------------------------------------------------


def test_a_service_that_is_named_as_failing_explains_who_names_it() -> None:
    """The link carries the quote, its file and line, and how far apart the two began."""
    found = correlate(report(failed("web-shop", 20, CALL), failed("payment-svc", 0, CRASH)))
    [link] = found.links
    assert (link.cause, link.effect, link.lag_seconds, link.role) == (1, 0, 20.0, "explains")
    assert (link.reasons[0].rule, link.reasons[0].said, link.reasons[0].line) == ("names_service", "payment-svc", 7)
    assert roles(found) == {"payment-svc": "cause", "web-shop": "symptom"}


@pytest.mark.parametrize(
    "quote",
    [
        "ERROR request of client: payment-svc was malformed",
        "ERROR disk full while the audit of payment-svc was written",
        "INFO calling payment-svc",
        "ERROR no such file /srv/payment-svc/data.csv",
        "ERROR payment-svc-mock is down",
        "ERROR failed, though unrelated to payment-svc, which is fine",
    ],
)
def test_a_name_in_passing_is_no_link(quote: str) -> None:
    """A caller, a path, a calm line, another service's longer name, what is ruled out: none of them explains."""
    assert not correlate(report(failed("web-shop", 20, quote), failed("payment-svc", 0, CRASH))).links


def test_who_fails_later_explains_nothing() -> None:
    """A service that was still fine when it was named is no cause."""
    assert not correlate(report(failed("web-shop", 0, CALL), failed("payment-svc", 600, CRASH))).links


def test_who_failed_long_ago_explains_nothing() -> None:
    """An incident that was over a day before is no cause."""
    assert not correlate(report(failed("web-shop", 90_000, CALL), failed("payment-svc", 0, CRASH))).links


@pytest.mark.parametrize("service", ["app", "web", "db", "api", "localhost", "service", "a"])
def test_names_that_many_things_have_are_not_looked_for(service: str) -> None:
    """A service called as many things are is named by nobody."""
    quote = f"ERROR call to {service} failed: connection refused, http://{service}:8080/ is down"
    assert not correlate(report(failed("shop-front", 20, quote), failed(service, 0, CRASH))).links


def test_a_word_is_a_service_only_where_an_address_is_due() -> None:
    """`orders` in a sentence is a noun, in a URL it is the service."""
    cause = failed("orders", 0, CRASH)
    assert not correlate(report(cause, failed("shop-front", 20, "ERROR 14 orders failed, timeout"))).links
    assert correlate(report(cause, failed("shop-front", 20, "ERROR GET http://orders:8080/ failed: timeout"))).links


def test_a_quote_that_was_not_found_proves_nothing() -> None:
    """What a model made up links no incidents."""
    effect = failed("web-shop", 20, CRASH)
    effect = replace(effect, evidence=(*effect.evidence, Evidence(CALL, "app.log", 9)))
    assert not correlate(report(effect, failed("payment-svc", 0, CRASH))).links


def test_the_root_cause_alone_is_enough_where_the_times_agree() -> None:
    """An analyst's sentence that names the service links, with less confidence than a line of a log."""
    said = "Calls to payment-svc timed out."
    cause = failed("payment-svc", 0, CRASH)
    [weak] = correlate(report(cause, failed("web-shop", 20, CRASH, root_cause=said))).links
    [strong] = correlate(report(cause, failed("web-shop", 20, CALL))).links
    assert weak.confidence < strong.confidence
    assert not correlate(report(cause, failed("web-shop", -20, CRASH, root_cause=said))).links


def test_of_two_that_name_one_another_the_earlier_is_the_cause() -> None:
    """There is one link, from the earlier, and it says so."""
    back = "ERROR call to web-shop failed: timeout"
    found = correlate(report(failed("web-shop", 9, CALL), failed("payment-svc", 3, CRASH, back)))
    [link] = found.links
    assert link.cause_service == "payment-svc"
    assert "name one another" in link.note
    assert link.note in repr(found)


def test_links_never_go_round() -> None:
    """Of three that blame one another in a circle one is a cause."""
    services = ["alpha-svc", "bravo-svc", "carol-svc"]
    made = [
        failed(name, 0, f"ERROR call to {services[place - 1]} failed: timeout") for place, name in enumerate(services)
    ]
    found = correlate(report(*made))
    assert len(found.links) == 2
    assert len(found.causes) == 1


def test_an_address_that_a_log_calls_its_own_is_a_name() -> None:
    """Host and port together, or a host that nobody else has, point to their owner; a loopback address to nobody."""
    cause = failed("payment-svc", 0, "ERROR crashed, was listening on 10.4.0.9:7443")
    for address, linked in {"10.4.0.9:7443": True, "10.4.0.9:9999": True, "127.0.0.1:7443": False}.items():
        effect = failed("web-shop", 20, f"ERROR dial tcp {address}: connection refused")
        assert bool(correlate(report(cause, effect)).links) is linked, address


def test_a_common_port_is_nobodys() -> None:
    """Two services that listen on 8080 are not linked by a refused 8080."""
    cause = failed("payment-svc", 0, "ERROR Tomcat initialized with port 8080 crashed")
    assert not correlate(report(cause, failed("web-shop", 20, "ERROR dial tcp 10.9.9.9:8080: refused"))).links


def test_a_request_that_failed_in_both_links_them() -> None:
    """The same request id in two failing lines links the later to the earlier; in calm ones it doesn't."""
    request = "5db74988bc3842809d8aa7719e309130"
    cause = failed("stock-svc", 0, f"ERROR request failed with 500 rid={request}")
    [link] = correlate(report(cause, failed("web-shop", 4, f"ERROR got 502 request_id={request}"))).links
    assert (link.cause_service, link.reasons[0].rule) == ("stock-svc", "shared_ids")
    assert not correlate(report(cause, failed("web-shop", 4, CRASH, f"INFO done 200 request_id={request}"))).links


def test_incidents_without_times_are_ordered_last_and_still_linked_by_name() -> None:
    """Where nobody knows when, a name in a failing line is enough, and the lag is unknown."""
    found = correlate(report(failed("payment-svc", None, CRASH), failed("web-shop", 5, CALL)))
    assert [standing.service for standing in found.order] == ["web-shop", "payment-svc"]
    assert found.links[0].lag_seconds is None
    assert "isn't known" in repr(found)


def test_two_incidents_of_one_service_are_not_linked_by_their_name() -> None:
    """A service that names itself doesn't explain its other instance."""
    one, other = failed("payment-svc", 0, CALL), failed("payment-svc", 9, CALL, working_dir="/b")
    assert not correlate(report(one, other)).links


# -- what is read ------------------------------------------------------------------------------------------------------


def case_with_id(case_dir: WriteCase, service: str, second: int, text: str) -> Diagnosis:
    """Write a log whose fault stands beside a line with an id, and diagnose it by the fault."""
    fault = f"2026-11-18 09:00:{second:02} ERROR it crashed\n"
    line = f"2026-11-18 09:00:{second:02} {text}\n"
    incident = case_dir(fault + line, service=service)
    quote = Evidence(fault.strip(), "app.log", 1, 0, len(fault) - 1, verified=True)
    return failed(service, second, working_dir=str(incident.working_dir), evidence=(quote,))


ID = "rid=5db74988bc3842809d8aa7719e309130"


def test_ids_are_read_from_the_lines_around_the_evidence(case_dir: WriteCase) -> None:
    """A request that failed in both is found though no quote has it."""
    cause = case_with_id(case_dir, "stock-svc", 1, f"ERROR failed 500 {ID}")
    effect = case_with_id(case_dir, "web-shop", 5, f"ERROR failed 502 {ID}")
    assert pairs(correlate(report(cause, effect))) == {("stock-svc", "web-shop")}


def test_a_time_of_day_is_of_the_day_that_its_place_in_the_log_says(case_dir: WriteCase) -> None:
    """Where lines have no date, a quote of two midnights before the last line is of two days before that."""
    hours = [f"{hour % 24:02}:00:00 INFO all is well\n" for hour in range(9, 60)]
    fault = "09:30:00 ERROR it crashed\n"
    incident = case_dir(hours[0] + fault + "".join(hours[1:]), service="stock-svc")
    os.utime(incident.working_dir / "app.log", times=(2 * (BEGIN.timestamp() + 3 * 3600,)))
    quote = Evidence(fault.strip(), "app.log", 2, len(hours[0]), len(hours[0] + fault) - 1, verified=True)
    lines = read_around(failed("stock-svc", None, working_dir=str(incident.working_dir), evidence=(quote,)))
    assert lines is not None
    assert lines[1].timestamp == BEGIN - timedelta(days=2) + timedelta(minutes=30)


def test_a_log_that_changed_is_not_read(case_dir: WriteCase) -> None:
    """Where the quote no longer stands, what stands there instead is of another time."""
    cause = case_with_id(case_dir, "stock-svc", 1, f"ERROR failed 500 {ID}")
    effect = case_with_id(case_dir, "web-shop", 5, f"ERROR failed 502 {ID}")
    case_dir(f"2026-11-18 09:00:05 ERROR other {ID}\n", service="web-shop")
    assert not correlate(report(cause, effect)).links


def test_nothing_outside_the_incidents_directory_is_read(case_dir: WriteCase, tmp_path: Path) -> None:
    """A report that names a log by way of a link or of .. gets nothing out of it."""
    cause = case_with_id(case_dir, "stock-svc", 1, f"ERROR failed 500 {ID}")
    effect = case_with_id(case_dir, "web-shop", 5, f"ERROR failed 502 {ID}")
    inner = tmp_path / "inner"
    inner.mkdir()
    (inner / "app.log").symlink_to(tmp_path / "web-shop" / "app.log")
    assert not correlate(report(cause, replace(effect, working_dir=str(inner)))).links
    quotes = tuple(replace(quote, file="../web-shop/app.log") for quote in effect.evidence)
    away = replace(effect, working_dir=str(inner), log_file="../web-shop/app.log", evidence=quotes)
    assert not correlate(report(cause, away)).links


def test_a_pipe_in_place_of_a_log_keeps_nobody_waiting(case_dir: WriteCase, tmp_path: Path) -> None:
    """A FIFO is not read."""
    effect = case_with_id(case_dir, "web-shop", 5, "ERROR x")
    (tmp_path / "web-shop" / "app.log").unlink()
    os.mkfifo(tmp_path / "web-shop" / "app.log")
    assert correlate(report(effect)).order


# -- what is shown -----------------------------------------------------------------------------------------------------


def test_the_frame_has_a_row_per_reason_and_the_same_columns_with_none(shop: Report) -> None:
    """Columns and dtypes are the same whether something was found or not."""
    found, nothing = correlate(shop).to_df(), correlate(report()).to_df()
    assert len(found) == sum(len(link.reasons) for link in correlate(shop).links)
    assert list(found.columns) == list(nothing.columns)
    assert found.dtypes.astype("str").to_dict() == nothing.dtypes.astype("str").to_dict()
    assert found["cause"].isin({"payment-svc", "auth-svc", "notif-worker"}).all()
    json.loads(found.to_json(orient="records", date_format="iso"))


def test_the_text_says_the_finding_the_order_the_reasons_and_the_clocks(shop: Report) -> None:
    """A person reads in the text what was found and why."""
    text = repr(correlate(shop))
    assert text.startswith("payment-svc failed first and explains api-gw\n")
    assert "payment-svc → api-gw" in text
    assert "gateway.log:1006" in text
    assert "shared ids" in text


def test_hostile_text_stays_text() -> None:
    """No text of a report becomes a tag, a terminal sequence or a second line."""
    quote = f"ERROR call to evil<b>-svc failed {HOSTILE}"
    made = report(
        failed("evil<b>-svc", 0, CRASH, log_file=HOSTILE, working_dir="/a"),
        failed(f"other-{HOSTILE}", 5, quote, root_cause=quote),
    )
    for found in (correlate(made), correlate(hostile())):
        html, text = found._repr_html_(), repr(found)
        assert "<script" not in html
        assert "<img" not in html
        assert "<b>" not in html
        assert "\x1b" not in text + html
        assert "\u202e" not in text + html
        found.to_df().to_csv()


@pytest.mark.parametrize("count", [0, 1, 2, 500])
def test_any_number_of_incidents_is_correlated(count: int) -> None:
    """None, one and 500 incidents have a finding, a text and a page."""
    found = correlate(many(count))
    assert len(found.order) == count
    assert found.finding
    assert len(repr(found)) < 20_000
    assert found._repr_html_().count("<tr>") < 70


def test_a_standing_names_itself(shop: Report) -> None:
    """The incidents of a correlation show their service, place and role."""
    [cause, *_] = correlate(shop).causes
    assert shop[cause.index].service == "payment-svc"
    assert repr(cause) == f"<payment-svc [{cause.index}]: cause, 2026-11-18 09:41:52 UTC>"


def test_effects_are_followed_through_others() -> None:
    """A cause explains what its symptoms explain."""
    found = correlate(
        report(
            failed("front-gw", 20, "ERROR upstream web-shop timed out"),
            failed("web-shop", 10, CALL),
            failed("payment-svc", 0, CRASH),
        )
    )
    assert found.effects_of(2) == (1, 0)
    assert found.finding == "payment-svc failed first and explains web-shop and front-gw"
    assert roles(found)["web-shop"] == "symptom"
