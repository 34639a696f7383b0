"""`investigate`: many incidents in, one report out, with live progress where there is a cell to show it below."""

from __future__ import annotations

import asyncio
import inspect
import sys
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any, ParamSpec

from logdebug.run.run import DEFAULT_CONCURRENCY, Run

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Sequence
    from pathlib import Path

    from distributed import Client

    from logdebug.agent.limits import Limits, RunLimits
    from logdebug.agent.models import Model
    from logdebug.records import Incident
    from logdebug.redaction.rules import Redact
    from logdebug.report.report import Report
    from logdebug.run.cache import CacheMode
    from logdebug.run.cluster.placement import Cluster
    from logdebug.run.events import Event

__all__ = ["Run", "in_notebook", "in_sync", "investigate", "investigate_sync"]

P = ParamSpec("P")


async def investigate(
    incidents: Iterable[Incident | Sequence[object] | str] | None = None,
    *,
    model: str | Model | None = None,
    max_concurrency: int = DEFAULT_CONCURRENCY,
    on_event: Callable[[Event], None] | None = None,
    limits: Limits | None = None,
    sessions_dir: str | Path | None = None,
    signatures: Iterable[str | Path] | None = None,
    progress: bool | None = None,
    run_limits: RunLimits | None = None,
    cache: CacheMode | None = None,
    resume: str | Path | None = None,
    redact: Redact = True,
    cluster: Cluster | Client | None = None,
) -> Report:
    """Send one read-only agent per incident, all in parallel, and merge what they find into one report.

    Parameters
    ----------
    incidents
        Incidents, plain (working_dir, log_file, service) tuples, or `DIR:LOGFILE:SERVICE` strings; None with `resume`.
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
        Whether to show live progress below the cell, with what cancels, pauses and directs the agents; by default
        where this runs in a notebook and `on_event` is not given.
    run_limits
        What all incidents together may cost; at a limit each agent is asked for its best answer so far.
    cache
        `"reuse"`, the default: an incident that was diagnosed before, and of which nothing has changed since (the log,
        the files beside it, the model, the prompt, the limits), isn't paid for again. `"refresh"` asks anew, `"off"`
        keeps nothing either.
    resume
        A run to go on with, by its id or directory: what is finished is taken from there, the rest goes on from its
        last step. Incidents, model, limits, signatures and cache are those of that run where they aren't given; what
        had ended at a limit goes on where other limits are given.
    redact
        Whether secrets are replaced by placeholders before anything is sent to a model or kept; files of rules of one's
        own go on top of those that ship, by default LOGDEBUG_REDACTION. False sends and keeps them as they are.
    cluster
        A Dask cluster whose workers do the work, as a `distributed.Client`: each incident goes to a worker that holds
        its log, and is on disk here as ever. `Cluster` says which worker holds which, where that can't be found out.
        `max_concurrency` and `run_limits` are for all workers together.

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
        Where the run's directory can't be made, or the run to go on with can't be read or is still going on.
    SignatureError
        Where a file of signatures can't be used; the message names file, entry and reason.
    """
    if progress is None:
        progress = on_event is None and in_notebook()
    run = Run(
        incidents,
        model=model,
        max_concurrency=max_concurrency,
        on_event=on_event,
        limits=limits,
        sessions_dir=sessions_dir,
        signatures=signatures,
        run_limits=run_limits,
        cache=cache,
        resume=resume,
        redact=redact,
        cluster=cluster,
    )
    async with _shown(run, progress=progress):
        return await run.finish()


def in_sync(function: Callable[P, Coroutine[Any, Any, Report]]) -> Callable[P, Report]:
    """Make a function for scripts of one for event loops; it works inside a running loop too, as in a notebook."""

    def run(*args: P.args, **kwargs: P.kwargs) -> Report:
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            return asyncio.run(function(*args, **kwargs))
        import nest_asyncio2

        nest_asyncio2.apply(loop)
        task = loop.create_task(function(*args, **kwargs))
        try:
            return loop.run_until_complete(task)
        except KeyboardInterrupt:
            task.cancel()  # it tidies up and keeps what was finished, before the interrupt goes on
            with suppress(asyncio.CancelledError, KeyboardInterrupt):
                loop.run_until_complete(task)
        # Where the loop was waiting tells nobody anything, so it is left out.
        raise KeyboardInterrupt("the run was interrupted; the report of what was finished is kept in its directory")

    _, _, details = (function.__doc__ or "").partition("\n")
    run.__name__ = run.__qualname__ = f"{function.__name__}_sync"
    run.__module__ = function.__module__
    run.__signature__ = inspect.signature(function)  # type: ignore[attr-defined]
    run.__doc__ = f"Do what `{function.__name__}` does, for scripts.\n{details}"
    return run


investigate_sync = in_sync(investigate)


@asynccontextmanager
async def _shown(run: Run, *, progress: bool) -> AsyncIterator[None]:
    """Show a run below the cell for the time of a `with`, if asked for."""
    if not progress:
        yield
        return
    from logdebug.notebook.progress import live

    async with live(run.controls) as tell:
        run.watch(tell)
        yield


def in_notebook() -> bool:
    """Tell whether this runs in a Jupyter kernel, without importing IPython to find out."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return shell is not None and hasattr(shell, "kernel")
