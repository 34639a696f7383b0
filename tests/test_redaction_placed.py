"""Values are found that are named by their place: below a question, and in the columns of a table."""

from __future__ import annotations

import pytest

from logdebug.redaction.redactor import Redactor


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("S: 334 UGFzc3dvcmQ6\nC: dHIwdWJhZG91cg==\nS: 235 ok", "dHIwdWJhZG91cg"),
        ("*2\n$4\nAUTH\n$10\ntr0ubadour\n+OK", "tr0ubadour"),
        ("*3\r\n$4\r\nAUTH\r\n$3\r\nbob\r\n$10\r\ntr0ubadour\r\n", "tr0ubadour"),
        ("Use the following password to go on:\n\n7d301a233f4d0574\n\nthen", "7d301a233f4d0574"),
        ("Your scratch codes are:\n  65568705\n  65646105\nbye", "65646105"),
        ("USER bob\n+OK\nPASS copper-kettle-violet\n+OK Logged in", "copper-kettle-violet"),
        ("PASS s3cr.et_x!\r\nNICK bob\r\n", "s3cr.et_x!"),
        ("chpasswd:\n  list: |\n    root:Wba605kM\n    etl:Oracle11g\n", "Oracle11g"),
        ("private-key:\n    1a:f3:c8:89:25:\n    62:71:26:70:5a\npub:\n", "62:71:26:70"),
        ('["password"]=>\n  string(15) "thunder-peppers"\n', "thunder-peppers"),
    ],
)
def test_what_a_question_has_on_the_next_line_is_hidden(text: str, secret: str) -> None:
    """The answer to a question, a command or a sentence that ends in a colon is hidden, though it says nothing."""
    assert secret not in Redactor().redact(text)


@pytest.mark.parametrize("text", ["wrong password:\n  File 'a1.py', line 3", "exit code:\n  12345678"])
def test_what_stands_below_a_question_and_is_no_answer_stays(text: str) -> None:
    """Lines of several words, and numbers below no heading of codes, stay."""
    assert Redactor().redact(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "user,password,role\nbob,hunter2,admin\nann,hunter2,user",
        " user | password | n\n------+----------+---\n bob  | hunter2  | 1",
        "user;password\r\nbob;hunter2\r\n",
        'user,password\n"bob, the builder","hunter2"\n',
    ],
)
def test_values_below_the_header_of_a_table_are_hidden(text: str) -> None:
    """A column named password is hidden row by row, whatever separates the columns; its neighbours stay."""
    redacted = Redactor().redact(text)
    assert "hunter2" not in redacted
    assert "bob" in redacted


@pytest.mark.parametrize("text", ["suite,pass,fail\na,12,3\nb,100,4", "user,password\nthis is a sentence", "a,token\n"])
def test_tables_of_counts_and_lines_of_another_form_stay(text: str) -> None:
    """Counts of tests that pass, and lines with fewer fields than the header, stay."""
    assert Redactor().redact(text) == text
