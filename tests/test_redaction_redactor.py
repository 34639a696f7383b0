"""The same secret has the same placeholder, and stands for itself again where it is put back."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from secret_samples import clean, leaking

from logdebug.redaction.redactor import PLACEHOLDER, Redactor

LINE = "password=Hunter22! user bob.x@example.com key=AKIAQYLPMN5HHHFPZAM2"


def test_a_secret_keeps_its_placeholder() -> None:
    """The same secret has the same placeholder in another line and form, another secret another."""
    redactor = Redactor()
    assert redactor.redact("password=Hunter22! x") == "password=‹secret:password:1› x"
    assert redactor.redact('{"password": "Hunter22!", "passwd": "Other33!"}') == (
        '{"password": "‹secret:password:1›", "passwd": "‹secret:password:2›"}'
    )
    assert redactor.counts == {"password": 2}
    assert len(redactor) == 2


def test_what_is_hidden_comes_back() -> None:
    """Restoring gives every text as it was, for all made-up lines."""
    redactor = Redactor()
    texts = [leak.text for leak in leaking(400, wording="first", seed=3)] + list(clean(200, wording="first", seed=4))
    for text in texts:
        assert redactor.restore(redactor.redact(text)) == text


def test_masking_changes_nothing_that_is_redacted() -> None:
    """The last net leaves redacted text as it is."""
    redactor = Redactor()
    for leak in leaking(400, wording="second", seed=5):
        redacted = redactor.redact(leak.text)
        assert redactor.mask(redacted) == redacted


def test_a_known_secret_is_hidden_where_nothing_tells_of_it() -> None:
    """Once met in a telling field, a secret is hidden in plain words, too."""
    redactor = Redactor()
    redactor.redact("api_key=x9Kd83mQpL2vRt7Zw4Yb")
    assert redactor.mask("tried x9Kd83mQpL2vRt7Zw4Yb twice") == "tried ‹secret:api-key:1› twice"


def test_what_a_cut_has_left_is_hidden() -> None:
    """The beginning of a known secret before a mark of truncation, or at the end, does not slip through."""
    redactor = Redactor()
    redactor.redact("api_key=x9Kd83mQpL2vRt7Zw4Yb")
    assert redactor.mask("with x9Kd83mQ… and more", is_cut=True) == "with ‹secret:api-key:1›… and more"
    assert redactor.mask("with x9Kd83", is_cut=True) == "with ‹secret:api-key:1›"


def test_what_a_cut_has_left_of_an_end_is_hidden() -> None:
    """The end of a known secret behind a mark of truncation, or at the beginning, does not slip through either."""
    redactor = Redactor()
    redactor.redact("api_key=x9Kd83mQpL2vRt7Zw4Yb")
    assert redactor.mask("with … Zw4Yb and more", is_cut=True) == "with … ‹secret:api-key:1› and more"
    assert redactor.mask("2vRt7Zw4Yb was refused", is_cut=True) == "‹secret:api-key:1› was refused"


def test_a_forged_placeholder_stands_for_itself() -> None:
    """A log that has a placeholder's text can't make a quote of it stand for somebody's secret."""
    redactor = Redactor()
    redactor.redact("password=Hunter22!")
    shown = redactor.redact("said ‹secret:password:1› aloud")
    assert shown == "said ‹secret:placeholder:1› aloud"
    assert redactor.restore(shown) == "said ‹secret:password:1› aloud"


def test_a_pattern_finds_the_secret_literally() -> None:
    """A placeholder in a search pattern stands for the secret letter by letter, special ones included."""
    redactor = Redactor()
    redactor.redact("password=a.b*c+d(1")
    pattern = redactor.restore_pattern("^password=‹secret:password:1›$")
    assert re.search(pattern, "password=a.b*c+d(1")
    assert not re.search(pattern, "password=aXb*c+d(1")


def test_a_session_that_goes_on_knows_its_secrets() -> None:
    """By key and digests the same secrets get the same numbers, in any order, and new ones others."""
    first = Redactor()
    first.redact(LINE)
    first.redact("password=Other33!")
    second = Redactor()
    second.recall(first.key, first.digests)
    assert second.redact("password=Newest44! then password=Other33!") == (
        "password=‹secret:password:3› then password=‹secret:password:2›"
    )
    assert second.redact(LINE) == first.redact(LINE)


def test_digests_tell_no_secret() -> None:
    """What is kept on disk holds no secret, and differs from session to session."""
    one, other = Redactor(), Redactor()
    one.redact(LINE)
    other.redact(LINE)
    assert not set(one.digests) & set(other.digests)
    assert all(re.fullmatch(r"[0-9a-f]{24}", digest) for digest in one.digests)


@pytest.mark.parametrize("written", ["<secret:password:1>", "‹secret:password:1›"])
def test_brackets_that_models_make_are_understood(written: str) -> None:
    """A placeholder in plain angle brackets is put back as well; one that stands for nothing stays."""
    redactor = Redactor()
    redactor.redact("password=Hunter22!")
    assert redactor.restore(f"said {written}") == "said Hunter22!"
    assert redactor.restore("said ‹secret:password:9›") == "said ‹secret:password:9›"


def test_switched_off_nothing_changes() -> None:
    """Without rules every text stays."""
    redactor = Redactor(())
    assert not redactor.is_on
    assert redactor.redact(LINE) == redactor.mask(LINE) == LINE


def test_threads_agree() -> None:
    """Several threads that meet the same secrets at once give each one number."""
    redactor = Redactor()
    lines = [f"password=Hunter{number % 50}x!" for number in range(1000)]
    with ThreadPoolExecutor(8) as pool:
        shown = list(pool.map(redactor.redact, lines))
    assert redactor.counts == {"password": 50}
    assert len({found[0] for line in shown for found in PLACEHOLDER.finditer(line)}) == 50
    assert [redactor.restore(line) for line in shown] == lines


def test_a_text_is_looked_at_again_once_more_is_known() -> None:
    """What was masked while its secret wasn't known yet is hidden once that is, however often it was asked for."""
    redactor = Redactor()
    line = "it is kept as Hunter22!-and-more"
    assert [redactor.mask(line) for _ in range(2)] == [line, line]
    redactor.redact("password=Hunter22!-and-more")
    assert redactor.mask(line) == "it is kept as ‹secret:password:1›"


def test_a_usual_text_is_masked_like_any_other() -> None:
    """Neither its own secret nor one that was met elsewhere is shown in a text that is the same in every session."""
    clean_one, with_one = "it is kept as Hunter22!-and-more", "password=Other33!-and-more"
    for _ in range(2):
        redactor = Redactor()
        assert redactor.mask_usual(clean_one) == clean_one
        assert redactor.mask_usual(with_one) == "password=‹secret:password:1›"
        redactor.redact("password=Hunter22!-and-more")
        assert redactor.mask_usual(clean_one) == "it is kept as ‹secret:password:2›"
