"""The words of known failures tell the kind of one that nobody knows."""

from __future__ import annotations

import tomllib
from importlib import resources
from typing import get_args

import pytest

from logdebug.logs.kinds import Kinds
from logdebug.logs.signatures import load_signatures
from logdebug.records import Category


@pytest.fixture(scope="module")
def kinds() -> Kinds:
    """Give what the shipped signatures teach."""
    return load_signatures().kinds


@pytest.mark.parametrize(
    ("text", "category"),
    [
        ("relay: cannot reach any healthy upstream", "dependency_failure"),
        ("spool partition exhausted, 0 bytes free", "disk_full"),
        ("VaultAccessDenied: role lacks privilege", "permission_denied"),
        ("unknown setting max_wrokers in section [pool]", "config_error"),
    ],
)
def test_words_tell_their_kind(kinds: Kinds, text: str, category: str) -> None:
    """Wordings that are no signature's are told by their words, those within a CamelCase name included."""
    kind = kinds.likeliest(text)
    assert kind is not None
    assert (kind.category, kind.margin > 0) == (category, True)


@pytest.mark.parametrize("text", ["", "12 34", "zzyzx qwrtp", "the of and"])
def test_words_that_nobody_knows_tell_nothing(kinds: Kinds, text: str) -> None:
    """Without a known word there is no guess."""
    assert kinds.likeliest(text) is None


def test_a_signature_that_is_left_out_is_told_by_the_others() -> None:
    """Of ten categories, the words of all other signatures tell the right one four times as often as chance would."""
    shipped = [each for each in load_signatures() if each.role == "cause" and each.weight >= 90][::8]
    others = list(load_signatures())
    right = 0
    for left_out in shipped:
        kind = Kinds(each for each in others if each is not left_out).likeliest(left_out.matches)
        right += kind is not None and kind.category == left_out.category
    assert right >= 0.4 * len(shipped)


def test_the_general_wordings_name_known_categories() -> None:
    """A category that is misspelled would never be given by anything else."""
    table = tomllib.loads(resources.files("logdebug.logs").joinpath("kinds.toml").read_text(encoding="utf-8"))
    assert set(table) <= set(get_args(Category))
    assert all(len(set(wordings)) == len(wordings) for wordings in table.values())
