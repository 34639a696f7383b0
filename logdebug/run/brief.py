"""What a run is asked to do: as it is given, or else as the run had it that is gone on with; `run.json` keeps it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from logdebug.agent.choice import chosen_model
from logdebug.agent.limits import Limits, RunLimits
from logdebug.errors import IncidentError, SettingsError
from logdebug.incidents import check_incident, check_incidents, check_names, service_of
from logdebug.records import Incident

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from logdebug.agent.models import Model
    from logdebug.run.cache import CacheMode
    from logdebug.run.resuming import PastRun
    from logdebug.settings import Settings

__all__ = ["Brief", "identity_of", "model_of", "sessions_below"]


@dataclass(frozen=True, slots=True)
class Brief:
    """What a run is asked to do.

    Parameters
    ----------
    incidents
        What to investigate; what is wrong with one stands in its place.
    limits, run_limits
        What one incident may cost, and all together.
    signatures
        Files of failure signatures that go on top of those that ship.
    cache
        What to do with what is known from earlier runs.
    """

    incidents: tuple[Incident | IncidentError, ...]
    limits: Limits
    run_limits: RunLimits
    signatures: tuple[str, ...]
    cache: CacheMode

    @classmethod
    def of(
        cls,
        incidents: Iterable[Incident | Sequence[object] | str] | None,
        past: PastRun | None,
        *,
        limits: Limits | None,
        run_limits: RunLimits | None,
        signatures: Iterable[str | Path],
        cache: CacheMode | None,
        are_here: bool = True,
    ) -> Brief:
        """Take what is given, and for the rest what a past run had that is gone on with, or the defaults.

        Raises
        ------
        IncidentError
            Where there is no incident that can be investigated.
        SettingsError
            Where the past run was of other incidents.
        """
        if past is not None and past.replay_of:
            raise SettingsError(
                f"resume={past.path.name!r}: that asked {past.replay_of} again, and is no run to go on with; replay it "
                "once more",
                setting="resume",
            )
        if past is None:
            if incidents is None:
                raise IncidentError("no incidents: give some, or resume= with a run to go on with")
            checked = check_incidents(incidents, are_here=are_here)
        else:
            # A finished incident needs its log no more: what is wrong with some keeps no run from being gone on with.
            checked = [_checked(each, are_here=are_here) for each in past.incidents]
            if incidents is not None:
                _refuse_others(check_incidents(incidents, are_here=are_here), checked, past)
        return cls(
            tuple(checked),
            limits or (past.limits if past else Limits()),
            run_limits or (past.run_limits if past else RunLimits()),
            tuple(str(Path(each).absolute()) for each in signatures),
            cache or (past.cache if past else "reuse"),
        )

    @property
    def services(self) -> tuple[str, ...]:
        """How each incident is called."""
        return tuple(map(service_of, self.incidents))

    def written(self, model: str, asked: str) -> Mapping[str, object]:
        """Give what `run.json` says of it.

        Parameters
        ----------
        model, asked
            The model's name and its identity.
        """
        return {
            "model": model,
            "asked": asked,
            "incidents": [_written(each) for each in self.incidents],
            "limits": asdict(self.limits),
            "run_limits": asdict(self.run_limits),
            "signatures": self.signatures,
            "cache": self.cache,
            "started_at": datetime.now(UTC),
        }


def sessions_below(given: str | Path | None, settings: Settings) -> Path:
    """Find where runs are kept."""
    return Path(given).expanduser() if given is not None else settings.sessions_dir


def model_of(model: str | Model | None, past: PastRun | None, settings: Settings) -> Model | None:
    """Find the model to ask; None is the embedded analyst.

    Parameters
    ----------
    model
        As it is given.
    past
        The run that is gone on with: its model is asked where none is given.
    settings
        Where its server is, and what its key is.

    Raises
    ------
    SettingsError
        Where there is no key for it, or the settings would have another server asked than the past run asked.
    """
    found = chosen_model(past.model if past is not None and model is None else model, settings)
    if found is not None and past is not None and model is None and past.asked != identity_of(found):
        raise SettingsError(
            f"resume={past.path.name!r}: that run asked {past.asked or 'a model of your own'}, and the settings name "
            f"{identity_of(found)}; set them as they were, or say with model= whom to ask",
            setting="model",
        )
    return found


def identity_of(model: Model | None) -> str:
    """Give what a model says that it is, its server and settings included; empty where it doesn't say."""
    return str(getattr(model, "identity", ""))


def _checked(given: Incident | str, *, are_here: bool) -> Incident | IncidentError:
    try:
        return (check_incident if are_here else check_names)(Incident.of(given))
    except IncidentError as error:
        return error


def _refuse_others(
    given: Sequence[Incident | IncidentError], had: Sequence[Incident | IncidentError], past: PastRun
) -> None:
    """Refuse to go on with a run for other incidents than those that it was of."""
    if list(map(_written, given)) != list(map(_written, had)):
        raise SettingsError(
            f"resume={past.path.name!r}: that run was of other incidents; leave them out to go on with it",
            setting="resume",
        )


def _written(checked: Incident | IncidentError) -> dict[str, str]:
    """Give an incident as `run.json` has it; one that can't be investigated as it was given."""
    given = checked.incident if isinstance(checked, IncidentError) else checked
    if isinstance(given, Incident):
        return {"working_dir": str(given.working_dir), "log_file": given.log_file, "service": given.service}
    return {"given": str(given)}
