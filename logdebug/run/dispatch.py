"""Many incidents at once: one agent each, bounded, each incident's trouble its own."""

from __future__ import annotations

import asyncio
import inspect
import sys
import warnings
from contextlib import aclosing, asynccontextmanager, closing, suppress
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any, ParamSpec

from logdebug.agent.loop import Agent, Limits
from logdebug.agent.offline import diagnose
from logdebug.agent.reading import Reading
from logdebug.agent.steps import Answered, Concluded
from logdebug.errors import IncidentError, LogdebugError, SessionError, SettingsError
from logdebug.incidents import check_incidents, service_of
from logdebug.logs import load_signatures
from logdebug.records import Diagnosis, Failure, Incident, Usage
from logdebug.report.report import Report
from logdebug.run.events import (
    Event,
    IncidentDiagnosed,
    IncidentFailed,
    IncidentStarted,
    RunStarted,
    StepTaken,
)
from logdebug.run.sessions import RunDirectory
from logdebug.settings import OFFLINE, Settings

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine, Iterable, Iterator, Sequence

    from logdebug.agent.models import Model
    from logdebug.agent.steps import Step

__all__ = ["Run", "investigate", "investigate_sync"]

P = ParamSpec("P")

DEFAULT_CONCURRENCY = 16


async def investigate(
    incidents: Iterable[Incident | Sequence[object] | str],
    *,
    model: str | Model | None = None,
    max_concurrency: int = DEFAULT_CONCURRENCY,
    on_event: Callable[[Event], None] | None = None,
    limits: Limits | None = None,
    sessions_dir: str | Path | None = None,
    signatures: Iterable[str | Path] | None = None,
    progress: bool | None = None,
) -> Report:
    """Send one read-only agent per incident, all in parallel, and merge what they find into one report.

    Parameters
    ----------
    incidents
        Incidents, plain (working_dir, log_file, service) tuples, or `DIR:LOGFILE:SERVICE` strings.
    model
        A model's name, `"offline"` for the embedded analyst, or a `Model`. By default OPENAI_MODEL, else
        `gpt-5-mini` where there is a key, else the embedded analyst.
    max_concurrency
        How many agents work at the same time.
    on_event
        Called with each event as it happens, after it is on disk. What it raises ends the run.
    limits
        What one incident may cost.
    sessions_dir
        Where the sessions are kept; by default LOGDEBUG_SESSIONS_DIR, else the user's state directory.
    signatures
        Files of failure signatures of one's own, which go on top of those that ship; by default LOGDEBUG_SIGNATURES.
    progress
        Whether to show live progress below the cell; by default where this runs in a notebook and `on_event` is not
        given.

    Returns
    -------
    Report
        One diagnosis or failure per incident, in the order given.

    Raises
    ------
    IncidentError
        Where there is no incident that can be investigated; one bad one among good ones becomes a failure instead.
    SettingsError
        Where the model needs a key and there is none, or an argument has no usable value.
    SessionError
        Where the run's directory can't be made.
    SignatureError
        Where a file of signatures can't be used; the message names file, entry and reason.
    """
    if progress is None:
        progress = on_event is None and _in_notebook()
    async with _shown(on_event, progress=progress) as tell:
        run = Run(
            incidents,
            model=model,
            max_concurrency=max_concurrency,
            on_event=tell,
            limits=limits,
            sessions_dir=sessions_dir,
            signatures=signatures,
        )
        return await run.finish()


def _in_sync(function: Callable[P, Coroutine[Any, Any, Report]]) -> Callable[P, Report]:
    """Make a function for scripts of one for event loops; it works inside a running loop too, as in a notebook."""

    def run(*args: P.args, **kwargs: P.kwargs) -> Report:
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            return asyncio.run(function(*args, **kwargs))
        import nest_asyncio2

        nest_asyncio2.apply(loop)
        report: Report = loop.run_until_complete(function(*args, **kwargs))
        return report

    _, _, details = (function.__doc__ or "").partition("\n")
    run.__name__ = run.__qualname__ = f"{function.__name__}_sync"
    run.__module__ = function.__module__
    run.__signature__ = inspect.signature(function)  # type: ignore[attr-defined]
    run.__doc__ = f"Do what `{function.__name__}` does, for scripts.\n{details}"
    return run


investigate_sync = _in_sync(investigate)


