"""The report as pages: everything is in them, and nothing that a log says takes effect."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise
from typing import TYPE_CHECKING

import matplotlib as mpl
import pytest
from markdown_it import MarkdownIt
from report_samples import BEGIN, HOSTILE, diagnosis, five, hostile, many, report

import logdebug as ld
from logdebug.errors import ReportError
from logdebug.records import Correction, Evidence, Review
from logdebug.report import reviewing
from logdebug.report.export.escapes import markdown
from logdebug.report.export.render import to_html, to_markdown
from logdebug.report.history.demonstration import demo_history

if TYPE_CHECKING:
    from pathlib import Path

    from logdebug.report.report import Report

LOADING = {"script", "img", "link", "iframe", "object", "embed", "video", "audio", "source", "base", "form", "image"}


class Tags(HTMLParser):
    """Collects a page's tags, attributes and text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep a tag."""
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        """Keep text."""
        self.text += data


def shows_no_control(page: str) -> bool:
    """Whether nothing in a page moves a cursor, turns text round or breaks UTF-8."""
    page.encode()
    return not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", page)


def test_the_page_holds_everything() -> None:
    """Each service, root cause, recommendation, event, quote, mark and failure is in the page."""
    page = Tags(five().to_html())
    for text in (
        *("payment-svc", "api-gw", "stopped answering", "Raise the connect timeout", "first i/o timeout"),
        *("14:02:11", "no time", "i/o timeout cost=$0.00", "✓ found", "✗ not found", "app.log:1207", "line 1221"),
        *("search-svc", "answered 429", "gpt-5-mini", "20261122-140211-ab12", "3 of 5 incidents are critical"),
    ):
        assert text in page.text
    assert sum(tag == "svg" for tag, _ in page.found) == 3


def test_incidents_are_worst_first() -> None:
    """Sections come in the order of severity."""
    sections = [attributes["id"] for tag, attributes in Tags(five().to_html()).found if tag == "article"]
    assert sections == ["incident-0", "incident-1", "incident-4", "incident-2", "incident-3"]


def test_every_link_leads_somewhere_in_the_page() -> None:
    """Ids are used once, and every link and reference is to one of them."""
    found = Tags(five().to_html()).found
    ids = [attributes["id"] for _, attributes in found if "id" in attributes]
    targets = {value[1:] for _, attrs in found for key, value in attrs.items() if key.endswith("href") and value}
    assert len(ids) == len(set(ids))
    assert targets <= set(ids)


@pytest.mark.parametrize("page", [hostile().to_html(), hostile()._repr_html_()], ids=["page", "notebook"])
def test_hostile_text_makes_no_tag(page: str) -> None:
    """Nothing that a log says becomes a tag, an attribute or a control, and the page itself loads nothing."""
    plain = Tags(five().to_html())
    tags = Tags(page)
    assert {tag for tag, _ in tags.found} <= {tag for tag, _ in plain.found}
    assert [attributes for tag, attributes in tags.found if tag in LOADING] in ([], [{}])
    assert not [key for _, attributes in tags.found for key in attributes if key.startswith("on")]
    assert "{{ 7*7 }}" in tags.text
    assert "gpj.exe" in tags.text
    assert shows_no_control(page)


def test_the_page_forbids_itself_to_load() -> None:
    """The policy comes first, allows nothing by default and only the page's own script."""
    page = five().to_html()
    policy = next(attributes["content"] for tag, attributes in Tags(page).found if "http-equiv" in attributes)
    assert policy
    assert policy.startswith("default-src 'none'; ")
    assert "script-src 'sha256-" in policy
    assert page.index("http-equiv") < page.index("<style") < page.index("<script")
    assert not re.search(r'(?:src|href)="(?!#)|url\((?!#)|@import', page)


def test_fifty_incidents_are_under_a_megabyte() -> None:
    """A page of 50 incidents with long quotes stays within 1 MB, and says what it cut."""
    long = tuple(Evidence("ERROR " + "x" * 1_500, "app.log", number, verified=True) for number in range(6))
    made = replace(many(50), reports=tuple(replace(entry, evidence=long) for entry in many(50)))
    assert len(made.to_html().encode()) <= 1_000_000
    assert "(1,006 more characters)" in report(diagnosis(evidence=(Evidence("x" * 3_006, "a"),))).to_html()


def test_the_page_is_written(tmp_path: Path) -> None:
    """With a path the page goes to a file, and a path that can't be written is refused."""
    page = five().to_html(tmp_path / "report.html")
    assert (tmp_path / "report.html").read_text(encoding="utf-8") == page
    with pytest.raises(ReportError, match="is a directory"):
        five().to_html(tmp_path)
    five().to_markdown(tmp_path / "report.md")
    assert (tmp_path / "report.md").read_text(encoding="utf-8") == five().to_markdown()


