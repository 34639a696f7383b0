"""The supply chain: nothing is asked for that isn't used, nothing is used that isn't asked for, all of it is pinned."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from functools import cache
from importlib.metadata import packages_distributions, requires
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent

NOT_IMPORTED = {"jupyterlab": "`logdebug lab` starts it as a program of its own"}
"""Dependencies that no module imports, and why they are there."""

COMES_WITH = {
    "IPython": "ipywidgets",
    "httpx2": "openai",
    "markupsafe": "jinja2",
    "numpy": "pandas",
    "pydantic_core": "pydantic",
}
"""What is imported and not asked for: part of another dependency's interface, and required by it."""


def name_of(requirement: str) -> str:
    """Give a requirement's name, as PyPI compares names."""
    return re.sub(r"[-_.]+", "-", re.split(r"[\s\[<>=!~;(]", requirement, maxsplit=1)[0]).lower()


@cache
def project() -> dict[str, Any]:
    """Read pyproject.toml."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def declared() -> set[str]:
    """Give the names of all dependencies of the package, those of its extras included."""
    about = project()["project"]
    extras = about.get("optional-dependencies", {}).values()
    return {name_of(each) for each in (*about["dependencies"], *(each for extra in extras for each in extra))}


@cache
def imported() -> frozenset[str]:
    """Give the names of all top-level modules of others that some module of the package imports, lazily or not."""
    found = set()
    for path in (ROOT / "logdebug").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                found |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                found.add(node.module.partition(".")[0])
    return frozenset(found - set(sys.stdlib_module_names) - {"logdebug"})


@cache
def distributions() -> dict[str, list[str]]:
    """Give the distributions of each module that is installed; it takes a second to find out."""
    return dict(packages_distributions())


def providers(module: str) -> set[str]:
    """Give the distributions that a module is from."""
    return {name_of(name) for name in distributions().get(module, [])}


def test_every_dependency_is_used() -> None:
    """Each dependency is imported by some module, or stands on the list with its reason, and then isn't imported."""
    used = {name for module in imported() for name in providers(module)}
    assert declared() - used == set(NOT_IMPORTED)


@pytest.mark.parametrize("module", sorted(imported()))
def test_every_import_is_declared(module: str) -> None:
    """Each imported module is from a dependency, or from what one that is named requires itself."""
    if module not in COMES_WITH:
        assert providers(module) & declared()
        return
    assert not providers(module) & declared(), "it is asked for now: take it off the list"
    through = COMES_WITH[module]
    assert through in declared()
    assert providers(module) & {name_of(each) for each in requires(through) or ()}


def pins(file: str) -> dict[str, str]:
    """Give the versions that a file of requirements pins, by name."""
    rows = re.findall(r"^([A-Za-z0-9][\w.-]*)==([^\s;\\]+)", (ROOT / file).read_text(encoding="utf-8"), re.MULTILINE)
    return {name_of(name): version for name, version in rows}


def test_everything_is_pinned() -> None:
    """Each dependency, extras and groups included, has its version in constraints.txt."""
    groups = project()["dependency-groups"].values()
    wanted = declared() | {name_of(each) for group in groups for each in group}
    assert wanted <= set(pins("constraints.txt"))


def test_a_release_is_pinned_by_hash() -> None:
    """requirements-hashed.txt has each dependency of a release at the version of constraints.txt, each with a hash.

    What is pinned there alone is needed elsewhere, and says where.
    """
    hashed, pinned = pins("requirements-hashed.txt"), pins("constraints.txt")
    assert declared() <= set(hashed)
    text = (ROOT / "requirements-hashed.txt").read_text(encoding="utf-8")
    entries = re.split(r"^(?=\S)", text, flags=re.MULTILINE)[1:]
    assert len(entries) == len(hashed)
    assert all("--hash=sha256:" in entry for entry in entries)
    elsewhere = {name_of(entry) for entry in entries if " ; " in entry.partition("\\")[0]}
    others = {name for name, version in hashed.items() if pinned.get(name) != version}
    assert others <= elsewhere - set(pinned)


def test_what_has_a_marker_keeps_it_where_it_is_pinned_by_hash() -> None:
    """A dependency that only some machines need, such as hyperscan, is asked for on those alone by a release, too."""
    asked = {name_of(each) for each in project()["project"]["dependencies"] if ";" in each}
    text = (ROOT / "requirements-hashed.txt").read_text(encoding="utf-8")
    marked = {name_of(name) for name in re.findall(r"^(\S+)==\S+ ; ", text, re.MULTILINE)}
    assert asked
    assert asked <= marked


@pytest.mark.parametrize("file", ["constraints.txt", "requirements-hashed.txt", "pyproject.toml"])
def test_no_index_is_named(file: str) -> None:
    """What is committed names no index and no place on a disk to take packages from."""
    assert not re.search(r"index-url|find-links|file:|https?://", (ROOT / file).read_text(encoding="utf-8"))