class Run:
    """One call of `investigate`, for those who want what was finished when it is cancelled.

    Parameters are those of `investigate`; the incidents are checked, the model found and the run's directory made at
    once, so that what is wrong with them is said before anything is spent.
    """

    def __init__(
        self,
        incidents: Iterable[Incident | Sequence[object] | str],
        *,
        model: str | Model | None = None,
        max_concurrency: int = DEFAULT_CONCURRENCY,
        on_event: Callable[[Event], None] | None = None,
        limits: Limits | None = None,
        sessions_dir: str | Path | None = None,
        signatures: Iterable[str | Path] | None = None,
    ) -> None:
        if max_concurrency < 1:
            raise SettingsError(f"max_concurrency={max_concurrency}: at least one agent must work", setting="run")
        self._incidents = check_incidents(incidents)
        settings = Settings.load()
        self._ours = model is None or isinstance(model, str)  # a model that we made is ours to close
        self._model = _model_of(model, settings)
        self._signatures = load_signatures(*(map(Path, settings.signatures if signatures is None else signatures)))
        self._limits = limits or Limits()
        self._tell = on_event or (lambda _: None)
        self._width = min(max_concurrency, len(self._incidents))
        self._outcomes: dict[int, Diagnosis | Failure] = {}
        self._sessions: dict[int, str] = {}
        self._spent = Usage(cost_usd=0.0)
        self._began = monotonic()
        self._directory = RunDirectory(
            Path(sessions_dir).expanduser() if sessions_dir is not None else settings.sessions_dir,
            {
                "model": self.model_name,
                "incidents": [str(each) for each in self._incidents],
                "limits": asdict(self._limits),
                "started_at": datetime.now(UTC),
            },
        )

    @property
    def model_name(self) -> str:
        """The model that is asked, or `offline`."""
        return OFFLINE if self._model is None else self._model.name

    async def finish(self) -> Report:
        """Investigate all incidents and give the report."""
        self._tell(RunStarted(self._directory.run_id, self.model_name, self._services(), self._directory.path))
        waiting = iter(enumerate(self._incidents))
        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(self._width):
                    group.create_task(self._work_through(waiting))
        except BaseExceptionGroup as several:
            # A bug is easier to read as itself than as a group; the others it came with are shown as its cause.
            first, *others = several.exceptions
            raise first from (several if others else first.__cause__)
        finally:
            if self._ours and self._model is not None:
                await self._model.aclose()
        report = self.report()
        try:
            self._directory.keep(report.to_json())
        except SessionError as error:
            warnings.warn(str(error), RuntimeWarning, stacklevel=2)  # the report itself must not be lost over this
        return report

    def report(self) -> Report:
        """Give the report of what is finished; an incident that isn't counts as cancelled."""
        outcomes = [self._outcomes.get(index) or self._cancelled(index) for index in range(len(self._incidents))]
        spent = self._spent
        return Report(
            generated_at=datetime.now(UTC),
            model=self.model_name,
            run_id=self._directory.run_id,
            reports=tuple(each for each in outcomes if isinstance(each, Diagnosis)),
            errors=tuple(each for each in outcomes if isinstance(each, Failure)),
            usage=Usage(
                spent.turns,
                spent.input_tokens,
                spent.output_tokens,
                spent.cost_usd,
                round(monotonic() - self._began, 3),
            ),
        )

    async def _work_through(self, waiting: Iterator[tuple[int, Incident | IncidentError]]) -> None:
        """Take incidents off the shared list until there are none."""
        for index, incident in waiting:
            if isinstance(incident, IncidentError):
                self._end(index, _failure(incident, service=service_of(incident), session=""))
            else:
                self._end(index, await self._investigate(index, incident))

    async def _investigate(self, index: int, incident: Incident) -> Diagnosis | Failure:
        """Send one agent; whatever the tree of errors has a name for becomes this incident's failure."""
        try:
            session = self._directory.begin(index, incident.service, {"incident": incident, "model": self.model_name})
        except LogdebugError as error:
            return _failure(error, service=incident.service, session="")
        with session:
            self._sessions[index] = session.name
            self._tell(IncidentStarted(index, incident, session.name))
            try:
                async with aclosing(self._steps(incident)) as steps:
                    async for step in steps:
                        session.append(step)
                        self._tell(StepTaken(index, step))
                        if isinstance(step, Answered):
                            self._spent += step.usage
                        if isinstance(step, Concluded):
                            return replace(step.diagnosis, session=session.name)
                raise AssertionError("an agent ended without a conclusion or an error")
            except LogdebugError as error:
                failure = _failure(error, service=incident.service, session=session.name)
                with suppress(SessionError):  # a disk that took no step takes no failure either
                    session.append(failure)
                return failure

    async def _steps(self, incident: Incident) -> AsyncGenerator[Step]:
        with closing(Reading.of(incident, signatures=self._signatures)) as reading:
            if self._model is None:
                diagnosis = await reading.off_loop(lambda: diagnose(incident, reading.log))
                yield Concluded(diagnosis, "offline", diagnosis.usage)
                return
            async with aclosing(Agent(incident, reading, self._model, self._limits).run()) as steps:
                async for step in steps:
                    yield step

    def _end(self, index: int, outcome: Diagnosis | Failure) -> None:
        self._outcomes[index] = outcome
        if isinstance(outcome, Diagnosis):
            self._tell(IncidentDiagnosed(index, outcome))
        else:
            self._tell(IncidentFailed(index, outcome))

    def _services(self) -> tuple[str, ...]:
        return tuple(map(service_of, self._incidents))

    def _cancelled(self, index: int) -> Failure:
        begun = index in self._sessions
        return Failure(
            service=service_of(self._incidents[index]),
            error="cancelled",
            message="the run was cancelled " + ("while this incident was worked on" if begun else "before its turn"),
            session=self._sessions.get(index, ""),
        )


@asynccontextmanager
async def _shown(
    on_event: Callable[[Event], None] | None, *, progress: bool
) -> AsyncIterator[Callable[[Event], None] | None]:
    """Show live progress below the cell for the time of a `with`, if asked for."""
    if not progress:
        yield on_event
        return
    from logdebug.notebook.progress import live

    async with live(on_event) as tell:
        yield tell


def _model_of(model: str | Model | None, settings: Settings) -> Model | None:
    """Find the model to ask; None is the embedded analyst."""
    if model is not None and not isinstance(model, str):
        return model
    name = settings.model_name(model)
    if name == OFFLINE:
        return None
    from logdebug.agent.models import OpenAIModel

    return OpenAIModel(name, api_key=settings.key_for(name), base_url=settings.base_url)


def _failure(error: LogdebugError, *, service: str, session: str) -> Failure:
    return Failure(service=service, error=error.kind, message=str(error), session=session)


def _in_notebook() -> bool:
    """Tell whether this runs in a Jupyter kernel, without importing IPython to find out."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return shell is not None and hasattr(shell, "kernel")
