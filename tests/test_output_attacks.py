"""Whatever a log or a model says is shown as text: no page, sheet or terminal obeys it.

Each payload stands in every field that can carry one, in the log around its quotes, and in a file's name where it can.
Pages are tried without their policy, too: that they are escaped must not rest on the policy, nor the other way round.
"""

from __future__ import annotations

import csv
import io
import json
import re
import subprocess
import sys
import unicodedata
from dataclasses import replace
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

import pytest
from lab_browser import browser_page
from report_samples import BEGIN, diagnosis
from report_samples import report as report_of

from logdebug.notebook.explorer import Explorer
from logdebug.notebook.review import Reviewing
from logdebug.records import Correction, Evidence, Failure, Review, Suspicion, TimelineEvent
from logdebug.report.correlation.correlate import correlate
from logdebug.report.export.postmortem import postmortem
from logdebug.report.report import Report
from logdebug.report.table import text_table
from logdebug.run.table import html_table
from logdebug.verification.effects import Ablations

if TYPE_CHECKING:
    from pathlib import Path

MARKUP = [
    "<script>owned()</script>",
    "</script><script>owned()</script>",
    "<ScRiPt src=http://evil.example/x.js></sCrIpT>",
    "<img src=x onerror=owned()>",
    "<img src=http://evil.example/a.png>",
    "<svg onload=owned()>",
    "<svg/onload=owned()//",
    "<svg><script>owned()</script></svg>",
    "<svg><a xlink:href='javascript:owned()'><text>x</text></a></svg>",
    "<svg><animate onbegin=owned() attributeName=x dur=1s>",
    "<math><mi xlink:href='javascript:owned()'>x</mi></math>",
    "<iframe src=javascript:owned()></iframe>",
    "<iframe srcdoc='<script>parent.owned()</script>'></iframe>",
    "<object data=http://evil.example/x></object>",
    "<embed src=http://evil.example/x>",
    "<base href=http://evil.example/>",
    "<link rel=stylesheet href=http://evil.example/x.css>",
    "<meta http-equiv=refresh content='0;url=http://evil.example'>",
    "<form action=http://evil.example><button autofocus onfocus=owned()>",
    "<body onload=owned()>",
    "<details open ontoggle=owned()>x",
    "<style>@import 'http://evil.example/x.css';</style>",
    "</style><script>owned()</script>",
    "</title><script>owned()</script>",
    "</textarea><script>owned()</script>",
    "</pre><img src=x onerror=owned()>",
    "--><script>owned()</script>",
    "<!--",
    "<![CDATA[",
    '" onmouseover="owned()" x="',
    "' autofocus onfocus='owned()' x='",
    "`onfocus=owned()`",
    'x" style="background:url(http://evil.example/b)',
    "&lt;script&gt;owned()&lt;/script&gt;",
    "&#60;script&#62;owned()&#60;/script&#62;",
    "\\u003cscript\\u003eowned()\\u003c/script\\u003e",
    "\uff1cscript\uff1eowned()\uff1c/script\uff1e",
    "<\x00script>owned()</script>",
    "<scr\u200bipt>owned()</script>",
    "\ud83c<script>owned()</script>",
    "{{7*7}}{% raw %}",
    "${owned()}",
    "<%= owned() %>",
    "#{owned()}",
    "javascript:owned()",
    "data:text/html,<script>owned()</script>",
]
MARKDOWN = [
    "![x](http://evil.example/x.png)",
    "[x](javascript:owned())",
    "[x]: http://evil.example",
    "<http://evil.example/auto>",
    "<javascript:owned()>",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "```\n</code></pre><script>owned()</script>\n```",
    "~~~\n<script>owned()</script>",
    "| a | b |\n|---|---|\n| <img src=x onerror=owned()> |",
    "# heading\n<script>owned()</script>",
    "\n\n<script>owned()</script>\n\n",
    "    <script>owned()</script>",
    "http://evil.example www.evil.example",
    "@everyone #1",
    "`` ` ``<script>owned()</script>",
    "![x][y]\n\n[y]: http://evil.example/y.png",
    "\\<script>owned()\\</script>",
    "&#91;x](javascript:owned())",
]
FORMULAS = [
    "=cmd|'/c calc'!A0",
    "+1+cmd|'/c calc'!A0",
    "-2+3",
    "@SUM(1)",
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    "  =1+1",
    "\u00a0=1+1",
    "\u200b=1+1",
    "\ufeff=1+1",
    "\uff1d1+1",
    "\uff0b1",
    "\uff0d1",
    "\uff20SUM(1)",
    '"=1+1',
    '=HYPERLINK("http://evil.example")',
    "\u202e=1+1",
    "\x00=1+1",
    "\x0b=1+1",
]
TERMINAL = [
    "\x1b[2J\x1b[H",
    "\x1b]0;owned\x07",
    "\x1b]52;c;b3duZWQ=\x07",
    "\x1b]8;;http://evil.example\x1b\\x\x1b]8;;\x1b\\",
    "\x9b31m",
    "\x9d0;x\x9c",
    "\x1bP+q\x1b\\",
    "\x1b[?1049h",
    "\x1b[6n",
    "\x1bc",
    "\x08\x08\x08",
    "\r\x1b[K ok",
    "\u202egnp.exe",
    "\u2066x\u2069",
    "\x1b[31",
    "\x90x\x9c",
    "\x05",
    "\x7f",
]
TYPESET = [
    "$\\frac{1}{0}$",
    "$x",
    "$$",
    "\\$",
    "$\\input{/etc/passwd}$",
    "$\\write18{id}$",
    "cost $5 to $7",
    "\\(\\phantom{x}\\)",
    "\\[\\phantom{x}\\]",
    "\\begin{equation}\\phantom{x}\\end{equation}",
    "$$\\phantom{x}$$",
    "\\\\(x\\\\)",
    "\u2028",
    "\u2029",
    "\ud800",
    "\U000e0041",
]
PAYLOADS = [*MARKUP, *MARKDOWN, *FORMULAS, *TERMINAL, *TYPESET]


