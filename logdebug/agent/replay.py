"""A model that gives scripted or recorded replies and needs no server.

It is what the tests use, and what anyone may use to test what they build on logdebug.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Self

from logdebug.agent.messages import Reply
from logdebug.errors import NoAnswer

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from logdebug.agent.messages import Request

__all__ = ["ReplayModel"]


class ReplayModel:
    """A model that gives replies from a script: no server, no key, the same every time.

    Parameters
    ----------
    script
        The replies of one conversation, in order; or one such list per service; or a function from `Request` to
        `Reply`. An error in place of a reply is raised.
    name
        The model's name, as reports show it.
    """

    priced = True  # each reply costs what the script says

    def __init__(
        self,
        script: Sequence[Reply | Exception] | Mapping[str, Sequence[Reply | Exception]] | Callable[[Request], Reply],
        *,
        name: str = "replay",
    ) -> None:
        self.name = name
        self._script = script
        self._asked: dict[str, int] = {}

    @classmethod
    def recorded(cls, run: str | Path, *, sessions_dir: str | Path | None = None) -> Self:
        """Give a model that says again what was said in a recorded run, or in one session of it: no server, no cost.

        Each reply is given to the very conversation that it was a reply to; where a file, the prompt or a tool has
        changed since, that is said in place of a diagnosis.

        Parameters
        ----------
        run
            The run's id or directory, or a session's directory.
        sessions_dir
            Where runs are kept; by default where `investigate` keeps them.

        Raises
        ------
        SessionError
            Where there is no such run or session, or it holds no reply.
        """
        from logdebug.run.recorded import recording_of

        name, recording = recording_of(run, sessions_dir)
        return cls(recording, name=name)

    @property
    def identity(self) -> str:
        """What stands for its script; empty where that is a function or has errors: what it says may be another thing.

        A function may have an `identity` of its own.
        """
        script = self._script
        if callable(script):
            return str(getattr(script, "identity", ""))
        scripts = script if isinstance(script, Mapping) else {"": script}
        replies = [reply for each in scripts.values() for reply in each]
        if not all(isinstance(reply, Reply) for reply in replies):
            return ""
        said = {service: [asdict(reply) for reply in each] for service, each in scripts.items()}  # type: ignore[arg-type]
        words = json.dumps([self.name, said], sort_keys=True)
        return f"replay {hashlib.sha256(words.encode()).hexdigest()}"

    async def ask(self, request: Request) -> Reply:
        """Give the next reply of the script for this conversation; see `Model.ask`."""
        if callable(self._script):
            return self._script(request)
        script = self._script
        replies = script.get(request.service, ()) if isinstance(script, Mapping) else script
        conversation = f"{request.service}\0{request.messages[1].text if len(request.messages) > 1 else ''}"
        number = self._asked.get(conversation, 0)
        self._asked[conversation] = number + 1
        if number >= len(replies):
            raise NoAnswer(f"the script for {request.service!r} has {len(replies)} replies and was asked for one more")
        reply = replies[number]
        if isinstance(reply, Exception):
            raise reply
        return reply

    async def aclose(self) -> None:
        """Do nothing: there is nothing to let go of."""
