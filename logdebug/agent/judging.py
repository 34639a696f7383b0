"""Judging a reply: what a model submits is a diagnosis that holds, or goes back with the reason why it doesn't."""

from __future__ import annotations

from typing import TYPE_CHECKING

from logdebug.agent import prompts
from logdebug.agent.answers import answer_from
from logdebug.agent.findings import diagnosis_of
from logdebug.agent.steps import Answered, Rejected
from logdebug.agent.tools import SUBMIT
from logdebug.errors import AnswerError

if TYPE_CHECKING:
    from logdebug.agent.reading import Reading
    from logdebug.records import Diagnosis, Incident

__all__ = ["judge", "words_of"]


def words_of(reply: Answered) -> str | None:
    """Give the words in which a reply submits a diagnosis; None where it only uses tools."""
    if not reply.tool_calls:
        return reply.text
    return next((call.arguments for call in reply.tool_calls if call.name == SUBMIT), None)


async def judge(words: str, reply: Answered, incident: Incident, reading: Reading) -> Diagnosis | Rejected:
    """Give the diagnosis in a model's words, or what to tell the model about them.

    Parameters
    ----------
    words
        What it submits.
    reply
        The reply that they are of.
    incident, reading
        What it is about, and where its quotes are looked up.

    Raises
    ------
    LogError
        Where the log can't be read.
    """
    try:
        answer = answer_from(words)
    except AnswerError as error:
        if reply.finish_reason == "length":
            return Rejected(prompts.CUT_SHORT)
        if not reply.tool_calls and "{" not in words:
            return Rejected(prompts.NO_ANSWER_YET)
        # It quotes what the model wrote, which may be what a log made it write: data, like the error of any other call.
        return Rejected(reading.data("error of this answer", str(error)))
    if reply.finish_reason == "length" and not reply.tool_calls:
        # What is whole in a text that was cut off is a draft or an example, and not the answer that was cut.
        return Rejected(prompts.CUT_SHORT)
    diagnosis = await reading.off_loop(lambda: diagnosis_of(answer, incident, reading), at_length=answer.takes_long)
    return diagnosis if diagnosis.status == answer.status else Rejected(prompts.UNGROUNDED, diagnosis)
