"""The floors hold: a room imports only from rooms below it, and only the doors named here lead upward.

Every import is read from the source, those inside functions and under TYPE_CHECKING included.
"""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "logdebug"

FLOORS: dict[str, int] = {
    "errors": 0,
    "records": 0,
    "settings": 1,
    "credentials": 0,
    "descriptors": 1,
    "drawing": 0,
    "linear": 0,
    "incidents": 1,
    "logs": 1,
    "report.report": 1,
    "report.bounds": 1,
    "report.columns": 1,
    "report.document": 1,
    "report.files": 1,
    "report.table": 1,
    "report.text": 1,
    "report": 2,
    "redaction": 1,
    "agent": 2,
    "run": 3,
    "verification": 3,
    "notebook": 4,
    "monitor": 4,
    "terminal": 4,
    "evaluation": 4,
    "cli": 5,
}
"""The floor of each room. A module that is named itself stands on its own floor: the Report is what `run` builds."""

FACADE = {"", "__main__"}
"""The package itself hands out names of every room, `python -m logdebug` is the command line: no floor holds them."""

DOORS: dict[str, str] = {
    "report.report:Report.plot": "report.charts.plots",
    "report.report:Report.to_df": "report.frames",
    "report.report:Report.evidence_df": "report.frames",
    "report.report:Report.absences_df": "report.absences",
    "report.report:Report.timeline_df": "report.frames",
    "report.report:Report.usage_df": "report.frames",
    "report.report:Report.errors_df": "report.frames",
    "report.report:Report.reviews_df": "report.frames",
    "report.report:Report.events_df": "run.frames",
    "report.report:Report.correlate": "report.correlation.correlate",
    "report.report:Report.review": "notebook.review",
    "report.report:Report.verify": "verification.verification",
    "report.report:Report.sign": "verification.signing",
    "report.report:Report.check": "verification.signing",
    "report.report:Report.to_html": "report.export.render",
    "report.report:Report.to_markdown": "report.export.render",
    "report.report:Report.to_csv": "report.export.sheet",
    "report.report:Report._repr_html_": "report.export.render",
    "notebook.review:Reviewing.save_case": "evaluation.saving",
    "run.dispatch:_shown": "notebook.progress",
    "agent.replay:ReplayModel.recorded": "run.recorded",
    "logs.log:Log.plot": "report.charts.activity",
    "logs.watching:watched": "notebook.reading",
}
"""The only ways up: where the import stands, and the module that it opens."""

TAKEN: dict[str, set[str]] = {"report.report": {"report.history.history"}}
"""What doors of a module take as arguments: named in their signatures, and not imported at run time."""

MAKERS = {"agent", "run"}
READERS = {"report", "notebook"}
HAND_OVER = {
    "report.report",
    "report.columns",
    "report.document",
    "report.text",
    "run.events",
    "run.board",
    "run.control",
    "run.coverage",
    "run.sessions",
    "agent.workspace",
    "agent.grounding",
}
"""What one wing hands to the other: the Report, what is announced of a run and kept of it, and what finds a quote."""

HEAVY = ("pandas", "matplotlib", "ipywidgets", "dask", "openai", "pydantic", "rich", "jinja2", "IPython", "numpy")


@dataclass(frozen=True)
class Import:
    """One import: who, within which function ("" at the top), of what, whether it happens at run time, and where."""

    importer: str
    scope: str
    target: str
    at_run_time: bool
    line: int

    def __str__(self) -> str:
        """Say where it stands and what it imports."""
        return (
            f"logdebug/{self.importer.replace('.', '/')}.py:{self.line} ({self.scope or 'top'}) imports {self.target}"
        )


def module_name(path: Path) -> str:
    """Give a file's module, relative to the package."""
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__")


def imports_of(path: Path) -> list[Import]:
    """Read every import of a module."""
    name = module_name(path)
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    found: list[Import] = []

    def visit(node: ast.AST, scope: tuple[str, ...], *, typing_only: bool) -> None:
        for child in ast.iter_child_nodes(node):
            inner, typed = scope, typing_only
            if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                inner = (*scope, child.name)
            elif isinstance(child, ast.If) and ast.unparse(child.test).endswith("TYPE_CHECKING"):
                typed = True
            elif isinstance(child, ast.Import | ast.ImportFrom):
                found.extend(
                    Import(name, ".".join(scope), target, not typing_only, child.lineno)
                    for target in targets_of(child, package)
                )
            visit(child, inner, typing_only=typed)

    visit(ast.parse(path.read_text(encoding="utf-8")), (), typing_only=False)
    return found


