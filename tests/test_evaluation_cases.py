"""Labelled incidents: which labels are read, which are refused, and what an analyst is shown."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest
from evaluation_samples import LABEL, write_case

from logdebug.errors import IncidentError
from logdebug.evaluation.cases import demo_cases, load_cases, neutral_copy
from logdebug.logs import open_log

if TYPE_CHECKING:
    from pathlib import Path


def test_a_directory_of_cases_is_read_in_order(tmp_path: Path) -> None:
    """Each directory with a label is a case under its own name; one that has none is no case."""
    write_case(tmp_path / "b-second")
    write_case(tmp_path / "a-first", service="till")
    (tmp_path / "notes").mkdir()
    cases = load_cases(tmp_path)
    assert [(case.name, case.label.service) for case in cases] == [("a-first", "till"), ("b-second", "shop")]
    assert cases[1].label.category == ("dependency_failure", "network_error")
    assert cases[1].label.must_mention == (("db-1", "database"), ("refused", "refuses"))


def test_one_case_is_read_by_its_own_directory(tmp_path: Path) -> None:
    """A directory that is a case itself gives that case."""
    [case] = load_cases(write_case(tmp_path / "only"))
    assert case.name == "only"


def test_single_words_serve_for_lists(tmp_path: Path) -> None:
    """A category, severity, status, line or keyword alone is read as a list of one."""
    write_case(
        tmp_path / "a", status=["inconclusive", "diagnosed"], category="oom", severity="info", root_line=2,
        must_mention=["heap"],
    )  # fmt: skip
    [case] = load_cases(tmp_path)
    label = case.label
    assert (label.status, label.category, label.severity) == (("inconclusive", "diagnosed"), ("oom",), ("low",))
    assert (label.root_line, label.must_mention) == ((2,), (("heap",),))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"status": None}, "status is missing"),
        ({"status": "broken"}, "status has 'broken'"),
        ({"category": ["oom", "out of memory"]}, "category has 'out of memory'"),
        ({"category": []}, "category is []"),
        ({"severity": {"high": 1}}, "severity is"),
        ({"severity": [["high"]]}, "severity has"),
        ({"service": " "}, "service is ' '"),
        ({"root_line": [0]}, "root_line has 0"),
        ({"root_line": ["3"]}, "root_line has '3'"),
        ({"root_line": [5]}, "root_line has line 5, and app.log has 4"),
        ({"must_mention": "heap"}, "must_mention has 'heap'"),
        ({"must_mention": [[]]}, "must_mention has []"),
        ({"must_mention": None, "must_mentions": [["x"]]}, "did you mean must_mention?"),
    ],
)
def test_a_bad_label_names_file_and_field(changes: dict[str, Any], said: str, tmp_path: Path) -> None:
    """What is wrong with a label is said with its file and its field."""
    write_case(tmp_path / "a", **changes)
    with pytest.raises(IncidentError) as refused:
        load_cases(tmp_path)
    assert said in str(refused.value)
    assert "a/label.json" in str(refused.value)


@pytest.mark.parametrize("text", ["{", "[]", "[" * 100_000, '"x"'])
def test_a_label_that_is_no_object_is_refused(text: str, tmp_path: Path) -> None:
    """A label that is no JSON, or no object, is an error that names the file."""
    (write_case(tmp_path / "a") / "label.json").write_text(text)
    with pytest.raises(IncidentError, match=r"a/label\.json"):
        load_cases(tmp_path)


def test_a_missing_log_or_directory_is_refused(tmp_path: Path) -> None:
    """A case without its log, an empty directory and a missing one are errors that say what there should be."""
    with pytest.raises(IncidentError, match=r"has no \*/label\.json"):
        load_cases(tmp_path)
    with pytest.raises(IncidentError, match="is no directory"):
        load_cases(tmp_path / "nowhere")
    (write_case(tmp_path / "a") / "app.log").unlink()
    with pytest.raises(IncidentError, match=r"app\.log does not exist"):
        load_cases(tmp_path)


def test_a_copy_gives_nothing_away(tmp_path: Path) -> None:
    """The copy has log and neighbours with their times, but no label, no link, and no name that tells."""
    home = write_case(tmp_path / "postgres-refused")
    (home / "conf").mkdir()
    (home / "conf" / "app.conf").write_text("port=1\n")
    (home / "conf" / "label.json").write_text("{}")
    (home / "link").symlink_to("/etc/passwd")
    os.mkfifo(home / "pipe")
    os.utime(home / "app.log", (1e9, 1e9))
    [case] = load_cases(home)
    incident = neutral_copy(case, tmp_path / "0001")
    assert sorted(path.relative_to(tmp_path / "0001").as_posix() for path in (tmp_path / "0001").rglob("*")) == [
        "app.log",
        "conf",
        "conf/app.conf",
    ]
    assert incident.log_path.read_bytes() == (home / "app.log").read_bytes()
    assert incident.log_path.stat().st_mtime == 1e9
    assert "postgres" not in str(incident).replace(str(tmp_path), "")


def test_the_samples_are_cases() -> None:
    """The five samples are labelled, and each of their root lines is in the log and says what the label says."""
    cases = demo_cases()
    assert [case.name for case in cases] == ["api-gw", "auth-svc", "etl-daily", "notif-worker", "payment-svc"]
    for case in cases:
        with open_log(case.incident.log_path) as log:
            shown = "\n".join(log.lines(line, line)[0].text for line in case.label.root_line).lower()
        assert case.label.root_line
        assert any(any(word in shown for word in group) for group in case.label.must_mention), case.name
        assert not {*LABEL} - {*case.label.__slots__}
