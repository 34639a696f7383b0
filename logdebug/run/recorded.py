"""The replies of recorded sessions, each to the very conversation that it was given to."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING

from logdebug.agent.conversation import Conversation
from logdebug.agent.messages import Reply
from logdebug.agent.steps import Answered
from logdebug.errors import NoAnswer, SessionError
from logdebug.run.brief import sessions_below
from logdebug.run.past import mark_in
from logdebug.run.resuming import PastRun, find_run
from logdebug.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from logdebug.agent.messages import Message, Request
    from logdebug.run.past import PastSession

__all__ = ["Recording", "recording_of"]


class Recording:
    """What a model said in recorded sessions; called with a request, it gives the reply to just that conversation.

    So what is made of the replies is what was made of them then: where a file, a prompt or a tool has changed, the
    conversation is another one, and that is said instead. The tokens of a reply are those of then; it costs nothing.

    Parameters
    ----------
    sessions
        Each with the service that it is of.
    """

    def __init__(self, sessions: Iterable[tuple[str, PastSession]]) -> None:
        self._replies: dict[str, list[Reply]] = {}
        self._told: dict[str, list[list[str]]] = {}
        self._given: Counter[str] = Counter()
        for service, session in sessions:
            said = Conversation()
            for step in session.steps:
                if isinstance(step, Answered):
                    usage = replace(step.usage, turns=1, cost_usd=0.0)
                    reply = Reply(step.text, step.tool_calls, step.finish_reason, usage, step.notes)
                    self._replies.setdefault(_key(service, _plain(said.messages)), []).append(reply)
                said.take(step)
            self._told.setdefault(service, []).append(_plain(said.messages))

    def __len__(self) -> int:
        """Count the replies."""
        return sum(map(len, self._replies.values()))

    @property
    def identity(self) -> str:
        """What stands for the replies, and what they were given to."""
        said = [[key, [asdict(reply) for reply in replies]] for key, replies in sorted(self._replies.items())]
        return f"recording {hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()}"

    def __call__(self, request: Request) -> Reply:
        """Give the reply to a conversation.

        Raises
        ------
        NoAnswer
            Where none was recorded to it; it says where it differs from what was.
        """
        told = _plain(request.messages)
        key = _key(request.service, told)
        replies = self._replies.get(key)
        if replies is None:
            raise NoAnswer(f"no reply of {request.service!r} was recorded to this: {self._difference(request, told)}")
        # Alike incidents have one conversation until a reply differs; they are given theirs in turn.
        self._given[key] += 1
        return replies[(self._given[key] - 1) % len(replies)]

    def _difference(self, request: Request, told: list[str]) -> str:
        recorded = self._told.get(request.service)
        if not recorded:
            return "there is no session of that service"
        alike = max(_alike(told, each) for each in recorded)
        if alike == len(told):
            return "the recording ends here"
        what = {"system": "the prompt", "tool": "a tool's result"}.get(request.messages[alike].role, "what it is told")
        return f"{what} (message {alike + 1}) is another one; a file, the prompt or a tool has changed since"


def recording_of(run: str | Path, sessions_dir: str | Path | None = None) -> tuple[str, Recording]:
    """Read what was recorded of a run, or of one session of it.

    Parameters
    ----------
    run
        The run's directory or id, or a session's directory.
    sessions_dir
        Where runs are kept; by default where `investigate` keeps them.

    Returns
    -------
    tuple of str and Recording
        The name of the model that was asked, and its replies.

    Raises
    ------
    SessionError
        Where there is no such run or session, it can't be read, or holds no reply.
    """
    below = sessions_below(sessions_dir, Settings.load())
    given = Path(run).expanduser()
    session = next((each for each in (given, below / given) if (each / "trace.jsonl").is_file()), None)
    past = PastRun.read(session.resolve().parent if session else find_run(run, below))
    chosen = [
        (past.service(index), each)
        for index, each in past.sessions.items()
        if session is None or each.path.name == session.resolve().name
    ]
    recording = Recording(chosen)
    if not recording:
        raise SessionError(f"{run} holds no reply of a model; name a run or session that asked one", path=given)
    return past.model, recording


def _plain(messages: Sequence[Message]) -> list[str]:
    """Give messages without the mark of data blocks, which is another one each time."""
    mark = mark_in(messages)
    texts = (json.dumps(asdict(each), sort_keys=True) for each in messages)
    return [text.replace(mark, "") if mark else text for text in texts]


def _key(service: str, told: list[str]) -> str:
    return hashlib.sha256(json.dumps([service, told]).encode()).hexdigest()


def _alike(one: list[str], other: list[str]) -> int:
    """Count the messages that two conversations begin with alike."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((place for place, (mine, its) in pairs if mine != its), min(len(one), len(other)))
