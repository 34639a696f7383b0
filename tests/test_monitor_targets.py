"""A word means one incident or is refused with the choices."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from monitor_samples import HOSTILE, HOSTILE_SHOWN, diagnosed, write_run

from logdebug.errors import IncidentError
from logdebug.monitor.runs import Runs
from logdebug.monitor.targets import names, one_target, targets_of

if TYPE_CHECKING:
    from pathlib import Path

    from logdebug.monitor.runs import RunView


def shown(sessions_dir: Path) -> list[RunView]:
    """Read the runs."""
    runs = Runs(sessions_dir)
    runs.refresh()
    return runs.shown


@pytest.mark.parametrize(
    ("word", "number"),
    [
        ("payment-svc", 1),
        ("pay", 1),
        ("PAY", 1),
        ("5", 5),
        ("abc123/2", 2),
        ("ab/2", 2),
        ("20261118T090000-abc123/cart", 2),
        ("abc123/pay", 1),
        ("cart", 2),
        (HOSTILE_SHOWN, 4),
        (HOSTILE, 4),
        ("team/web", 5),
        ("team", 5),
        ("two words", 6),
    ],
)
def test_a_word_that_is_clear(tmp_path: Path, word: str, number: int) -> None:
    """Whole names come before beginnings; a number, and a run's name before any of these, serve as well."""
    write_run(tmp_path, "payment-svc", "cart", "cart-db", HOSTILE, "team/web", "two words")
    assert one_target(word, shown(tmp_path)).row.number == number


def test_a_word_that_is_not_clear(tmp_path: Path) -> None:
    """A beginning of several names, and a name of several incidents, are refused with each choice."""
    write_run(tmp_path, "payment-svc", "pay-db", "shop", "shop")
    for word, choices in {"pay": ("abc123/1", "abc123/2"), "shop": ("abc123/3", "abc123/4")}.items():
        with pytest.raises(IncidentError, match="several") as refused:
            one_target(word, shown(tmp_path))
        assert all(choice in str(refused.value) for choice in choices)


def test_a_name_that_is_a_number(tmp_path: Path) -> None:
    """Where a service is called like another one's number, the number is not guessed at."""
    write_run(tmp_path, "2", "shop")
    with pytest.raises(IncidentError, match="several"):
        one_target("2", shown(tmp_path))


def test_a_word_that_means_nothing(tmp_path: Path) -> None:
    """A word that no name begins with is said to be none, and what it holds can't act on the terminal."""
    write_run(tmp_path, "shop")
    for word in ("x\x1b[2J", "9", "abc123/9", "zzz/shop", ""):
        with pytest.raises(IncidentError, match="no incident is called") as refused:
            one_target(word, shown(tmp_path))
        assert str(refused.value).isprintable()


def test_choices_are_bounded_and_harmless(tmp_path: Path) -> None:
    """A refusal lists a few choices and says how many more there are; names in it are safe to show."""
    write_run(tmp_path, *([HOSTILE] * 50))
    with pytest.raises(IncidentError, match="and 42 more") as refused:
        one_target("etl", shown(tmp_path))
    assert str(refused.value).replace("\n", "").isprintable()


def test_two_runs_are_told_apart(tmp_path: Path) -> None:
    """A service of two runs that go on is refused; what goes on comes before what ended."""
    _, first = write_run(tmp_path, "shop")
    write_run(tmp_path, "shop", run_id="20261118T090000-def456")
    with pytest.raises(IncidentError, match="several") as refused:
        one_target("shop", shown(tmp_path))
    assert "def456/1" in str(refused.value)
    assert one_target("def/shop", shown(tmp_path)).run.short == "def456"
    with first:
        pass
    assert one_target("shop", shown(tmp_path)).run.short == "def456"
    assert one_target("abc123/shop", shown(tmp_path)).run.short == "abc123"


def test_all_means_those_that_have_not_ended(tmp_path: Path) -> None:
    """`all` means each open incident of the one run that goes on; with several runs it is refused."""
    _, chronicle = write_run(tmp_path, "shop", "allison", "cart")
    chronicle.take(diagnosed(0))
    assert [each.row.number for each in targets_of("all", shown(tmp_path))] == [2, 3]
    assert [each.row.number for each in targets_of("al", shown(tmp_path))] == [2]
    write_run(tmp_path, "web", run_id="20261118T090000-def456")
    with pytest.raises(IncidentError, match="several runs") as refused:
        targets_of("all", shown(tmp_path))
    assert "abc123/all" in str(refused.value)
    assert [each.row.name for each in targets_of("def456/all", shown(tmp_path))] == ["web"]
    assert [each.row.name for each in targets_of("def456/web", shown(tmp_path))] == ["web"]


def test_all_of_runs_that_ended(tmp_path: Path) -> None:
    """Where no run goes on, `all` means nobody: that is said, and no choice is given of what takes no orders."""
    for run_id in ("20261118T090000-abc123", "20261118T090000-def456"):
        _, chronicle = write_run(tmp_path, "shop", run_id=run_id)
        chronicle.__exit__(None, None, None)
    with pytest.raises(IncidentError, match="no run goes on"):
        targets_of("all", shown(tmp_path))


def test_all_of_nothing(tmp_path: Path) -> None:
    """Where there is no run, `all` is refused."""
    with pytest.raises(IncidentError, match="no run"):
        targets_of("all", shown(tmp_path))


def test_names_to_complete(tmp_path: Path) -> None:
    """A name of several incidents is offered by their numbers, any other as it is."""
    _, chronicle = write_run(tmp_path, "shop", "cart", "shop")
    assert [word for word, _ in names(shown(tmp_path), only_open=False)] == ["abc123/1", "cart", "abc123/3"]
    chronicle.take(diagnosed(0))
    assert [word for word, _ in names(shown(tmp_path), only_open=True)] == ["cart", "shop"]
