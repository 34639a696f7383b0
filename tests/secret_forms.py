"""The fifth wording: one line for each of more than two thousand forms in which programs log and configure secrets.

The forms stand in `secret_forms.txt`, by what they are about, and forms that only look alike in `clean_forms.txt`;
their slots are those of `secret_templates`, with more kinds of values and passwords of more shapes. They were written
from manuals, in three parts, each before the rules were tried on it: at first sight 76 %, 76 % and 82 % of their lines
showed no secret.
"""

from __future__ import annotations

import base64
from pathlib import Path
from typing import TYPE_CHECKING
from zlib import crc32

from secret_samples import ALNUM, HEX, LOWER, Leak, Maker
from secret_templates import Values, filled

if TYPE_CHECKING:
    from collections.abc import Iterator

_HERE = Path(__file__).parent
_NAMES = (
    *("anchor", "castle", "comet", "dragon", "eagle", "ember", "falcon", "glacier", "guitar", "harbor"),
    *("jupiter", "lantern", "marble", "orchid", "tiger"),
)


class Shapes(Values):
    """Draws what the forms' slots stand for: passwords as programs, policies and people make them, and more hashes."""

    def _plainpw(self) -> str:
        pick, name = self.make.random, lambda: self.make.one(*_NAMES)
        spelt = name().replace("a", "4").replace("e", "3").replace("o", "0", 1)
        return pick.choice(
            [
                lambda: f"{name().title()}{pick.randint(10, 9999)}{pick.choice('!?$*#%@')}",
                lambda: f"{name()}{pick.choice('-.~+*!_')}{name()}{pick.choice('.-')}{name()}",
                lambda: f"{name().title()}{pick.choice('*~+!^&')}{name().title()}{pick.choice(['', '7', '19'])}",
                lambda: f"{spelt}{pick.choice('-._')}{pick.randint(100, 999)}",
                lambda: self.make.of(ALNUM, pick.randint(10, 20)),
                lambda: self.make.of(HEX, pick.choice([16, 24, 32])),
                lambda: f"x{self.make.of(ALNUM + '!#$%^*_-+.~@', pick.randint(12, 18))}R4",
                lambda: f"{name()[:3]}{self.make.of(LOWER, 5)}{pick.randint(100, 999)}{pick.choice('!%^~')}qz",
            ]
        )()

    def _opaque40(self) -> str:
        return f"k{self.make.of(ALNUM + '-_', 36)}q7B"

    def _modhex38(self) -> str:
        return self.make.of("cbdefghijklnrtuv", 38)

    def _hk(self) -> str:
        return f"{self.make.of('0123456789', 3)}-{self.make.of('0123456789', 2)}-{self.make.of('0123456789', 3)}"

    def _prodkey(self) -> str:
        return "-".join(self.make.of("BCDFGHJKMPQRTVWXY2346789", 5) for _ in range(5))

    def _hexsp32(self) -> str:
        return " ".join(self.make.of(HEX, 2) for _ in range(32))

    def _b64md5fp(self) -> str:
        return base64.b64encode(self.make.random.randbytes(28)).decode()

    def _b64hash(self) -> str:
        return base64.b64encode(b"{SSHA}" + self._b64md5fp().encode()).decode()

    def _b64fp48(self) -> str:
        return base64.b64encode(self.make.random.randbytes(36)).decode()

    def _b64fp60(self) -> str:
        return self.make.of(ALNUM, 60)


def leaking_forms(seed: int) -> Iterator[Leak]:
    """Give a line with secrets of each form; a form's values change with the seed, and with nothing else."""
    kind = ""
    for form in (_HERE / "secret_forms.txt").read_text(encoding="utf-8").splitlines():
        if form.startswith("== "):
            kind = form[3:]
        else:
            yield _drawn(form, kind, seed)


def clean_forms(seed: int) -> Iterator[str]:
    """Give a line of each form that only looks like one with a secret."""
    for form in (_HERE / "clean_forms.txt").read_text(encoding="utf-8").splitlines():
        yield _drawn(form, "", seed).text


def _drawn(form: str, kind: str, seed: int) -> Leak:
    return filled(form, kind, Shapes(Maker(crc32(form.encode()) + seed)))
