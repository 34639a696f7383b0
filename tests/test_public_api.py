"""The public names are those that are written down, and each is there and explained."""

from __future__ import annotations

import inspect
import re
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

import logdebug
from logdebug import errors

if TYPE_CHECKING:
    from collections.abc import Callable

NAMES = sorted(set(logdebug.__all__) - {"__version__"})


def test_all_is_what_dir_gives() -> None:
    """`dir(logdebug)` offers every public name and no other."""
    assert sorted(logdebug.__all__) == [name for name in sorted(dir(logdebug)) if name in logdebug.__all__]
    extra = {name for name in dir(logdebug) if not name.startswith("_")} - set(logdebug.__all__)
    assert not extra


def test_all_is_sorted_and_without_doubles() -> None:
    """`__all__` can be read by a person: in order, each name once."""
    assert list(logdebug.__all__) == sorted(set(logdebug.__all__))


def public(kind: Callable[[Any], bool]) -> list[tuple[str, Any]]:
    """Give the public names of a kind, with what they stand for."""
    return [(name, value) for name in NAMES if kind(value := getattr(logdebug, name))]


@pytest.mark.parametrize("name", NAMES)
def test_a_public_name_is_explained(name: str) -> None:
    """Each public name resolves, and what it stands for says what it is."""
    value = getattr(logdebug, name)
    if inspect.isclass(value) or inspect.isroutine(value):
        assert (value.__doc__ or "").strip(), f"{name} has no docstring"
        assert not (value.__doc__ or "").startswith(f"{name}("), f"{name} has only the docstring that dataclass makes"


def test_the_methods_of_public_classes_are_explained() -> None:
    """Each public method and property that a public class defines has a docstring."""
    bare = [
        f"{name}.{member}"
        for name, each in public(inspect.isclass)
        for member, value in vars(each).items()
        if not member.startswith("_")
        and (inspect.isroutine(value) or isinstance(value, property | classmethod | staticmethod))
        and not (getattr(value, "__doc__", "") or "").strip()
    ]
    assert not bare


def test_the_docstrings_of_public_functions_name_their_parameters() -> None:
    """Each parameter of a public function or constructor is described, or said to be that of another."""
    missing = [
        f"{name}: {parameter}"
        for name, each in public(lambda value: inspect.isroutine(value) or inspect.isclass(value))
        if not (inspect.isclass(each) and issubclass(each, Exception))
        if not re.search(r"those of `(\w+)`", each.__doc__ or "")
        for parameter in inspect.signature(each).parameters
        if not re.search(rf"\b{parameter}\b", each.__doc__ or "")
    ]
    assert not missing


def test_an_unknown_name_is_an_attribute_error() -> None:
    """A misspelt name fails as in any module, though names are looked up lazily."""
    with pytest.raises(AttributeError, match="investigat"):
        _ = logdebug.investigat


def test_star_import_gives_the_public_names() -> None:
    """`from logdebug import *` gives every name of `__all__`."""
    program = "from logdebug import *; import logdebug; print(set(logdebug.__all__) <= set(dir()))"
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "True"


def drawn_tree() -> dict[str, str]:
    """Read the tree that `errors` draws: each class with its parent."""
    parents: dict[str, str] = {}
    path: list[str] = []
    for line in (errors.__doc__ or "").splitlines():
        drawn = re.match(r"^    (?P<branch>[│├└─ ]*)(?P<name>[A-Z]\w+)(?:\s{2,}\S|$)", line)
        if drawn is None:
            continue
        depth = len(drawn["branch"]) // 4
        path[depth:] = [drawn["name"]]
        parents[drawn["name"]] = path[depth - 1] if depth else "Exception"
    return parents


def test_the_tree_of_errors_is_drawn_as_it_is() -> None:
    """The tree at the top of `errors` shows every error class under its parent, and none besides."""
    classes: dict[str, Any] = {name: value for name, value in vars(errors).items() if inspect.isclass(value)}
    real = {name: value.__base__.__name__ for name, value in classes.items() if issubclass(value, Exception)}
    assert drawn_tree() == real
    assert sorted(errors.__all__) == sorted(real)


def test_every_error_has_a_word_of_its_own() -> None:
    """No two errors share a `kind`, so that a report's `errors` tell them apart."""
    kinds = [getattr(errors, name).kind for name in errors.__all__]
    assert len(set(kinds)) == len(kinds)