def hostile_report(top: Path, payloads: list[str]) -> Report:
    """Make a report with one incident per payload, in its every text and in the log around its quotes."""
    entries = []
    for number, payload in enumerate(payloads):
        folder = top / f"case-{number}"
        folder.mkdir(parents=True)
        name = re.sub(r"[/\x00]", "", payload.encode("utf-8", "replace").decode())[:60].strip(". ") or "x"
        text = " ".join(payload.encode("utf-8", "replace").decode().split("\n"))
        lines = [f"before {text}", f"ERROR {text}", f"after {text}"]
        (folder / name).write_text("\n".join(lines) + "\n", encoding="utf-8", newline="")
        start = len(lines[0].encode()) + 1
        span = (start, start + len(lines[1].encode()) + 1)
        entries.append(
            replace(
                diagnosis(payload, number),
                working_dir=str(folder) if number % 2 else payload,
                log_file=name,
                root_cause=payload,
                recommendation=payload,
                timeline=(TimelineEvent(BEGIN, payload, 1), TimelineEvent(None, payload)),
                evidence=(Evidence(f"ERROR {text}", name, 2, *span, verified=True), Evidence(payload, payload)),
                session=payload,
                log_sha256=payload,
                reviews=(Review(payload, BEGIN, "corrected", payload, (Correction("root_cause", payload, payload),)),),
                suspicions=(Suspicion(payload, 1, payload, payload),),
            )
        )
    failures = tuple(Failure(payload, payload, payload, payload) for payload in payloads[:10])
    return replace(report_of(*entries, errors=failures, model=payloads[0]), run_id=payloads[0])


@pytest.fixture(scope="module")
def attacked(tmp_path_factory: pytest.TempPathFactory) -> Report:
    """Give the report of all payloads."""
    return hostile_report(tmp_path_factory.mktemp("attacked"), PAYLOADS)


def review_html(made: Report, top: Path) -> str:
    """Give all HTML of the review explorer, each incident shown once."""
    import ipywidgets

    pieces: list[str] = []

    def walk(widget: Any) -> None:
        if isinstance(widget, ipywidgets.HTML):
            pieces.append(widget.value)
        for child in getattr(widget, "children", ()):
            walk(child)

    some = made.reports[::3]
    shown = Explorer(Reviewing(replace(made, reports=some), "me", None, top))
    walk(shown.widget)
    for place in range(len(some)):
        shown._choose(place)
        walk(shown._pane)
    return "\n".join(pieces)


def pages_of(made: Report, top: Path) -> dict[str, str]:
    """Give every page that is made of a report."""
    from markdown_it import MarkdownIt

    page = made.to_html()
    small = replace(made, reports=made.reports[:1])
    sections = (
        "headline",
        "summary",
        "impact",
        "detection",
        "timeline",
        "root_cause",
        "evidence",
        "ruled_out",
        "unknowns",
    )
    pieces = []
    for number in range(0, len(made.reports), 6):
        each = postmortem(replace(made, reports=(made.reports[number],), errors=()))
        pieces += [getattr(each, name)._repr_html_() for name in (*sections[1:], "actions")] + [each._repr_html_()]
    markdown = made.to_markdown()
    return {
        "page": page,
        "page without policy": re.sub(r"<meta http-equiv=\"Content-Security-Policy\"[^>]*>", "", page),
        "notebook": made._repr_html_(),
        "correlation": getattr(correlate(small), "_repr_html_", lambda: "")(),
        "markdown": MarkdownIt("commonmark", {"html": True}).enable("table").render(markdown),
        "gfm": MarkdownIt("gfm-like", {"html": True, "linkify": False}).render(markdown),
        "postmortem": "\n".join(pieces),
        "review": review_html(made, top),
    }