def test_the_page_is_the_same_each_time_whatever_the_settings() -> None:
    """A page depends on the report alone: not on the reader's matplotlib settings, which stay as they were."""
    page = five().to_html()
    with mpl.rc_context({"font.size": 30, "axes.facecolor": "red", "text.color": "blue"}):
        before = dict(mpl.rcParams)
        assert five().to_html() == page
        assert dict(mpl.rcParams) == before


@pytest.mark.parametrize("made", [report(), report(diagnosis()), replace(five(), reports=())])
def test_small_reports_have_pages(made: Report) -> None:
    """A report of nothing, of one incident and of failures only has a page, a notebook table and Markdown."""
    assert "Incident report" in made.to_html()
    assert f"{made.diagnosed} diagnosed, {made.failed} failed" in made._repr_html_()
    assert made.to_markdown().startswith("# Incident report")


def test_the_offline_analyst_is_named() -> None:
    """Each page of an offline report says plainly that there was no model."""
    made = report(diagnosis(), model="offline")
    for page in (made.to_html(), made._repr_html_(), made.to_markdown()):
        assert "no model: embedded offline analyst" in page


def test_the_notebook_table_takes_the_theme() -> None:
    """The table uses JupyterLab's colours with fallbacks, has no script or style sheet, and bounds its rows."""
    page = many(500)._repr_html_()
    assert "var(--jp-ui-font-color1, inherit)" in page
    assert not {tag for tag, _ in Tags(page).found} & {"script", "style"}
    assert "440 more" in page
    assert len(page) < 200_000


def test_markdown_shows_hostile_text_as_text() -> None:
    """Rendered, the Markdown has no link, image, raw tag or mention, and the text is still all there."""
    text = hostile().to_markdown()
    markdown = MarkdownIt("gfm-like", {"html": True, "linkify": False})
    tokens = markdown.parse(text)
    inline = [child for token in tokens for child in (token, *(token.children or ()))]
    assert not {child.type for child in inline} & {"link_open", "image", "html_block"}
    assert {child.content for child in inline if child.type == "html_inline"} <= {"<span>", "</span>"}  # of a `$`
    prose = " ".join(line for line in text.splitlines() if "<script" not in line or "`" not in line)
    assert "https://evil" not in re.sub(r"(?s)`[^`].*?`", "", prose)
    assert shows_no_control(text)
    assert "alert(1)" in Tags(markdown.render(text)).text


def test_markdown_has_the_shape_that_was_meant() -> None:
    """Hostile text adds no heading, list item, table cell or paragraph to those of a harmless report."""
    markdown = MarkdownIt("gfm-like", {"linkify": False})
    entry, other = hostile().reports
    tame = [
        replace(
            one,
            service="tame",
            working_dir="tame",
            log_file="tame",
            root_cause="tame",
            recommendation="tame",
            timeline=tuple(replace(event, event="tame") for event in one.timeline),
            evidence=tuple(replace(quote, quote="tame", file="tame") for quote in one.evidence),
        )
        for one in (entry, other)
    ]
    failure = replace(hostile().errors[0], service="tame", error="tame", message="tame")
    quiet = replace(hostile(), reports=tuple(tame), errors=(failure,), model="tame")
    assert [token.type for token in markdown.parse(hostile().to_markdown())] == [
        token.type for token in markdown.parse(quiet.to_markdown())
    ]


def test_a_quote_can_t_leave_its_block() -> None:
    """A quote full of fences stays one code block, and a file name of back-ticks one code span."""
    quote = Evidence("a\n````\n# out\n~~~\n```", "`` ` ``.log", 3, verified=True)
    tokens = MarkdownIt().parse(report(diagnosis(evidence=(quote,))).to_markdown())
    assert [token.content.rstrip() for token in tokens if token.type == "fence"] == [quote.quote]
    spans = [child.content for token in tokens for child in token.children or () if child.type == "code_inline"]
    assert "`` ` ``.log" in spans


@pytest.mark.parametrize("words", ["ping @everyone", "a@b.example", "www.evil.example", "http://evil.example", "#12"])
def test_markdown_calls_nobody_and_links_nothing(words: str) -> None:
    """GitHub finds no one to call and nothing to link in what is escaped, and people read it as it was written."""
    escaped = markdown(words)
    assert not re.search(r"@\w|www\.|\w://|(?<!\\)#\d", escaped)
    shown = re.sub(r"<[^>]+>", "", MarkdownIt("commonmark").render(escaped)).strip()
    assert shown.replace("\u2060", "") == words


def test_ordinary_markdown_stays_readable() -> None:
    """Words with underscores, paths and full stops are not littered with backslashes."""
    text = five().to_markdown()
    assert "| critical | payment-svc | network_error | The primary db-1.internal:5432 stopped answering" in text