def targets_of(node: ast.Import | ast.ImportFrom, package: str) -> list[str]:
    """Give the full names that an import statement opens, down to the module where it is a module of logdebug."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    base = node.module or ""
    if node.level:
        parts = ["logdebug", *package.split(".")] if package else ["logdebug"]
        base = ".".join([*parts[: len(parts) - node.level + 1], *([base] if base else [])])
    if base.partition(".")[0] != "logdebug":
        return [base]
    return [
        whole if is_module(whole := f"{base}.{alias.name}") else base
        for alias in node.names
        if (base, alias.name) != ("logdebug", "__version__")  # a literal: it belongs to nobody
    ]


def is_module(name: str) -> bool:
    """Tell whether a full name is a module or package of logdebug."""
    path = ROOT / name.replace(".", "/")
    return path.with_suffix(".py").exists() or (path / "__init__.py").exists()


@cache
def all_imports() -> tuple[Import, ...]:
    """Read every import of every module."""
    return tuple(each for path in sorted(PACKAGE.rglob("*.py")) for each in imports_of(path))


def inner_imports() -> list[tuple[Import, str]]:
    """Give the imports of one module of logdebug by another, with the name of the one that is imported."""
    return [
        (each, each.target.removeprefix("logdebug").removeprefix("."))
        for each in all_imports()
        if each.target.partition(".")[0] == "logdebug" and each.importer not in FACADE
    ]


def floor_of(module: str) -> int:
    """Give the floor that a module stands on."""
    return FLOORS[module] if module in FLOORS else FLOORS[room_of(module)]


def room_of(module: str) -> str:
    """Give the room that a module lies in; the words and the errors share the ground."""
    room = module.partition(".")[0]
    return "errors" if room == "records" else room


def opens(each: Import, target: str) -> str | None:
    """Give the door that an import is, if it is one; it may lie anywhere within its function."""
    place = f"{each.importer}:{each.scope}."
    return next((door for door, opened in DOORS.items() if place.startswith(f"{door}.") and target == opened), None)


def names_what_a_door_opens(each: Import, target: str) -> bool:
    """Tell whether an import is for annotations only, of a module to which a door of this module leads."""
    opened = {opened for door, opened in DOORS.items() if door.partition(":")[0] == each.importer}
    return not each.at_run_time and target in opened | TAKEN.get(each.importer, set())


def goes_down(each: Import, target: str) -> bool:
    """Tell whether an import leads to a lower floor, or stays on its floor within its room."""
    if target == "":
        return False  # the package itself stands for every room
    stays = room_of(each.importer) == room_of(target) and floor_of(target) == floor_of(each.importer)
    return stays or floor_of(target) < floor_of(each.importer)


def test_every_module_has_a_floor() -> None:
    """Each module lies in a room that is on the plan, so that none escapes it."""
    modules = {module_name(path) for path in PACKAGE.rglob("*.py")} - FACADE
    assert {room_of(module) for module in modules} <= set(FLOORS)


def test_a_room_imports_only_from_below() -> None:
    """A module imports from lower floors and from its own room, and goes up through the named doors only."""
    wrong = [
        str(each)
        for each, target in inner_imports()
        if not (goes_down(each, target) or opens(each, target) or names_what_a_door_opens(each, target))
    ]
    assert not wrong, "\n".join(wrong)


def test_the_wings_are_apart() -> None:
    """Who makes a report imports nothing of those who read one, nor the other way round, but for the Report itself."""
    wrong = [
        str(each)
        for each, target in inner_imports()
        if not opens(each, target) and target not in HAND_OVER
        if (room_of(each.importer) in MAKERS and room_of(target) in READERS)
        or (room_of(each.importer) in READERS and room_of(target) in MAKERS)
    ]
    assert not wrong, "\n".join(wrong)


def test_every_door_is_used_and_lazy() -> None:
    """Each door that is named here exists, within a function: one that is gone is taken off the list."""
    used = {opens(each, target) for each, target in inner_imports() if each.at_run_time}
    assert used - {None} == set(DOORS)


def test_importing_the_package_is_light() -> None:
    """`import logdebug` loads none of the heavy packages."""
    program = f"import sys, logdebug; print([name for name in {HEAVY!r} if name in sys.modules])"
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("package", "module"), [("openai", "agent.models"), ("dotenv", "settings"), ("nest_asyncio2", "run.dispatch")]
)
def test_one_module_alone_uses(package: str, module: str) -> None:
    """Only the room that owns it imports the openai client, the reader of .env, and the patch of the event loop."""
    users = {each.importer for each in all_imports() if each.target.partition(".")[0] == package}
    assert users <= {module}


def test_only_settings_reads_the_environment() -> None:
    """No other module reads `os.environ` or calls `os.getenv`."""
    readers = set()
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            named = isinstance(node, ast.Attribute) and node.attr in {"environ", "environb", "getenv"}
            taken = {alias.name for alias in node.names} if isinstance(node, ast.ImportFrom) else set()
            if named or taken & {"environ", "environb", "getenv"}:
                readers.add(module_name(path))
    assert readers <= {"settings"}


def test_no_module_catches_everything() -> None:
    """Nothing is caught whole, but with a comment that says why, or to be raised again."""
    wrong = []
    for path in PACKAGE.rglob("*.py"):
        source = path.read_text(encoding="utf-8")
        lines = source.splitlines()
        for node in ast.walk(ast.parse(source)):
            if not isinstance(node, ast.ExceptHandler):
                continue
            caught = ast.unparse(node.type) if node.type else ""
            around = "".join(lines[node.lineno - 2 : node.lineno + 1])
            raised_again = isinstance(node.body[-1], ast.Raise) and node.body[-1].exc is None
            if caught in {"", "Exception", "BaseException"} and "#" not in around and not raised_again:
                wrong.append(f"{path.relative_to(ROOT)}:{node.lineno}")
    assert not wrong, wrong


NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


def test_there_are_notebooks() -> None:
    """The notebooks are where the other tests look for them."""
    assert NOTEBOOKS


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_holds_calls_and_prose(path: Path) -> None:
    """A notebook has no outputs, no counts, no functions or classes, and one cell of parameters, all literals."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    assert all(not cell["outputs"] and cell["execution_count"] is None for cell in code)
    assert cells[0]["cell_type"] == "markdown"
    for cell in code:
        tree = ast.parse("".join(cell["source"]))
        definitions = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
        assert not any(isinstance(node, definitions) for node in ast.walk(tree)), cell["source"]
    [parameters] = [cell for cell in code if "parameters" in cell["metadata"].get("tags", ())]
    for statement in ast.parse("".join(parameters["source"])).body:
        assert isinstance(statement, ast.Assign | ast.AnnAssign), ast.unparse(statement)
        assert statement.value is not None
        ast.literal_eval(statement.value)
