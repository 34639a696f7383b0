"""The command line: `logdebug run`, `monitor`, `report`, `lab` and `eval`.

Nothing heavy is imported before the arguments are known to be good, so that `--help` answers at once.
"""

from __future__ import annotations

from logdebug.cli.entry import main

__all__ = ["main"]