@pytest.fixture(scope="module")
def samples() -> Report:
    """Diagnose the five samples offline, and decide on two."""
    made = ld.investigate_sync(ld.demo_incidents(), model="offline", progress=False)
    made = reviewing.accept(made, "etl-daily", reviewer="Ann Lee", note="As the disk's own chart has it.")
    return reviewing.correct(made, "payment-svc", reviewer="Ben Ito", severity="critical", note="It was down.")


def test_evidence_stands_in_its_context(samples: Report) -> None:
    """The lines around each quote are in the page with their numbers, the quoted one marked; 0 lines read no log."""
    page = samples.to_html()
    assert '<span class="number">1104</span>' in page
    assert "<mark>Caused by: java.io.IOException: No space left on device</mark>" in page
    assert "so the quotes stand alone" not in page
    bare = to_html(samples, context_lines=0)
    assert '<span class="number">' not in bare
    assert "Caused by: java.io.IOException: No space left on device" in bare


def test_a_page_says_where_the_log_is_gone() -> None:
    """Where no log can be read, the quotes are there, and the page says why there is nothing around them."""
    page = five().to_html()
    assert "so the quotes stand alone" in page
    assert "i/o timeout cost=$0.00" in page


def test_decisions_are_shown(samples: Report) -> None:
    """Who decided what, when, what stood there before, and the note are in the page and in the Markdown."""
    page, text = Tags(samples.to_html()).text, samples.to_markdown()
    for shown in (page, text):
        for words in ("Ann Lee", "Ben Ito", "It was down.", "As the disk's own chart has it."):
            assert words in shown
    assert re.search(r"severity: high → critical", page)
    assert "corrected severity: high → critical" in text
    assert "Review" not in Tags(five().to_html()).text


def test_links_between_incidents_are_shown(samples: Report) -> None:
    """Which incident explains which, and why, is in the page, with a chart, and in the Markdown."""
    tags = Tags(samples.to_html())
    assert sum(tag == "svg" for tag, _ in tags.found) == 4
    assert "payment-svc failed first and explains api-gw" in tags.text
    assert "payment-svc explains api-gw" in tags.text
    assert "**payment-svc** explains **api-gw**" in samples.to_markdown()
    assert "How they are connected" not in five().to_html()


def test_what_was_seen_before_is_shown(samples: Report, tmp_path: Path) -> None:
    """With a history, or its path, a diagnosis says when it was seen before and what helped; else nothing does."""
    history = demo_history(samples, tmp_path / "h.db")
    for page in (to_html(samples, history=history), to_markdown(samples, history=tmp_path / "h.db")):
        assert "Seen before on 2026-11-04 in etl-daily, fixed by" in page.replace("\\", "")
        assert "the warehouse volume was enlarged" in page
    assert "Seen before" not in samples.to_html()


def test_redaction_is_applied_everywhere(samples: Report, tmp_path: Path) -> None:
    """What `redact` takes out is nowhere in an export: no text, context, chart, link or sighting has it."""
    history = demo_history(samples, tmp_path / "h.db")
    secrets = ("payment", "10.20", "No space left", "Ann Lee", "enlarged", "warehouse", "gateway.log", "sample_logs")

    def redact(text: str) -> str:
        for number, secret in enumerate(secrets):
            text = text.replace(secret, f"S{number}S")
        return text

    for page in (
        to_html(samples, history=history, redact=redact),
        to_markdown(samples, history=history, redact=redact),
    ):
        assert not [secret for secret in secrets if secret in page]
        assert "S2S" in page


def test_hostile_reviews_make_no_tag() -> None:
    """A reviewer's name, note and corrections are escaped as all else is, in the page and in Markdown."""
    review = Review(HOSTILE, BEGIN, "corrected", HOSTILE, (Correction("root_cause", HOSTILE, HOSTILE),))
    made = report(diagnosis(reviews=(review,)))
    tags = Tags(made.to_html())
    assert {tag for tag, _ in tags.found} <= {tag for tag, _ in Tags(five().to_html()).found} | {"del", "ins"}
    assert shows_no_control(made.to_html())
    tokens = MarkdownIt("gfm-like", {"html": True, "linkify": False}).parse(made.to_markdown())
    inline = [child for token in tokens for child in (token, *(token.children or ()))]
    assert not {child.type for child in inline} & {"link_open", "image", "html_block"}
    assert {child.content for child in inline if child.type == "html_inline"} <= {"<span>", "</span>"}  # of a `$`


def test_fifty_incidents_with_context_are_under_a_megabyte(samples: Report) -> None:
    """50 incidents of real logs, with the lines around their quotes, stay within 1 MB."""
    made = replace(samples, reports=tuple(samples.reports[number % 5] for number in range(50)))
    page = to_html(made)
    assert page.count('<pre class="excerpt"') > 200
    assert len(page.encode()) <= 1_000_000