LOOK = """own => {
  const found = [];
  for (const each of document.querySelectorAll('*')) {
    const tag = each.tagName.toLowerCase();
    if (['iframe','object','embed','base','link','img','form','math','audio','video'].includes(tag)) found.push(tag);
    if (tag === 'script' && !own.includes(each.textContent)) found.push('script: ' + each.textContent.slice(0, 60));
    if (tag === 'meta' && /refresh/i.test(each.httpEquiv)) found.push('refresh');
    for (const attribute of each.attributes) {
      if (/^on/i.test(attribute.name)) found.push(tag + ' ' + attribute.name);
      if (/^(href|src|xlink:href|action|formaction|data)$/i.test(attribute.name) && !/^#/.test(attribute.value))
        found.push(tag + ' ' + attribute.name + '=' + attribute.value.slice(0, 60));
      if (attribute.name === 'style' && /url\\s*\\(/i.test(attribute.value)) found.push('style url');
    }
  }
  return found;
}"""


@pytest.mark.browser
@pytest.mark.slow
def test_no_page_runs_or_loads_anything(attacked: Report, tmp_path: Path) -> None:
    """In Chromium, with every payload in every field: no script of theirs, no dialog, no request, no element."""
    assert len(set(PAYLOADS)) >= 60
    events: list[str] = []
    wrong: dict[str, list[str]] = {}
    own = re.findall(r"<script[^>]*>(.*?)</script>", report_of(diagnosis("shop", 1)).to_html(), re.DOTALL)
    with browser_page([]) as page:
        page.on("request", lambda request: None if request.url.startswith("file:") else events.append(request.url))
        page.on("dialog", lambda dialog: (events.append(f"dialog {dialog.message}"), dialog.dismiss()))
        page.add_init_script("window.ran = []; window.owned = () => window.ran.push(1); window.alert = window.owned")
        for name, text in pages_of(attacked, tmp_path).items():
            path = tmp_path / f"{name.replace(' ', '-')}.html"
            whole = text if "<html" in text else f"<!DOCTYPE html><meta charset=utf-8><body>{text}</body>"
            path.write_text(whole, encoding="utf-8", errors="replace")
            page.goto(path.as_uri())
            page.wait_for_timeout(300)
            found = page.evaluate(LOOK, own)
            found += ["it ran"] * len(page.evaluate("window.ran"))
            assert page.evaluate("document.body.innerText.length") > 100 or name == "correlation", name
            if found or events:
                wrong[name] = [*found[:6], *events[:6]]
            events.clear()
    assert not wrong


def test_no_cell_of_a_sheet_is_a_formula(attacked: Report) -> None:
    """However a text begins, with blanks, unseen characters or wide forms, no spreadsheet takes it for a formula."""
    text = attacked.to_csv()
    rows = list(csv.reader(io.StringIO(text, newline="")))
    assert len(rows) == 1 + len(attacked.reports) + len(attacked.errors)
    for row in rows:
        assert len(row) == len(rows[0])
        for cell in row:
            bare = "".join(char for char in cell if unicodedata.category(char) not in {"Cf", "Cc", "Zs", "Zl", "Zp"})
            first = unicodedata.normalize("NFKC", bare)[:1]
            number = re.fullmatch(r"-?\d+(\.\d+)?", cell)
            assert first not in {"=", "+", "-", "@"} or number, cell


def hidden_in(text: str) -> set[str]:
    """Give the characters of a text that act unseen."""
    return {char for char in text if unicodedata.category(char) in {"Cc", "Cf", "Cs", "Zl", "Zp"}} - set(
        "\n\t\u200c\u200d"
    )


class Typeset(HTMLParser):
    """The text of a page in which a notebook sets formulas: all but what says that it is none, and code."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self._inside: list[bool] = []
        self.pieces = [""]  # no formula goes across a tag
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what is skipped."""
        self.pieces.append("")
        if tag not in {"br", "img", "meta", "hr", "input", "link", "col"}:
            named = (dict(attrs).get("class") or "").split()
            skipped = "mathjax_ignore" in named or tag in {"script", "style", "code", "pre", "textarea"}
            self._inside.append(skipped or any(self._inside[-1:]))

    def handle_endtag(self, tag: str) -> None:
        """End what is skipped."""
        self.pieces.append("")
        if self._inside:
            self._inside.pop()

    def handle_data(self, data: str) -> None:
        """Keep the text that isn't."""
        if not any(self._inside[-1:]):
            self.pieces[-1] += data


