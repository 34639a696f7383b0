"""The rules that ship hold for their own specimens; one's own are added, and bad ones refused with the reason."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from logdebug.errors import SettingsError
from logdebug.redaction.detector import Detector, detector_of
from logdebug.redaction.rules import Rule, _fault, _shipped, load_rules

if TYPE_CHECKING:
    from pathlib import Path

SHIPPED = _shipped()[1]
OWN = """
[[rule]]
id = "badge"
kind = "badge-number"
anchor = "badge"
pattern = 'badge ([A-Z]{3}-\\d{4})'
match = "badge ABC-1234 seen"
near_miss = "badge missing"
"""


@pytest.mark.parametrize("rule", SHIPPED, ids=lambda rule: rule.id)
def test_a_rule_finds_its_specimen_and_passes_its_near_miss(rule: Rule) -> None:
    """Each rule that ships finds a secret in its `match` by itself, and none in its `near_miss`."""
    assert not _fault(rule)


@pytest.mark.parametrize("rule", SHIPPED, ids=lambda rule: rule.id)
def test_all_rules_together_hide_each_specimen(rule: Rule) -> None:
    """No rule keeps another's specimen from being found, its anchor included."""
    assert detector_of(SHIPPED).spans(rule.match.encode())


def test_there_are_enough_rules() -> None:
    """At least 70 rules of at least 40 kinds ship, each with an id of its own."""
    assert len(SHIPPED) >= 70
    assert len({rule.kind for rule in SHIPPED}) >= 40
    assert len({rule.id for rule in SHIPPED}) == len(SHIPPED)


def test_addresses_of_machines_are_looked_for_only_on_demand(tmp_path: Path) -> None:
    """IP addresses and host names stay, unless a file of one's own enables their rules."""
    line = b"dial db1.shop.internal at 192.0.2.17"
    own = tmp_path / "own.toml"
    own.write_text('enable = ["ip-address", "host-name"]', encoding="utf-8")
    assert not Detector(load_rules()).spans(line)
    assert [span.rule.kind for span in Detector(load_rules(own)).spans(line)] == ["host-name", "ip-address"]


def test_ones_own_rules_come_on_top(tmp_path: Path) -> None:
    """A file adds a rule, takes another away, and those that ship stay."""
    own = tmp_path / "own.toml"
    own.write_text('disable = ["email-address"]\n' + OWN, encoding="utf-8")
    rules = load_rules(own)
    found = Detector(rules).spans(b"badge ABC-1234 of bob@example.com password=hunter22")
    assert [span.rule.kind for span in found] == ["badge-number", "password"]
    assert rules[0].id == "badge"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[[rule]", "not valid TOML"),
        ('rules = ["x"]', "known are"),
        ('enable = ["no-such"]', "no rule's id"),
        ('enable = "ip-address"', "must be a list"),
        ('rule = "x"', "as [[rule]] tables"),
        (OWN + OWN, "same id"),
        (OWN.replace("badge-number", "Badge!"), "lower-case words"),
        (OWN + 'check = "sum"', "no check 'sum'"),
        (OWN + 'group = "x"', "none of token"),
        (OWN + 'optional = "yes"', "true or false"),
        (OWN + "weight = 1", "unknown key 'weight'"),
        (OWN.replace("match = ", "# ", 1), "'match' is missing"),
        (OWN.replace("badge (", "badge (("), "its pattern is not RE2 syntax"),
        (OWN.replace("'badge ([A-Z]{3}-\\d{4})'", "'x*'"), "matches an empty line"),
        (OWN.replace('anchor = "badge"', 'anchor = "no"'), "its anchor doesn't match its own specimen"),
        (OWN.replace("badge missing", "badge DEF-5678"), "in its near miss"),
    ],
)
def test_a_rule_that_cannot_be_used_is_refused(tmp_path: Path, text: str, said: str) -> None:
    """The error names the file and the reason."""
    own = tmp_path / "own.toml"
    own.write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError, match=r"own\.toml") as caught:
        load_rules(own)
    assert said in str(caught.value)
    assert caught.value.setting == "redaction"


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    """The error says which file can't be read."""
    with pytest.raises(SettingsError, match=r"gone\.toml"):
        load_rules(tmp_path / "gone.toml")