def test_long_quotes_are_cut_until_the_page_fits() -> None:
    """Quotes that would make the page of 50 incidents too large are cut shorter, in any script, and say so."""
    for letter in ("x", "日", "&"):
        quotes = tuple(Evidence(letter * 3_000, "app.log", number, verified=True) for number in range(12))
        page = replace(many(50), reports=tuple(replace(entry, evidence=quotes) for entry in many(50))).to_html()
        assert len(page.encode()) <= 1_000_000
        assert "more characters)" in page


@pytest.mark.browser
def test_the_page_is_filtered(samples: Report, tmp_path: Path) -> None:
    """Words and severities filter the table and the incidents alike, by keyboard too, and a link brings one back."""
    from playwright.sync_api import sync_playwright

    samples.to_html(tmp_path / "report.html")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu", "--disable-quic"]
        )
        page = browser.new_page()
        said: list[str] = []
        page.on("console", lambda message: said.append(message.text))
        page.goto((tmp_path / "report.html").as_uri())
        page.get_by_label("Filter").fill("no space LEFT")
        assert page.locator("article:visible h3").all_inner_texts() == ["etl-daily"]
        assert page.locator("tr[data-incident]:visible").count() == 1
        assert page.locator("output").inner_text() == "1 of 5 shown"
        page.get_by_label("Filter").fill("nothing like it")
        assert page.get_by_text("No incident matches the filter.").is_visible()
        page.get_by_label("Filter").fill("")
        page.get_by_role("button", name="critical 3").focus()
        page.keyboard.press("Enter")
        assert page.locator("article:visible").count() == 2
        page.evaluate("location.hash = 'incident-1'")
        page.wait_for_timeout(200)
        assert page.locator("article:visible").count() == 5
        page.get_by_role("button", name="critical 3").click()
        page.emulate_media(media="print")
        assert page.locator("article:visible").count() == 5
        browser.close()
    assert said == []


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_has_contrast(samples: Report, tmp_path: Path, scheme: str) -> None:
    """All text stands out from what is behind it by at least 4.5:1 (WCAG 2.2, 1.4.3), in light and dark."""
    from playwright.sync_api import sync_playwright

    samples.to_html(tmp_path / "report.html")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu", "--disable-quic"]
        )
        page = browser.new_page(color_scheme=scheme)
        page.goto((tmp_path / "report.html").as_uri())
        faint = page.evaluate(CONTRAST)
        levels = page.evaluate("[...document.querySelectorAll('h1,h2,h3,h4')].map(each => +each.tagName[1])")
        browser.close()
    assert faint == []
    assert levels[0] == 1
    assert all(later - earlier <= 1 for earlier, later in pairwise(levels))


CONTRAST = """() => {
  const light = (c) => { const l = c.map((v) => (v /= 255) <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4);
    return .2126 * l[0] + .7152 * l[1] + .0722 * l[2]; };
  const rgb = (text) => text.match(/[\\d.]+/g).map(Number);
  const behind = (e) => { for (; e; e = e.parentElement) { const c = rgb(getComputedStyle(e).backgroundColor);
    if (c.length < 4 || c[3] > .99) return c; } return [255, 255, 255]; };
  const faint = new Set();
  const walk = document.createTreeWalker(document.querySelector('main'), NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) { const e = walk.currentNode.parentElement;
    if (!walk.currentNode.data.trim() || e.closest('svg, [hidden], style')) continue;
    const a = light(rgb(getComputedStyle(e).color)), b = light(behind(e));
    const ratio = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
    if (ratio < 4.5) faint.add(`${e.tagName}.${e.className}: ${ratio.toFixed(2)}`); }
  return [...faint]; }"""


@pytest.mark.browser
def test_a_browser_runs_only_the_page_s_own_script(tmp_path: Path) -> None:
    """In Chromium a hostile page raises no error, asks for nothing else, and its table sorts by a press."""
    from playwright.sync_api import sync_playwright

    made = replace(five(), errors=hostile().errors, reports=(*five().reports, *hostile().reports))
    made.to_html(tmp_path / "report.html")
    said: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu", "--disable-quic"]
        )
        page = browser.new_page()
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("dialog", lambda dialog: said.append(dialog.message))
        page.on("request", lambda request: said.append(request.url) if not request.url.endswith("t.html") else None)
        page.goto((tmp_path / "report.html").as_uri())
        page.get_by_role("button", name="Service").click()
        services = page.locator("tbody").first.locator("tr td:nth-child(2)").all_inner_texts()
        page.get_by_role("button", name="Severity").click()
        page.get_by_role("button", name="Severity").click()
        first = page.locator("tbody").first.locator("tr td:first-child").first.inner_text()
        browser.close()
    assert said == []
    assert services[2:] == ["api-gw", "auth-svc", "etl-daily", "notif-worker", "payment-svc"]
    assert first == "low"
