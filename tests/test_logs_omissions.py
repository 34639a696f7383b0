"""Fields that one call writes or leaves out."""

from __future__ import annotations

from logdebug.logs.forms import form_of
from logdebug.logs.omissions import without_omissions


def forms_left(*lines: str) -> int:
    """Say how many forms there are of some lines."""
    return len(set(without_omissions({form_of(line.encode()) for line in lines}).values()))


def test_fields_of_a_list_may_lack() -> None:
    """Lines whose lists have the same fields but for one are one, wherever in the list it stands."""
    assert forms_left("order 1 created, total=2", "order 1 created, total=2, coupon=a", "order 1 created") == 2
    assert forms_left("INFO | step 3 | loss 3.1 | lr 0.1 | mem 3", "INFO | step 3 | loss 3.1 | lr 0.1") == 1
    assert forms_left("page done (Views: 3.1ms | Rows: 4)", "page done (Rows: 4)") == 1


def test_what_a_message_has_beside_it_tells_no_calls_apart() -> None:
    """Lines of logfmt with one message are one, with one field more or none at all; other messages are others."""
    assert forms_left('level=info msg="pulled it" a=1', 'level=info msg="pulled it" a=1 b=2') == 1
    assert forms_left('level=info msg="pulled it" a=1', 'level=info msg="pushed it" a=1 b=2') == 2


def test_one_field_more_may_be_another_call() -> None:
    """A field that no sign parts from the others, and is the only one to lack, tells lines apart; two don't."""
    assert forms_left("login failed uid=0 host=a", "login failed uid=0 host=a user=b") == 2
    assert forms_left("login failed uid=0 host=a", "login failed uid=0 host=a user=b tty=c") == 1


def test_lists_of_other_fields_are_other_calls() -> None:
    """Two lists neither of which is part of the other are two; so are lines that have nothing but a field."""
    assert forms_left("left host ehlo=1 mail=1 quit=1", "left host ehlo=1 auth=1 quit=1") == 2
    assert forms_left("a=1", "a=1, b=2") == 2