_TYPESET = re.compile(r"\$[^$]+\$|\\\(.*\\\)|\\\[.*\\\]|\\begin\{.*\\end\{", re.DOTALL)


def test_no_notebook_sets_formulas_of_text(attacked: Report, tmp_path: Path) -> None:
    """JupyterLab would make formulas of `$5 to $7`, and hide the words of some, in outputs and in Markdown."""
    few = replace(attacked, reports=attacked.reports[-16:], errors=attacked.errors[:4])
    shown = pages_of(few, tmp_path)
    own = {name: shown[name] for name in ("notebook", "postmortem", "markdown", "gfm")}
    own["correlation"] = correlate(few)._repr_html_()
    own["verification"] = few.verify()._repr_html_()
    own["review"] = Reviewing(few, "me", None, tmp_path)._repr_mimebundle_()["text/html"]
    own["table"] = html_table("a $5 to $7", ["$x$"], [["$5 to $7"]], ["$5 to $7"])
    own["ablation"] = Ablations("$5 to $7", (), few.errors)._repr_html_()
    for name, page in own.items():
        assert "$" in page, name
        found = [piece for piece in Typeset(page).pieces if _TYPESET.search(piece)]
        assert not found, (name, found[:3])


def test_no_text_acts_on_a_terminal(attacked: Report) -> None:
    """Tables, postmortems and reprs hold no control, direction or unseen character of a payload's."""
    # A word joiner behind each `@` is the export's own: nobody is called by it.
    told = [text_table(attacked), repr(attacked), attacked.to_markdown().replace("@\u2060", "@")]
    told += [
        repr(postmortem(replace(attacked, reports=(entry,), errors=())).evidence) for entry in attacked.reports[-30:]
    ]
    for text in told:
        assert not hidden_in(text), {ascii(char) for char in hidden_in(text)}


PRINTED = """
import sys
from logdebug.report.report import Report
from logdebug.terminal import print_summary
print_summary(Report.load(sys.argv[1]), ["report.json"], cancelled=False)
"""
_COLOURS = re.compile(r"\x1b\[[\d;]*m")


@pytest.mark.parametrize(
    "forced", [{}, {"FORCE_COLOR": "1", "TTY_COMPATIBLE": "1", "COLUMNS": "160"}], ids=["pipe", "terminal"]
)
def test_the_command_line_prints_no_payload(attacked: Report, tmp_path: Path, forced: dict[str, str]) -> None:
    """Into a pipe nothing but text goes; on a terminal nothing but text and colours."""
    import os

    attacked.save(tmp_path / "report.json")
    done = subprocess.run(
        [sys.executable, "-c", PRINTED, str(tmp_path / "report.json")],
        env={**os.environ, **forced, "PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        check=True,
        timeout=60,
    )
    text = done.stdout.decode()
    assert not hidden_in(_COLOURS.sub("", text) if forced else text)


def test_no_payload_breaks_the_json(attacked: Report, tmp_path: Path) -> None:
    """It reads back as it was, but for half characters, and each line of JSON stays one."""
    attacked.save(tmp_path / "report.json")
    text = (tmp_path / "report.json").read_text(encoding="utf-8")
    data = json.loads(text)
    assert len(data["reports"]) == len(PAYLOADS)
    for entry, payload in zip(data["reports"], PAYLOADS, strict=True):
        if payload.isascii():
            assert entry["root_cause"] == payload
    assert Report.load(tmp_path / "report.json").to_json() == attacked.to_json()


def test_no_payload_breaks_a_chart(attacked: Report, tmp_path: Path) -> None:
    """Services that look like mathematics or markup are drawn as text, and the picture holds no script."""
    import matplotlib as mpl

    with mpl.rc_context({"svg.fonttype": "none"}):
        for name in ("severity", "category", "timeline", "usage"):
            few = replace(attacked, reports=tuple(entry for entry in attacked.reports if entry.service)[-40:])
            axes = getattr(few.plot, name)()
            path = tmp_path / f"{name}.svg"
            axes.figure.savefig(path)
            svg = path.read_text(encoding="utf-8")
            assert "<script" not in svg.lower()
            assert "evil.example/x" not in re.sub(r"<!--.*?-->|<text.*?</text>", "", svg, flags=re.DOTALL)
            axes.figure.clear()
