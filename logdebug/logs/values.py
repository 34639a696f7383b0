"""Whether what fills a place of forms are values, or what lines say: by itself, and by where else it stands.

Words of states, levels and opposites say what happened, and are no values, however often others stand in their place.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from logdebug.logs.forms import MARKS, STAR, is_name, shortened
from logdebug.logs.generalising import JOINTS, LEVELS, NAMED, STATES

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from logdebug.logs.forms import Form
    from logdebug.logs.slots import Slot

__all__ = ["Values", "Weighing", "is_level", "says", "tells"]

_FEW = 3
_SOME = 6
_MANY = 12
_MUCH_ELSE = 5
_MANY_LENGTHS = 4
_VERBS = {(verb,) for verb in b"GET HEAD POST PUT DELETE PATCH OPTIONS".split()}
_PARTS = re.compile(rb"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_VERB = re.compile(rb"(?:(?<!e)ed|ing|ful|=)\Z")
# What the last part of a name says, as in SCREEN_OFF.
_SWITCHES = frozenset(b"in out up down on off begin end start stop enable disable".split())
_OPPOSITES = _SWITCHES | frozenset(
    b"read write request response input output client server local remote first last min max before after left right"
    b" sender receiver primary secondary master slave leader follower send receive upload download login logout connect"
    b" disconnect add remove delete update create insert open close tcp udp http https old new next previous source"
    b" destination src dst yes no hit miss lock unlock load unload push pull get set put post commit rollback join"
    b" leave success failure peak current total average used free boot halt wait reboot shutdown reset restart suspend"
    b" resume kill init".split()
)
# Words that make a sentence what it says.
_SPEECH = _OPPOSITES | frozenset(
    b"not already cannot could can will must should may might exists exist has have had is are was were be been no too"
    b" from to in on at by for with and or of as if than then while when because into without does did do".split()
)
_LEVEL_NAMES = frozenset(level.lower() for level in LEVELS) | frozenset(
    b"information err wrn inf dbg dbug trce verbose fail vrb ftl".split()
)
# What is called by one of these is named by the word after it.
_NAMED = NAMED | frozenset(
    b"group domain integration platform entity component module plugin service unit task dag cluster index collection"
    b" keyspace schema vhost exchange package device driver class controller action route program command script folder"
    b" path column parameter variable setting property label role policy rule zone region subnet member replica shard"
    b" broker worker executor agent instance tenant repository branch environment release chart stage step stream"
    b" subscription consumer producer connector player customer".split()
)
_PREPOSITIONS = frozenset(b"to from in on at by for of with via into onto after".split())
_TRYING = frozenset(
    b"failed unable able trying try attempting attempt going about need needs want wants ready waiting refused"
    b" how".split()
)
_FAILURES = frozenset(
    b"failed failure Failed cannot Cannot unable Unable rejected denied unreachable aborted lost dropped disconnected"
    b" terminated refused evicted".split()
)
_COLONS = (b":", b"-")
_CAUSES = frozenset(b"reason cause because".split())


class Weighing:
    """Weighs what fills the places of forms.

    Parameters
    ----------
    forms
        Those of a log.
    """

    def __init__(self, forms: Iterable[Form]) -> None:
        self._usual = _usual_of(forms)

    def variable(self, slots: Sequence[Slot]) -> list[Slot]:
        """Give the places that hold values.

        Parameters
        ----------
        slots
            All places of some forms that different things fill.
        """
        beside: dict[Form, list[set[Form]]] = defaultdict(list)
        for slot in slots:
            for filling in slot.fillings:
                beside[filling].append(slot.fillings)
        return [slot for slot in slots if self._holds_values(slot, beside)]

    def _holds_values(self, slot: Slot, beside: Mapping[Form, Sequence[set[Form]]]) -> bool:
        found = slot.fillings - {()}
        telling = sum(tells(word) and word not in self._usual for word in slot.around)
        if not telling or _share_an_end(found) or _name_levels(slot, found):
            return False
        if found <= _VERBS:
            return not slot.quoted  # in quotes, it is a request that is another
        if telling > 1 and (slot.before.lower() in _CAUSES or _is_cause(slot)):
            return True
        if telling > 1 and len(found) >= _MANY and all(len(filling) == 1 and is_name(filling[0]) for filling in found):
            return True  # names, whatever they end with
        if _tell_apart(slot, found):
            return False
        words = {filling for filling in found if len(filling) == 1}
        if len(words) * 4 >= len(found) * 3:  # some names have blanks
            named = _are_names(slot, words, telling)
        else:
            named = _are_titles(slot, found, telling)
        return named or _stand_together(slot, found, telling, beside)


def _name_levels(slot: Slot, found: Iterable[Form]) -> bool:
    """Say whether what fills a place names levels; a partition, say, may be called debug."""
    named = slot.ahead in _PREPOSITIONS or slot.ahead in _NAMED
    return any(is_level(word) and not (named and word.islower()) for filling in found for word in filling)


def _tell_apart(slot: Slot, found: Collection[Form]) -> bool:
    """Say whether what fills a place says what happened: states, opposites; where a known value does too, all must."""
    # Ends as verbs do are no sign of one in such places: in staging, for billing.
    if (slot.ahead in _NAMED and slot.farther in _PREPOSITIONS) or _is_object(slot, found):
        return any(_is_state(filling[0]) for filling in found)
    calls = slot.after in _PREPOSITIONS and (not slot.ahead or slot.ahead in MARKS)  # StartContainer for ...
    saying = sum(says(filling[0]) or says(filling[-1]) or (calls and _is_call(filling[0])) for filling in found)
    half = saying * 2 >= len(found) if max(map(len, found)) == 1 else saying * 2 > len(found)
    return half and (saying == len(found) or () not in slot.fillings)


def _stand_together(slot: Slot, found: set[Form], telling: int, beside: Mapping[Form, Sequence[set[Form]]]) -> bool:
    """Say whether the same things stand in one place elsewhere too, whatever is around them there."""
    if (
        len(slot.fillings) < _FEW
        or _is_infinitive(slot)
        or not (telling > 1 or any(tells(word) and says(word) for word in slot.around))
    ):
        return False
    return all(sum(len(other & found) >= _FEW for other in beside[filling]) > 1 for filling in found)


def _are_names(slot: Slot, found: Collection[Form], telling: int) -> bool:
    """Say whether single words are values, by what stands before them, and by how many they are."""
    if slot.before.lower() in _NAMED:
        return True
    names = sum(is_name(filling[0]) for filling in found) == len(found)
    if () in slot.fillings:
        return telling > 1 or not any(filling[0].isalpha() for filling in found)
    many = len(found)
    if telling > 1 and _is_object(slot, found):
        return True
    if names and many >= _FEW and telling > 1:
        return True
    titles = all(filling[0].istitle() for filling in found)
    if many >= (_SOME if titles or telling > 1 else _MANY):
        return True
    return telling >= _MUCH_ELSE and (many >= _FEW or slot.enclosed)


def _is_cause(slot: Slot) -> bool:
    """Say whether a place is that of why something failed: after a colon, at the end."""
    last = slot.ahead in _COLONS and (not slot.after or slot.after[-1:] == b"=")
    return last and len(slot.fillings) >= _FEW and not _FAILURES.isdisjoint(slot.around)


def _is_infinitive(slot: Slot) -> bool:
    """Say whether what fills a place is a verb, as after `failed to`."""
    return slot.before == b"to" and slot.farther in _TRYING


def _is_object(slot: Slot, found: Collection[Form]) -> bool:
    """Say whether a place is that of a thing: of names with signs after a word, or of words between two of these."""
    if max(map(len, found)) > 1:
        return False
    if tells(slot.ahead) and not any(filling[0].isalpha() for filling in found):
        return True
    ends = not slot.after.isalpha() or slot.after in _PREPOSITIONS
    return slot.ahead in _PREPOSITIONS and ends and not _is_infinitive(slot)


def _are_titles(slot: Slot, found: Collection[Form], telling: int) -> bool:
    """Say whether runs of words are values: capitalised all, or enclosed by marks, and more than a few."""
    titles = all(word.istitle() for filling in found for word in filling)
    if titles and len(slot.fillings) >= _SOME:
        return True
    return len(slot.fillings) >= _FEW and telling > 1 and (titles or slot.enclosed)


def tells(word: bytes) -> bool:
    """Say whether a word of a form says what a line is about."""
    return len(word) > 1 and word.isalpha() and word not in JOINTS


def says(word: bytes) -> bool:
    """Say whether a word says what happened, or how: where another stands in its place, another thing happened."""
    return _VERB.search(word) is not None or _is_state(word)


def _is_state(word: bytes) -> bool:
    if word.lower() in _SPEECH or word in STATES:
        return True
    parts = _PARTS.findall(word)
    return len(parts) > 1 and b"." not in word[-8:] and parts[-1].lower() in _SWITCHES


def _is_call(word: bytes) -> bool:
    """Say whether a name begins with what is done, as that of a function does."""
    parts = _PARTS.findall(word)
    return len(parts) > 1 and parts[0].lower() in _OPPOSITES


def is_level(word: bytes) -> bool:
    """Say whether a word names a level, or ends with one as `production.ERROR` does."""
    letter = len(word) == 1 and word.isupper()
    return letter or word.lower() in _LEVEL_NAMES or not LEVELS.isdisjoint(word.split(b".")[1:])


def _share_an_end(fillings: Collection[Form]) -> bool:
    """Say whether all begin, or all end, with the same word: what varies is less than all of it."""
    if min(map(len, fillings)) < 2:
        return False
    return len({filling[0] for filling in fillings}) == 1 or len({filling[-1] for filling in fillings}) == 1


def _usual_of(forms: Iterable[Form]) -> frozenset[bytes]:
    """Give the words that most forms have, however long they are: they stand before the message, whatever it is.

    Forms that differ only in words that no other form has are one here, lest a message with many values count for many.
    """
    forms = set(forms)
    known = Counter(word for form in forms for word in set(form))
    crowds: dict[int, set[Form]] = defaultdict(set)
    for form in forms:
        kept = shortened(word if known[word] > 1 else STAR for word in form)
        crowds[len(kept)].add(kept)
    majority: Counter[bytes] = Counter()
    for crowd in crowds.values():
        seen = Counter(word for form in crowd for word in set(form))
        majority.update(word for word, count in seen.items() if count * 2 > len(crowd))
    return frozenset(word for word, count in majority.items() if count * 2 > len(crowds) >= _MANY_LENGTHS)


class Values:
    """Values that were seen, of which those in more than one place are values wherever they stand."""

    def __init__(self) -> None:
        self._counts: Counter[Form] = Counter()
        self._of_first: dict[bytes, set[Form]] = defaultdict(set)

    def add(self, slot: Slot) -> None:
        """Learn the values of a place."""
        found = slot.fillings - {()}
        self._counts.update(found)
        for value in found:
            if self._counts[value] > 1:
                self.learn([value])

    def learn(self, found: Iterable[Form]) -> None:
        """Learn values that stand in many places."""
        for value in found:
            if len(value) > 1 or is_name(value[0]):
                self._of_first[value[0]].add(value)

    def spans_in(self, form: Form) -> Iterator[tuple[int, int]]:
        """Give where in a form each of them begins and ends."""
        for place, word in enumerate(form):
            for value in self._of_first.get(word, ()):
                if form[place : place + len(value)] == value:
                    yield place, place + len(value)
